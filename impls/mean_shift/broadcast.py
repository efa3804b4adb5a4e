"""All pairs at once: one n x n x d array of differences, squared, summed, weighted.

The obvious vectorization. It has no loop and reads every difference from main memory, where the loop found its
temporaries in the cache: the scatter-reduce's story of the mask, told again.

Cost: n*n*d operations, as many as the loop, in passes over arrays of n*n*d. Extra memory: 2*n*n*d.
Error: distances from differences, which no offset can spoil; weighted sums by matrix product.
Source: the first answer anybody gives.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d)."""
    squares = np.square(queries[:, None] - points[None]).sum(axis=2)
    weights = np.exp(-0.5 / bandwidth**2 * squares)
    return weights @ points / weights.sum(axis=1, keepdims=True)


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of the differences and their squares, then of the weights."""
    return max(2 * n * n * d, n * n * d + 2 * n * n) * itemsize
