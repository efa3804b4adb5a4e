"""PyTorch, all pairs at once: an n x n x d array of differences, as in the course, on the GPU where there is one.

Cost: n*n*d operations, in passes over arrays of n*n*d. Extra memory: 2*n*n*d.
Error: distances from differences, which no offset can spoil; sums in the dtype of the points.
Exponents are kept above -80: below the smallest normal number torch.exp falls back to a slow path, and the comparison
would measure the mathematical library and not the vectorization.
Source: the course's vectorized version.
"""

from __future__ import annotations

from typing import Any

from ._torch import device, gaussian, put, to_numpy, wait

__all__ = ["device", "put", "shift", "to_numpy", "wait"]

REQUIRES = ("torch",)
SEMANTICS = ("J", "NB")


def shift(queries: Any, points: Any, bandwidth: float) -> Any:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d), as a tensor."""
    weights = gaussian((queries[:, None] - points[None]).square_().sum(dim=2), bandwidth)
    return weights @ points / weights.sum(dim=1, keepdim=True)


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of the differences and the weights."""
    return n * n * (d + 1) * itemsize
