"""Differences of all pairs, then one `einsum` for the squared distances and one for the weighted sums.

`ijk,ijk->ij` squares and adds in one pass, so one of broadcasting's two large arrays is gone; the other stays.

Cost: n*n*d operations, in fewer passes than broadcasting. Extra memory: n*n*d.
Error: distances from differences, which no offset can spoil; `einsum` adds in the dtype of the points.
Source: the forum's thread, which has mean shift in this notation.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d)."""
    away = queries[:, None] - points[None]
    weights = np.exp(-0.5 / bandwidth**2 * np.einsum("ijk,ijk->ij", away, away))
    sums = np.einsum("ij,jk->ik", weights, points, optimize=True)
    return sums / np.einsum("ij->i", weights)[:, None]


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of the differences, the squared distances and the weights."""
    return n * n * (d + 2) * itemsize
