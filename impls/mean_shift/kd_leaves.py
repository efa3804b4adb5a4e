"""A k-d tree's leaves: boxes of neighbouring points, and matrix products only between boxes that are near each other.

Halving at the median along the widest side until a box holds few points gives an order in which neighbours are rows
that follow each other. For one leaf of queries the leaves of points farther than a radius are left out as a whole; the
rest is one small dense product. Python sees leaves, not rows.

Cost: n*k*(2d + 1) for k points in the leaves about one leaf, and a tree of n log n. It pays where clusters are many
and small. Extra memory: a leaf's weights, 64*k, and copies of n*d.
Error: bounded: leaves out weights below exp(-radius^2/2): at most 2 radius n exp(-radius^2/2) bandwidths a step.
Source: dual-tree kernel sums, one level deep (Gray and Moore, N-body problems in statistical learning, 2000).
"""

from __future__ import annotations

from typing import List

import numpy as np

from ._kernel import gaussian

REQUIRES = ()
SEMANTICS = ("J", "bGS", "NB")
ACCURACY = "bounded"
VARIANTS = {"6": {"radius": 6.0}, "8": {"radius": 8.0}}
ROWS = 64


def _leaves(points: np.ndarray, rows: np.ndarray) -> List[np.ndarray]:
    """Return the rows in boxes of at most `ROWS`, each halved along its widest side."""
    if len(rows) <= ROWS:
        return [rows]
    side = np.ptp(points[rows], axis=0).argmax()
    middle = len(rows) // 2
    halves = rows[np.argpartition(points[rows, side], middle)]
    return _leaves(points, halves[:middle]) + _leaves(points, halves[middle:])


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float, radius: float) -> np.ndarray:
    """Return the (m, d) kernel means about queries (m, d) of the points (n, d) within `radius` bandwidths."""
    leaves = _leaves(points, np.arange(len(points)))
    low = np.array([points[leaf].min(axis=0) for leaf in leaves])
    high = np.array([points[leaf].max(axis=0) for leaf in leaves])
    moved = np.empty_like(queries)
    for block in leaves if queries is points else _leaves(queries, np.arange(len(queries))):
        rows = queries[block]
        gaps = np.maximum(0, np.maximum(low - rows.max(axis=0), rows.min(axis=0) - high))
        squared = np.square(gaps).sum(axis=1)
        chosen = np.flatnonzero(squared <= max((radius * bandwidth) ** 2, squared.min()))
        center = rows.mean(axis=0)
        rows, near = rows - center, points[np.concatenate([leaves[k] for k in chosen])] - center
        squares = rows @ (-2 * near.T)
        squares += np.square(near).sum(axis=1)
        squares += np.square(rows).sum(axis=1, keepdims=True)
        weights = gaussian(squares, bandwidth)
        moved[block] = center + weights @ near / weights.sum(axis=1, keepdims=True)
    return moved


def workspace_bytes(n: int, d: int, itemsize: int, radius: float) -> int:
    """Return the bytes of the leaves and, where every leaf is near every other, of all points and a leaf's weights."""
    return n * (6 * d * itemsize + 48) + ROWS * n * itemsize
