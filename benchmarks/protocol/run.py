"""A run of one measurement set: sessions over blocks, journalled, resumable.

An interrupted run (Ctrl-C, ``kill -9``, power) is resumed by the next one with the same plan, code and packages:
finished blocks are not measured again. A finished run is never resumed; the next one measures anew.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from typing import IO, Any, Dict, List, Optional, Sequence, Set, Tuple

from benchmarks import workloads
from benchmarks.protocol import asv_files, devices, faults, following, forecast, machine, places, quiet
from benchmarks.protocol.journal import SCHEMA, Journal, Line
from benchmarks.protocol.plan import Block, MeasurementSet
from benchmarks.protocol.process import NotMeasuredError
from benchmarks.protocol.progress import Progress, duration, size
from benchmarks.protocol.state import SEED, Run, begin, packages, predicted_needs, screen, seed_of
from benchmarks.protocol.supervisor import Supervisor
from impls import discovery


class OrphanedError(RuntimeError):
    """The process that asked for this run is gone."""


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
    for said in discovery.passed_over():
        progress.say(f"  no strategy: impls/{said}")
    done = len(run.done)
    if done:
        progress.say(f"  taking up a run that was begun: {done} blocks are already measured")


def announce_faults(run: Run, found: Dict[str, Any], progress: Progress) -> None:
    """Say which known faults of packages touch what is about to be measured on the devices that were found."""
    for sentence in faults.sentences(run.plan.blocks, run.impls, run.identity["versions"], found):
        progress.say(f"  {sentence}")


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
    run: Run,
    session: int,
    block: Block,
    seq: int,
    supervisor: Supervisor,
    scales: Supervisor,
    wanted: Optional[Sequence[str]] = None,
) -> List[Line]:
    """Measure one block and dress its lines for the journal.

    Parameters
    ----------
    wanted : sequence of str, optional
        The only strategies that are measured, or say why not; all of the run by default.
    """
    plan, started = run.plan, time.time()
    asked = run.impls if wanted is None else [impl for impl in run.impls if impl in wanted]
    reasons = {impl: reason for impl, reason in screen(run, block).items() if impl in asked}
    impls = [impl for impl in asked if impl not in reasons]
    seed = seed_of(block, session)
    order_seed = random.Random(f"{run.run_id}/{session}/{seq}").getrandbits(32)
    found, noise = [], {}  # type: Tuple[List[Line], Line]
    if impls:
        found, noise = supervisor.measure(block, impls, plan.budget, seed, order_seed)
    timed = [line["impl"] for line in found if line["status"] == "ok" and line["impl"] in impls]
    # What computes on a device is weighed by the worker itself: a TPU serves no second process.
    timed = [name for name in timed if name not in _on_device(found)]
    to_weigh = session == 0 and (plan.weighed is None or block in plan.weighed)
    peaks = scales.weigh(block, timed, plan.budget, seed) if to_weigh and timed else {}
    for impl, reason in reasons.items():
        found.append({"impl": impl, "status": "skipped", "reason": reason, "seconds": []})
    for line in found:
        line["predicted_bytes"] = run.needs.get((block.key, line["impl"].split("@")[0]))
        line["peak_extra_bytes"] = peaks.get(line["impl"], line.get("peak_extra_bytes"))
    least = workloads.get(block.workload).least_work(block)
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
        seed=seed,
        least_bytes=least.bytes,
        least_flops=least.flops,
    )
    empty = dict.fromkeys(("number", "first_call_s", "error", "tolerance", "timed_s"))
    empty["first_call_cold"] = False
    lines = [dict(shared, seq=number, **dict(empty, **line)) for number, line in enumerate(found)]
    return [dict(line, noise=noise, started_at=started) for line in lines]


def _on_device(lines: List[Line]) -> Set[str]:
    return {line["impl"] for line in lines if not devices.on_host(line.get("device"))}


def require_parent(parent: Optional[int]) -> None:
    """Stop when the process that asked for this run is gone."""
    if parent is not None and os.getppid() != parent:
        raise OrphanedError("the process that started this run is gone; run again to resume")


def sweep(
    run: Run, sessions: int, journal: Journal, progress: Progress, scales: Supervisor, parent: Optional[int]
) -> float:
    """Measure what is left of so many sessions; returns the seconds spent inside timed calls."""
    timed_s, seq = 0.0, len(run.done)
    for session in range(sessions):
        for threads, blocks in session_order(run.plan, session, run.done):
            supervisor = Supervisor(threads, run.kept)
            try:
                head = {"schema": SCHEMA, "kind": "limits", "run": run.run_id, "session": session}
                journal.append(
                    dict(head, threads=threads, **supervisor.worker.limits(), **supervisor.worker.facts)
                )
                asked = False
                for block in blocks:
                    require_parent(parent)
                    lines = measure_block(run, session, block, seq, supervisor, scales)
                    journal.append_block(lines)
                    run.remember(lines)
                    if not asked and any(line.get("device") for line in lines):
                        asked = True  # only now: before its first block no runtime was loaded
                        journal.append(dict(head, kind="devices", **supervisor.devices()))
                    seq += 1
                    timed_s += sum(line["timed_s"] or 0.0 for line in lines)
                    progress.block_done(session, run.plan.sessions, block, lines)
                compare_threads(supervisor, dict(head, kind="threads", threads=threads), journal, progress)
            finally:
                supervisor.close()
        if session == 0:
            following.store(run, journal, progress, lambda: require_parent(parent))
    return timed_s


def compare_threads(supervisor: Supervisor, head: Line, journal: Journal, progress: Progress) -> None:
    """Note how many threads the libraries would use, all of them loaded by now; say where that is not the plan."""
    realised = supervisor.realised_threads()
    if not realised:
        return
    planned = head["threads"] or realised["cores"]
    beyond = machine.beyond_plan(realised, planned)
    journal.append(dict(head, planned=planned, beyond_plan=beyond, **realised))
    if beyond:
        progress.say(f"  more threads than the planned {planned}: {', '.join(beyond)}")


def located(plan: MeasurementSet) -> Tuple[str, Dict[str, Any], Dict[str, Any]]:
    """Return the journal a set belongs into, what is recorded of code and packages, and the devices found."""
    versions, git = machine.versions(), machine.git_state()
    found = devices.probed(packages(plan))
    sha, env = places.commit(git), machine.environment_name(versions) + devices.suffix(found)
    facts = {"versions": versions, "git": git, "commit": sha, "env": env}
    return places.journal_path(sha, env), facts, found


def run_set(
    plan: MeasurementSet,
    listener: Optional[IO[str]],
    parent: Optional[int] = None,
    sessions: Optional[int] = None,
) -> Tuple[str, str]:
    """Measure a set, or finish the interrupted run of it.

    Parameters
    ----------
    plan : MeasurementSet
    listener : text stream or None
        Where progress goes.
    parent : int, optional
        Stop when this process is no longer the parent (asv was killed).
    sessions : int, optional
        Stop once so many sessions of the run are measured: between them something else may be, and the next call
        goes on. Without it, or from the planned number on, the run is finished.

    Returns
    -------
    tuple of str
        Path of the journal (of this machine, commit and environment), and the run's identifier in it.

    Raises
    ------
    NotMeasuredError
        If no process can be started, the inputs of a block cannot be had, or nothing got a time. The run stays open.
    JournalBusyError, JournalBrokenError, OSError
        If the journal cannot be written or read.
    """
    path, facts, found = located(plan)
    sessions = min(sessions or plan.sessions, plan.sessions)
    with Journal(path, machine.machine_line()) as journal, tempfile.TemporaryDirectory() as kept:
        run = begin(plan, journal, facts, kept)
        resumed = bool(run.done)
        scales = Supervisor(1, kept, weighing=True)
        try:
            if not run.knows_all_blocks:
                run.needs = predicted_needs(run, scales)
            runnable = {block.key: len(run.impls) - len(screen(run, block)) for block in plan.blocks}
            left = [
                forecast.block_seconds(block, runnable[block.key], plan)
                for session in range(sessions)
                for _, blocks in session_order(plan, session, run.done)
                for block in blocks
            ]
            progress = Progress(listener, left)
            if "error" in found:
                progress.say(f"  which device there is could not be told: {found['error']}")
            if parent is not None:
                asv_files.warn(path, plan.name, progress)
            announce(run, runnable, journal, progress)
            announce_faults(run, found, progress)
            started = time.monotonic()
            timed_s = sweep(run, sessions, journal, progress, scales, parent)
            wall_s = time.monotonic() - started
        finally:
            scales.close()
        if sessions == plan.sessions and run.timed:
            journal.append(finished_line(run, wall_s, timed_s, resumed=resumed))
        _close(run, sessions, progress, wall_s, timed_s)
        if not run.timed:
            why = "; ".join(progress.reasons()[:2]) or "nothing was measured"
            raise NotMeasuredError(
                f"{plan.name}: no strategy has a time ({why}); the run does not count as finished"
            )
    return path, run.run_id


def finished_line(run: Run, wall_s: float, timed_s: float, resumed: bool) -> Line:
    """Last line of a run: what it took, and how much of that was no timed call."""
    head = {"schema": SCHEMA, "kind": "finished", "run": run.run_id, "resumed": resumed}
    overhead = 1.0 - timed_s / wall_s if wall_s else 0.0
    figures = {"wall_s": round(wall_s, 2), "timed_s": round(timed_s, 2), "overhead": round(overhead, 4)}
    return dict(head, finished_at=time.time(), **figures)


def _close(run: Run, sessions: int, progress: Progress, wall_s: float, timed_s: float) -> None:
    for reason in progress.reasons():
        progress.say("  not timed: " + reason)
    share = 1 - timed_s / max(wall_s, 1e-9)
    part = f" (session {sessions} of {run.plan.sessions})" if sessions < run.plan.sessions else ""
    told = quiet.verdict(progress.noises)
    if told:
        progress.say(f"  {told}")
    progress.say(
        f"{run.plan.name}{part} took {duration(wall_s)}; the suite's own cost was {100 * share:.0f} % of it "
        "(the rest: timed calls, compilation included)"
    )
