"""Hashing as the thread posted it: compare the query's signs with those of all points, then measure the matches only.

Two tables of three random planes. All n codes are still looked at, so that a query costs less than brute force by a
constant at best: distances are two operations a dimension, and comparing codes costs about as much.

Cost: n*2 comparisons, and distances to the matches, about n/4 times d. Extra memory: 2*n and the matches.
Error: approximate: neighbours on the other side of a plane, in both tables, are missed.
Source: the forum's thread.
"""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np

from ._sorting import smallest

REQUIRES = ()
ACCURACY = "approximate"
TABLES, BITS = 2, 3


def build(points: np.ndarray, seed: int) -> Any:
    """Return the points, the planes (d, tables, bits), and the points' codes (tables, n)."""
    planes = np.random.default_rng(seed).standard_normal((points.shape[1], TABLES * BITS))
    return points, planes, _codes(points, planes)


def _codes(points: np.ndarray, planes: np.ndarray) -> np.ndarray:
    bits = (points @ planes > 0).reshape(len(points), TABLES, BITS)
    return (bits @ (1 << np.arange(BITS))).T.astype(np.uint8).copy()


def search(index: Any, query: np.ndarray, k: int) -> np.ndarray:
    """Return the rows of the k nearest points to query (d,) that share a code with it."""
    points, planes, codes = index
    rows = np.flatnonzero((codes == _codes(query[None], planes)).any(axis=0))
    return rows[smallest(np.square(points[rows] - query).sum(axis=1), k)]


def workspace_bytes(n: int, d: int, itemsize: int, k: int = 1000) -> int:
    """Return the bytes of what is compared and, at worst, of all points' differences, their squares and their order."""
    return n * (TABLES + 1 + 8) + n * (3 * d + 1) * itemsize + 8 * n + 24 * min(n, k)


def index_bytes(n: int, d: int, itemsize: int) -> Tuple[int, int]:
    """Return the bytes of projections in float64 with float32 points cast, then of bits and codes; codes stay."""
    projected = n * TABLES * BITS * 8 + (8 * n * d if itemsize < 8 else 0)
    return max(projected, n * (TABLES * BITS * 9 + TABLES * 10)), n * TABLES
