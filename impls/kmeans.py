"""k-means by bucket sums: an update of the centers *is* the scatter-reduce, so its strategies serve here as they are.

Lloyd's algorithm is two steps: every row goes to its nearest center (the same assignment as for VLAD), and every
center goes to the mean of its rows (sums and counts by label).
"""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np

from . import inputs, scatter
from .vlad._assign import nearest_centroid
from .vlad._assign import workspace_bytes as assignment_bytes


def update(
    rows: Any, labels: Any, centers: Any, strategy: str = "sparse_matmul", memory_limit: Optional[int] = None
) -> np.ndarray:
    """Return the (K, F) means of the rows of each label.

    Parameters
    ----------
    rows : (N, F) array, float32 or float64
    labels : (N,) integers
        In 0..K-1.
    centers : (K, F) array
        Kept where a label has no rows.
    strategy : str
        One of `impls.scatter.strategies()`.
    memory_limit : int, optional
        Refuse to start where the update is predicted to need more bytes than this.

    Raises
    ------
    ValueError, TypeError
        Wrong input, said in one sentence, before any work.
    MemoryBudgetError
        The prediction exceeds `memory_limit`.
    StrategyUnavailable
        The strategy's packages are not installed.
    """
    rows, centers = _checked(rows, centers)
    labels = inputs.integer_array(labels, "labels", rows.shape[:1], len(centers))
    if memory_limit is not None:
        inputs.require_memory(strategy, _update_bytes(strategy, rows, len(centers)), memory_limit)
    return _update(rows, labels, centers, strategy)


def _checked(rows: Any, centers: Any) -> Tuple[np.ndarray, np.ndarray]:
    rows = inputs.float_array(rows, "rows", ("N", "F"))
    return rows, inputs.centroids(centers, rows.shape[1], rows.dtype)


def _update(rows: np.ndarray, labels: np.ndarray, centers: np.ndarray, strategy: str) -> np.ndarray:
    sums = scatter.bucket_sums(rows, labels, len(centers), strategy, check_finite=False)
    return means(sums, np.bincount(labels, minlength=len(centers)), centers)


def _update_bytes(strategy: str, rows: np.ndarray, K: int) -> int:
    """Return what an update is predicted to need: its sums, then counts and weights beside them."""
    (N, F), itemsize = rows.shape, rows.itemsize
    summing = scatter.get(strategy).workspace_bytes(N, F, K, itemsize) if N and F else 0
    return K * F * itemsize + max(summing, K * F + K * (16 + 2 * itemsize))


def means(sums: np.ndarray, counts: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return sums (K, F) divided by counts (K,); the old center where nothing was counted."""
    weights = counts[:, None].astype(sums.dtype)
    return np.divide(sums, weights, out=centers.astype(sums.dtype), where=weights > 0)


def fit(
    rows: Any,
    centers: Any,
    iterations: int = 10,
    strategy: str = "sparse_matmul",
    memory_limit: Optional[int] = None,
) -> Tuple[np.ndarray, np.ndarray]:
    """Return the (K, F) centers after some iterations of Lloyd's algorithm, and the labels (N,) that go with them.

    Parameters
    ----------
    rows, strategy
        As in `update`.
    centers : (K, F) array
        Where to start.
    iterations : int
        At least 1; all of them are done.
    memory_limit : int, optional
        Refuse to start where assignment or update are predicted to need more bytes than this.
    """
    rows, found = _checked(rows, centers)
    iterations = inputs.positive_integer(iterations, "iterations")
    if memory_limit is not None:
        N, K = len(rows), len(found)
        assigning = assignment_bytes(N, rows.shape[1], K, rows.itemsize)
        needed = 8 * N + found.nbytes + max(assigning, _update_bytes(strategy, rows, K))
        inputs.require_memory(strategy, needed, memory_limit)
    for _ in range(iterations):
        found = _update(rows, nearest_centroid(rows, found), found, strategy)
    return found, nearest_centroid(rows, found)
