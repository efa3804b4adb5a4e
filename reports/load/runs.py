"""Which run of each set counts, and what must be said of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from reports.load.asv_results import Foreign
from reports.load.journal import Journal
from reports.load.model import Machine, Results, Run

RUN_KEY = ["machine", "env", "workload", "benchmark"]


def runs_of(journal: Journal, machine: Machine) -> list[Run]:
    """One `Run` per (run id, workload, benchmark, env) that has lines or a plan in this journal."""
    ends = {str(record.get("run")): record for record in journal.finished}
    plans: dict[tuple[str, str, str], dict[str, Any]] = {}
    for record in journal.runs:
        key = (str(record.get("run")), str(record.get("workload")), str(record.get("benchmark")))
        plans[key] = plans.get(key, {}) | record
    seen: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for row in journal.lines:
        place = (row["run"], row["workload"], row["benchmark"], row["env"])
        found = seen.setdefault(place, {"row": row, "versions": {}, "last": None, "started_at": math.nan})
        found["started_at"] = np.fmin(found["started_at"], row["started_at"])
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
            on=machine,
            started_at=found["started_at"],
        )
        for (run, workload, benchmark, env), found in seen.items()
    ]


def asv_runs(foreign: Foreign) -> list[Run]:
    """One finished `Run` per benchmark of an asv result file."""
    found = {(r["machine"], r["env"], r["commit"], r["benchmark"], r["workload"]): r for r in foreign.rows}
    return [
        Run(
            machine,
            env,
            commit,
            commit,
            workload,
            benchmark,
            finished=True,
            versions=row["versions"],
            on=foreign.machines[machine],
            started_at=row["started_at"] / 1000,  # asv counts milliseconds
            foreign=True,
        )
        for (machine, env, commit, benchmark, workload), row in found.items()
    ]


def keep_newest(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Keep the newest finished run of each set on each machine and environment; `results.runs` follows.

    Where none is finished, the newest of the interrupted ones. A run of ours without a single time comes behind all
    that have one: whatever broke it says nothing of the strategies. In asv's files no time is a finding, of a commit.
    """
    frame = frame.reset_index(drop=True)
    run = [*RUN_KEY, "commit", "run"]
    groups = frame.groupby(run, dropna=False)
    ranked = frame.assign(
        begun=groups["started_at"].transform("min").fillna(-math.inf),
        whole=_whole(frame, results.runs),
        timed=frame["foreign"] | (groups["best"].transform("count") > 0),
    ).sort_values(["timed", "whole", "begun"], kind="stable")
    newest = ranked.groupby(RUN_KEY)[["commit", "run"]].transform("last")
    chosen = (ranked["commit"] == newest["commit"]) & (ranked["run"] == newest["run"])
    kept = ranked[chosen].sort_index()
    used = set(kept[run].drop_duplicates().itertuples(index=False, name=None))
    results.warnings += _of_the_others(ranked[~chosen], ranked[chosen], run)
    results.runs = [
        r for r in results.runs if (r.machine, r.env, r.workload, r.benchmark, r.commit, r.run) in used
    ]
    results.trajectories = [
        t
        for t in results.trajectories
        if (t.machine, t.env, t.workload, t.benchmark, t.commit, t.run) in used
    ]
    return kept.drop(columns=["begun", "whole", "timed"])


def _of_the_others(others: pd.DataFrame, chosen: pd.DataFrame, run: list[str]) -> Iterable[str]:
    """Warnings for runs that are not shown: how many, and which of them have no time at all."""
    runs = others.drop_duplicates(run)
    empty = runs[~runs["timed"]]
    older = len(runs) - len(empty)
    if older:
        noun = "run is" if older == 1 else "runs are"
        yield (
            f"{older} older {noun} not shown: of each set, the newest finished run on a machine "
            "and environment counts"
        )
    there = set(chosen[chosen["timed"]][RUN_KEY].itertuples(index=False, name=None))
    for row in empty.to_dict("records"):
        if tuple(row[key] for key in RUN_KEY) in there:
            why = f" ({row['reason']})" if row["reason"] else ""
            yield (
                f"A run of {row['benchmark']} ({row['workload']}) on {row['machine']}, {row['env']}, has not a single "
                f"time{why} and is not shown: one with times stands in its place"
            )


def _whole(frame: pd.DataFrame, runs: list[Run]) -> np.ndarray:
    """Whether each row is from a run that came to its end; (rows,), bool."""
    key = [*RUN_KEY, "commit", "run"]
    ended = pd.DataFrame([[getattr(run, name) for name in key] for run in runs if run.finished], columns=key)
    found = frame[key].merge(ended.drop_duplicates(), on=key, how="left", indicator=True)
    return np.asarray(found["_merge"] == "both")


def warn_of_runs(results: Results, frame: pd.DataFrame) -> None:
    """Warn of runs that were interrupted, and of code that no commit holds."""
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
