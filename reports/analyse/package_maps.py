"""Who wins on planes through the post's shape, for every set of packages: from the cost model of a machine's profile.

The cells of a map lie anywhere in four dimensions, on no grid; so what is drawn is the model that was fitted to them,
and how sure it is of its choice. Strategies of one idea are one region.
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
from reports.ideas import idea_of

POST = {"T": 256, "L": 128, "F": 64, "K": 16}
AXES_OF_POST = tuple(POST)
NAMES = {
    "numpy": "NumPy alone",
    "scipy": "+ SciPy",
    "jax": "+ JAX",
    "numba": "+ numba",
    "everything": "everything",
}
MOST_MAPS = 4
STEPS = 33  # along an axis
DRAWS, WIDEN = 200, 1.5
#: Octaves beyond what was measured in which something is still said.
MARGIN = 1.0
#: Measured cells are shown where the other axes are so many octaves from the plane at most.
NEAR = 3.0
#: The workload and the stage whose profile is mapped, and the strategy that times are held against.
MAPPED = ("vlad", "aggregate")
BASELINE = "loop"


@dataclass(frozen=True)
class Plane:
    """A plane to map: its two axes, the other sizes being the post's, and what the numbers and labels are."""

    across: str
    up: str
    itemsize: int = 8
    labels: str | None = None

    @property
    def fixed(self) -> dict[str, int]:
        """Sizes of the other axes."""
        return {axis: size for axis, size in POST.items() if axis not in (self.across, self.up)}


#: The first is shown when the page opens.
PLANES = (
    Plane("L", "K"),
    Plane("F", "K"),
    Plane("L", "K", 4, "skewed"),
)


@dataclass(frozen=True)
class PackageMap:
    """The map of one set of packages.

    Attributes
    ----------
    package_set : str
    ideas : tuple of str
        Those that win anywhere, the one with the largest region first.
    seconds : ndarray, shape (ideas, up, across)
        Log time of the best strategy of each of them.
    best : ndarray of str, shape (up, across)
        Strategy.
    winner : ndarray of int, shape (up, across)
        Positions in `ideas`; -1 too far outside what was measured.
    sure : ndarray of float, shape (up, across)
        Probability of the winning idea being the best, by the model; NaN outside.
    ahead : ndarray of float, shape (up, across)
        Time of the loop over that of the best strategy.
    """

    package_set: str
    ideas: tuple[str, ...]
    seconds: np.ndarray
    best: np.ndarray
    winner: np.ndarray
    sure: np.ndarray
    ahead: np.ndarray

    @property
    def title(self) -> str:
        """What may be used."""
        return NAMES.get(self.package_set, self.package_set)

    def shares(self) -> Mapping[str, float]:
        """What share of the map each idea has, largest first."""
        placed = self.winner[self.winner >= 0]
        return {
            idea: float((placed == at).mean()) if placed.size else 0.0 for at, idea in enumerate(self.ideas)
        }


@dataclass(frozen=True)
class Mapped:
    """The maps of one plane.

    Attributes
    ----------
    plane : Plane
    machine : str
    across, up : ndarray of float
        Sizes at which the model was asked.
    maps : list of PackageMap
    measured : ndarray, shape (n, 2)
        Sizes across and up of the cells measured near the plane.
    cells : int
        Measured in all.
    """

    plane: Plane
    machine: str
    across: np.ndarray
    up: np.ndarray
    maps: list[PackageMap]
    measured: np.ndarray
    cells: int

    def rows(self, one: PackageMap) -> pd.DataFrame:
        """What one map shows, a row for each place."""
        up, across = (
            np.round(grid.ravel()).astype(int) for grid in np.meshgrid(self.up, self.across, indexing="ij")
        )
        sizes = {**POST, self.plane.across: across, self.plane.up: up}
        shown = pd.DataFrame(
            {
                "packages": one.title,
                "dtype": f"float{8 * self.plane.itemsize}",
                "labels": self.plane.labels or "uniform",
                **sizes,
                "winner": one.best.ravel(),
                "idea": [one.ideas[place] if place >= 0 else "" for place in one.winner.ravel()],
                "probability": one.sure.ravel(),
                "speedup": one.ahead.ravel(),
            }
        )
        return shown[one.winner.ravel() >= 0].reset_index(drop=True)


def mapped(profile: Profile) -> Entry | None:
    """The profile's entry of what a map measures; None where it holds no map."""
    entry = profile.entry(*MAPPED)
    known = entry is not None and tuple(entry.model.axes) == tuple(POST) and "Map" in entry.benchmarks
    return entry if known else None


def unreached(profile: Profile) -> float | None:
    """Octaves from the post's shape to what a map measured; None where the profile holds no map."""
    entry = mapped(profile)
    return None if entry is None else float(entry.model.outside(np.array([list(POST.values())]), 8)[0])


def package_sets(entry: Entry) -> dict[str, set[str]]:
    """Strategies of the sets of packages that are mapped, `MOST_MAPS` at most."""
    requires = {name: strategy.requires for name, strategy in entry.strategies.items()}
    sets = {name: members for name, members in distinct(requires).items() if name in NAMES}
    chosen = [name for name in sets if name != "everything" or len(sets) <= MOST_MAPS][:MOST_MAPS]
    return {name: sets[name] for name in chosen}


def map_of(profile: Profile, plane: Plane = PLANES[0]) -> Mapped | None:
    """The maps of a plane; None where the profile has no map of the sums that reaches there."""
    entry = mapped(profile)
    if entry is None or (plane.labels is not None and plane.labels not in entry.model.labels):
        return None
    if entry.model.hull_of(plane.itemsize) is None:
        return None
    across, up = _sizes(entry.model, plane, plane.across), _sizes(entry.model, plane, plane.up)
    if len(across) < 2 or len(up) < 2:
        return None
    reached = _inside(entry.model, plane, across, up).reshape(len(up), len(across))
    across, up = across[reached.any(axis=0)], up[reached.any(axis=1)]
    if len(across) < 2 or len(up) < 2:
        return None
    inside = _inside(entry.model, plane, across, up).reshape(len(up), len(across))
    maps = [
        _map(entry.model, name, who, plane, across, up, inside) for name, who in package_sets(entry).items()
    ]
    places = 2.0**entry.model.places
    return Mapped(plane, profile.machine, across, up, maps, _near(places, plane), len(places))


def _cells(plane: Plane, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Cells of the plane, (up * across, axes)."""
    return np.array(
        [[{**POST, plane.across: x, plane.up: y}[axis] for axis in POST] for y in up for x in across]
    )


def _inside(model: CostModel, plane: Plane, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Tell of each cell of the plane whether something can be said about it; (up * across,)."""
    return np.asarray(model.outside(_cells(plane, across, up), plane.itemsize) <= MARGIN)


def _sizes(model: CostModel, plane: Plane, axis: str) -> np.ndarray:
    """Sizes along one axis, from the smallest measured to the largest at which the arrays are not too large."""
    low, high = model.hull[axis]
    for array in ("T*L*F", "T*F*K"):
        if axis in array and array in model.hull:
            others = math.prod(POST[other] for other in array.split("*") if other != axis)
            high = min(high, 2.0 ** (0.99 * MARGIN) * model.hull[array][1] / others)
    return np.geomspace(low, high, STEPS) if high > 2 * low else np.empty(0)


def _map(
    model: CostModel,
    package_set: str,
    members: set[str],
    plane: Plane,
    across: np.ndarray,
    up: np.ndarray,
    inside: np.ndarray,
) -> PackageMap:
    cells, shape = _cells(plane, across, up), inside.shape
    names = [name for name in model.strategies if name in members]
    labels = None if plane.labels is None else [plane.labels] * len(cells)
    mean, deviation = model.predict(cells, plane.itemsize, labels=labels, only=names)
    ideas = np.array([idea_of(name) for name in names])
    best = mean.argmin(axis=0)
    rng, hits = np.random.default_rng(0), np.zeros(len(cells))
    for _ in range(DRAWS):
        drawn = mean + WIDEN * deviation * rng.standard_normal(mean.shape)
        hits += ideas[drawn.argmin(axis=0)] == ideas[best]
    counts = pd.Series(ideas[best][inside.ravel()]).value_counts()
    kept = [str(idea) for idea in counts.index]
    loop = mean[names.index(BASELINE)] if BASELINE in names else np.full(len(cells), np.nan)
    place = np.array([kept.index(idea) if idea in kept else -1 for idea in ideas[best]])
    return PackageMap(
        package_set,
        tuple(kept),
        np.array([mean[ideas == idea].min(axis=0).reshape(shape) for idea in kept]),
        np.array(names, dtype=object)[best].reshape(shape),
        np.where(inside, place.reshape(shape), -1),
        np.where(inside, (hits / DRAWS).reshape(shape), np.nan),
        np.exp(loop - mean.min(axis=0)).reshape(shape),
    )


def _near(places: np.ndarray, plane: Plane) -> np.ndarray:
    axes = list(POST)
    others = [axes.index(axis) for axis in plane.fixed]
    off = np.abs(np.log2(places[:, others]) - np.log2(list(plane.fixed.values()))).max(axis=1)
    return places[off <= NEAR][:, [axes.index(plane.across), axes.index(plane.up)]]
