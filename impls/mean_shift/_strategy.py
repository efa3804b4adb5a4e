"""Names to mean shift strategies: the files of this folder, each once for every setting of its knobs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np

from .. import discovery, registry
from ._semantics import BATCH, RULES, iterate

#: What the files of this room may declare beyond what every room knows.
CONSTANTS = ("SEMANTICS", "ACCURACY", "VARIANTS", "RANDOM", "EXPANDS", "MOST_DIMENSIONS")
ACCURACIES = ("exact", "bounded", "approximate")
#: Contract of exact strategies, in bandwidths: root mean square error, and the largest of any coordinate.
CONTRACT = {"float32": (2e-4, 1e-3), "float64": (1e-10, 1e-10)}
#: By how much an iteration may multiply what the iterations before it left out; measured (see the tests), not proven.
GROWTH = 2.0


def left_out(n: int, radius: float) -> float:
    """Return how far, in bandwidths, one step may miss when it leaves out points beyond a radius in bandwidths.

    Each of at most n points left out has a weight of at most ``w = exp(-radius^2/2)``, and ``w radius`` bounds its
    weight times its distance. Those kept have their mean within the radius, or, where some lie farther, within
    ``radius (1 + n w)``. All weights sum up to at least 1: every row starts as a point of the data, and moving
    uphill only adds to its sum. So the mean moves by at most ``n w (2 radius + n w radius)``.
    """
    weight = n * math.exp(-0.5 * radius**2)
    return weight * radius * (2.0 + weight) if weight else 0.0


@dataclass(frozen=True)
class ShiftStrategy(registry.Strategy):
    """One setting of a strategy; its functions take what they are given without checks, centred.

    Attributes
    ----------
    knobs : mapping of str to number
        Keyword arguments for the file's functions.
    """

    knobs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """The file's name, shared by all settings of its knobs."""
        return self.source.stem

    @property
    def semantics(self) -> Tuple[str, ...]:
        """The update rules that it can compute."""
        return tuple(self.listing.declared.get("SEMANTICS", ("J", "GS", "bGS", "NB")))

    @property
    def random(self) -> bool:
        """Whether its result depends on a seed."""
        return bool(self.listing.declared.get("RANDOM", False))

    @property
    def expands(self) -> bool:
        """Whether it expands the square of a distance, which cancels where points spread over many bandwidths."""
        return bool(self.listing.declared.get("EXPANDS", False))

    def why_not_for(self, rule: str, d: int) -> Optional[str]:
        """Return why it cannot compute a rule in d dimensions, or None."""
        if rule not in self.semantics:
            return f"it computes {' and '.join(self.semantics)}, not {rule}: another algorithm"
        most = self.listing.declared.get("MOST_DIMENSIONS", math.inf)
        return f"it takes at most {most} dimensions, and there are {d}" if d > most else None

    def bounds(self, dtype: Any, n: int, iterations: int = 1) -> Optional[Tuple[float, float]]:
        """Return what it promises of root mean square and largest error, in bandwidths; None if it promises nothing.

        Parameters
        ----------
        dtype : dtype-like
        n : int
            Points.
        iterations : int
            The bound of a bounded strategy is about one; what it left out may grow in later ones.
        """
        if self.kind == "approximate":
            return None
        rms, largest = CONTRACT[np.dtype(dtype).name]
        if self.kind == "bounded":
            grown = left_out(n, self.knobs["radius"]) * sum(GROWTH**later for later in range(iterations))
            rms, largest = rms + grown, largest + grown
        return rms, largest

    def run(
        self,
        points: Any,
        bandwidth: float,
        iterations: int,
        rule: str = "J",
        batch: int = BATCH,
        seed: int = 0,
    ) -> Any:
        """Return the (n, d) points after some iterations under a rule, in the strategy's own array type.

        Parameters
        ----------
        points : (n, d) array
            Centred, and placed by `put`; not written to.
        bandwidth : float
        batch : int
            Rows that move at once under bGS.
        seed : int
            For strategies that are `random`.
        """
        knobs = dict(self.knobs)
        if "iterate" not in self.listing.functions:

            def shift(queries: Any, data: Any, width: float) -> Any:
                return self.module.shift(queries, data, width, **knobs)

            return iterate(shift, points, bandwidth, iterations, rule, batch)
        if self.random:
            knobs["seed"] = seed
        if rule == "bGS":
            knobs["batch"] = batch
        return self.module.iterate(points, bandwidth, iterations, **knobs)

    def workspace_bytes(self, n: int, d: int, itemsize: int) -> int:
        """Return the bytes it is predicted to allocate at its peak, beyond inputs and result."""
        return int(self.predictor()(n, d, itemsize, **self.knobs))

    def workspace_for(self, points: np.ndarray, bandwidth: float, iterations: int) -> int:
        """Return the same for some data: what lies where decides over grids and neighbours.

        A file may define ``workspace_for(points, bandwidth, iterations, **knobs)``; elsewhere the sizes decide.
        """
        if len(points) == 0:
            return 0
        if "workspace_for" in self.listing.functions:
            return int(self.module.workspace_for(points, bandwidth, iterations, **self.knobs))
        n, d = points.shape
        return self.workspace_bytes(n, d, points.itemsize)


def listings() -> Dict[str, Tuple[discovery.Listing, Mapping[str, Any]]]:
    """Return (listing, knobs) by name; a setting of a file's knobs is called ``file:setting``."""
    files = discovery.scan(Path(__file__).parent, str(__package__), ("shift", "iterate"), CONSTANTS)
    found: Dict[str, Tuple[discovery.Listing, Mapping[str, Any]]] = {}
    for name, listing in files.items():
        listing = _declared_well(listing)
        variants = listing.declared.get("VARIANTS")
        for label, knobs in (variants or {"": {}}).items():
            full = f"{name}:{label}" if label else name
            found[full] = (replace(listing, name=full), knobs)
    return {name: found[name] for name in sorted(found)}


def _declared_well(listing: discovery.Listing) -> discovery.Listing:
    """Return the listing, as broken if what it declares is not of this room's vocabulary."""
    accuracy = listing.declared.get("ACCURACY", "exact")
    rules = set(listing.declared.get("SEMANTICS", RULES))
    if accuracy not in ACCURACIES:
        wrong = f"ACCURACY is {accuracy!r}, expected one of {', '.join(ACCURACIES)}"
        return replace(listing, declared={}, broken=wrong)
    if not rules or rules - set(RULES):
        wrong = f"SEMANTICS is {sorted(rules)}, expected some of {', '.join(RULES)}"
        return replace(listing, declared={}, broken=wrong)
    return listing


def _find() -> Dict[str, ShiftStrategy]:
    return {
        name: ShiftStrategy(listing, listing.declared.get("ACCURACY", "exact"), knobs)
        for name, (listing, knobs) in listings().items()
    }


_CATALOG = registry.Catalog(_find, "mean shift", [(Path(__file__).parent, ("shift", "iterate"))])


def strategies() -> List[str]:
    """Return the names of all strategies, sorted; also of those that cannot run here."""
    return _CATALOG.names()


def get(name: str) -> ShiftStrategy:
    """Return the strategy called `name`; an unknown name is a ValueError."""
    return _CATALOG.get(name)
