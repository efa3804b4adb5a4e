"""PyTorch: expanded squares by matrix product and one product for numerator and denominator, in blocks, in place.

`torch.cdist` would hide the same expansion and its cancellation; written out, it can be centred and reused.

Cost: n*n*(2d + 1) multiplications in matrix products and n*n exponentials. Extra memory: one block, about 1 MiB.
Error: as for other expanded squares: grows with (|p| / bandwidth)^2 times the rounding unit; points arrive centred.
Exponents stay above -80, off torch.exp's slow path.
Source: the same idea as in NumPy.
"""

from __future__ import annotations

from typing import Any

import torch

from ._kernel import block_bytes, block_rows
from ._torch import device, gaussian, put, to_numpy, wait

__all__ = ["device", "put", "shift", "to_numpy", "wait"]

REQUIRES = ("torch",)
SEMANTICS = ("J", "NB")
#: What the runtime takes for a product, whatever its size. Measured.
RUNTIME_BYTES = 3 << 18
EXPANDS = True


def shift(queries: Any, points: Any, bandwidth: float) -> Any:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d), as a tensor."""
    n, d = points.shape
    lengths = points.square().sum(dim=1)
    summed = torch.cat([points, torch.ones_like(points[:, :1])], dim=1)
    sums = queries.new_empty((len(queries), d + 1))
    size = len(queries) if points.is_cuda else block_rows(n, points.element_size())
    for rows, into in zip(queries.split(size), sums.split(size)):
        squares = torch.addmm(lengths, rows, points.T, alpha=-2)
        squares += rows.square().sum(dim=1, keepdim=True)
        torch.matmul(gaussian(squares, bandwidth), summed, out=into)
    return sums[:, :d] / sums[:, d:]


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one block of weights and of the widened points (on a GPU the block is all rows)."""
    return RUNTIME_BYTES + block_bytes(n, n, itemsize) + n * (3 * d + 3) * itemsize
