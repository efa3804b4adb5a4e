"""A run under way: what it plans, what is already measured, and which strategies are not worth starting."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from benchmarks import workloads
from benchmarks.protocol.journal import SCHEMA, Journal, JournalBrokenError, Line
from benchmarks.protocol.plan import Block, MeasurementSet, fingerprint
from benchmarks.protocol.progress import size
from benchmarks.protocol.supervisor import Supervisor
from benchmarks.workloads import Workload

SEED = 1234
GIVEN_UP = ("timeout", "killed")


@dataclass
class Run:
    """One run under way.

    Attributes
    ----------
    plan : MeasurementSet
    identity : dict
        Keys shared by every line: schema, run, workload, benchmark, env, commit, versions.
    impls : list of str
        Strategies planned.
    done : set
        (session, block key) of every block in the journal.
    given_up : dict
        Strategy to its lines that ended in a time-out or a kill.
    needs : dict
        (block key, strategy) to predicted extra bytes, for strategies that are installed.
    followed : set
        `followed_key` of every strategy whose points the journal holds, or why it does not.
    timed : bool
        Whether anything has a time.
    kept : str
        Folder for what compilers and the oracle did once in this run. The first session compiles everything anew
        and so shows what the first call costs; the others need not pay again.
    """

    plan: MeasurementSet
    identity: Dict[str, Any]
    impls: List[str]
    kept: str
    followed: Set[Tuple[Any, ...]] = field(default_factory=set)
    timed: bool = False
    done: Set[Tuple[int, Any]] = field(default_factory=set)
    given_up: Dict[str, List[Line]] = field(default_factory=dict)
    needs: Dict[Tuple[Any, str], int] = field(default_factory=dict)

    @property
    def knows_all_blocks(self) -> bool:
        """Whether every block has been measured in some session, so that there is nothing left to predict."""
        return {key for _, key in self.done} >= {block.key for block in self.plan.blocks}

    @property
    def run_id(self) -> str:
        """Identifier of the run, shared by its lines."""
        return str(self.identity["run"])

    def remember(self, lines: Iterable[Line]) -> None:
        """Take note of measured blocks: those of an interrupted process, and each one that is added."""
        for line in lines:
            if "kind" not in line:
                key = block_key(line)
                self.done.add((line["session"], key))
                self.timed = self.timed or has_time(line)
                if line.get("predicted_bytes") is not None:
                    self.needs[key, line["impl"].split("@")[0]] = line["predicted_bytes"]
                if line["status"] in GIVEN_UP:
                    self.given_up.setdefault(line["impl"], []).append(line)
            elif line["kind"] == "trajectory":
                self.followed.add(followed_key(line))


def seed_of(block: Block, session: int) -> int:
    """Seed of a block's data: another in each session, so that intervals hold what data of one kind differ by."""
    return SEED + (session if workloads.get(block.workload).reseeded else 0)


def block_key(line: Line) -> Tuple[Any, ...]:
    """The `Block.key` a measurement line belongs to."""
    axes = tuple((name, int(value)) for name, value in line["cell"].items())
    threads = line["threads_planned"]
    return (line["workload"], line["stage"], line["dtype"], line["labels"], threads, axes)


def followed_key(line: Line) -> Tuple[Any, ...]:
    """Identity of a trajectory within its run."""
    cell = tuple((name, int(value)) for name, value in line["cell"].items())
    return (line["workload"], line["stage"], line["dtype"], line["labels"], cell, line["impl"])


def screen(run: Run, block: Block) -> Dict[str, str]:
    """Reasons, by strategy, not to start it on a block: not installed, over the memory limit, given up before."""
    workload, limit = workloads.get(block.workload), run.plan.budget.memory_limit
    reasons: Dict[str, str] = {}
    for impl in run.impls:
        missing = workload.why_not(impl)
        need = run.needs.get((block.key, impl), 0)
        gone = next((line for line in run.given_up.get(impl, []) if _rules_out(line, block)), None)
        if missing:
            reasons[impl] = missing
        elif need > limit:
            reasons[impl] = f"over the memory limit: predicted to need {size(need)}, allowed {size(limit)}"
        elif gone:
            where = " ".join("{}{}".format(*axis) for axis in gone["cell"].items())
            reasons[impl] = "{} before, at {} in session {}".format(
                gone["status"], where, gone["session"] + 1
            )
    return reasons


def _rules_out(line: Line, block: Block) -> bool:
    """Tell whether a kill at this cell, or a time-out at this or a smaller one, rules a strategy out at the block."""
    here = block.cell
    same = block_key(line)[:5] == block.key[:5]
    if line["status"] == "killed":
        return same and line["cell"] == here
    return same and all(here[name] >= value for name, value in line["cell"].items())


def predicted_needs(run: Run, scales: Supervisor) -> Dict[Tuple[Any, str], int]:
    """Ask a worker (never this process: loading a strategy may crash) what memory the strategies will need."""
    blocks = list(run.plan.blocks)
    workload = workloads.get(blocks[0].workload)
    found = scales.predict(blocks, [impl for impl in run.impls if workload.why_not(impl) is None])
    return {
        (block.key, impl): need
        for impl, needs in found.items()
        for block, need in zip(blocks, needs)
        if need is not None
    }


def planned(plan: MeasurementSet) -> Tuple[Workload[Any], List[str]]:
    """Return the workload of a set, and the strategies that are to be measured."""
    names = {block.workload for block in plan.blocks}
    if len(names) != 1:
        raise ValueError(f"a measurement set holds one workload; {plan.name} holds {sorted(names)}")
    workload = workloads.get(names.pop())
    return workload, list(plan.strategies) or workload.strategies()


def packages(plan: MeasurementSet) -> Set[str]:
    """Return what the strategies that can run here import beyond NumPy."""
    workload, impls = planned(plan)
    return {name for impl in impls if workload.why_not(impl) is None for name in workload.packages(impl)}


def begin(plan: MeasurementSet, journal: Journal, facts: Dict[str, Any], kept: str) -> Run:
    """Start a run, or take up the one that was interrupted."""
    workload, impls = planned(plan)
    mark = fingerprint(plan, {workload.name: impls}, facts["versions"])
    lines = journal.lines()
    taken_up = open_run(lines, mark)
    run_id = taken_up or f"{plan.name}-{uuid.uuid4().hex[:12]}"
    identity = {
        "schema": SCHEMA,
        "run": run_id,
        "workload": workload.name,
        "benchmark": plan.name,
        "env": facts["env"],
        "commit": facts["commit"],
        "versions": {name: version for name, version in facts["versions"].items() if version},
    }
    head = {"schema": SCHEMA, "kind": "run", "run": run_id, **_announced(plan, workload, impls)}
    about = {"seed": SEED, "git": facts["git"], "env": facts["env"], "fingerprint": mark}
    journal.append({**head, **about, "resumed": bool(taken_up), "started_at": time.time()})
    run = Run(plan, identity, impls, kept)
    try:
        run.remember(line for line in lines if line.get("run") == run_id)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise JournalBrokenError(
            f"{journal.path} has a line of run {run_id} that this suite did not write ({problem!r}); move the file "
            "away or mend that line"
        ) from problem
    return run


def has_time(line: Line) -> bool:
    """Tell whether a line of a journal holds a time of a right answer."""
    return "kind" not in line and line.get("status") == "ok" and bool(line.get("seconds"))


def open_run(lines: Iterable[Line], mark: str) -> Optional[str]:
    """The last run of this plan and code that was not finished; None where there is none to be taken up.

    One that measured without coming to a single time is not: what failed then may work now.
    """
    ended, begun = set(), []  # type: Tuple[Set[Any], List[Any]]
    measured, timed = set(), set()  # type: Tuple[Set[Any], Set[Any]]
    for line in lines:
        kind, name = line.get("kind"), line.get("run")
        if kind == "finished":
            ended.add(name)
        elif kind == "run" and line.get("fingerprint") == mark:
            begun.append(name)
        elif kind is None:
            measured.add(name)
            timed.update([name] if has_time(line) else [])
    left = [name for name in begun if name not in ended and (name in timed or name not in measured)]
    return str(left[-1]) if left else None


def _announced(plan: MeasurementSet, workload: Workload[Any], impls: List[str]) -> Line:
    """What the journal says of a set before it is measured."""
    return {
        "benchmark": plan.name,
        "workload": workload.name,
        "axes": list(workload.axes),
        "baseline": workload.baseline,
        "control": workload.control,
        "error_measure": workload.error_measure,
        "strategies": impls,
        "sessions": plan.sessions,
        "planned": {"cells": len({block.axes for block in plan.blocks}), "blocks": len(plan.blocks)},
        "budget": asdict(plan.budget),
    }
