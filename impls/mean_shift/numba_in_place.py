"""The compiled loop that writes each new row over the old one: Gauss and Seidel's iteration without the interpreter.

Row by row is what vectorization cannot do, since every row waits for the one before; a compiler does not mind.

Cost: n*n*d operations and n*n exponentials in scalar code. Extra memory: d numbers.
Error: distances from differences; weights and sums are kept in float64, whatever the dtype of the points.
Source: the obvious kernel.
"""

from __future__ import annotations

import numba
import numpy as np

from .numba_loop import KEPT, kernel_mean

REQUIRES = ("numba",)
SEMANTICS = ("GS",)


@numba.njit(nogil=True, cache=KEPT)
def _sweep(moved, scale):  # type: ignore[no-untyped-def]
    mean = np.empty(moved.shape[1])
    for i in range(moved.shape[0]):
        kernel_mean(moved[i], moved, scale, mean)
        moved[i] = mean


def iterate(points: np.ndarray, bandwidth: float, iterations: int) -> np.ndarray:
    """Return points (n, d) after some iterations."""
    moved = points.copy()
    for _ in range(iterations):
        _sweep(moved, -0.5 / bandwidth**2)
    return moved


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one mean."""
    return 8 * d
