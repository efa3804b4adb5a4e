"""As the thread posted it: the singular values as a diagonal matrix, and one `einsum` over all three factors.

`ij,jj,jl->il` reads the diagonal of the middle factor, so that its zeros are not multiplied; but three factors in one
`einsum` without a path are a plain loop over i, j and l, which no matrix product speeds up.

Cost: 2*m*n*k operations in a loop without blocks. Extra memory: the diagonal matrix, k*k.
Error: sums of k terms, each in the dtype of the factors.
Source: the forum's thread.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()


def product(u: np.ndarray, s: np.ndarray, vh: np.ndarray, k: int) -> np.ndarray:
    """Return the (m, n) sum of the first k terms of u (m, r), s (r,), vh (r, n)."""
    return np.einsum("ij,jj,jl->il", u[:, :k], np.diag(s[:k]), vh[:k])


def workspace_bytes(m: int, n: int, k: int, itemsize: int) -> int:
    """Return the bytes of the diagonal matrix."""
    return k * k * itemsize
