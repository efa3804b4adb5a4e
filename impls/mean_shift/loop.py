"""One row after the other: distances to all points, weights, weighted mean. New rows go to a new array.

What the loop keeps in the interpreter is only the rows; each row is four vectorized calls over n points already.

Cost: n*n*d operations in n passes over n*d temporaries. Extra memory: 2*n*d, one row's differences and squares.
Error: distances from differences, which no offset can spoil; sums over n points in the dtype of the points.
Source: the course's first version.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()
SEMANTICS = ("J", "NB")


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d)."""
    moved = np.empty_like(queries)
    for i, query in enumerate(queries):
        squares = np.square(points - query).sum(axis=1)
        weights = np.exp(-0.5 / bandwidth**2 * squares)
        moved[i] = weights @ points / weights.sum()
    return moved


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of the differences, their squares, and the weights of one row."""
    return (2 * n * d + 3 * n) * itemsize
