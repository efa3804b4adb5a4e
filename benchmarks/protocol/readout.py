"""What asv is handed: one number a strategy and cell, read from the journal of a finished run."""

from __future__ import annotations

import math
import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from benchmarks.protocol.journal import Line, read_lines
from benchmarks.protocol.plan import STOPPED, Block, MeasurementSet, shortened
from benchmarks.protocol.progress import open_listener
from benchmarks.protocol.run import run_set
from benchmarks.protocol.state import block_key


class Reading(NamedTuple):
    """Outcome of one strategy on one block over all sessions.

    Attributes
    ----------
    seconds : float or None
        Geometric mean over sessions of the fastest sample, seconds per call; None when never timed.
    status, reason : str
        ``ok``, or what the first session without a time says.
    """

    seconds: Optional[float]
    status: str
    reason: str


Table = Dict[Tuple[Any, ...], Reading]


def summarise(lines: List[Line]) -> Reading:
    """Combine the lines of one strategy on one block: the sessions that have a time, unless one was wrong."""
    minima = [min(line["seconds"]) for line in lines if line["status"] == "ok" and line["seconds"]]
    troubled = [line for line in lines if line["status"] != "ok"]
    wrong = [line for line in troubled if line["status"] == "invalid"]
    if wrong or not minima:
        worst = (wrong or troubled)[0]
        return Reading(None, worst["status"], worst["reason"] or "")
    return Reading(math.exp(sum(map(math.log, minima)) / len(minima)), "ok", "")


def table(path: str, run_id: str) -> Table:
    """Readings of a run by (block key, strategy)."""
    groups: Dict[Tuple[Any, ...], List[Line]] = {}
    for _, line in read_lines(path):
        if "kind" not in line and line["run"] == run_id:
            groups.setdefault((block_key(line), line["impl"]), []).append(line)
    return {key: summarise(lines) for key, lines in groups.items()}


def measured(plan: MeasurementSet) -> Table:
    """Run a set (or finish its interrupted run) and read it out; this is what ``setup_cache`` does.

    asv calls whatever is raised here a failed benchmark. Who started asv is told the reason through a file.
    """
    try:
        return table(*run_set(plan, open_listener(), parent=os.getppid()))
    except Exception as problem:
        path = os.environ.get(STOPPED)
        if path:
            with open(path, "a", encoding="utf-8") as handle:
                handle.write(shortened(f"{plan.name}: {problem}") + "\n")
        raise


def reading(found: Table, block: Block, impl: str) -> Reading:
    """One reading; a combination that was never planned reads as skipped."""
    return found.get((block.key, impl), Reading(None, "skipped", "not part of this set"))
