"""DBSCAN: clusters are connected components of the points that have many neighbours. Strategies are files.

Labels are those of scikit-learn: clusters are numbered by their first core point, a point at the border goes to the
lowest-numbered cluster that has a core point within the radius, noise is -1.

>>> from impls import dbscan
>>> dbscan.labels(points, radius=0.5, least=5)  # doctest: +SKIP
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Tuple

import numpy as np

from .. import inputs
from ..rooms import Room

ROOM = Room(Path(__file__).parent, __name__, "labels_of", "DBSCAN")
strategies, get = ROOM.strategies, ROOM.get

__all__ = ["ROOM", "get", "labels", "oracle", "strategies"]


def labels(points: Any, radius: float, least: int = 5, strategy: str = "radius_graph") -> np.ndarray:
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

    Returns
    -------
    (n,) intp array
    """
    points, radius, least = _checked(points, radius, least)
    return get(strategy)(points, radius, least) if len(points) else np.empty(0, np.intp)


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
    points = inputs.float_array(points, "points", ("n", "d"))
    if isinstance(radius, bool) or not isinstance(radius, (int, float, np.integer, np.floating)):
        raise TypeError(f"radius is {radius!r}, expected one number.")
    if not 0 < radius < math.inf:
        raise ValueError(f"radius is {radius}, expected a finite number above 0.")
    return points, float(radius), inputs.positive_integer(least, "least")
