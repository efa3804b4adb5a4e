"""Two matrix products and nothing else: one gives the exponents, one gives numerator and denominator together.

Two columns more make the exponent a single product, ``[q, -|q|^2/2, 1] . [p, 1, -|p|^2/2] = -|q - p|^2 / 2`` in units
of the bandwidth; one column of ones more makes the sum of the weights the last column of the weighted sum.

Cost: n*n*(2d + 3) multiplications in matrix products, n*n exponentials. Extra memory: one block, about 1 MiB (or one
row of n weights), and widened copies of n*d.
Error: as for other expanded squares: grows with (|p| / bandwidth)^2 times the rounding unit; points arrive centred.
Source: homogeneous coordinates, as computer graphics uses them.
"""

from __future__ import annotations

import numpy as np

from ._kernel import block_bytes, block_rows, exponential, factors

REQUIRES = ()
EXPANDS = True


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d)."""
    sums = kernel_sums(queries, points, np.column_stack([points, np.ones_like(points[:, 0])]), bandwidth)
    return sums[:, :-1] / sums[:, -1:]


def kernel_sums(queries: np.ndarray, points: np.ndarray, summed: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, k) sums of rows (n, k), weighted by the kernel between points (n, d) and queries (m, d)."""
    m, n = len(queries), len(points)
    left, right = factors(queries, points, bandwidth)
    sums, size = np.empty((m, summed.shape[1]), points.dtype), block_rows(n, points.itemsize)
    block = np.empty((min(size, m), n), points.dtype)
    for start in range(0, m, size):
        rows = slice(start, min(start + size, m))
        weights = exponential(np.matmul(left[rows], right, out=block[: rows.stop - start]))
        np.matmul(weights, summed, out=sums[rows])
    return sums


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one block of weights, of the widened factors and of the sums."""
    return block_bytes(n, n, itemsize) + n * (5 * d + 8) * itemsize
