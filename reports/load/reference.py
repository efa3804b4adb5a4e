"""Results that are there for comparison: the published machine beside one's own, never counted as one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reports.load.folder import NoResults, load_results
from reports.load.model import Results

#: The reference results of this suite, from its root.
REFERENCE = Path("reports/published")


def load_reference(folder: Path, own: Results) -> Results | None:
    """Read what there is to compare one's own results with: the same sets on other machines.

    Parameters
    ----------
    folder : Path
    own : Results

    Returns
    -------
    Results or None
        Its runs are marked; None where there is nothing to compare.
    """
    try:
        found = load_results(folder)
    except (NoResults, ValueError, OSError):
        return None
    machines = {run.machine for run in own.runs}
    sets = {(run.workload, run.benchmark) for run in own.runs}
    workloads = []
    for workload in found.workloads:
        wanted = {benchmark for name, benchmark in sets if name == workload.name}
        lines = workload.lines
        kept = lines[lines["benchmark"].isin(wanted) & ~lines["machine"].isin(machines)]
        if len(kept):
            workloads.append(replace(workload, lines=kept.reset_index(drop=True)))
    runs = [
        replace(run, reference=True)
        for run in found.runs
        if (run.workload, run.benchmark) in sets and run.machine not in machines
    ]
    return Results(workloads, runs, found.limits) if workloads else None
