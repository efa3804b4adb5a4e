"""From the graph of neighbours to DBSCAN's labels, by connected components."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def labels_from_pairs(one: np.ndarray, other: np.ndarray, n: int, least: int) -> np.ndarray:
    """Return the (n,) labels from the pairs of different points that are neighbours, each pair once."""
    degree = 1 + np.bincount(one, minlength=n) + np.bincount(other, minlength=n)
    core = degree >= least
    inside = core[one] & core[other]
    links = coo_matrix((np.ones(inside.sum(), bool), (one[inside], other[inside])), shape=(n, n))
    component = connected_components(links, directed=False)[1]
    found = np.full(n, -1, np.intp)
    _, first, number = np.unique(component[core], return_index=True, return_inverse=True)
    found[core] = np.argsort(np.argsort(first))[number.reshape(-1)]  # numbered by their first core point
    lowest = np.full(n, n, np.intp)
    for border, center in ((one, other), (other, one)):
        edge = core[center] & ~core[border]
        np.minimum.at(lowest, border[edge], found[center[edge]])
    return np.where(lowest < n, lowest, found)
