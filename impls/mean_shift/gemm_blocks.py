"""Squared distances as ``|q|^2 + |p|^2 - 2 q.p``, by matrix product, some rows of the weights at a time.

The n x n x d array was never needed: expanding the square leaves n x n, a matrix product is the fastest thing a
processor does, and a block of rows that fits in the cache is made, turned into weights in place and used there.

Cost: n*n*(2d + 1) multiplications in matrix products, and n*n exponentials, which now take most of the time. Extra
memory: one block, about 1 MiB (or one row of n weights).
Error: the expansion cancels where points lie far from the origin: grows with (|p| / bandwidth)^2 times the rounding
unit. The points arrive centred, which rids it of a common offset; float32 at an offset of 1e5 would be worthless.
Source: the usual identity; scikit-learn's euclidean_distances has it, with the same warning.
"""

from __future__ import annotations

import numpy as np

from ._kernel import block_bytes, block_rows, gaussian

REQUIRES = ()
EXPANDS = True


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d)."""
    moved = np.empty_like(queries)
    lengths, minus_two = np.square(points).sum(axis=1), -2 * points.T
    size = block_rows(len(points), points.itemsize)
    block = np.empty((min(size, len(queries)), len(points)), points.dtype)
    for start in range(0, len(queries), size):
        rows = queries[start : start + size]
        squares = np.matmul(rows, minus_two, out=block[: len(rows)])
        squares += lengths
        squares += np.square(rows).sum(axis=1, keepdims=True)
        weights = gaussian(squares, bandwidth)
        moved[start : start + size] = weights @ points / weights.sum(axis=1, keepdims=True)
    return moved


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one block of weights and of the points' factors."""
    return block_bytes(n, n, itemsize) + n * (2 * d + 2) * itemsize
