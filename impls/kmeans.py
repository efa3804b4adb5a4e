"""k-means by bucket sums: an update of the centers *is* the scatter-reduce, so its strategies serve here as they are.

Lloyd's algorithm is two steps: every row goes to its nearest center (the same assignment as for VLAD), and every
center goes to the mean of its rows (sums and counts by label).
"""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np

from . import inputs, scatter, vlad


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
        As in `impls.scatter.bucket_sums`.
    """
    rows = inputs.float_array(rows, "rows", ("N", "F"))
    centers = inputs.centroids(centers, rows.shape[1], rows.dtype)
    sums = scatter.bucket_sums(rows, labels, len(centers), strategy, memory_limit)
    return means(sums, np.bincount(labels, minlength=len(centers)), centers)


def means(sums: np.ndarray, counts: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return sums (K, F) divided by counts (K,); the old center where nothing was counted."""
    weights = counts[:, None].astype(sums.dtype)
    return np.divide(sums, weights, out=centers.astype(sums.dtype), where=weights > 0)


def fit(
    rows: Any, centers: Any, iterations: int = 10, strategy: str = "sparse_matmul"
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
    """
    rows = inputs.float_array(rows, "rows", ("N", "F"))
    found = inputs.centroids(centers, rows.shape[1], rows.dtype)
    for _ in range(inputs.positive_integer(iterations, "iterations")):
        found = update(rows, np.asarray(vlad.assign(rows[None], found))[0], found, strategy)
    return found, np.asarray(vlad.assign(rows[None], found))[0]
