"""What the cost model makes of a book: which strategies to ask next, and what trusting the map would cost.

`impls.cost` fits and predicts; here is the bookkeeping around it, for one stage of a map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

import numpy as np

from benchmarks.map.book import Book
from benchmarks.map.box import AXES
from benchmarks.protocol.journal import Line
from benchmarks.protocol.plan import CONTROL_SUFFIX, Block
from benchmarks.protocol.state import block_key

Feasible = Callable[[Block], Set[str]]

LEAST_NOISE, USUAL_NOISE = 0.03, 0.05
SUMS_WITHIN, SUMS_COMPILED_WITHIN = (
    2.0,
    2.0,
)  # measured end to end too, where nothing of the strategy is fused
AUDIT_WITHIN, AUDIT_BIG_WITHIN, AUDIT_COMPILED_WITHIN = 20.0, 8.0, 4.0  # times the best of a package set
HELD_OUT_WITHIN, HELD_OUT_COMPILED_WITHIN = 4.0, 2.0
CLEAR_FACTOR, CLEAR_DEVIATIONS, CLEAR_SHARE = 1.3, 2.0, 0.95


@dataclass
class Judgement:
    """A fitted model of one stage, with what it was fitted for.

    Attributes
    ----------
    model : impls.cost.CostModel
    package_sets : dict of str to set of str
        Strategies of each package set that can be had here.
    feasible : callable
        Strategies that can run on a block: memory, time-outs, devices.
    compiled : set of str
        Strategies that are compiled anew for every shape.
    points : list of Block
        Where the map is judged: other sizes than those it measures.
    """

    model: Any
    package_sets: Mapping[str, Set[str]]
    feasible: Feasible
    compiled: Set[str]
    points: Sequence[Block]
    _seen: Dict[str, Any] = field(default_factory=dict)

    def wanted(self, block: Block, open_sets: Mapping[str, Set[str]]) -> Set[str]:
        """Strategies that may be the best of an open package set at a block, and the likely best of the others.

        Those that the model knows nothing of are among them.
        """
        from impls import cost

        possible = self.feasible(block)
        found: Set[str] = cost.contenders(
            self.model,
            sizes([block])[0],
            open_sets,
            False,
            possible,
            itemsize=itemsizes([block])[0],
            labels=block.labels,
        )
        return found | set(self.picks(block).values())

    def near(self, block: Block, factor: float, compiled_factor: float) -> Set[str]:
        """Strategies predicted within a factor of the best of a package set; another factor for compiled ones."""
        times = self._predicted(block)
        found: Set[str] = set()
        for members in self.package_sets.values():
            inside = {impl: seconds for impl, seconds in times.items() if impl in members}
            best = min(inside.values(), default=0.0)
            found |= {
                impl
                for impl, seconds in inside.items()
                if seconds <= best * (compiled_factor if impl in self.compiled else factor)
            }
        return found

    def audited(self, block: Block, big: bool) -> Set[str]:
        """Strategies to measure where the model is put to the test."""
        return self.near(block, AUDIT_BIG_WITHIN if big else AUDIT_WITHIN, AUDIT_COMPILED_WITHIN)

    def held_out(self, block: Block) -> Set[str]:
        """Strategies to measure where the model will be held to its choice: the rivals it may have overlooked, too."""
        return self.near(block, HELD_OUT_WITHIN, HELD_OUT_COMPILED_WITHIN)

    def picks(self, block: Block) -> Dict[str, str]:
        """The strategy that each package set would choose at a block."""
        times = self._predicted(block)
        found = {}
        for name, members in self.package_sets.items():
            inside = [impl for impl in times if impl in members]
            if inside:
                found[name] = min(inside, key=times.__getitem__)
        return found

    def _predicted(self, block: Block) -> Dict[str, float]:
        names = [impl for impl in self.model.strategies if impl in self.feasible(block)]
        if not names:
            return {}
        mean, _ = self.model.predict(
            sizes([block]), itemsize=itemsizes([block]), labels=[block.labels], only=names, deviations=False
        )
        return {impl: float(np.exp(value)) for impl, value in zip(names, mean[:, 0])}

    def expected_regret(self) -> Tuple[Dict[str, float], Dict[str, float]]:
        """Mean loss that is expected over the points by package set, and what noise alone would cost of it."""
        from impls import cost

        shared = dict(zip(("cells", "feasible", "itemsize", "labels"), self._asked()))
        shared.update(model=self.model, package_sets=self.package_sets, draws=48)
        expected = cost.expected_regret(rng=np.random.default_rng(1), **shared)
        floor = cost.noise_regret(rng=np.random.default_rng(2), **shared)
        return expected, floor

    def clear(self) -> Set[str]:
        """Package sets in which one strategy is far ahead nearly everywhere."""
        cells, possible, widths, labels = self._asked()
        mean, deviation = self.model.predict(cells, itemsize=widths, labels=labels)
        mean = np.where(possible, mean, np.inf)
        found = set()
        for name, members in self.package_sets.items():
            rows = [row for row, impl in enumerate(self.model.strategies) if impl in members]
            if len(rows) and _far_ahead(mean[rows], deviation[rows]) >= CLEAR_SHARE:
                found.add(name)
        return found

    def _asked(self) -> Tuple[Any, Any, Any, List[str]]:
        """Sizes, who may be chosen, itemsizes and labels of the points."""
        if not self._seen:
            allowed = [self.feasible(block) for block in self.points]
            possible = [[impl in some for some in allowed] for impl in self.model.strategies]
            self._seen["asked"] = (
                sizes(self.points),
                np.array(possible, dtype=bool).reshape(len(possible), len(self.points)),
                itemsizes(self.points),
                [block.labels for block in self.points],
            )
        asked: Tuple[Any, Any, Any, List[str]] = self._seen["asked"]
        return asked


def _far_ahead(mean: Any, deviation: Any) -> float:
    """Share of the points at which the strategy that is mostly the best is far ahead of all others."""
    best = int(np.bincount(mean.argmin(axis=0)).argmax())
    others = np.arange(len(mean)) != best
    if not others.any():
        return 1.0
    unsure = CLEAR_DEVIATIONS * np.sqrt(deviation[others] ** 2 + deviation[best] ** 2)
    ahead = mean[others] - mean[best] - unsure > np.log(CLEAR_FACTOR)
    return float(ahead.all(axis=0).mean())


def sizes(blocks: Sequence[Block]) -> Any:
    """Sizes of blocks, (n, 4) float64."""
    return np.array([[block.cell[axis] for axis in AXES] for block in blocks], dtype=float)


def itemsizes(blocks: Sequence[Block]) -> Any:
    """Bytes of a number, (n,) int."""
    return np.array([np.dtype(block.dtype).itemsize for block in blocks])


def timed(lines: Iterable[Line]) -> List[Line]:
    """Lines that have a time; those of the control's copy are left out."""
    return [
        line
        for line in lines
        if line["status"] == "ok" and line["seconds"] and not line["impl"].endswith(CONTROL_SUFFIX)
    ]


@dataclass
class Modeller:
    """Fits one stage of a map.

    Attributes
    ----------
    stage : str
    package_sets : dict of str to set of str
    feasible : callable
    compiled : set of str
    points : list of Block
    caches : (float, float), optional
        Bytes of L2 and of L3, where the system tells.
    fused : set of str, optional
        Strategies with a way of their own through the whole stage. All others add the same steps to the sums, so
        that only those can be the best which are so for the sums alone. None: every strategy has its own way.
    """

    stage: str
    package_sets: Mapping[str, Set[str]]
    feasible: Feasible
    compiled: Set[str]
    points: Sequence[Block]
    caches: Optional[Tuple[float, float]] = None
    fused: Optional[Set[str]] = None

    def fit(self, book: Book, without: Set[Any]) -> Judgement:
        """Fit what was measured of this stage, the blocks of some keys left out.

        Raises
        ------
        ValueError
            If nothing was measured.
        """
        from impls import cost
        from impls.cost.build import observations_of

        lines = [line for line in book.of_stage(self.stage) if block_key(line) not in without]
        noise = book.noise()
        further: Dict[str, Any] = {"caches": self.caches} if self.caches else {}
        model = cost.fit(
            observations_of(timed(lines), list(AXES)),
            noise=max(LEAST_NOISE, USUAL_NOISE if noise is None else noise / 2**0.5),
            encode=self.stage.startswith("encode"),
            **further,
        )
        return Judgement(model, self.package_sets, self.feasible, self.compiled, self.points)
