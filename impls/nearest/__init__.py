"""The k nearest of many points to one query, from an index that is built once. Strategies are files.

A file defines ``build(points, seed)``, which is not timed, and ``search(index, query, k)``, which is.

>>> from impls import nearest
>>> nearest.search(points, query, k=150, strategy="kd_tree")  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Tuple

import numpy as np

from .. import inputs
from ..rooms import Room

ROOM = Room(Path(__file__).parent, __name__, "search", "nearest neighbour")
strategies, get = ROOM.strategies, ROOM.get

__all__ = ["ROOM", "get", "oracle", "search", "strategies"]


def search(points: Any, query: Any, k: int, strategy: str = "kd_tree", seed: int = 0) -> np.ndarray:
    """Return the rows of points (n, d) nearest to a query (d,), the nearest first.

    Parameters
    ----------
    points, query : arrays, float32 or float64, of one dtype
    k : int
        From 1 to n.
    strategy : str
        One of `strategies()`. An approximate one may miss some, and return fewer than k.
    seed : int
        For strategies that draw at random.

    Returns
    -------
    (k,) intp array
    """
    points, query, k = _checked(points, query, k)
    chosen = get(strategy)
    return np.asarray(chosen(chosen.module.build(points, seed), query, k))


def oracle(points: Any, query: Any, k: int) -> np.ndarray:
    """Return the rows by sorting all distances in float64; of equal distances the lower row first."""
    points, query, k = _checked(points, query, k)
    squares = np.square(points.astype(np.float64) - query).sum(axis=1)
    return np.argsort(squares, kind="stable")[:k]


def missed(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the share of the expected rows that were not found."""
    return 1.0 - len(np.intersect1d(found, expected)) / max(1, len(expected))


def _checked(points: Any, query: Any, k: Any) -> Tuple[np.ndarray, np.ndarray, int]:
    points, query = (
        inputs.float_array(points, "points", ("n", "d")),
        inputs.float_array(query, "query", ("d",)),
    )
    if query.shape[0] != points.shape[1] or query.dtype != points.dtype:
        raise ValueError(
            f"query {query.shape} {query.dtype} does not fit points {points.shape} {points.dtype}."
        )
    k = inputs.positive_integer(k, "k")
    if k > len(points):
        raise ValueError(f"k is {k}, expected at most the {len(points)} points there are.")
    return points, query, k
