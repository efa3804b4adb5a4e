"""All distances, then the k smallest: no index at all, one pass over the points.

Cost: n*d operations and a partial sort of n. Extra memory: n*d for differences.
Error: none beyond ties; distances from differences.
Source: what every index has to beat.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._sorting import smallest

REQUIRES = ()


def build(points: np.ndarray, seed: int) -> Any:
    """Return the points: there is nothing to prepare."""
    return points


def search(index: Any, query: np.ndarray, k: int) -> np.ndarray:
    """Return the rows of the k nearest points to query (d,)."""
    return smallest(np.square(index - query).sum(axis=1), k)


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of the differences, their squares, and the sums' order."""
    return n * ((2 * d + 1) * itemsize + 8)
