"""Points that move: which trajectories belong in one picture, and how far an approximation ends from what is exact."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from reports.load.model import APPROXIMATE, BOUNDED
from reports.load.trajectories import Trajectory


@dataclass(frozen=True)
class Move:
    """One strategy's way, beside the exact one under the same rule.

    Attributes
    ----------
    told : Trajectory
    exact : Trajectory or None
        None where the results hold none; `told` itself where it is exact.
    apart, farthest : float
        Root mean square and largest distance between the last points and those of `exact`, in units; NaN without.
    lost : int
        Points without a place in the last frame.
    places : int
        Places that the points have come together at: those linked by steps of at most a unit count as one.
    still : float
        Root mean square of what the points moved in the last step, in units; NaN where all are lost.
    """

    told: Trajectory
    exact: Trajectory | None
    apart: float
    farthest: float
    lost: int
    places: int
    still: float

    @property
    def is_exact(self) -> bool:
        """Whether the strategy promises the exact result."""
        return self.told.accuracy not in (APPROXIMATE, BOUNDED)


def pictures(trajectories: Iterable[Trajectory]) -> list[list[Move]]:
    """Group what starts from the same points; exact strategies first under each rule, rules as they were measured.

    The same block may have been followed in several sets, machines or environments: one of them is shown, the first.
    """
    groups: dict[tuple[object, ...], dict[tuple[str, str], Trajectory]] = {}
    for one in trajectories:
        same_start = (one.labels, one.dtype, one.cell, one.unit_name, one.unit, *one.points.shape)
        groups.setdefault(same_start, {}).setdefault((one.stage, one.impl), one)
    return [_judged(list(found.values())) for found in groups.values()]


def _judged(group: list[Trajectory]) -> list[Move]:
    """The moves of one picture, exact ones first under each rule."""
    stages: dict[str, list[Trajectory]] = {}
    for one in group:
        stages.setdefault(one.stage, []).append(one)
    found = []
    for same_rule in stages.values():
        exact = next((one for one in same_rule if one.accuracy not in (APPROXIMATE, BOUNDED)), None)
        moves = [judge(one, exact) for one in same_rule]
        found += sorted(moves, key=lambda move: not move.is_exact)
    return found


def judge(told: Trajectory, exact: Trajectory | None) -> Move:
    """How a trajectory ends, and how far from the exact one."""
    last = told.points[-1]
    there = np.isfinite(last).all(axis=1)
    apart, farthest = distances(last, exact.points[-1], told.unit) if exact else (math.nan, math.nan)
    still, _ = distances(last, told.points[-2], told.unit) if len(told.points) > 1 else (math.nan, math.nan)
    return Move(told, exact, apart, farthest, int((~there).sum()), gathered(last[there], told.unit), still)


def distances(one: np.ndarray, other: np.ndarray, unit: float) -> tuple[float, float]:
    """Root mean square and largest distance of points (rows, 2) that both have a place for, in units; NaN for none."""
    both = np.isfinite(one).all(axis=1) & np.isfinite(other).all(axis=1)
    if one.shape != other.shape or not both.any():
        return math.nan, math.nan
    apart = np.linalg.norm(one[both] - other[both], axis=1) / unit
    return float(np.sqrt(np.mean(np.square(apart)))), float(apart.max())


def gathered(points: np.ndarray, reach: float) -> int:
    """Number of groups of points (rows, 2) that steps of at most `reach` link."""
    if not len(points):
        return 0
    cells = np.unique(np.rint(points * (16 / reach)), axis=0)  # gathered points are many copies of a few
    pairs = cKDTree(cells).query_pairs(16.0, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cells), len(cells)))
    return int(connected_components(links, directed=False)[0])
