"""SciPy's `cdist` for the squared distances, some rows at a time, then weights in place and a matrix product.

Compiled code that subtracts before it squares: no n x n x d array, and nothing cancels.

Cost: n*n*d operations in scalar compiled code, n*n exponentials, a matrix product. Extra memory: one block in float64,
about 1 MiB, whatever the dtype of the points, and their copies in float64.
Error: that of float64; float32 points are rounded once, at the end.
Source: scipy.spatial.distance.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from ._kernel import block_bytes, block_rows, gaussian

REQUIRES = ("scipy",)


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d)."""
    moved, data = np.empty_like(queries), points.astype(np.float64, copy=False)
    size = block_rows(len(points), 8)
    block = np.empty((min(size, len(queries)), len(points)))
    for start in range(0, len(queries), size):
        rows = queries[start : start + size].astype(np.float64, copy=False)
        weights = gaussian(cdist(rows, data, "sqeuclidean", out=block[: len(rows)]), bandwidth)
        moved[start : start + size] = weights @ data / weights.sum(axis=1, keepdims=True)
    return moved


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one block of distances, and of the points in float64."""
    return block_bytes(n, n, 8) + (8 * n * d if itemsize < 8 else 0)
