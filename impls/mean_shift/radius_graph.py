"""The weights as a sparse matrix: a k-d tree finds the pairs within a radius, and a sparse product does the sums.

Cost: one search, about n log n and k for each of n points with k neighbours, then n*k*(d + 1) in the sparse product.
It pays where clusters are many and small. Extra memory: the pairs, n*k times 40 bytes, which is n*n at worst.
Error: bounded: leaves out weights below exp(-radius^2/2): at most 2 radius n exp(-radius^2/2) bandwidths a step.
Source: scipy.spatial.cKDTree.sparse_distance_matrix.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

REQUIRES = ("scipy",)
SEMANTICS = ("J", "bGS", "NB")
ACCURACY = "bounded"
VARIANTS = {"6": {"radius": 6.0}, "8": {"radius": 8.0}}


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float, radius: float) -> np.ndarray:
    """Return the (m, d) kernel means about queries (m, d) of the points (n, d) within `radius` bandwidths."""
    tree = cKDTree(points)
    mine = tree if queries is points else cKDTree(queries)
    pairs = mine.sparse_distance_matrix(tree, radius * bandwidth, output_type="ndarray")
    weights = np.exp(-0.5 * np.square(pairs["v"] / bandwidth)).astype(points.dtype, copy=False)
    graph = csr_matrix((weights, (pairs["i"], pairs["j"])), shape=(len(queries), len(points)))
    return graph @ points / np.asarray(graph.sum(axis=1), points.dtype)


def workspace_bytes(n: int, d: int, itemsize: int, radius: float) -> int:
    """Return the bytes of all pairs at worst: their record, a triple for building, and the matrix."""
    return _bytes(n * n, itemsize)


def workspace_for(points: np.ndarray, bandwidth: float, iterations: int, radius: float) -> int:
    """Return the same for the pairs there are, if one step is made: in later ones all points may be neighbours."""
    n, d = points.shape
    if iterations > 1:
        return workspace_bytes(n, d, points.itemsize, radius)
    tree = cKDTree(points)
    return _bytes(int(tree.count_neighbors(tree, radius * bandwidth)), points.itemsize)


def _bytes(pairs: int, itemsize: int) -> int:
    return pairs * (24 + 2 * itemsize + 16)
