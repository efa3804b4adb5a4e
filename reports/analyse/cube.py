"""The measurements of one workload as an array: log of the block minimum by (cell, session, strategy)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.load.model import APPROXIMATE, CONTROL_SUFFIX, SETTING, Workload

if TYPE_CHECKING:
    from reports.analyse.moderation import Priors

#: Which status tells most about a strategy that has no time in any session of a cell.
GRAVEST = ("invalid", "killed", "failed", "timeout", "skipped")


#: Numbers of a line of which the largest over its sessions counts.
WORST = ("error", "bucket_error", "adapter_share", "peak_extra_bytes")


@dataclass(frozen=True)
class Cube:
    """All times of a workload, aligned.

    Attributes
    ----------
    workload : str
    axes : tuple of str
    cells : pandas.DataFrame
        One row per measured setting and size: `SETTING` columns, one column per axis, and `baseline`.
    impls : tuple of str
        Strategies, sorted by name, the control copies included.
    log_best, log_median : ndarray, (cells, sessions, impls), float64
        Natural log of seconds per call; NaN where there is no valid time.
    log_half_width : ndarray, (cells, impls), float64
        Half width of the 95 % interval of `log_best` where the file brought intervals, not sessions; else NaN.
    outcome : pandas.DataFrame
        One row per (cell, impl) that was tried, index (cell, impl) as positions: status, reason, accuracy, error,
        tolerance, peak_extra_bytes; first_call_s, of sessions in which it was the first indeed (NaN without any);
        compile_s, the longest compilation that was seen in such a call; longest_first_s, by how much the longest such
        call of the strategy in this run, at whatever size, exceeds a later one.
    """

    workload: str
    axes: tuple[str, ...]
    cells: pd.DataFrame
    impls: tuple[str, ...]
    log_best: np.ndarray
    log_median: np.ndarray
    log_half_width: np.ndarray
    outcome: pd.DataFrame

    @cached_property
    def priors(self) -> Priors:
        """What the cells of each run know together of the variance over sessions."""
        from reports.analyse.moderation import priors_of

        return priors_of(self)

    @cached_property
    def families(self) -> np.ndarray:
        """Strategies that are one for verdicts have one number in a cell's row; (cells, impls), int."""
        from reports.analyse.families import families_of

        return families_of(self)

    @property
    def is_control(self) -> np.ndarray:
        """Whether each strategy is the second copy of the A/A control; (impls,), bool."""
        return np.array([name.endswith(CONTROL_SUFFIX) for name in self.impls], dtype=bool)

    @property
    def is_contender(self) -> np.ndarray:
        """Whether each strategy may lead: no control copy, and none that is approximate on purpose; (impls,), bool."""
        rough = (self.outcome["accuracy"] == APPROXIMATE).to_numpy()
        at = self.outcome.index.get_level_values("impl_position").to_numpy()[rough]
        return ~self.is_control & ~np.isin(np.arange(len(self.impls)), at)

    def position(self, impl: str) -> int:
        """Index of a strategy in the last dimension, -1 when it was never tried."""
        return self.impls.index(impl) if impl in self.impls else -1

    @property
    def baseline_position(self) -> np.ndarray:
        """Index of each cell's baseline strategy, -1 when unknown; (cells,), int."""
        return np.array([self.position(name) for name in self.cells["baseline"]], dtype=int)


def build_cube(workload: Workload) -> Cube:
    """Align the lines of a workload.

    A strategy that gave a wrong answer in one session of a cell has no time in any session of it.

    Parameters
    ----------
    workload : Workload

    Returns
    -------
    Cube
    """
    lines = workload.lines
    place = [*SETTING, *workload.axes]
    # One cell per place: the baseline is a property of the run, so it cannot differ within one.
    cells = lines.drop_duplicates(place)[[*place, "baseline"]].sort_values(place, ignore_index=True)
    cell = (
        lines[place].merge(cells.reset_index(names="cell"), on=place, how="left")["cell"].to_numpy(dtype=int)
    )
    impls = tuple(sorted(lines["impl"].unique()))
    impl = pd.Index(impls).get_indexer(lines["impl"])
    sessions, session = np.unique(lines["session"].to_numpy(dtype=int), return_inverse=True)
    shape = (len(cells), len(sessions), len(impls))
    ok = (lines["status"] == "ok").to_numpy()
    log_best, log_median = np.full(shape, np.nan), np.full(shape, np.nan)
    log_best[cell[ok], session[ok], impl[ok]] = np.log(lines["best"].to_numpy(dtype=float)[ok])
    log_median[cell[ok], session[ok], impl[ok]] = np.log(lines["median"].to_numpy(dtype=float)[ok])
    width = np.full((shape[0], shape[2]), np.nan)
    width[cell[ok], impl[ok]] = lines["log_half_width"].to_numpy(dtype=float)[ok]
    outcome = _outcomes(lines.assign(cell=cell, impl_position=impl))
    wrong = outcome.index[outcome["status"] == "invalid"]
    for row, column in wrong:
        log_best[row, :, column] = log_median[row, :, column] = np.nan
    return Cube(workload.name, workload.axes, cells, impls, log_best, log_median, width, outcome)


def _outcomes(lines: pd.DataFrame) -> pd.DataFrame:
    """What became of each strategy in each cell, over its sessions."""
    key = ["cell", "impl_position"]
    weight = {name: float(rank) for rank, name in enumerate(reversed(GRAVEST))}
    # A time in one session is a time, unless any session showed a wrong answer.
    rank = lines["status"].map({**weight, "ok": weight["invalid"] - 0.5})
    ordered = lines.assign(rank=rank).sort_values([*key, "rank"], kind="stable")
    result = ordered.groupby(key)[["status", "reason", "accuracy"]].last()
    numbers = lines.where(lines["status"] == "ok")[list(WORST)]
    worst = numbers.groupby([lines["cell"], lines["impl_position"]]).max()
    tolerance = lines.groupby(key)["tolerance"].median()
    counts = (
        lines.assign(lost=lines["status"] != "ok").groupby(key)["lost"].agg(n_lost="sum", n_tried="count")
    )
    result = result.join(worst).join(tolerance).join(_first_calls(lines, key))
    partly = (result["status"] == "ok") & (counts["n_lost"] > 0)
    if partly.any():
        result.loc[partly, "reason"] = _partial_reasons(lines, counts[partly], key)
    return result


def _first_calls(lines: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """What is known of first calls that were the first of their process, by cell and strategy."""
    cold = lines["first_call_cold"].to_numpy(dtype=bool) & (lines["status"] == "ok").to_numpy()
    first = lines["first_call_s"].where(cold)
    told = lines[key].assign(
        first_call_s=first,
        compile_s=lines["compile_s"].where(cold),
        longest_first_s=(first - lines["best"])
        .groupby([lines[name] for name in ("benchmark", "machine", "env", "threads", "impl")])
        .transform("max"),
    )
    # A first call is paid once in a process: the middle of the sessions, not their worst moment.
    wanted = {"first_call_s": "median", "compile_s": "max", "longest_first_s": "max"}
    return told.groupby(key).agg(wanted)


def _partial_reasons(lines: pd.DataFrame, counts: pd.DataFrame, key: list[str]) -> pd.Series:
    """Words for a strategy that has a time in some sessions of a cell only."""
    lost = lines[lines["status"] != "ok"].groupby(key)[["status", "reason"]].last().loc[counts.index]
    told = [
        f"{status} in {n_lost} of {n_tried} sessions" + (f": {reason}" if reason else "")
        for status, reason, n_lost, n_tried in lost.join(counts).itertuples(index=False, name=None)
    ]
    return pd.Series(told, index=counts.index)
