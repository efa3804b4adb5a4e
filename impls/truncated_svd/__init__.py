"""The product of a truncated singular value decomposition: k of its terms, put together again. Strategies are files.

>>> from impls import truncated_svd
>>> truncated_svd.product(u, s, vh, k)  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Tuple

import numpy as np

from .. import inputs
from ..rooms import Room

ROOM = Room(Path(__file__).parent, __name__, "product", "truncated SVD")
strategies, get = ROOM.strategies, ROOM.get

__all__ = ["ROOM", "get", "oracle", "product", "strategies"]


def product(
    u: Any, s: Any, vh: Any, k: int, strategy: str = "scaled_matmul", memory_limit: Optional[int] = None
) -> np.ndarray:
    """Return the (m, n) matrix of the k largest terms.

    Parameters
    ----------
    u, s, vh : (m, r), (r,), (r, n) arrays, float32 or float64
        As `numpy.linalg.svd` gives them with ``full_matrices=False``.
    k : int
        From 1 to r.
    strategy : str
        One of `strategies()`.
    memory_limit : int, optional
        Refuse to start where the strategy is predicted to need more bytes than this, beyond factors and product.

    Returns
    -------
    (m, n) array of the factors' dtype

    Raises
    ------
    ValueError, TypeError
        Wrong input, said in one sentence, before any work.
    MemoryBudgetError
        The prediction exceeds `memory_limit`.
    StrategyUnavailable
        The strategy's packages are not installed.
    """
    chosen = get(strategy)
    u, s, vh, k = _checked(u, s, vh, k)
    if memory_limit is not None:
        needed = chosen.workspace_bytes(len(u), vh.shape[1], k, u.itemsize)
        inputs.require_memory(strategy, needed, memory_limit)
    return np.asarray(chosen(u, s, vh, k))


def oracle(u: Any, s: Any, vh: Any, k: int) -> np.ndarray:
    """Return the product in float64, one term after the other."""
    u, s, vh, k = _checked(u, s, vh, k)
    total = np.zeros((u.shape[0], vh.shape[1]))
    for term in reversed(range(k)):  # the smallest first
        total += float(s[term]) * np.outer(u[:, term].astype(np.float64), vh[term].astype(np.float64))
    return total


def _checked(u: Any, s: Any, vh: Any, k: Any) -> Tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    u, vh = inputs.float_array(u, "u", ("m", "r")), inputs.float_array(vh, "vh", ("r", "n"))
    s, k = inputs.float_array(s, "s", ("r",)), inputs.positive_integer(k, "k")
    if not (u.shape[1] == len(s) == vh.shape[0]) or not (u.dtype == s.dtype == vh.dtype):
        raise ValueError(
            f"u {u.shape}, s {s.shape}, vh {vh.shape} are not factors of one matrix in one dtype."
        )
    if k > len(s):
        raise ValueError(f"k is {k}, expected at most the {len(s)} singular values there are.")
    return u, s, vh, k
