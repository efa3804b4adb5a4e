"""DBSCAN as a graph: a k-d tree finds all neighbouring pairs, compiled connected components find the clusters.

No loop over points is left: degrees are a count of indices, clusters are components of the core points' graph, and
points at the border take the lowest cluster among their neighbours.

Cost: about n log n for the tree and k for each of n points with k neighbours. Extra memory: the pairs, n*k times 20.
Error: none: labels are integers; pairs at the radius to the last bit may fall on either side.
Source: the definition of DBSCAN; scipy.spatial and scipy.sparse.csgraph.
"""

from __future__ import annotations

from typing import Optional

import numpy as np
from scipy.spatial import cKDTree

from ._graph import labels_from_pairs

REQUIRES = ("scipy",)
LISTS_PAIRS = True
#: Two indices, and what the graph is made from and of. Measured.
PAIR_BYTES = 51


def labels_of(points: np.ndarray, radius: float, least: int) -> np.ndarray:
    """Return the (n,) labels of points (n, d)."""
    pairs = cKDTree(points).query_pairs(radius, output_type="ndarray")
    return labels_from_pairs(pairs[:, 0], pairs[:, 1], len(points), least)


def workspace_bytes(n: int, d: int, itemsize: int, pairs: Optional[int] = None) -> int:
    """Return the bytes of tree, pairs and graph; where pairs are not counted, for 100 neighbours a point."""
    return PAIR_BYTES * (50 * n if pairs is None else pairs) + n * ((8 * d if itemsize < 8 else 0) + 80)
