"""DBSCAN from scratch, as textbooks have it: from each new core point grow a cluster, neighbour by neighbour.

Each point's neighbours are one vectorized row of distances; the growing is a loop over points with a stack.

Cost: n*n*d operations in n passes, and a Python step for each point and neighbour. Extra memory: 2*n*d for one row.
Error: none: labels are integers; pairs at the radius to the last bit may fall on either side.
Source: Ester, Kriegel, Sander and Xu (KDD 1996), as the forum's thread wrote it down.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()


def labels_of(points: np.ndarray, radius: float, least: int) -> np.ndarray:
    """Return the (n,) labels of points (n, d)."""
    found, cluster = np.full(len(points), -1, np.intp), 0
    seen = np.zeros(len(points), bool)  # asked for its neighbours
    for start in range(len(points)):
        if found[start] >= 0 or seen[start]:
            continue
        stack, grown = [start], False
        while stack:
            point = stack.pop()
            if seen[point]:
                continue
            seen[point] = True
            near = np.flatnonzero(np.square(points - points[point]).sum(axis=1) <= radius**2)
            if len(near) < least:
                continue
            grown = True
            new = near[found[near] < 0]
            found[new] = cluster
            stack.extend(new.tolist())
        cluster += grown
    return found


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one row's differences and squares, of labels, and of a stack of all points at worst."""
    return (2 * n * d + n) * itemsize + 50 * n
