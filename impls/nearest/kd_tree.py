"""SciPy's k-d tree: boxes that cannot hold a nearer point are never opened.

Cost: about k + log n for one query once the tree stands. Extra memory: about k.
Error: none beyond ties.
Source: scipy.spatial.cKDTree.
"""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np
from scipy.spatial import cKDTree

REQUIRES = ("scipy",)


def build(points: np.ndarray, seed: int) -> Any:
    """Return the tree of points (n, d)."""
    return cKDTree(points)


def search(index: Any, query: np.ndarray, k: int) -> np.ndarray:
    """Return the rows of the k nearest points to query (d,)."""
    return np.atleast_1d(index.query(query, k)[1])


def workspace_bytes(n: int, d: int, itemsize: int, k: int = 1000) -> int:
    """Return the bytes of a result and the search's queue."""
    return 72 * min(n, k)


def index_bytes(n: int, d: int, itemsize: int) -> Tuple[int, int]:
    """Return the bytes of the tree: points in float64, their order, and a node for every few of them."""
    kept = n * ((8 * d if itemsize < 8 else 0) + 24)
    return kept, kept
