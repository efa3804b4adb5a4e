"""DBSCAN as a graph whose pairs come from all distances, by broadcasting over blocks of rows.

Cost: n*n*d operations in blocks, then connected components. Extra memory: a block of 64*n*d differences, and the pairs.
Error: none: labels are integers; pairs at the radius to the last bit may fall on either side.
Source: what "vectorize it" means where there is no tree.
"""

from __future__ import annotations

import numpy as np

from ._graph import labels_from_pairs

REQUIRES = ("scipy",)
ROWS = 64


def labels_of(points: np.ndarray, radius: float, least: int) -> np.ndarray:
    """Return the (n,) labels of points (n, d)."""
    ones, others = [], []
    for start in range(0, len(points), ROWS):
        squares = np.square(points[start : start + ROWS, None] - points[None]).sum(axis=2)
        one, other = np.nonzero(squares <= radius**2)
        one = one + start
        later = other > one
        ones.append(one[later])
        others.append(other[later])
    return labels_from_pairs(np.concatenate(ones), np.concatenate(others), len(points), least)


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of a block's differences and squares, and of pairs if every point has 100 neighbours."""
    return 2 * min(ROWS, n) * n * d * itemsize + n * 50 * (16 + 30) + n * 64
