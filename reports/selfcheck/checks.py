"""What the analysis makes of planted worlds: coverage, bias, false wins, missed and invented crossings.

Every check writes journals, reads them back and runs the analysis that makes the report, so it covers the whole way
from samples to verdicts. Targets are set before the results are seen; they are those of the project's issue.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from reports.analyse.views import Analysis, analyse
from reports.load.folder import load_results
from reports.selfcheck.planted import Cell, World, half_octaves, write_journal

#: The axis of the worlds with crossings.
GRID = half_octaves(8, 2048)


@dataclass(frozen=True)
class Check:
    """One figure of the self-check, and the range that it must lie in."""

    name: str
    value: float
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether the figure lies in its range."""
        return self.low <= self.value <= self.high


def run_checks(seed: int = 0) -> Iterator[Check]:
    """All checks, one after the other, as they are done (about 20 s in all).

    Parameters
    ----------
    seed : int
        Another seed is another draw of every world.
    """
    yield from _ratios(seed)
    yield from _nothing_there(seed)
    yield from _crossings(seed)
    yield from _shapes(seed)
    yield from _published_noise(seed)


def judged(world: World) -> Analysis:
    """A world through files and loader into the analysis."""
    with tempfile.TemporaryDirectory() as folder:
        write_journal(world, Path(folder))
        return analyse(load_results(Path(folder)).workloads[0])


def _ratios(seed: int, sizes: int = 120) -> Iterator[Check]:
    """Known ratios at some sizes, quiet machine and machine with noise episodes."""
    rng = np.random.default_rng([seed, 1])
    true = dict(zip("abcdefgh", rng.uniform(-1, 1, 8), strict=True))
    times = {"loop": _constant(1e-3), **{name: _constant(1e-3 * np.exp(-log)) for name, log in true.items()}}
    cells = [{"n": size} for size in range(1, sizes + 1)]
    for label, episodes, noise in (("quiet", 0.0, 0.01), ("noise episodes", 0.4, 0.01)):
        world = World(times, cells, sessions=5, noise=noise, episodes=episodes, samples=9, seed=seed + 1)
        rows = judged(world).speedups
        rows = rows[rows["impl"] != "loop"]
        planted = rows["impl"].map(true).to_numpy(dtype=float)
        inside = (np.log(rows["speedup_low"]) <= planted) & (planted <= np.log(rows["speedup_high"]))
        bias = float(np.mean(np.log(rows["speedup"]) - planted))
        yield Check(
            f"{label}: planted ratios inside their 95 % interval, percent", 100 * inside.mean(), 93, 99
        )
        yield Check(f"{label}: mean error of a ratio, percent", 100 * abs(bias), 0, 0.5)


def _constant(seconds: float) -> Callable[[Cell], float]:
    return lambda cell: float(seconds)


def _nothing_there(seed: int, worlds: int = 50) -> Iterator[Check]:
    """Strategies that are all the same: nobody may win, nothing may cross."""
    wins = cells = control_wins = invented = 0
    for number in range(worlds):
        noise = 0.005 if number % 2 else 0.02
        same = {name: (lambda cell: 1e-6 * cell["n"]) for name in ("loop", "a", "b", "c")}
        grid = [{"n": size} for size in GRID]
        world = World(
            same, grid, control="a", sessions=5, noise=noise, seed=1000 * seed + number, episodes=0.2
        )
        found = judged(world)
        wins += int((found.winners["verdict"] == "win").sum())
        control_wins += int((found.control["verdict"] == "win").sum())
        cells += len(found.winners)
        invented += len(found.crossovers)
    yield Check("A/A worlds: sizes called a win, percent", 100 * wins / cells, 0, 1)
    yield Check("A/A worlds: control copies called different, percent", 100 * control_wins / cells, 0, 1)
    yield Check(f"{worlds} null worlds: invented crossings", invented, 0, 0)


def _crossings(seed: int) -> Iterator[Check]:
    """Two cost models that cross at a known place: half-octave grid, 5 sessions, 0.5 % noise."""
    rng = np.random.default_rng([seed, 3])
    errors, inside, missed, extra = [], [], 0, 0
    for number in range(80):
        place, slope = float(np.exp(rng.uniform(np.log(20), np.log(800)))), rng.uniform(0.25, 1.0)
        found = judged(_crossing_world(place, slope, 1000 * seed + number)).crossovers
        points = found[found["kind"] == "crossing"]
        extra += max(0, len(found) - 1)
        if points.empty:
            missed += 1
            continue
        errors.append(abs(points["at"].iloc[0] / place - 1))
        inside.append(points["at_low"].iloc[0] <= place <= points["at_high"].iloc[0])
    error = np.array(errors)
    yield Check("crossings: median error of the place, percent", 100 * float(np.median(error)), 0, 5)
    yield Check(
        "crossings: within 10 % of the place, percent", 100 * float((error < 0.1).sum()) / 80, 80, 100
    )
    yield Check("crossings: place inside its interval, percent", 100 * float(np.mean(inside)), 93, 100)
    yield Check("crossings: missed or given as a tie, percent", 100 * missed / 80, 0, 10)
    yield Check("crossings: more than the one planted", extra, 0, 0)


def _crossing_world(place: float, slope: float, seed: int) -> World:
    """`steep` costs 1 + n^slope, `level` a constant more per call: equal at `place`, curved like real cost models."""

    def steep(cell: Cell) -> float:
        return 1e-5 * (0.3 + (cell["n"] / place) ** slope)

    def level(cell: Cell) -> float:
        return 1e-5 * (1.3 * (cell["n"] / place) ** (0.1 * slope))

    return World(
        {"level": level, "steep": steep},
        [{"n": n} for n in GRID],
        baseline="level",
        sessions=5,
        noise=0.005,
        seed=seed,
    )


def _shapes(seed: int) -> Iterator[Check]:
    """Several crossings, holes, and curves that run together."""

    def wave(cell: Cell) -> float:
        return 1e-4 * float(np.exp(0.3 * np.sin(2.0 * np.log(cell["n"] / 8))))

    def flat(cell: Cell) -> float:
        return 1e-4

    def cubic(cell: Cell) -> float:
        return 1e-4 * float(np.exp(0.06 * np.log(cell["n"] / 128) ** 3))

    def world(other: Callable[[Cell], float], broken: Collection[int] = ()) -> World:
        def trouble(impl: str, cell: Cell, session: int) -> tuple[str, str] | None:
            return ("failed", "hole") if cell["n"] in broken else None

        times = {"flat": flat, "other": other}
        grid = [{"n": n} for n in GRID]
        return World(times, grid, baseline="flat", sessions=5, noise=0.005, seed=seed, trouble=trouble)

    places = 8 * np.exp(np.pi / 2 * np.arange(1, 4))
    found = judged(world(wave)).crossovers
    off = _furthest(found, places)
    yield Check("three crossings on one axis: largest error of a place, percent", off, 0, 5)
    beside = {size for size in GRID if any(abs(np.log(size / place)) < 0.2 for place in places[1:2])}
    holed = judged(world(wave, beside)).crossovers
    yield Check("a hole at the second of three: crossings that remain", len(holed), 2, 2)
    together = judged(world(cubic)).crossovers
    tied = float((together["kind"] == "tie_interval").sum()) if len(together) == 1 else 0.0
    yield Check("curves that run together: tie intervals", tied, 1, 1)


def _furthest(found: pd.DataFrame, places: np.ndarray) -> float:
    """Largest relative error in percent, infinite when the number of crossings is another."""
    if len(found) != len(places):
        return float("inf")
    return 100 * float(np.abs(found["at"].to_numpy(dtype=float) / places - 1).max())


def _published_noise(seed: int) -> Iterator[Check]:
    """A machine as noisy as the published ones, over a plane with a step, a kink and an island.

    Three sessions, 3.4 % a pair with tails of about 4 degrees of freedom, and a session that scatters 3 times as much.
    """
    inside: list[float] = []
    wins = called = wrong = invented = 0
    lost: list[float] = []
    for number in range(6):
        times = _landscape()
        grid = [{"n": n, "k": k} for n in GRID for k in (2, 8, 32, 128)]
        world = World(
            times,
            grid,
            control="flat",
            baseline="flat",
            sessions=3,
            samples=3,
            noise=0.024,
            tails=4.0,
            bad_session=(1, 3.0),
            seed=2000 * seed + number,
        )
        found = judged(world)
        pairs = found.control
        inside += list((pairs["ratio_low"] <= 1) & (pairs["ratio_high"] >= 1))
        invented += int((pairs["verdict"] == "win").sum())
        for row in found.winners.to_dict("records"):
            cell = {"n": int(row["n"]), "k": int(row["k"])}
            true = {name: time(cell) for name, time in times.items()}
            lost.append(true[row["winner"]] / min(true.values()) - 1)
            called += 1
            if row["verdict"] == "win":
                wins += 1
                wrong += true[row["winner"]] > min(true.values())
    yield Check(
        "published noise: A/A pairs inside their 95 % interval, percent",
        100 * float(np.mean(inside)),
        93,
        99.5,
    )
    yield Check(
        "published noise: control copies called different, percent", 100 * invented / len(inside), 0, 1
    )
    yield Check(
        "published noise: wins whose winner is not the fastest, percent", 100 * wrong / max(wins, 1), 0, 2
    )
    yield Check("published noise: sizes called a win, percent", 100 * wins / called, 20, 100)
    yield Check(
        "published noise: mean regret of the fastest named, percent", 100 * float(np.mean(lost)), 0, 1.5
    )


def _landscape() -> dict[str, Callable[[Cell], float]]:
    """Three strategies: one plain, one with a step and a kink along n, one with an island of two octaves."""

    def flat(cell: Cell) -> float:
        return 1e-4

    def stepped(cell: Cell) -> float:
        n = cell["n"]
        bend = max(0.0, 0.5 * float(np.log(n / 512)))  # a kink at 512
        return 0.95e-4 * (1.3 if n > 100 else 1.0) * float(np.exp(bend))

    def island(cell: Cell) -> float:
        there = 128 <= cell["n"] <= 512 and 8 <= cell["k"] <= 32
        return 1.3e-4 * (0.6 if there else 1.0)

    return {"flat": flat, "stepped": stepped, "island": island}
