"""DBSCAN: clusters are connected components of the points that have many neighbours. Strategies are files.

Labels are those of scikit-learn: clusters are numbered by their first core point, a point at the border goes to the
lowest-numbered cluster that has a core point within the radius, noise is -1.

>>> from impls import dbscan
>>> dbscan.labels(points, radius=0.5, least=5)  # doctest: +SKIP
"""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Optional, Tuple

import numpy as np

from .. import inputs, ranges
from ..rooms import Room

ROOM = Room(Path(__file__).parent, __name__, "labels_of", "DBSCAN")
strategies, get = ROOM.strategies, ROOM.get

__all__ = ["ROOM", "get", "labels", "oracle", "strategies"]


def labels(
    points: Any,
    radius: float,
    least: int = 5,
    strategy: str = "radius_graph",
    memory_limit: Optional[int] = None,
) -> np.ndarray:
    """Return the cluster of each point, -1 for noise.

    Parameters
    ----------
    points : (n, d) array, float32 or float64
    radius : float
        Two points at most this far apart are neighbours; every point is its own.
    least : int
        Neighbours, itself included, that make a point a core point.
    strategy : str
        One of `strategies()`.
    memory_limit : int, optional
        Refuse to start where the strategy is predicted to need more bytes than this. Some list all pairs of
        neighbours: these are counted first.

    Returns
    -------
    (n,) intp array

    Raises
    ------
    ValueError, TypeError
        Wrong input, said in one sentence, before any work.
    MemoryBudgetError
        The prediction exceeds `memory_limit`.
    StrategyUnavailable
        The strategy's packages are not installed.
    """
    chosen = get(strategy)
    points, radius, least = _checked(points, radius, least)
    if memory_limit is not None:
        pairs = [neighbour_pairs(points, radius)] if chosen.lists_pairs else []
        needed = chosen.workspace_bytes(*points.shape, points.itemsize, *pairs)
        inputs.require_memory(strategy, needed, memory_limit)
    return chosen(points, radius, least) if len(points) else np.empty(0, np.intp)


def neighbour_pairs(points: np.ndarray, radius: float) -> int:
    """Return how many pairs of different points (n, d) are at most `radius` apart, without listing them."""
    if find_spec("scipy"):
        from scipy.spatial import cKDTree

        tree = cKDTree(points)
        return (int(tree.count_neighbors(tree, radius)) - len(points)) // 2
    count = sum(int(np.count_nonzero(np.square(points - row).sum(axis=1) <= radius**2)) for row in points)
    return (count - len(points)) // 2


def oracle(points: Any, radius: float, least: int = 5) -> np.ndarray:
    """Return the labels by the definition: every core point takes its neighbours' lowest number until none changes."""
    points, radius, least = _checked(points, radius, least)
    away = points.astype(np.float64)
    near = np.array([np.square(away - row).sum(axis=1) <= radius**2 for row in away]).reshape(len(away), -1)
    core = near.sum(axis=1) >= least
    number = np.where(core, np.arange(len(away)), len(away))
    while True:
        lower = np.array([number[near[i] & core].min() if core[i] else number[i] for i in range(len(away))])
        if np.array_equal(lower, number):
            break
        number = lower.astype(np.intp)
    found = np.full(len(away), -1, np.intp)
    _, found[core] = np.unique(number[core], return_inverse=True)
    for i in np.flatnonzero(~core):
        if (near[i] & core).any():
            found[i] = found[near[i] & core].min()
    return found


def _checked(points: Any, radius: Any, least: Any) -> Tuple[np.ndarray, float, int]:
    points = inputs.point_array(points)
    if isinstance(radius, bool) or not isinstance(radius, (int, float, np.integer, np.floating)):
        raise TypeError(f"radius is {radius!r}, expected one number.")
    if not 0 < radius < math.inf:
        raise ValueError(f"radius is {radius}, expected a finite number above 0.")
    least = inputs.positive_integer(least, "least")
    return (
        (*ranges.about_radius(points, float(radius)), least)
        if len(points)
        else (points, float(radius), least)
    )
