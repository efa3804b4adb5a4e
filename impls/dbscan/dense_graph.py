"""DBSCAN as a graph whose pairs come from all distances, by broadcasting over blocks of rows.

Cost: n*n*d operations in blocks, then connected components. Extra memory: a block of 64*n*d differences, and the pairs.
Error: none: labels are integers; pairs at the radius to the last bit may fall on either side.
Source: what "vectorize it" means where there is no tree.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from ._graph import labels_from_pairs

REQUIRES = ("scipy",)
LISTS_PAIRS = True
#: Two indices in parts and joined, and what the graph is made from and of. Measured.
PAIR_BYTES = 67
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


def workspace_bytes(n: int, d: int, itemsize: int, pairs: Optional[int] = None) -> int:
    """Return the bytes of a block, of pairs and graph; where pairs are not counted, for 100 neighbours a point."""
    rows = min(ROWS, n)
    block = rows * n * ((2 * d + 1) * itemsize + 1)
    found = 50 * n if pairs is None else pairs
    # While the last blocks are searched most pairs are there; the graph is made when the blocks are gone.
    return max(block + 16 * found + 16 * rows * n, PAIR_BYTES * found + rows * n * itemsize) + 80 * n
