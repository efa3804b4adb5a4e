"""All distances, then the k smallest: no index at all, one pass over the points.

Cost: n*d operations and a partial sort of n. Extra memory: n*d for differences.
Error: none beyond ties; distances from differences.
Source: what every index has to beat.
"""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np

from ._sorting import smallest

REQUIRES = ()


def build(points: np.ndarray, seed: int) -> Any:
    """Return the points: there is nothing to prepare."""
    return points


def search(index: Any, query: np.ndarray, k: int) -> np.ndarray:
    """Return the rows of the k nearest points to query (d,)."""
    return smallest(np.square(index - query).sum(axis=1), k)


def workspace_bytes(n: int, d: int, itemsize: int, k: int = 1000) -> int:
    """Return the bytes of the differences and their squares, then of the sums and their order."""
    return n * itemsize + max(n * 2 * d * itemsize, n * 8 + 24 * min(n, k))


def index_bytes(n: int, d: int, itemsize: int) -> Tuple[int, int]:
    """Return the bytes of no index."""
    return 0, 0
