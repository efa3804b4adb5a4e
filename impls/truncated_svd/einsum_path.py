"""The thread's `einsum`, allowed to choose its path: pairs of factors one after the other, the large pair as a product.

Cost: m*k + m*n*k, once a path is found. Extra memory: the scaled columns, m*k, and their copy.
Error: that of one matrix product.
Source: numpy.einsum's documentation, `optimize`.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()


def product(u: np.ndarray, s: np.ndarray, vh: np.ndarray, k: int) -> np.ndarray:
    """Return the (m, n) sum of the first k terms of u (m, r), s (r,), vh (r, n)."""
    return np.einsum("ij,j,jl->il", u[:, :k], s[:k], vh[:k], optimize=True)


def workspace_bytes(m: int, n: int, k: int, itemsize: int) -> int:
    """Return the bytes of the smaller large factor, scaled, and of the path."""
    return min(m, n) * k * itemsize + 8192
