"""What was measured at a place: times by session, statuses and bytes, from the analyses of a results folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reports.analyse.cube import Cube
from reports.analyse.intervals import over_sessions
from reports.analyse.views import Analysis
from reports.claims.model import Place
from reports.load.model import APPROXIMATE, BOUNDED, CONTROL_SUFFIX, SETTING, Results, Run

#: Beside the journals: which environments the time machine could not have, and why.
RECORD = "eras.json"
MEASURED = "measured"


@dataclass(frozen=True)
class Interval:
    """A ratio with its 95 % interval over sessions; the ends are NaN with fewer than two sessions."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Spot:
    """One measured cell: a row of a cube."""

    cube: Cube
    row: int

    @property
    def benchmark(self) -> str:
        """The set it was measured in."""
        return str(self.cube.cells["benchmark"].iat[self.row])

    def sizes(self) -> dict[str, float]:
        """Axis name to size."""
        return {axis: float(self.cube.cells[axis].to_numpy()[self.row]) for axis in self.cube.axes}

    def impls(self) -> list[str]:
        """Strategies with a time here, the control's copy aside."""
        timed = ~np.isnan(self.cube.log_best[self.row]).all(axis=0)
        return [
            n for n, t in zip(self.cube.impls, timed, strict=True) if t and not n.endswith(CONTROL_SUFFIX)
        ]

    def contenders(self) -> list[str]:
        """Those of `impls` that may be called the best: none that is approximate on purpose."""
        may = dict(zip(self.cube.impls, self.cube.is_contender, strict=True))
        return [name for name in self.impls() if may[name]]

    def exact(self) -> list[str]:
        """Those of `impls` that promise the right answer up to rounding."""
        return [name for name in self.contenders() if self.accuracy(name) not in (APPROXIMATE, BOUNDED)]

    def accuracy(self, impl: str) -> str:
        """What a strategy promises; empty where the file does not say."""
        key: Any = (self.row, self.cube.position(impl))
        return str(self.cube.outcome.at[key, "accuracy"] or "") if key in self.cube.outcome.index else ""

    def logs(self, impl: str) -> np.ndarray:
        """Log of the block minimum by session, (sessions,); all NaN where there is no time."""
        position = self.cube.position(impl)
        blank = np.full(self.cube.log_best.shape[1], np.nan)
        return blank if position < 0 else self.cube.log_best[self.row, :, position]

    def seconds(self, impl: str) -> float:
        """Geometric mean over sessions of the block minimum; NaN where there is no time."""
        logs = self.logs(impl)
        return float(np.exp(np.nanmean(logs))) if not np.isnan(logs).all() else float("nan")

    def outcome(self, impl: str) -> tuple[str, str]:
        """Status and reason of a strategy; empty status where it was never tried."""
        key: Any = (self.row, self.cube.position(impl))
        if key not in self.cube.outcome.index:
            return "", ""
        status, reason = (str(self.cube.outcome.at[key, name] or "") for name in ("status", "reason"))
        return status, reason

    def bytes(self, impl: str) -> float:
        """Peak bytes beyond inputs and result; NaN where they were not weighed."""
        key: Any = (self.row, self.cube.position(impl))
        if key not in self.cube.outcome.index:
            return float("nan")
        return float(str(self.cube.outcome.at[key, "peak_extra_bytes"]))

    def itemsize(self) -> int:
        """Bytes of a number."""
        return int(np.dtype(str(self.cube.cells["dtype"].iat[self.row])).itemsize)


def interval_of(logs: np.ndarray) -> Interval:
    """Ratio and interval from log ratios by session."""
    estimate = over_sessions(logs[None, :])
    return Interval(*(float(np.exp(each[0])) for each in (estimate.mean, estimate.low, estimate.high)))


def ratio(spot: Spot, numerator: str, denominator: str) -> Interval:
    """Time of one strategy over time of another, paired by session: above 1 the second is faster."""
    return interval_of(spot.logs(numerator) - spot.logs(denominator))


def over_best(spot: Spot, subject: str, others: Iterable[str]) -> tuple[Interval, str]:
    """Time of a strategy over the best of others in each session, and who is the best over all sessions."""
    names = [name for name in others if name != subject and not np.isnan(spot.logs(name)).all()]
    if not names:
        return Interval(np.nan, np.nan, np.nan), ""
    table = np.stack([spot.logs(name) for name in names])
    least = np.where(np.isnan(table), np.inf, table).min(axis=0)
    best = names[int(np.nanmean(table, axis=1).argmin())]
    return interval_of(spot.logs(subject) - np.where(np.isinf(least), np.nan, least)), best


@dataclass(frozen=True)
class Site:
    """A machine and an environment, and what is known of it."""

    machine: str
    env: str
    reason: str = ""

    @property
    def available(self) -> bool:
        """Whether anything was measured there."""
        return not self.reason


class Evidence:
    """All that a results folder has to say on claims.

    Parameters
    ----------
    results : Results
    analyses : dict
        Analysis by the name of its workload.
    record : dict
        The time machine's record, as `read_record` gives it.
    """

    def __init__(
        self, results: Results, analyses: Mapping[str, Analysis], record: Mapping[str, Any] | None = None
    ) -> None:
        self._analyses, self._record = analyses, record or {}
        self._lines = {workload.name: workload.lines for workload in results.workloads}
        self._runs = {(run.machine, run.env, run.workload, run.benchmark): run for run in results.runs}
        self._versions = {(run.machine, run.env): run.versions for run in results.runs}
        self._facts = {(run.machine, run.env): run.on.facts for run in results.runs if run.on.facts}

    def sites(self) -> list[Site]:
        """Every machine and environment with results, then those that could not be had; by version, oldest first."""
        found = {key: Site(*key) for key in self._versions}
        for machine, current in self._record.get("machines", {}).items():
            for env, entry in current.get("environments", {}).items():
                if entry.get("status") != MEASURED:
                    reason = f"{entry.get('status')}: {entry.get('reason') or 'no reason recorded'}"
                    found.setdefault((machine, env), Site(machine, env, reason))
        return sorted(found.values(), key=lambda site: (site.machine, _numbers(site.env), site.env))

    def spots(self, place: Place, site: Site, free: Sequence[str] = ()) -> Iterator[Spot]:
        """Yield the cells of a place on a site; with axes `free` those of all sizes on them, ascending."""
        analysis = self._analyses.get(place.workload)
        if analysis is None:
            return
        cube = analysis.cube
        if not set(free) <= set(cube.axes):
            return
        wanted = {**place.setting, **place.cell, "machine": site.machine, "env": site.env}
        for benchmark in place.benchmarks:
            chosen = cube.cells["benchmark"] == benchmark
            for key, value in wanted.items():
                if key not in free:
                    chosen &= cube.cells[key] == value if key in cube.cells else False
            rows = cube.cells[chosen]
            for row in rows.sort_values(list(free)).index if free else rows.index:
                yield Spot(cube, int(row))
            if len(rows):
                return

    def quantity(self, spot: Spot, impl: str, name: str) -> np.ndarray:
        """What a strategy's lines count under a name, (seeds,); empty where they do not. All sessions say the same."""
        lines, cell = self._lines[spot.cube.workload], spot.cube.cells.iloc[spot.row]
        chosen = (lines["impl"] == impl) & (lines["status"] == "ok")
        for key in (*SETTING, *spot.cube.axes):
            chosen &= lines[key] == cell[key]
        found = [told[name] for told in lines.loc[chosen, "quantities"] if name in told]
        return np.array(found[-1] if found else (), dtype=float)

    def run(self, place: Place, site: Site, benchmark: str) -> Run | None:
        """The run that a spot's numbers are from."""
        return self._runs.get((site.machine, site.env, place.workload, benchmark))

    def versions(self, site: Site) -> dict[str, str]:
        """Versions at work, by distribution; of an environment that could not be had, those that were wanted."""
        wanted = self._record.get("machines", {}).get(site.machine, {}).get("environments", {})
        return self._versions.get((site.machine, site.env)) or wanted.get(site.env, {}).get("expected", {})

    def facts(self, site: Site) -> dict[str, Any]:
        """What the journal of an environment says of its machine; empty where it says nothing."""
        return self._facts.get((site.machine, site.env), {})


def read_record(folder: Path) -> dict[str, Any]:
    """The time machine's records below a results folder, joined; empty when there is none.

    Raises
    ------
    ValueError
        A record is not JSON.
    """
    joined: dict[str, Any] = {}
    for path in sorted(folder.rglob(RECORD)):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as problem:
            raise ValueError(
                f"{path} is not JSON ({problem}); move it away, or run make eras again"
            ) from problem
        if isinstance(found, dict):
            joined |= found.get("machines", {})
    return {"machines": joined}


def _numbers(env: str) -> tuple[int, ...]:
    """The numbers in a name, so that 1.9 comes before 1.26."""
    digits = "".join(char if char.isdigit() else " " for char in env)
    return tuple(map(int, digits.split()))
