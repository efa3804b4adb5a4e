"""A results folder -> `Results`: finds the files, picks the newest run of each set, brings all into tidy frames."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.load import asv_results
from reports.load.files import BrokenFile, journal_files, stem_of
from reports.load.journal import Journal, read_journal
from reports.load.model import CONTROL_SUFFIX, LINE_COLUMNS, SETTING, TAKEN, Machine, Results, Run, Workload

#: The baseline of a file that names none, when it was measured.
USUAL_BASELINE = "loop"
RUN_KEY = ["machine", "env", "workload", "benchmark"]


class NoResults(Exception):
    """There is nothing to report on; the message says where was looked and what to do."""


def load_results(folder: Path) -> Results:
    """Read every journal and every asv result file below a folder.

    Parameters
    ----------
    folder : Path
        asv's `results_dir`, or any folder with `<machine>/*.jsonl` or `<machine>/*.json` in it.

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
        shown_as = path.relative_to(folder).as_posix()
        try:
            journal = read_journal(path, shown_as)
        except BrokenFile as problem:
            results.warnings.append(f"{problem}; the file was left out")
            continue
        results.warnings += journal.warnings
        rows += _tidy_lines(journal, results)
        sets = journals.setdefault(path.parent / stem_of(path).partition("-")[0], set())
        sets.update(line["benchmark"] for line in journal.lines)
    foreign, warnings = asv_results.read_folder(folder, journals, results.machines)
    results.warnings += warnings
    results.runs += _asv_runs(foreign)
    frame = _frame(rows + foreign)
    if frame.empty:
        told = f" ({results.warnings[0]})" if results.warnings else ""
        raise NoResults(f"No measurement was found in {folder}{told}: measure first (make report).")
    frame = _newest_runs(frame, results)
    _warn_of_runs(results, frame)
    for name, part in frame.groupby("workload", sort=True):
        results.workloads.append(_workload(str(name), part, results.runs))
    return results


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows of equal keys as a frame, column by column: much faster than leaving it to pandas."""
    return pd.DataFrame({key: [row[key] for row in rows] for key in rows[0]} if rows else {})


def _tidy_lines(journal: Journal, results: Results) -> list[dict[str, Any]]:
    """Give each line its machine and environment; note machine, runs and limits in `results`."""
    record = journal.machine
    name = str(record.get("machine") or journal.path.parent.name)
    facts = record.get("facts")
    known = results.machines.get(name)
    if known is None or not known.facts:
        results.machines[name] = Machine(
            name, str(record.get("cpu") or ""), facts if isinstance(facts, dict) else {}
        )
    stem = stem_of(journal.path)
    env_of_file = stem.split("-", 1)[1] if "-" in stem else stem
    for line in journal.lines:
        line["machine"], line["env"] = name, sys.intern(str(line["env"] or env_of_file))
        line["log_half_width"] = math.nan
    results.runs += _runs_of(journal)
    results.trajectories += [
        replace(one, machine=name, env=one.env or env_of_file) for one in journal.trajectories
    ]
    if journal.limits:
        limits = pd.DataFrame(journal.limits).assign(machine=name)
        results.limits = pd.concat([results.limits, limits], ignore_index=True)
    return journal.lines


def _runs_of(journal: Journal) -> list[Run]:
    """One `Run` per (run id, workload, benchmark, env) that has lines or a plan in this journal."""
    ends = {str(record.get("run")): record for record in journal.finished}
    plans: dict[tuple[str, str, str], dict[str, Any]] = {}
    for record in journal.runs:
        key = (str(record.get("run")), str(record.get("workload")), str(record.get("benchmark")))
        plans[key] = plans.get(key, {}) | record
    seen: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for row in journal.lines:
        place = (row["run"], row["workload"], row["benchmark"], row["env"])
        found = seen.setdefault(place, {"row": row, "versions": {}, "last": None})
        if row["versions"] is not found["last"]:  # equal versions are one object
            found["versions"] |= row["versions"]
            found["last"] = row["versions"]
    return [
        Run(
            machine=found["row"]["machine"],
            env=env,
            commit=found["row"]["commit"],
            run=run,
            workload=workload,
            benchmark=benchmark,
            finished=run in ends,
            plan=plans.get((run, workload, benchmark), {}),
            end=ends.get(run, {}),
            versions=found["versions"],
        )
        for (run, workload, benchmark, env), found in seen.items()
    ]


def _asv_runs(rows: list[dict[str, Any]]) -> list[Run]:
    """One finished `Run` per benchmark of an asv result file."""
    found = {
        (r["machine"], r["env"], r["commit"], r["benchmark"], r["workload"]): r["versions"] for r in rows
    }
    return [
        Run(machine, env, commit, commit, workload, benchmark, finished=True, versions=versions)
        for (machine, env, commit, benchmark, workload), versions in found.items()
    ]


def _newest_runs(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Keep the newest finished run of each set on each machine and environment; `results.runs` follows.

    Where none is finished, the newest of the interrupted ones. A run without one time comes behind all that have some.
    """
    frame = frame.reset_index(drop=True)
    whole = _whole(frame, results.runs)
    begun = (
        frame.groupby([*RUN_KEY, "commit", "run"], dropna=False)["started_at"]
        .transform("min")
        .fillna(-math.inf)
    )
    timed = (
        frame.assign(timed=frame["status"] == "ok")
        .groupby([*RUN_KEY, "commit", "run"], dropna=False)["timed"]
        .transform("any")
    )
    order = ["timed", "whole", "begun"]
    ranked = frame.assign(timed=timed, begun=begun, whole=whole).sort_values(order, kind="stable")
    newest = ranked.groupby(RUN_KEY)[["commit", "run"]].transform("last")
    kept = ranked[(ranked["commit"] == newest["commit"]) & (ranked["run"] == newest["run"])].sort_index()
    used = set(kept[[*RUN_KEY, "commit", "run"]].drop_duplicates().itertuples(index=False, name=None))
    older = len(frame[[*RUN_KEY, "commit", "run"]].drop_duplicates()) - len(used)
    if older:
        noun = "run is" if older == 1 else "runs are"
        results.warnings.append(
            f"{older} older {noun} not shown: of each set, the newest finished run on a machine "
            "and environment counts"
        )
    results.runs = [
        r for r in results.runs if (r.machine, r.env, r.workload, r.benchmark, r.commit, r.run) in used
    ]
    results.trajectories = [
        t
        for t in results.trajectories
        if (t.machine, t.env, t.workload, t.benchmark, t.commit, t.run) in used
    ]
    return kept.drop(columns=order)


def _whole(frame: pd.DataFrame, runs: list[Run]) -> np.ndarray:
    """Whether each row is from a run that came to its end; (rows,), bool."""
    key = [*RUN_KEY, "commit", "run"]
    ended = pd.DataFrame([[getattr(run, name) for name in key] for run in runs if run.finished], columns=key)
    found = frame[key].merge(ended.drop_duplicates(), on=key, how="left", indicator=True)
    return np.asarray(found["_merge"] == "both")


def _warn_of_runs(results: Results, frame: pd.DataFrame) -> None:
    seen = frame[["run", "session"]].dropna().drop_duplicates()["run"].value_counts()
    for run in results.runs:
        if not run.finished:
            had = int(seen.get(run.run, 0))
            planned = f" of {run.plan['sessions']}" if "sessions" in run.plan else ""
            results.warnings.append(
                f"The run of {run.benchmark} ({run.workload}) on {run.machine}, {run.env}, was interrupted in "
                f"session {had}{planned}: what it had measured until then is used"
            )
        git = run.plan.get("git")
        if isinstance(git, dict) and git.get("dirty"):
            results.warnings.append(
                f"{run.benchmark} on {run.machine} was measured with uncommitted changes: "
                f"commit {run.commit[:8]} alone does not reproduce it"
            )


def _workload(name: str, part: pd.DataFrame, runs: list[Run]) -> Workload:
    """The tidy frame of one workload: one column per axis, one row per key (the last of a doubled key counts)."""
    part = part.reset_index(drop=True)
    planned = _axes(name, part, runs)
    axes = tuple(_safe(axis) for axis in planned)
    sizes = pd.DataFrame(
        [[cell.get(axis, math.nan) for axis in planned] for cell in part["cell"]], columns=list(axes)
    )
    for axis in axes:
        whole = sizes[axis].notna().all() and (sizes[axis] % 1 == 0).all() and sizes[axis].abs().max() < 2**53
        sizes[axis] = sizes[axis].astype("int64" if whole else "float64")
    lines = pd.concat([part.drop(columns="cell"), sizes], axis=1)
    lines["baseline"] = _baselines(lines, runs, name)
    key = [*SETTING, *axes, "session", "impl"]
    lines = lines.drop_duplicates(key, keep="last").reset_index(drop=True)
    measures = (run.plan.get("error_measure") for run in runs if run.workload == name)
    measure = next((text for text in measures if isinstance(text, str)), "")
    return Workload(name, axes, lines[[*LINE_COLUMNS, *axes]], measure)


def _axes(name: str, part: pd.DataFrame, runs: list[Run]) -> tuple[str, ...]:
    """Axes as the runs name them, then any other that a cell has."""
    found: dict[str, None] = {}
    for run in runs:
        planned = run.plan.get("axes")
        if run.workload == name and isinstance(planned, list):
            found |= {str(axis): None for axis in planned}
    for cell in part["cell"]:
        found |= dict.fromkeys(cell)
    return tuple(found)


def _safe(axis: str) -> str:
    """The name of an axis as a column, out of the way of the columns that all tables have."""
    return f"{axis}_" if axis in TAKEN else axis


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
