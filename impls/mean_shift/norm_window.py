"""Only rows whose distance from the origin is similar can be near one another: sort by norm, cut windows.

By the reverse triangle inequality |q - p| is at least | |q| - |p| |. A block of queries with similar norms therefore
needs only the points whose norms lie within a radius of theirs, and in sorted order those are one slice. Unlike a
window of a fixed number of rows it loses nothing within the radius.

Cost: n*w*(2d + 1) for windows of w points, and a sort; shells about the origin cut little where clusters share them,
and less the higher d is. Extra memory: sorted copies, n*d, and a block of 64*w weights.
Error: bounded: leaves out weights below exp(-radius^2/2): at most 2 radius n exp(-radius^2/2) bandwidths a step.
Source: the forum's sorted-norm window, made safe.
"""

from __future__ import annotations

import numpy as np

from ._kernel import gaussian

REQUIRES = ()
SEMANTICS = ("J", "bGS", "NB")
ACCURACY = "bounded"
VARIANTS = {"6": {"radius": 6.0}, "8": {"radius": 8.0}}
ROWS = 64


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float, radius: float) -> np.ndarray:
    """Return the (m, d) kernel means about queries (m, d) of the points (n, d) within `radius` bandwidths."""
    norms, query_norms = np.linalg.norm(points, axis=1), np.linalg.norm(queries, axis=1)
    order, query_order = np.argsort(norms, kind="stable"), np.argsort(query_norms, kind="stable")
    data, norms, moved = points[order], norms[order], np.empty_like(queries)
    reach = radius * bandwidth
    for start in range(0, len(queries), ROWS):
        block = query_order[start : start + ROWS]
        low, high = query_norms[block[0]] - reach, query_norms[block[-1]] + reach
        near = data[np.searchsorted(norms, low) : np.searchsorted(norms, high, side="right")]
        center = near.mean(axis=0)
        rows, near = queries[block] - center, near - center
        squares = rows @ (-2 * near.T)
        squares += np.square(near).sum(axis=1)
        squares += np.square(rows).sum(axis=1, keepdims=True)
        weights = gaussian(squares, bandwidth)
        moved[block] = center + weights @ near / weights.sum(axis=1, keepdims=True)
    return moved


def workspace_bytes(n: int, d: int, itemsize: int, radius: float) -> int:
    """Return the bytes of sorted copies and orders, and of two blocks' weights if windows are everything."""
    return n * (4 * d * itemsize + 6 * 8) + 2 * min(ROWS, n) * n * itemsize
