"""Who wins on a plane through the post's shape, for every set of packages: from the cost model of a machine's profile.

The cells of a map lie anywhere in four dimensions, on no grid; so what is drawn is the model that was fitted to them,
and how sure it is of its choice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from impls.cost.model import CostModel
from impls.cost.package_sets import distinct
from impls.cost.profile import Entry, Profile

POST = {"T": 256, "L": 128, "F": 64, "K": 16}
ACROSS, UP = "L", "K"
NAMES = {
    "numpy": "NumPy alone",
    "scipy": "+ SciPy",
    "jax": "+ JAX",
    "numba": "+ numba",
    "everything": "everything",
}
MOST_MAPS = 4
STEPS = 36  # along an axis
DRAWS, WIDEN = 200, 1.5
ITEMSIZE = 8
#: Octaves beyond what was measured in which something is still said.
MARGIN = 1.0
#: Measured cells are shown where the other axes are so many octaves from the plane at most.
NEAR = 3.0
#: The workload and the stage whose profile is mapped.
MAPPED = ("vlad", "aggregate")


@dataclass(frozen=True)
class PackageMap:
    """The map of one set of packages.

    Attributes
    ----------
    package_set : str
    names : tuple of str
        Strategies that win anywhere.
    winner : ndarray of int, shape (up, across)
        Positions in `names`; -1 outside what was measured.
    sure : ndarray of float, shape (up, across)
        Probability of the winner being the best, by the model; NaN outside.
    """

    package_set: str
    names: tuple[str, ...]
    winner: np.ndarray
    sure: np.ndarray


@dataclass(frozen=True)
class Plane:
    """Maps on one plane.

    Attributes
    ----------
    machine : str
    across, up : ndarray of float
        Sizes of `ACROSS` and `UP` at which the model was asked.
    maps : list of PackageMap
    measured : ndarray, shape (n, 2)
        Sizes across and up of the cells measured near the plane.
    cells : int
        Measured in all.
    """

    machine: str
    across: np.ndarray
    up: np.ndarray
    maps: list[PackageMap]
    measured: np.ndarray
    cells: int

    def rows(self) -> pd.DataFrame:
        """What is drawn, a row for each place and set of packages."""
        up, across = (
            np.round(grid.ravel()).astype(int) for grid in np.meshgrid(self.up, self.across, indexing="ij")
        )
        parts = [
            pd.DataFrame(
                {
                    "packages": NAMES.get(one.package_set, one.package_set),
                    **{axis: POST[axis] for axis in POST if axis not in (ACROSS, UP)},
                    ACROSS: across,
                    UP: up,
                    "winner": [one.names[place] if place >= 0 else "" for place in one.winner.ravel()],
                    "probability": one.sure.ravel(),
                }
            )
            for one in self.maps
        ]
        return pd.concat(parts, ignore_index=True)


def mapped(profile: Profile) -> Entry | None:
    """The profile's entry of what a map measures; None where it holds no map."""
    entry = profile.entry(*MAPPED)
    known = entry is not None and tuple(entry.model.axes) == tuple(POST) and "Map" in entry.benchmarks
    return entry if known else None


def unreached(profile: Profile) -> float | None:
    """Octaves from the post's shape to what a map measured; None where the profile holds no map."""
    entry = mapped(profile)
    return None if entry is None else float(entry.model.outside(np.array([list(POST.values())]), ITEMSIZE)[0])


def plane_of(profile: Profile) -> Plane | None:
    """The plane through the post's shape; None where the profile has no map of the sums that reaches there."""
    entry = mapped(profile)
    if entry is None:
        return None
    across, up = _sizes(entry.model, ACROSS), _sizes(entry.model, UP)
    if len(across) < 2 or len(up) < 2:
        return None
    reached = _inside(entry.model, across, up).reshape(len(up), len(across))
    across, up = across[reached.any(axis=0)], up[reached.any(axis=1)]
    if len(across) < 2 or len(up) < 2:
        return None
    cells, inside = _cells(across, up), _inside(entry.model, across, up)
    requires = {name: strategy.requires for name, strategy in entry.strategies.items()}
    sets = {name: members for name, members in distinct(requires).items() if name in NAMES}
    chosen = [name for name in sets if name != "everything" or len(sets) <= MOST_MAPS][:MOST_MAPS]
    shape = (len(up), len(across))
    maps = [_map(entry.model, name, sets[name], cells, inside, shape) for name in chosen]
    places = 2.0**entry.model.places
    return Plane(profile.machine, across, up, maps, _near(places), len(places))


def _cells(across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Cells of the plane, (up * across, axes)."""
    return np.array([[{**POST, ACROSS: x, UP: y}[axis] for axis in POST] for y in up for x in across])


def _inside(model: CostModel, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Tell of each cell of the plane whether something can be said about it; (up * across,)."""
    return np.asarray(model.outside(_cells(across, up), ITEMSIZE) <= MARGIN)


def _sizes(model: CostModel, axis: str) -> np.ndarray:
    """Sizes along one axis, from the smallest measured to the largest at which the arrays are not too large."""
    low, high = model.hull[axis]
    for array in ("T*L*F", "T*K*F"):
        if axis in array and array in model.hull:
            others = math.prod(POST[other] for other in array.split("*") if other != axis)
            high = min(high, 2.0 ** (0.99 * MARGIN) * model.hull[array][1] / others)
    return np.geomspace(low, high, STEPS) if high > 2 * low else np.empty(0)


def _map(
    model: CostModel,
    package_set: str,
    members: set[str],
    cells: np.ndarray,
    inside: np.ndarray,
    shape: tuple[int, int],
) -> PackageMap:
    names = [name for name in model.strategies if name in members]
    mean, deviation = model.predict(cells, ITEMSIZE, only=names)
    best = mean.argmin(axis=0)
    rng, hits = np.random.default_rng(0), np.zeros(len(cells))
    for _ in range(DRAWS):
        drawn = mean + WIDEN * deviation * rng.standard_normal(mean.shape)
        hits += drawn.argmin(axis=0) == best
    kept = np.unique(best[inside])
    places = np.where(inside, np.searchsorted(kept, best), -1)
    sure = np.where(inside, hits / DRAWS, np.nan)
    return PackageMap(
        package_set, tuple(names[at] for at in kept), places.reshape(shape), sure.reshape(shape)
    )


def _near(places: np.ndarray) -> np.ndarray:
    axes = list(POST)
    others = [axes.index(axis) for axis in axes if axis not in (ACROSS, UP)]
    off = np.abs(np.log2(places[:, others]) - np.log2([POST[axes[at]] for at in others])).max(axis=1)
    return places[off <= NEAR][:, [axes.index(ACROSS), axes.index(UP)]]


def shares(one: PackageMap) -> Mapping[str, float]:
    """What share of the map each winner has, largest first."""
    placed = one.winner[one.winner >= 0]
    counts = {name: float((placed == at).mean()) for at, name in enumerate(one.names)} if placed.size else {}
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
