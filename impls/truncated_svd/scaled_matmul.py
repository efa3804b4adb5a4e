"""Scale k columns by their singular values, then one matrix product.

A diagonal matrix never needs to be a matrix: multiplying by it is a broadcast.

Cost: m*k + m*n*k. Extra memory: the scaled columns, m*k.
Error: that of one matrix product.
Source: numpy.linalg.svd's documentation.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()


def product(u: np.ndarray, s: np.ndarray, vh: np.ndarray, k: int) -> np.ndarray:
    """Return the (m, n) sum of the first k terms of u (m, r), s (r,), vh (r, n)."""
    return (u[:, :k] * s[:k]) @ vh[:k]


def workspace_bytes(m: int, n: int, k: int, itemsize: int) -> int:
    """Return the bytes of the scaled columns."""
    return m * k * itemsize
