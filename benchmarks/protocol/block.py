"""One block: every strategy of a cell checked, warmed up and sampled, interleaved in this one process.

The order of events is the protocol: build inputs, check each strategy against the oracle (a wrong answer is
never timed), choose how many calls make a sample, then sample in mirrored random order (abc..cba) with the
garbage collector off. Peak memory is taken by another process (`memory`), or behind the samples on a device that
serves one process at a time.
"""

from __future__ import annotations

import gc
import hashlib
import math
import os
import random
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import numpy as np

from benchmarks import workloads
from benchmarks.protocol import device_memory, noise
from benchmarks.protocol.compiling import COMPILATIONS
from benchmarks.protocol.plan import CONTROL_SUFFIX, Block, Budget
from benchmarks.workloads.base import NotTimedError, Reference, Task, Workload, WrongAnswerError

Emit = Callable[..., None]
INPUTS_LIMIT_S = 180.0  # building inputs and the oracle's answer
MOST_CALLS = 100_000  # calls in one sample
TRANSFERS = 5  # of inputs and result, of which the fastest counts
LONG_CALL = 10  # samples; a first call as long as this many is its own warm-up


@dataclass
class Entry:
    """One strategy's way through a block."""

    impl: str
    status: str = "ok"
    reason: Optional[str] = None
    task: Optional[Task] = None
    error: Optional[float] = None
    first_call_s: Optional[float] = None
    number: int = 1
    reps: int = 0
    seconds: List[float] = field(default_factory=list)
    timed_s: float = 0.0
    tolerance: Optional[float] = None
    device: Optional[str] = None
    compile_s: Optional[float] = None
    transfer_s: Optional[float] = None
    recompiles: Optional[int] = None
    peak_extra_bytes: Optional[int] = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def stop(self, status: str, reason: str) -> Entry:
        """End this entry with a status and its reason; drops the arrays it held."""
        self.status, self.reason, self.task = status, reason, None
        return self

    def line(self) -> Dict[str, Any]:
        """The part of a journal line that this block knows."""
        names = ("impl", "status", "reason", "number", "seconds", "first_call_s", "error")
        found = {name: getattr(self, name) for name in names}
        found["timed_s"] = round(self.timed_s, 6)
        found["tolerance"] = self.tolerance
        further = ("device", "compile_s", "transfer_s", "recompiles", "peak_extra_bytes")
        found.update({name: getattr(self, name) for name in further if getattr(self, name) is not None})
        return dict(self.facts, **found)


def timed(entry: Entry, number: int) -> float:
    """Seconds that `number` calls took together; added to what the entry has used."""
    assert entry.task is not None
    call = entry.task.call
    started = time.perf_counter()
    for _ in range(number):
        call()
    elapsed = time.perf_counter() - started
    entry.timed_s += elapsed
    return elapsed


def answer(workload: Workload, block: Block, inputs: Any, seed: int, kept: str) -> Reference:
    """Get the oracle's answer: asked once a run, kept in a folder for the other sessions (the inputs are the same)."""
    name = hashlib.sha256(repr((block.key, seed)).encode()).hexdigest()[:24]
    path = os.path.join(kept, name + ".npz")
    if os.path.exists(path):
        with np.load(path) as stored:
            return Reference(stored["result"], float(stored["allowance"]))
    found = workload.reference(block, inputs)
    half_done = path + ".part.npz"  # a worker killed while it writes must not leave a torn answer
    np.savez(half_done, result=found.result, allowance=found.allowance)
    os.replace(half_done, path)
    return found


def admit(
    workload: Workload, block: Block, given: Tuple[Any, Reference], impl: str, budget: Budget, emit: Emit
) -> Entry:
    """Load, place, call once and check one strategy; an entry that is not ``ok`` is never timed."""
    entry = Entry(impl)
    limit = budget.watched(1) + (budget.compile_allowance_s if workload.may_compile(impl) else 0.0)
    emit("begin", impl=impl, doing="loading and placing", limit_s=limit + INPUTS_LIMIT_S)
    try:
        entry.task = workload.task(block, given[0], impl, given[1])
        entry.device = entry.task.device
        COMPILATIONS.listen()
        emit("begin", impl=impl, doing="first call", limit_s=limit)
        started = time.perf_counter()
        result, compile_s = COMPILATIONS.watched(entry.task.call, (impl, entry.task.compiled or block.key))
        entry.first_call_s = time.perf_counter() - started
        entry.timed_s += entry.first_call_s
        if entry.device:
            entry.compile_s, entry.recompiles = compile_s, 0
        emit("begin", impl=impl, doing="check against the oracle", limit_s=INPUTS_LIMIT_S)
        entry.tolerance = entry.task.tolerance if math.isfinite(entry.task.tolerance) else None
        entry.error = float(entry.task.error(result))
        entry.facts = entry.task.facts() if entry.task.facts else {}
        if entry.task.transfer:
            emit("begin", impl=impl, doing="transfers", limit_s=budget.watched(TRANSFERS))
            entry.transfer_s = fastest_transfer(entry.task.transfer, result)
        del result
    except NotTimedError as elsewhere:
        return entry.stop("skipped", str(elsewhere))
    except WrongAnswerError as wrong:
        return entry.stop("invalid", str(wrong))
    except Exception as problem:  # whatever a strategy raises costs that strategy alone
        return entry.stop("failed", f"{type(problem).__name__}: {problem}")
    if not (entry.error <= entry.task.tolerance and math.isfinite(entry.error)):
        reason = f"wrong answer: error {entry.error:.3g}, allowed {entry.task.tolerance:.3g}"
        entry.error = entry.error if math.isfinite(entry.error) else None
        return entry.stop("invalid", reason)
    return warmed_up(entry, budget, emit, compiled=workload.may_compile(impl))


def fastest_transfer(transfer: Callable[[Any], Any], result: Any) -> float:
    """Seconds to bring the result to the host and the inputs to the device, the best of a few."""
    best = math.inf
    for _ in range(TRANSFERS):
        started = time.perf_counter()
        transfer(result)
        best = min(best, time.perf_counter() - started)
    return best


def warmed_up(entry: Entry, budget: Budget, emit: Emit, compiled: bool = True) -> Entry:
    """Calibrate an entry; what it raises in a later call costs it alone, as in the first."""
    try:
        return calibrate(entry, budget, emit, compiled)
    except Exception as problem:
        return entry.stop("failed", f"{type(problem).__name__}: {problem}")


def calibrate(entry: Entry, budget: Budget, emit: Emit, compiled: bool = True) -> Entry:
    """Choose calls per sample and samples; ends the entry as ``timeout`` when one call is over the limit.

    The first call, with all that it may compile or load, is no guide. Only where nothing compiles and it was long
    beside any warming up is it taken for the warm-up call as well; a time-out needs a second witness.
    """
    emit("begin", impl=entry.impl, doing="warm-up", limit_s=budget.watched(1))
    first = 0.0 if compiled else entry.first_call_s or 0.0
    believed = LONG_CALL * budget.min_sample_s <= first <= budget.call_limit_s
    elapsed = first if believed else timed(entry, 1)
    if elapsed > budget.call_limit_s:
        return entry.stop("timeout", f"one call took {elapsed:.3g} s, allowed {budget.call_limit_s:.3g} s")
    for _ in range(6):
        if budget.min_sample_s <= elapsed < 4 * budget.min_sample_s:
            # A cold call, or one that was disturbed, looks longer than its like will be: believe the second.
            elapsed = min(elapsed, timed(entry, entry.number))
        if elapsed >= budget.min_sample_s:
            break
        growth = min(100.0, 1.1 * budget.min_sample_s / max(elapsed, 1e-9))
        entry.number = min(MOST_CALLS, max(entry.number + 1, math.ceil(entry.number * growth)))
        elapsed = timed(entry, entry.number)
    affordable = int(budget.strategy_s / max(elapsed, 1e-9))
    entry.reps = max(budget.min_reps, min(budget.max_reps, affordable))
    return entry


def sample(entries: List[Entry], rng: random.Random, budget: Budget, emit: Emit) -> None:
    """Fill ``entry.seconds`` (per call) in mirrored random order with the garbage collector off."""
    order: List[Entry] = []
    gc.collect()
    gc.freeze()  # what the imports left need not be looked at again: later collections stay cheap
    gc.disable()
    try:
        for number in range(max((entry.reps for entry in entries), default=0)):
            order = order[::-1] if number % 2 else rng.sample(entries, len(entries))
            for entry in order:
                if entry.status == "ok" and number < entry.reps:
                    emit("begin", impl=entry.impl, doing="samples", limit_s=budget.watched(entry.number))
                    compiled = COMPILATIONS.count
                    try:
                        entry.seconds.append(timed(entry, entry.number) / entry.number)
                    except Exception as problem:
                        entry.stop("failed", f"{type(problem).__name__}: {problem}")
                    if entry.recompiles is not None:
                        entry.recompiles += COMPILATIONS.count - compiled
    finally:
        gc.enable()


def run_block(
    block: Block, impls: List[str], budget: Budget, seeds: Tuple[int, int], kept: str, emit: Emit
) -> Dict[str, Any]:
    """Measure one block in this process.

    Parameters
    ----------
    impls : list of str
        Strategies to measure; the workload's control is entered a second time when it is among them.
    seeds : tuple of int
        Seed of the data, and of the random orders.
    kept : str
        Folder in which the oracle's answers are kept for the other sessions of the run.
    emit : callable
        Called as ``emit(event, **facts)`` before every step, so that a watcher knows whom a crash belongs to.

    Returns
    -------
    dict
        ``lines`` (one dict per entry, as in the journal) and ``noise``.
    """
    workload = workloads.get(block.workload)
    rng = random.Random(seeds[1])
    before = noise.cpu_jiffies()
    emit("begin", impl=None, doing="inputs and oracle", limit_s=INPUTS_LIMIT_S)
    inputs = workload.inputs(block, seeds[0])
    given = (inputs, answer(workload, block, inputs, seeds[0], kept))
    entries = [admit(workload, block, given, impl, budget, emit) for impl in rng.sample(impls, len(impls))]
    twin = next((entry for entry in entries if entry.impl == workload.control and entry.status == "ok"), None)
    if twin:
        again = Entry(
            twin.impl + CONTROL_SUFFIX, error=twin.error, tolerance=twin.tolerance, facts=twin.facts
        )
        again.device, again.recompiles = twin.device, twin.recompiles
        again.task = workload.task(block, inputs, twin.impl, given[1])
        entries.append(warmed_up(again, budget, emit))
    running = [entry for entry in entries if entry.status == "ok"]
    sentinel = noise.sentinel_seconds()
    sample(running, rng, budget, emit)
    sentinel = max(sentinel, noise.sentinel_seconds())
    device_memory.weigh([entry for entry in running if entry.status == "ok"], budget, emit)
    return {"lines": [entry.line() for entry in entries], "noise": noise.noise_between(before, sentinel)}
