"""Each pair once: a weight serves both of its points, so half of the exponentials need not be taken.

In a simultaneous step queries and points are the same rows, and the matrix of weights is symmetric. A block of rows
is multiplied with the points from it on only; its weights then go to its own sums, and transposed to the later rows'.

Cost: n*n/2 exponentials, which are most of the time, and n*n*(2d + 3) multiplications in matrix products. Extra
memory: one block, about 1 MiB (or one row of n weights), and widened copies of n*d.
Error: as for other expanded squares: grows with (|p| / bandwidth)^2 times the rounding unit; points arrive centred.
Source: Newton's third law, as every simulation of particles uses it.
"""

from __future__ import annotations

import numpy as np

from ._kernel import block_bytes, block_rows, exponential, factors

REQUIRES = ()
SEMANTICS = ("J",)
EXPANDS = True


def iterate(points: np.ndarray, bandwidth: float, iterations: int) -> np.ndarray:
    """Return points (n, d) after some iterations."""
    moved = points
    for _ in range(iterations):
        moved = _step(moved, bandwidth)
    return moved


def _step(points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the kernel means of points (n, d) about themselves."""
    n, d = points.shape
    left, right = factors(points, points, bandwidth)
    summed = np.column_stack([points, np.ones_like(points[:, 0])])
    sums, size = np.zeros_like(summed), block_rows(n, points.itemsize)
    buffer = np.empty(min(size, n) * n, points.dtype)
    for start in range(0, n, size):
        rows = slice(start, min(start + size, n))
        count = rows.stop - start
        block = buffer[: count * (n - start)].reshape(count, n - start)
        weights = exponential(np.matmul(left[rows], right[:, start:], out=block))
        sums[rows] += weights @ summed[start:]
        sums[rows.stop :] += weights[:, count:].T @ summed[rows]
    return sums[:, :d] / sums[:, d:]


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one block of weights, of the widened factors, and of the sums, twice."""
    return block_bytes(n, n, itemsize) + n * (6 * d + 9) * itemsize
