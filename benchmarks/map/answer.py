"""The answer of a map in three lines.

For one shape (the post's) and each set of packages: the best strategy with its time, and along every axis the nearest
sizes beyond which another strategy is better, each with the interval that the model gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence

import numpy as np

from benchmarks.map.box import AXES, Box, numbers
from benchmarks.map.model import Judgement, itemsizes, sizes
from benchmarks.map.words import named
from benchmarks.protocol.plan import Block

POST = {"T": 256, "L": 128, "F": 64, "K": 16}
LINES = ("numpy", "scipy", "everything")
STEPS_AN_OCTAVE = 8
DRAWS = 100
SURE = 0.5  # of the draws have a change of sides, or none is told


@dataclass(frozen=True)
class Change:
    """Where another strategy becomes the best along one axis.

    Attributes
    ----------
    axis : str
    above : bool
        Whether it is better above that size, or below.
    at, low, high : float
        Size, with 95 % of the draws that have the two change sides.
    impl : str
        The better one beyond.
    """

    axis: str
    above: bool
    at: float
    low: float
    high: float
    impl: str

    def words(self) -> str:
        """One clause."""
        side = ">" if self.above else "<"
        return f"{self.axis} {side} {self.at:,.0f} [{self.low:,.0f}, {self.high:,.0f}] {self.impl}"


@dataclass(frozen=True)
class Answer:
    """What to use at one shape with some packages.

    Attributes
    ----------
    package_set, impl : str
    seconds, low, high : float
    changes : list of Change
    """

    package_set: str
    impl: str
    seconds: float
    low: float
    high: float
    changes: List[Change]

    def words(self) -> str:
        """One line."""
        told = "; ".join(change.words() for change in self.changes) or "the same along every axis"
        return f"{named(self.package_set):<10} {self.impl} {_span(self.seconds, self.low, self.high)}; {told}"


def _span(seconds: float, low: float, high: float) -> str:
    unit, scale = ("s", 1.0) if seconds >= 1 else ("ms", 1e3) if seconds >= 1e-3 else ("us", 1e6)
    told, least, most = (_digits(value * scale) for value in (seconds, low, high))
    return f"{told} {unit} [{least}, {most}]"


def _digits(value: float) -> str:
    """Three digits, or all of a whole number that has more: an interval may reach into the next unit."""
    return f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"


def closing(judgement: Judgement, box: Box) -> List[str]:
    """Lines with the answers; without any number where the post's shape lies too far outside what was measured."""
    from impls.cost.choose import FAR_OCTAVES

    block = block_of_the_post(box)
    beyond = float(judgement.model.outside(sizes([block]), itemsizes([block])[0])[0])
    shape = "T 256, L 128, F 64, K 16 in float64"
    if beyond > FAR_OCTAVES:
        return [
            f"No answer at {shape}: it lies {beyond:.1f} octaves outside what was measured in the time there was; "
            "a map with more of it (python -m benchmarks map --budget SECONDS) reaches it."
        ]
    note = f" (a guess: {beyond:.1f} octaves outside what was measured)" if beyond else ""
    found = answers(judgement, box)
    return [f"At {shape}{note}, and where another one is better:", *("  " + each.words() for each in found)]


def answers(judgement: Judgement, box: Box) -> List[Answer]:
    """Answers for the package sets that are told, in their order."""
    block = block_of_the_post(box)
    told = [name for name in LINES if name in judgement.package_sets]
    return [found for name in told for found in [_answer(judgement, box, block, name)] if found is not None]


def _answer(judgement: Judgement, box: Box, block: Block, package_set: str) -> Optional[Answer]:
    members = judgement.package_sets[package_set]
    rows = [row for row, impl in enumerate(judgement.model.strategies) if impl in members]
    best = judgement.picks(block).get(package_set)
    if best is None:
        return None
    names = [judgement.model.strategies[row] for row in rows]
    mean, deviation = judgement.model.predict(
        sizes([block]), itemsize=itemsizes([block]), labels=[block.labels], only=[best]
    )
    spread = 1.96 * float(judgement.model.measured_deviation(deviation, [best])[0, 0])
    changes = [
        change
        for axis in AXES
        for above in (False, True)
        for change in [_change(judgement, box, block, axis, above, best, names)]
        if change is not None
    ]
    centre = float(mean[0, 0])
    seconds, low, high = (float(np.exp(value)) for value in (centre, centre - spread, centre + spread))
    return Answer(package_set, best, seconds, low, high, changes)


def _block(box: Box, cell: Mapping[str, int]) -> Block:
    return Block("vlad", box.stage, "float64", "uniform", 1, tuple((axis, int(cell[axis])) for axis in AXES))


def block_of_the_post(box: Box) -> Block:
    """The post's shape."""
    return _block(box, POST)


def blocks_asked(box: Box) -> List[Block]:
    """Every block that an answer looks at: for whoever has to know beforehand."""
    block = block_of_the_post(box)
    return [
        block,
        *(found for axis in AXES for above in (False, True) for found in line_of(box, block, axis, above)),
    ]


def line_of(box: Box, block: Block, axis: str, above: bool) -> List[Block]:
    """Blocks from a shape outwards along one axis, to the edge of the box."""
    here, edge = block.cell[axis], AXES[axis][1 if above else 0]
    octaves = abs(np.log2(edge / here))
    steps = np.linspace(np.log2(here), np.log2(edge), max(2, int(octaves * STEPS_AN_OCTAVE) + 1))
    cells = [dict(block.cell, **{axis: round(2.0**step)}) for step in steps]
    blocks = [_block(box, cell) for cell in cells]
    room = replace(
        box, most_bytes=max(box.most_bytes, 2 * numbers(block) * 8)
    )  # the shape itself may be outside
    return [found for found in blocks if room.holds(found)]


def _change(
    judgement: Judgement, box: Box, block: Block, axis: str, above: bool, best: str, names: Sequence[str]
) -> Optional[Change]:
    """The nearest change of sides along an axis; None where there is none, or it is not sure."""
    blocks = line_of(box, block, axis, above)
    if len(blocks) < 2:
        return None
    model, asked = judgement.model, sizes(blocks)
    settings: Dict[str, Any] = {"itemsize": itemsizes(blocks), "labels": [block.labels] * len(blocks)}
    rows = [model.strategies.index(name) for name in names]
    allowed = np.array([[name in judgement.feasible(found) for found in blocks] for name in names])
    mean = np.where(allowed, model.predict(asked, deviations=False, **settings)[0][rows], np.inf)
    others = np.flatnonzero(mean.argmin(axis=0) != names.index(best))
    if not len(others):
        return None
    rival = names[int(mean[:, others[0]].argmin())]
    drawn = model.draws(asked, DRAWS, np.random.default_rng(3), widen=1.5, **settings)
    gap = drawn[:, model.strategies.index(best)] - drawn[:, model.strategies.index(rival)]
    along = np.log(asked[:, list(AXES).index(axis)])
    places = [place for place in (_first_crossing(row, along) for row in gap) if place is not None]
    if len(places) < SURE * len(gap):
        return None
    at = _first_crossing(mean[names.index(best)] - mean[names.index(rival)], along)
    low, middle, high = np.exp(np.quantile(places, (0.025, 0.5, 0.975)))
    return Change(axis, above, float(middle if at is None else np.exp(at)), float(low), float(high), rival)


def _first_crossing(gap: Any, along: Any) -> Optional[float]:
    """Where a gap first turns positive, on the line between its neighbours; None where it never does."""
    over = np.flatnonzero(gap > 0)
    if not len(over):
        return None
    after = int(over[0])
    if after == 0:
        return float(along[0])
    before = after - 1
    if not np.isfinite(gap[after]) or not np.isfinite(gap[before]):
        return float(along[after])
    share = -gap[before] / (gap[after] - gap[before])
    return float(along[before] + share * (along[after] - along[before]))
