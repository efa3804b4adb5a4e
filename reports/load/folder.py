"""A results folder -> `Results`: finds the files, picks the newest run of each set, brings all into tidy frames."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from reports import words
from reports.load.asv_advice import no_match
from reports.load.asv_params import IMPL
from reports.load.asv_results import Foreign, read_folder
from reports.load.bounds import LONGEST_AXIS, LONGEST_NAME, MOST_AXES, MOST_VALUES, is_plain, shown, told
from reports.load.files import BrokenFile, journal_files, stem_of
from reports.load.journal import Journal, read_journal
from reports.load.model import CONTROL_SUFFIX, LINE_COLUMNS, SETTING, TAKEN, Machine, Results, Run, Workload
from reports.load.profiles import profiles_in, with_shipped
from reports.load.runs import asv_runs, keep_newest, runs_of, warn_of_runs

#: The baseline of a file that names none, when it was measured.
USUAL_BASELINE = "loop"


class NoResults(Exception):
    """There is nothing to report on; the message says where was looked and what to do."""


def load_results(folder: Path, strategy: str = IMPL) -> Results:
    """Read every journal and every asv result file below a folder.

    Parameters
    ----------
    folder : Path
        asv's `results_dir`, or any folder with `<machine>/*.jsonl` or `<machine>/*.json` in it.
    strategy : str
        The parameter of asv's benchmarks whose values are compared.

    Returns
    -------
    Results
        One `Workload` per workload found, with the newest run of each (machine, env, workload, benchmark).

    Raises
    ------
    NoResults
        No usable measurement was found.
    """
    if not folder.is_dir():
        raise NoResults(
            f"There is no results folder {folder}: measure first (make report), or name one with --results."
        )
    results = Results()
    rows: list[dict[str, Any]] = []
    journals: dict[Path, set[str]] = {}  # <machine>/<commit8> -> the sets that journals have of it
    for path in journal_files(folder, results.warnings):
        shown_as = shown(path.relative_to(folder))
        try:
            journal = read_journal(path, shown_as)
        except BrokenFile as problem:
            results.warnings.append(f"{problem}; the file was left out")
            continue
        results.warnings += journal.warnings
        rows += _tidy_lines(journal, results)
        sets = journals.setdefault(path.parent / stem_of(path).partition("-")[0], set())
        sets.update(line["benchmark"] for line in journal.lines)
    results.profiles = with_shipped(profiles_in(folder, results.warnings), results.runs)
    foreign = read_folder(folder, journals, strategy)
    if strategy != IMPL and not foreign.has(strategy):  # somebody named it: then it is to be there
        raise NoResults(no_match(folder, foreign, strategy))
    results.warnings += foreign.warnings
    results.runs += asv_runs(foreign)
    frame = _frame(rows + foreign.rows)
    if frame.empty:
        raise NoResults(_nothing(folder, results.warnings, foreign, strategy))
    frame = keep_newest(frame, results)
    warn_of_runs(results, frame)
    for name, part in frame.groupby("workload", sort=True):
        workload = _workload(str(name), part, results)
        if workload is not None:
            results.workloads.append(workload)
    if not results.workloads:
        raise NoResults(_nothing(folder, results.warnings, foreign, strategy))
    return results


def _nothing(folder: Path, warnings: list[str], foreign: Foreign, strategy: str) -> str:
    """Why there is no report, and what to do, in one line."""
    if (foreign.files or foreign.times) and not foreign.has(strategy):
        return no_match(folder, foreign, strategy)
    if foreign.files and foreign.warnings:
        return f"{shown(folder)} holds results of asv, but none can be used: {foreign.warnings[0]}."
    found = f" ({warnings[0]})" if warnings else ""
    return f"No measurement was found in {shown(folder)}{found}: measure first (make report)."


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows of equal keys as a frame, column by column: much faster than leaving it to pandas."""
    return pd.DataFrame({key: [row[key] for row in rows] for key in rows[0]} if rows else {})


def _tidy_lines(journal: Journal, results: Results) -> list[dict[str, Any]]:
    """Give each line its machine and environment; note runs, trajectories and limits in `results`."""
    record = journal.machine
    folder = shown(Path(journal.path.parent.name))
    name = told(str(record.get("machine") or folder), LONGEST_NAME)
    found = record.get("facts")
    machine = Machine(name, str(record.get("cpu") or ""), found if isinstance(found, dict) else {})
    stem = shown(Path(stem_of(journal.path)))
    env_of_file = stem.split("-", 1)[1] if "-" in stem else stem
    for line in journal.lines:
        line["machine"], line["env"] = name, sys.intern(line["env"] or env_of_file)
        line["log_half_width"], line["foreign"] = math.nan, False
    results.runs += runs_of(journal, machine)
    results.trajectories += [
        replace(one, machine=name, env=one.env or env_of_file) for one in journal.trajectories
    ]
    if journal.limits:
        limits = pd.DataFrame(journal.limits).assign(machine=name)
        results.limits = pd.concat([results.limits, limits], ignore_index=True)
    return journal.lines


def _workload(name: str, part: pd.DataFrame, results: Results) -> Workload | None:
    """The tidy frame of one workload: one column per axis, one row per key (the last of a doubled key counts).

    None, with a warning, where its lines are so scattered that no table of them would fit.
    """
    runs = results.runs
    part = part.reset_index(drop=True)
    planned = _axes(name, part, runs)
    part = _within_axes(name, part, planned, results)
    axes = _columns(planned)
    sizes = pd.DataFrame(
        [[cell.get(axis, math.nan) for axis in planned] for cell in part["cell"]], columns=list(axes)
    )
    for axis in axes:
        whole = sizes[axis].notna().all() and (sizes[axis] % 1 == 0).all() and sizes[axis].abs().max() < 2**53
        sizes[axis] = sizes[axis].astype("int64" if whole else "float64")
    lines = pd.concat([part.drop(columns="cell"), sizes], axis=1)
    values = len(lines[[*SETTING, *axes]].drop_duplicates()) * lines["session"].nunique()
    if values * lines["impl"].nunique() > MOST_VALUES:
        results.warnings.append(
            f"{name} was left out: its cells, sessions and strategies are more than any run measures"
        )
        return None
    lines["baseline"] = _baselines(lines, runs, name)
    key = [*SETTING, *axes, "session", "impl"]
    lines = lines.drop_duplicates(key, keep="last").reset_index(drop=True)
    measures = (run.plan.get("error_measure") for run in runs if run.workload == name)
    measure = next((text for text in measures if isinstance(text, str)), "")
    return Workload(name, axes, lines[[*LINE_COLUMNS, *axes]], measure)


def _axes(name: str, part: pd.DataFrame, runs: list[Run]) -> tuple[str, ...]:
    """Axes as the runs name them, then any other that a cell has; the first `MOST_AXES` of them."""
    found: dict[str, None] = {}
    for run in runs:
        planned = run.plan.get("axes")
        if run.workload == name and isinstance(planned, list):
            named = [str(axis) for axis in planned]
            found |= {axis: None for axis in named if len(axis) <= LONGEST_AXIS and is_plain(axis)}
    for cell in part["cell"]:
        found |= dict.fromkeys(cell)
    return tuple(found)[:MOST_AXES]


def _within_axes(name: str, part: pd.DataFrame, axes: tuple[str, ...], results: Results) -> pd.DataFrame:
    """The lines whose cells have these axes only, with a warning for the others."""
    inside = [set(axes).issuperset(cell) for cell in part["cell"]]
    if all(inside):
        return part
    left_out = words.count(len(inside) - sum(inside), "line of", "lines of")
    results.warnings.append(
        f"{left_out} {name} left out: their sizes have other axes than the first {MOST_AXES}"
    )
    return part[inside].reset_index(drop=True)


def _columns(axes: tuple[str, ...]) -> tuple[str, ...]:
    """The names of axes as columns, out of the way of the columns that all tables have, and of each other."""
    found: list[str] = []
    for axis in axes:
        name = axis
        while name in TAKEN or name in found or (name != axis and name in axes):
            name += "_"
        found.append(name)
    return tuple(found)


def _baselines(lines: pd.DataFrame, runs: list[Run], name: str) -> pd.Series:
    """The baseline of each line's run: as planned, else the usual one, else who was measured in most cells."""
    planned = {(r.machine, r.env, r.benchmark): r.plan.get("baseline") for r in runs if r.workload == name}
    chosen = pd.Series("", index=lines.index, dtype=object)
    groups: Any = lines.groupby(["machine", "env", "benchmark"])
    for key, part in groups:
        baseline = planned.get(key)
        if not isinstance(baseline, str) or not baseline:
            ok = part[(part["status"] == "ok") & ~part["impl"].str.endswith(CONTROL_SUFFIX)]
            counts = ok["impl"].value_counts()
            most = sorted(counts.index[counts == counts.max()]) if len(counts) else [""]
            baseline = USUAL_BASELINE if USUAL_BASELINE in counts.index else most[0]
        chosen.loc[part.index] = baseline
    return chosen
