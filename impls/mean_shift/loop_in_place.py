"""The loop that writes each new row over the old one, so that later rows already see it.

One letter away from the loop that keeps a copy, and another algorithm: Gauss and Seidel's way of iterating, whose
result depends on the order of the rows. It saves the copy, which costs nothing, and it may need fewer iterations.

Cost: n*n*d operations in n passes over n*d temporaries. Extra memory: 2*n*d, one row's differences and squares.
Error: distances from differences, which no offset can spoil; sums over n points in the dtype of the points.
Source: the course's first version, as a forum's thread ran it, in place.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()
SEMANTICS = ("GS",)


def iterate(points: np.ndarray, bandwidth: float, iterations: int) -> np.ndarray:
    """Return points (n, d) after some iterations."""
    moved = points.copy()
    for _ in range(iterations):
        for i in range(len(moved)):
            squares = np.square(moved - moved[i]).sum(axis=1)
            weights = np.exp(-0.5 / bandwidth**2 * squares)
            moved[i] = weights @ moved / weights.sum()
    return moved


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of the differences, their squares, and the weights of one row."""
    return (2 * n * d + 3 * n) * itemsize
