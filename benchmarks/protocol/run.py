"""A run of one measurement set: sessions over blocks, journalled, resumable.

An interrupted run (Ctrl-C, ``kill -9``, power) is resumed by the next one with the same plan, code and packages:
finished blocks are not measured again. A finished run is never resumed; the next one measures anew.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import IO, Any, Dict, List, Optional, Set, Tuple

from benchmarks import workloads
from benchmarks.protocol import forecast, machine, places
from benchmarks.protocol.journal import SCHEMA, Journal, Line
from benchmarks.protocol.plan import Block, MeasurementSet, fingerprint
from benchmarks.protocol.progress import Progress, duration, size
from benchmarks.protocol.supervisor import Supervisor

SEED = 1234
GIVEN_UP = ("timeout", "killed")


class OrphanedError(RuntimeError):
    """The process that asked for this run is gone."""


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
    past : list of dict
        Lines of this run that an earlier, interrupted process left, and those written since.
    needs : dict
        (block key, strategy) to predicted extra bytes, for strategies that are installed.
    compiled : str
        Folder for what just-in-time compilers keep between the sessions of this run. The first session compiles
        everything anew and so shows what the first call costs; the others need not pay again.
    """

    plan: MeasurementSet
    identity: Dict[str, Any]
    impls: List[str]
    past: List[Line]
    compiled: str
    needs: Dict[Tuple[Any, str], int] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """Identifier of the run, shared by its lines."""
        return str(self.identity["run"])

    def done(self) -> Set[Tuple[int, Any]]:
        """(session, block key) of every block already in the journal."""
        return {(line["session"], block_key(line)) for line in self.past if "kind" not in line}


def block_key(line: Line) -> Tuple[Any, ...]:
    """The `Block.key` a measurement line belongs to."""
    axes = tuple((name, int(value)) for name, value in line["cell"].items())
    threads = line["threads_planned"]
    return (line["workload"], line["stage"], line["dtype"], line["labels"], threads, axes)


def screen(run: Run, block: Block) -> Dict[str, str]:
    """Reasons, by strategy, not to start it on a block: not installed, over the memory limit, given up before."""
    workload, limit = workloads.get(block.workload), run.plan.budget.memory_limit
    reasons: Dict[str, str] = {}
    for impl in run.impls:
        missing = workload.why_not(impl)
        need = run.needs.get((block.key, impl), 0)
        gone = next((line for line in run.past if _rules_out(line, block, impl)), None)
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


def _rules_out(line: Line, block: Block, impl: str) -> bool:
    """Tell whether a time-out or kill at this or a smaller cell rules a strategy out at this block."""
    if line.get("status") not in GIVEN_UP or line.get("impl") != impl:
        return False
    here = block.cell
    same = block_key(line)[:5] == block.key[:5]
    if line["status"] == "killed":
        return same and line["cell"] == here
    return same and all(here[name] >= value for name, value in line["cell"].items())


def begin(plan: MeasurementSet, journal: Journal, facts: Dict[str, Any], compiled: str) -> Run:
    """Start a run, or take up the one that was interrupted."""
    names = {block.workload for block in plan.blocks}
    if len(names) != 1:
        raise ValueError(f"a measurement set holds one workload; {plan.name} holds {sorted(names)}")
    workload = workloads.get(names.pop())
    impls = workload.strategies()
    mark = fingerprint(plan, {workload.name: impls}, facts["versions"])
    lines = journal.lines()
    ended = {line["run"] for line in lines if line.get("kind") == "finished"}
    open_runs = [
        line["run"]
        for line in lines
        if line.get("kind") == "run" and line.get("fingerprint") == mark and line["run"] not in ended
    ]
    run_id = open_runs[-1] if open_runs else f"{plan.name}-{uuid.uuid4().hex[:12]}"
    identity = {
        "schema": SCHEMA,
        "run": run_id,
        "workload": workload.name,
        "benchmark": plan.name,
        "env": facts["env"],
        "commit": facts["commit"],
        "versions": {name: version for name, version in facts["versions"].items() if version},
    }
    journal.append(
        {
            "schema": SCHEMA,
            "kind": "run",
            "run": run_id,
            "benchmark": plan.name,
            "workload": workload.name,
            "axes": list(workload.axes),
            "baseline": workload.baseline,
            "control": workload.control,
            "strategies": impls,
            "sessions": plan.sessions,
            "planned": {"cells": len({block.axes for block in plan.blocks}), "blocks": len(plan.blocks)},
            "budget": asdict(plan.budget),
            "seed": SEED,
            "git": facts["git"],
            "env": facts["env"],
            "fingerprint": mark,
            "resumed": bool(open_runs),
            "started_at": time.time(),
        }
    )
    return Run(plan, identity, impls, [line for line in lines if line.get("run") == run_id], compiled)


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


def announce(run: Run, runnable: Dict[Any, int], journal: Journal, progress: Progress) -> None:
    """Say what is about to happen, and what it will cost."""
    plan = run.plan
    cells = len({block.axes for block in plan.blocks})
    seconds = forecast.run_seconds(plan, runnable, journal.lines())
    progress.say(
        f"{plan.name}: {cells} cells in {len(plan.blocks)} blocks, {plan.sessions} sessions, "
        f"{max(runnable.values())} of {len(run.impls)} strategies can run here; "
        f"predicted: {duration(seconds)} and {size(forecast.peak_bytes(plan, run.needs))} of memory"
    )
    done = len(run.done())
    if done:
        progress.say(f"  taking up an interrupted run: {done} blocks are already measured")


def session_order(
    plan: MeasurementSet, session: int, done: Set[Tuple[int, Any]]
) -> List[Tuple[int, List[Block]]]:
    """Blocks of one session still to measure, by planned threads, in this session's own random order."""
    rng = random.Random(f"{SEED}/{plan.name}/{session}")
    blocks = rng.sample(list(plan.blocks), len(plan.blocks))
    left = [block for block in blocks if (session, block.key) not in done]
    return [
        (threads, [b for b in left if b.threads == threads]) for threads in sorted({b.threads for b in left})
    ]


def measure_block(
    run: Run, session: int, block: Block, seq: int, supervisor: Supervisor, scales: Supervisor
) -> List[Line]:
    """Measure one block (its memory in the first session only) and dress its lines for the journal."""
    plan, started = run.plan, time.time()
    reasons = screen(run, block)
    impls = [impl for impl in run.impls if impl not in reasons]
    order_seed = random.Random(f"{run.run_id}/{session}/{seq}").getrandbits(32)
    found, noise = [], {}  # type: Tuple[List[Line], Line]
    if impls:
        found, noise = supervisor.measure(block, impls, plan.budget, SEED, order_seed)
    timed = [line["impl"] for line in found if line["status"] == "ok" and line["impl"] in impls]
    peaks = scales.weigh(block, timed, plan.budget, SEED) if session == 0 and timed else {}
    for impl, reason in reasons.items():
        found.append({"impl": impl, "status": "skipped", "reason": reason, "seconds": []})
    for line in found:
        line["predicted_bytes"] = run.needs.get((block.key, line["impl"].split("@")[0]))
        line["peak_extra_bytes"] = peaks.get(line["impl"])
    shared = dict(
        run.identity,
        stage=block.stage,
        session=session,
        block=f"{run.run_id}/{session}/{seq}",
        pid=supervisor.worker.facts["pid"],
        cell=block.cell,
        dtype=block.dtype,
        labels=block.labels,
        threads=supervisor.worker.facts["cores"] if block.threads == 0 else block.threads,
        threads_planned=block.threads,
        first_call_cold=session == 0,
    )
    empty = dict.fromkeys(("number", "first_call_s", "error", "tolerance", "timed_s"))
    lines = [dict(shared, seq=number, **dict(empty, **line)) for number, line in enumerate(found)]
    return [dict(line, noise=noise, started_at=started) for line in lines]


def sweep(run: Run, journal: Journal, progress: Progress, scales: Supervisor, parent: Optional[int]) -> float:
    """Measure all blocks that are left; returns the seconds spent inside timed calls."""
    timed_s, done = 0.0, run.done()
    seq = len(done)
    for session in range(run.plan.sessions):
        for threads, blocks in session_order(run.plan, session, done):
            supervisor = Supervisor(threads, run.compiled)
            try:
                head = {"schema": SCHEMA, "kind": "limits", "run": run.run_id, "session": session}
                journal.append(
                    dict(head, threads=threads, **supervisor.worker.limits(), **supervisor.worker.facts)
                )
                for block in blocks:
                    if parent is not None and os.getppid() != parent:
                        raise OrphanedError("the process that started this run is gone; run again to resume")
                    lines = measure_block(run, session, block, seq, supervisor, scales)
                    journal.append_block(lines)
                    run.past += lines
                    seq += 1
                    timed_s += sum(line["timed_s"] or 0.0 for line in lines)
                    progress.block_done(session, run.plan.sessions, block, lines)
            finally:
                supervisor.close()
    return timed_s


def run_set(plan: MeasurementSet, listener: Optional[IO[str]], parent: Optional[int] = None) -> str:
    """Measure a set, or finish the interrupted run of it.

    Parameters
    ----------
    plan : MeasurementSet
    listener : text stream or None
        Where progress goes.
    parent : int, optional
        Stop when this process is no longer the parent (asv was killed).

    Returns
    -------
    str
        The run's identifier; its lines are in the journal of this machine, commit and environment.
    """
    versions, git = machine.versions(), machine.git_state()
    sha, env = places.commit(git), machine.environment_name(versions)
    facts = {"versions": versions, "git": git, "commit": sha, "env": env}
    path = places.journal_path(sha, env)
    with Journal(path, machine.machine_line()) as journal, tempfile.TemporaryDirectory() as compiled:
        run = begin(plan, journal, facts, compiled)
        done = run.done()
        scales = Supervisor(1, compiled, weighing=True)
        try:
            run.needs = predicted_needs(run, scales)
            runnable = {block.key: len(run.impls) - len(screen(run, block)) for block in plan.blocks}
            left = [
                forecast.block_seconds(block, runnable[block.key], plan)
                for session in range(plan.sessions)
                for _, blocks in session_order(plan, session, done)
                for block in blocks
            ]
            progress = Progress(listener, left)
            announce(run, runnable, journal, progress)
            started = time.monotonic()
            timed_s = sweep(run, journal, progress, scales, parent)
            wall_s = time.monotonic() - started
        finally:
            scales.close()
        journal.append(_finish(run, wall_s, timed_s, resumed=bool(done)))
        _close(run, progress, wall_s, timed_s)
    return run.run_id


def _finish(run: Run, wall_s: float, timed_s: float, resumed: bool) -> Line:
    head = {"schema": SCHEMA, "kind": "finished", "run": run.run_id, "resumed": resumed}
    overhead = 1.0 - timed_s / wall_s if wall_s else 0.0
    figures = {"wall_s": round(wall_s, 2), "timed_s": round(timed_s, 2), "overhead": round(overhead, 4)}
    return dict(head, finished_at=time.time(), **figures)


def _close(run: Run, progress: Progress, wall_s: float, timed_s: float) -> None:
    for reason in progress.reasons():
        progress.say("  not timed: " + reason)
    share = 1 - timed_s / max(wall_s, 1e-9)
    progress.say(
        f"{run.plan.name} took {duration(wall_s)}; the suite's own cost was {100 * share:.0f} % of it "
        "(the rest: timed calls, compilation included)"
    )
