"""Replays a map on recorded times: what would have been measured, for how long, and what the map would have said.

Times are those of the published Laptop journal: 455 cells in three planes, three sessions. Seconds are the recorded
ones of the samples that the replay asks for, and the block's own overhead, fitted to the journal.
"""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence, Set, Tuple

import numpy as np

from impls import cost, vlad

PUBLISHED = Path(__file__).resolve().parents[2] / "reports" / "published" / "cloud-vm-2core"
LAPTOP, QUICK, REAL = "7e793030", "8982d6b6", "e09860a2"
CACHES = (1048576.0, 33554432.0)
Cell = Tuple[int, int, int, int]
REQUIRES = {name: vlad.get(name).requires for name in vlad.strategies()}
SETS = {name: cost.allowed(REQUIRES, name) for name in cost.PACKAGE_SETS}
#: Cells measured with all strategies, cells of a batch, and how near the best a strategy must be to be repeated.
FULL, BATCH, OPEN = 32, 8, 2.0


@lru_cache(maxsize=None)
def journal(commit: str) -> List[Dict[str, Any]]:
    """All records of a published journal, read once."""
    (path,) = PUBLISHED.glob(f"{commit}-*.jsonl.xz")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def measured(commit: str, stage: str = "aggregate", threads: int = 1) -> Iterator[Dict[str, Any]]:
    """Valid lines of one stage, without the control's copies."""
    for line in journal(commit):
        usable = line.get("kind") is None and line["status"] == "ok" and not line["impl"].endswith("@control")
        if usable and (line["stage"], line["threads"]) == (stage, threads):
            yield line


def is_main(line: Mapping[str, Any]) -> bool:
    return (line["dtype"], line["labels"]) == ("float64", "uniform")


def cell_of(line: Mapping[str, Any]) -> Cell:
    at = line["cell"]
    return (at["T"], at["L"], at["F"], at["K"])


@dataclass
class Recorded:
    """One strategy's block: its samples, its first call, and the seconds all of it took."""

    seconds: List[float]
    first: float
    timed: float

    def raced(self, fully: bool) -> Tuple[float, int, float]:
        """The best time, of how many samples it is, and the seconds spent: all samples or the first alone."""
        if fully or len(self.seconds) == 1:
            return min(self.seconds), len(self.seconds), self.timed
        return self.seconds[0], 1, self.first + max(0.0, self.timed - self.first) / len(self.seconds)


@dataclass
class World:
    """Recorded blocks by (session, cell) and strategy, and the means over all sessions."""

    blocks: Dict[Tuple[int, Cell], Dict[str, Recorded]]
    truth: Dict[Cell, Dict[str, float]]

    @property
    def cells(self) -> List[Cell]:
        return sorted(self.truth)

    def overhead(self, cell: Cell, strategies: int) -> float:
        """Seconds of a block outside timed calls, as fitted to the journal's own."""
        T, L, F, K = cell
        return 0.055 + 0.001 * strategies + 0.037e-6 * T * L * F + 0.089e-6 * T * K * F

    @property
    def recorded_seconds(self) -> float:
        """What all sessions of all cells and strategies took."""
        blocks = self.blocks.items()
        return sum(
            self.overhead(cell, len(found)) + sum(each.timed for each in found.values())
            for (_, cell), found in blocks
        )


@lru_cache(maxsize=None)
def laptop() -> World:
    """The main view of the Laptop run."""
    blocks: Dict[Tuple[int, Cell], Dict[str, Recorded]] = defaultdict(dict)
    logs: Dict[Cell, Dict[str, List[float]]] = defaultdict(lambda: defaultdict(list))
    for line in filter(is_main, measured(LAPTOP)):
        found = Recorded(line["seconds"], line["first_call_s"] or 0.0, line["timed_s"])
        blocks[line["session"], cell_of(line)][line["impl"]] = found
        logs[cell_of(line)][line["impl"]].append(float(np.log(min(line["seconds"]))))
    truth = {
        cell: {name: float(np.mean(values)) for name, values in found.items()} for cell, found in logs.items()
    }
    return World(dict(blocks), truth)


@dataclass
class Log:
    """Observations gathered so far, and the seconds they took."""

    rows: List[Tuple[str, Cell, float, int, int]] = field(default_factory=list)
    blocks: int = 0
    seconds: float = 0.0
    strategies: Dict[Cell, Set[str]] = field(default_factory=dict)

    def add(self, cell: Cell, found: Mapping[str, Tuple[float, int]]) -> None:
        self.rows += [(name, cell, seconds, self.blocks, n) for name, (seconds, n) in found.items()]
        self.blocks += 1
        self.strategies.setdefault(cell, set()).update(found)

    def fit(self, noise: float = 0.05) -> cost.CostModel:
        names, cells, seconds, blocks, samples = zip(*self.rows)
        observed = cost.Observations(
            list(names),
            np.array(cells, float),
            np.array(seconds),
            np.array(blocks),
            samples=np.array(samples),
        )
        return cost.fit(observed, caches=CACHES, noise=noise)


def near_best(times: Mapping[str, float], factor: float = OPEN) -> Set[str]:
    """The strategies within a factor of the best of a package set."""
    found: Set[str] = set()
    for members in SETS.values():
        inside = {name: seconds for name, seconds in times.items() if name in members}
        best = min(inside.values(), default=0.0)
        found |= {name for name, seconds in inside.items() if seconds <= factor * best}
    return found


Times = Dict[str, Tuple[float, int]]
Measure = Callable[[Cell, Set[str], int], Tuple[Times, float]]


def from_journal(world: World) -> Measure:
    """A race within the recorded block: one sample of all, the rest of those that are near the best."""

    def measure(cell: Cell, wanted: Set[str], session: int) -> Tuple[Times, float]:
        block = {name: each for name, each in world.blocks[session, cell].items() if name in wanted}
        fully = near_best({name: each.seconds[0] for name, each in block.items()})
        raced = {name: each.raced(name in fully) for name, each in block.items()}
        spent = sum(spent for *_, spent in raced.values())
        return {name: (best, n) for name, (best, n, _) in raced.items()}, spent + world.overhead(
            cell, len(block)
        )

    return measure


def survey(
    order: Sequence[Cell],
    available: Callable[[Cell], Set[str]],
    measure: Measure,
    rng: np.random.Generator,
    sessions: Sequence[int] = (0, 1, 2),
    audit: float = 0.1,
    without_compiled: int = 3,
) -> Log:
    """Measure cells in an order: the first with all strategies, the rest with contenders; then the near ones again.

    Parameters
    ----------
    order : sequence of cells
    available : callable
        The strategies that can be had at a cell.
    measure : callable
    rng : numpy.random.Generator
        Draws where the audited cells begin.
    sessions : sequence of int
        The first is the survey; the others repeat it.
    audit : float
        Share of the later cells, one in so many, in which more than the contenders are measured.
    without_compiled : int
        Of the first cells, every so many has no JAX: compiling takes long.
    """
    log, model = Log(), None
    every = round(1 / audit)
    offset = int(rng.integers(every))
    for position, cell in enumerate(order):
        possible = available(cell)
        if position < FULL:
            jax = position % without_compiled > 0
            wanted = {name for name in possible if jax or "jax" not in REQUIRES.get(name, ())}
        else:
            if (position - FULL) % BATCH == 0:
                model = log.fit()
            assert model is not None
            audited = (position - FULL + offset) % every == 0
            wanted = cost.contenders(model, cell, SETS, audited, possible)
        found, spent = measure(cell, wanted, sessions[0])
        log.add(cell, found)
        log.seconds += spent
    first = {cell: near_best(found) for cell, found in _by_cell(log).items()}
    for session in sessions[1:]:
        log.seconds += 5.0  # a new worker
        for cell in order:
            found, spent = measure(cell, first[cell], session)
            log.add(cell, found)
            log.seconds += spent
    return log


def _by_cell(log: Log) -> Dict[Cell, Dict[str, float]]:
    found: Dict[Cell, Dict[str, float]] = defaultdict(dict)
    for name, cell, seconds, *_ in log.rows:
        found[cell][name] = seconds
    return found


def sobol(count: int, seed: int) -> np.ndarray:
    """Points of the box T 1-4096, L 8-8192, F 4-2048, K 2-2048 on log2 axes, (count, 4)."""
    from scipy.stats import qmc

    low, high = np.array([0.0, 3, 2, 1]), np.array([12.0, 13, 11, 11])
    return low + (high - low) * qmc.Sobol(4, seed=seed).random(count)


#: The planes of the Laptop grid: what is fixed in each.
PLANES = ({"T": 8, "F": 32}, {"T": 4, "L": 128}, {"F": 16, "K": 16})


def in_order(world: World, count: int, seed: int) -> List[Cell]:
    """Cells of the grid in the order of a Sobol sequence over its planes, small ones first."""
    from scipy.stats import qmc

    grid = np.log2(np.array(world.cells, float))
    lows, spans = grid.min(axis=0), np.ptp(grid, axis=0)
    members = [
        [i for i, cell in enumerate(world.cells) if all(cell["TLFK".index(a)] == n for a, n in fixed.items())]
        for fixed in PLANES
    ]
    share = np.cumsum([len(each) for each in members]) / sum(map(len, members))
    free = [["TLFK".index(axis) for axis in "TLFK" if axis not in fixed] for fixed in PLANES]
    taken: List[int] = []
    for point in qmc.Sobol(3, seed=seed).random(2048):
        plane = int(np.searchsorted(share, point[0], side="right"))
        small = len(taken) < FULL
        able = [
            i
            for i in members[plane]
            if i not in taken and (not small or np.prod(world.cells[i][:3]) <= 1 << 17)
        ]
        if able:
            axes = free[plane]
            at = lows[axes] + spans[axes] * point[1:]
            far = ((grid[np.ix_(able, axes)] - at) ** 2).sum(axis=1)
            taken.append(able[int(far.argmin())])
        if len(taken) == count:
            return [world.cells[i] for i in taken]
    raise AssertionError("too few cells")


@dataclass
class Judged:
    """How good the map is for one package set, on cells it was not fitted to."""

    mean: float
    p95: float
    within: float


def judge(
    model: cost.CostModel, truth: Mapping[Cell, Mapping[str, float]], names: Set[str], **asked: Any
) -> Judged:
    """Regret of the model's choices against the truth, as fractions."""
    cells = sorted(truth)
    mean, _ = model.predict(np.array(cells, float), deviations=False, **asked)
    rows = [row for row, name in enumerate(model.strategies) if name in names]
    known = np.array(
        [[truth[cell].get(model.strategies[row], np.inf) for cell in cells] for row in rows], dtype=float
    )
    best = np.array([min(t for name, t in truth[cell].items() if name in names) for cell in cells])
    able = np.isfinite(known) & model.supported(np.array(cells, float))[rows]
    guess = np.where(able, mean[rows], np.where(np.isfinite(known), mean[rows] + 100.0, np.inf)).argmin(
        axis=0
    )
    lost = np.expm1(known[guess, np.arange(len(cells))] - best)
    return Judged(float(lost.mean()), float(np.quantile(lost, 0.95)), float((lost <= 0.05).mean()))


@dataclass
class Boundary:
    """A place along a line where one strategy takes over from another, in log2 of the axis."""

    below: str
    above: str
    line: np.ndarray
    sizes: np.ndarray
    at: float


def boundaries(world: World, names: Set[str], decided: float = np.log(1.05)) -> List[Boundary]:
    """Changes of the fastest strategy along the grid's lines, between two cells that each show it by more than 5 %."""
    found: List[Boundary] = []
    for axis in range(4):
        lines: Dict[Tuple[int, ...], List[Cell]] = defaultdict(list)
        for cell in world.cells:
            lines[tuple(size for i, size in enumerate(cell) if i != axis)].append(cell)
        for cells in lines.values():
            if len(cells) >= 4:
                found += _on_line(world, sorted(cells, key=lambda cell: cell[axis]), axis, names, decided)
    return found


def _on_line(
    world: World, cells: List[Cell], axis: int, names: Set[str], decided: float
) -> Iterator[Boundary]:
    sizes = np.log2([cell[axis] for cell in cells])
    known = [{n: t for n, t in world.truth[cell].items() if n in names} for cell in cells]
    clear: List[Tuple[int, str]] = []
    for i, times in enumerate(known):
        first, second = sorted(times.values())[:2]
        if second - first > decided:
            clear.append((i, min(times, key=times.__getitem__)))
    for (i, a), (j, b) in zip(clear[:-1], clear[1:]):
        if a != b and all({a, b} <= set(known[k]) for k in range(i, j + 1)):
            ratio = np.array([known[k][a] - known[k][b] for k in range(i, j + 1)])
            if ratio[0] < -decided and ratio[-1] > decided:
                at = float(zeros(sizes[i : j + 1], ratio[None, :])[0])
                yield Boundary(a, b, np.array(cells, float), sizes, at)


def zeros(x: np.ndarray, ratios: np.ndarray, near: float = np.nan) -> np.ndarray:
    """Where each of some curves (curves, n) crosses zero upwards, nearest to `near`; NaN where it does not."""
    found = np.full(len(ratios), np.nan)
    for row, ratio in enumerate(ratios):
        (up,) = np.nonzero((ratio[:-1] <= 0) & (ratio[1:] > 0))
        if len(up):
            at = x[up] + (x[up + 1] - x[up]) * -ratio[up] / (ratio[up + 1] - ratio[up])
            found[row] = at[0] if np.isnan(near) else at[np.argmin(np.abs(at - near))]
    return found


#: Octaves that a boundary counts which the map does not have, and the error of the truth's own place.
MISSED, TRUTH_ERROR = 4.0, 0.1


def boundary_errors(
    model: cost.CostModel, known: Sequence[Boundary], seed: int = 0
) -> Tuple[np.ndarray, np.ndarray]:
    """Octaves by which the map misplaces each boundary, and whether its 95 % interval holds the place."""
    rng = np.random.default_rng(seed)
    error, held = np.full(len(known), MISSED), np.zeros(len(known), dtype=bool)
    for number, each in enumerate(known):
        axis = int(np.argmax(np.ptp(each.line, axis=0)))
        x = np.linspace(each.sizes[0], each.sizes[-1], 6 * len(each.sizes))
        places = np.tile(each.line[0], (len(x), 1))
        places[:, axis] = 2**x
        pair = replace(model, curves={name: model.curves[name] for name in (each.below, each.above)})
        mean, _ = pair.predict(places, deviations=False)
        at = zeros(x, (mean[0] - mean[1])[None, :], each.at)[0]
        if np.isfinite(at):
            error[number] = abs(at - each.at)
        drawn = pair.draws(places, 200, rng, widen=1.5)
        some = zeros(x, drawn[:, 0] - drawn[:, 1], each.at)
        if np.isfinite(some).mean() > 0.5:
            low, high = np.nanquantile(some, [0.025, 0.975])
            held[number] = low - TRUTH_ERROR <= each.at <= high + TRUTH_ERROR
        else:
            held[number] = not np.isfinite(at)
    return error, held
