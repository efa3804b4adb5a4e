"""The plain triple loop, compiled: distance, weight and weighted sum of a pair in one go, without any array between.

Cost: n*n*d operations and n*n exponentials in scalar code. Extra memory: d numbers.
Error: distances from differences; weights and sums are kept in float64, whatever the dtype of the points.
Source: the obvious kernel.
"""

from __future__ import annotations

import math
import os

import numba
import numpy as np

REQUIRES = ("numba",)
#: Compiled code is kept only where a folder for it is named: elsewhere it could outlive a change of another file.
KEPT = bool(os.environ.get("NUMBA_CACHE_DIR"))


@numba.njit(nogil=True, cache=KEPT)
def kernel_mean(query, points, scale, mean):  # type: ignore[no-untyped-def]
    """Write the kernel mean of points (n, d) about query (d,) into mean (d,) float64."""
    mean[:] = 0.0
    total = 0.0
    for j in range(points.shape[0]):
        square = 0.0
        for f in range(points.shape[1]):
            square += (query[f] - points[j, f]) ** 2
        weight = math.exp(scale * square)
        total += weight
        for f in range(points.shape[1]):
            mean[f] += weight * points[j, f]
    mean /= total


@numba.njit(nogil=True, cache=KEPT)
def _shift(queries, points, scale, moved):  # type: ignore[no-untyped-def]
    mean = np.empty(points.shape[1])
    for i in range(queries.shape[0]):
        kernel_mean(queries[i], points, scale, mean)
        moved[i] = mean


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d)."""
    moved = np.empty_like(queries)
    _shift(queries, points, -0.5 / bandwidth**2, moved)
    return moved


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one mean."""
    return 8 * d
