"""What published claims count beside time and error: of data, how it clusters; of points that moved, where they are.

Pure functions of arrays. Distances are taken a block of rows at a time, so that 5000 points need no 5000 x 5000 array.
"""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

BLOCK = 256  # rows


def covered(points: Any, radius: float) -> float:
    """Share of the other points (n, d) that lie within a radius of a point, the mean over points; NaN for one point."""
    inside = sum(int((distances <= radius).sum()) for _, distances in _distances(points))
    n = len(points)
    return (inside - n) / (n * (n - 1)) if n > 1 else float("nan")


def silhouette(points: Any, classes: Any) -> float:
    """Mean silhouette of classes 0, 1, ... (n,) of points (n, d): 1 far apart, 0 where they overlap.

    Rousseeuw's: ``(b - a) / max(a, b)`` with the mean distance a to one's own class and b to the nearest other one.
    """
    member = np.eye(int(classes.max()) + 1)[classes]
    sizes, scores = member.sum(axis=0), np.zeros(len(points))
    for rows, distances in _distances(points):
        sums, own = distances @ member, classes[rows]
        at = np.arange(len(own))
        within = sums[at, own] / np.maximum(sizes[own] - 1, 1)
        means = sums / sizes
        means[at, own] = np.inf
        beside = means.min(axis=1)
        scores[rows] = np.where(sizes[own] > 1, (beside - within) / np.maximum(within, beside), 0.0)
    return float(scores.mean())


def class_accuracy(clusters: Any, classes: Any) -> float:
    """Share of points whose cluster stands for their class, with clusters and classes matched one to one, at best.

    A class split into several clusters keeps one of them, and a cluster that holds two classes counts for one: so
    neither many clusters nor a single one can pass for a good answer.
    """
    from scipy.optimize import linear_sum_assignment

    _, cluster = np.unique(clusters, return_inverse=True)
    _, label = np.unique(classes, return_inverse=True)
    counts = np.zeros((int(cluster.max()) + 1, int(label.max()) + 1))
    np.add.at(counts, (cluster, label), 1)
    return float(counts[linear_sum_assignment(-counts)].sum() / len(cluster))


def _distances(points: Any) -> Iterator[Any]:
    """Slices of rows, and their distances to all points (rows, n)."""
    wide = np.asarray(points, dtype=np.float64)
    for start in range(0, len(wide), BLOCK):
        rows = slice(start, min(start + BLOCK, len(wide)))
        squares = sum(
            np.square(wide[rows, None, axis] - wide[None, :, axis]) for axis in range(wide.shape[1])
        )
        yield rows, np.sqrt(squares)
