"""One block: every strategy of a cell checked, warmed up and sampled, interleaved in this one process.

The order of events is the protocol: build inputs, check each strategy against the oracle (a wrong answer is
never timed), choose how many calls make a sample, then sample in mirrored random order (abc..cba) with the
garbage collector off. Peak memory is taken by another process (`memory`), or behind the samples on a device that
serves one process at a time.
"""

from __future__ import annotations

import errno
import gc
import itertools
import math
import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from benchmarks import workloads
from benchmarks.protocol import device_memory, noise, quiet, race
from benchmarks.protocol.clock import perf_counter, process_time
from benchmarks.protocol.compiling import COMPILATIONS, Compilers
from benchmarks.protocol.gate import WROTE, Gate, error_of, fingerprint
from benchmarks.protocol.plan import CONTROL_SUFFIX, Block, Budget, shortened
from benchmarks.protocol.surroundings import ChangedProcessError
from benchmarks.workloads.base import NotTimedError, Task, WrongAnswerError

Emit = Callable[..., None]
INPUTS_LIMIT_S = 180.0  # building inputs and the oracle's answer
MOST_CALLS = 100_000  # calls in one sample
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
TRANSFERS = 5  # of inputs and result, of which the fastest counts
QUICK_CALL_S = 0.002  # what is made around a strategy's own work takes less where inputs are small
TRANSFERS_S = 0.05  # after which there is no further one
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
    affordable: int = 1
    seconds: List[float] = field(default_factory=list)
    timed_s: float = 0.0
    tolerance: Optional[float] = None
    device: Optional[str] = None
    compile_s: Optional[float] = None
    transfer_s: Optional[float] = None
    recompiles: Optional[int] = None
    peak_extra_bytes: Optional[int] = None
    first: Optional[int] = None
    share: float = 1.0
    cpu_over_wall: List[float] = field(default_factory=list)
    involuntary_switches: Optional[int] = None
    first_call_cold: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)

    def stop(self, status: str, reason: str) -> Entry:
        """End this entry with a status and its reason; drops the arrays it held, and its samples."""
        self.status, self.reason, self.task, self.seconds = status, shortened(reason), None, []
        self.cpu_over_wall, self.involuntary_switches = [], None
        return self

    def spent(self, elapsed: float, cpu: float) -> None:
        """Take note of what calls took, on the wall and of processors."""
        self.timed_s += elapsed
        self.share = cpu / elapsed if elapsed > 0 else 1.0

    def judge(self, result: Any, when: str = "") -> None:
        """Hold an answer against the oracle's; WrongAnswerError where it is not right."""
        assert self.task is not None
        self.erred(error_of(self.task, result, when))

    def erred(self, error: float) -> None:
        """Take note of an error: the worst counts, but the first of a strategy that is approximate on purpose."""
        if self.error is None or self.tolerance is not None:
            self.error = max(error, self.error or 0.0)

    def line(self) -> Dict[str, Any]:
        """The part of a journal line that this block knows."""
        names = ("impl", "status", "reason", "number", "seconds", "first_call_s", "error")
        found = {name: getattr(self, name) for name in names}
        found["timed_s"] = round(self.timed_s, 6)
        found["tolerance"] = self.tolerance
        found["first_call_cold"], found["cpu_over_wall"] = self.first_call_cold, self.cpu_over_wall
        further = (
            *("device", "compile_s", "transfer_s", "recompiles", "peak_extra_bytes"),
            "involuntary_switches",
        )
        found.update({name: getattr(self, name) for name in further if getattr(self, name) is not None})
        return dict(self.facts, **found)


def timed(entry: Entry, number: int) -> float:
    """Seconds that `number` calls took together, added to what the entry has used."""
    assert entry.task is not None
    call = entry.task.call
    used, started = process_time(), perf_counter()
    for _ in range(number):
        call()
    elapsed = perf_counter() - started
    entry.spent(elapsed, process_time() - used)
    return elapsed


def timed_and_judged(entry: Entry, number: int, emit: Emit) -> float:
    """Seconds of `number` calls, of which the last one's answer is judged; freeing it counts as it does in `timed`."""
    assert entry.task is not None
    call = entry.task.call
    used, started = process_time(), perf_counter()
    for _ in range(number - 1):
        call()
    result = call()
    elapsed = perf_counter() - started
    entry.spent(elapsed, process_time() - used)
    emit("begin", impl=entry.impl, doing="check against the oracle", limit_s=INPUTS_LIMIT_S)
    entry.judge(result, " in the last sample")
    started = perf_counter()
    del result
    return elapsed + perf_counter() - started


def admit(gate: Gate, impl: str, budget: Budget, emit: Emit) -> Entry:
    """Load, place, call once and check one strategy; an entry that is not ``ok`` is never timed."""
    entry = Entry(impl)
    may_compile = gate.workload.may_compile(impl)
    limit = budget.watched(1) + (budget.compile_allowance_s if may_compile else 0.0)
    emit("begin", impl=impl, doing="loading and placing", limit_s=limit + INPUTS_LIMIT_S)
    with blamed(entry):
        entry.task = gate.task(impl)
        entry.device = entry.task.device
        COMPILATIONS.listen()
        emit("begin", impl=impl, doing="first call", limit_s=limit)
        compilers = Compilers(gate.workload.packages(impl))
        started = perf_counter()
        result, compile_s = COMPILATIONS.watched(
            entry.task.call, (impl, entry.task.compiled or gate.block.key)
        )
        entry.first_call_s = perf_counter() - started
        entry.first_call_cold = compilers.cold()
        entry.timed_s += entry.first_call_s
        if entry.device:
            entry.compile_s, entry.recompiles = compile_s, 0
        emit("begin", impl=impl, doing="check against the oracle", limit_s=INPUTS_LIMIT_S)
        gate.called(impl, result)
        exact = math.isfinite(entry.task.tolerance)
        entry.tolerance = entry.task.tolerance if exact else None
        entry.first = None if exact else fingerprint(result)
        entry.judge(result)
        entry.facts = entry.task.facts() if entry.task.facts else {}
        if entry.task.transfer:
            emit("begin", impl=impl, doing="transfers", limit_s=budget.watched(TRANSFERS))
            entry.transfer_s = fastest_transfer(entry.task.transfer, result)
        del result
    return warmed_up(entry, gate, budget, emit, compiled=may_compile)


@contextmanager
def blamed(entry: Entry) -> Iterator[None]:
    """End an entry by what is raised inside: whatever a strategy raises costs that strategy alone.

    But a process that was changed is no place to go on in, and a full disk is nobody's fault.
    """
    try:
        yield
    except NotTimedError as elsewhere:
        entry.stop("skipped", str(elsewhere))
    except WrongAnswerError as wrong:
        entry.stop("invalid", str(wrong))
        if wrong.error is not None:
            entry.error = wrong.error if math.isfinite(wrong.error) else None
    except ChangedProcessError:
        raise
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno in NO_ROOM:
            raise
        entry.stop("failed", f"{type(problem).__name__}: {problem}")


def fastest_transfer(transfer: Callable[[Any], Any], result: Any) -> float:
    """Seconds to bring the result to the host and the inputs to the device, the best of a few."""
    times: List[float] = []
    while len(times) < TRANSFERS and sum(times) < TRANSFERS_S:
        started = perf_counter()
        transfer(result)
        times.append(perf_counter() - started)
    return min(times)


def warmed_up(entry: Entry, gate: Gate, budget: Budget, emit: Emit, compiled: bool = True) -> Entry:
    """Calibrate an entry that is ``ok``; what it raises in a later call costs it alone, as in the first."""
    if entry.status == "ok":
        with blamed(entry):
            calibrate(entry, budget, emit, compiled)
            gate.called(entry.impl, compare=gate.watchful)
    return entry


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
    entry.affordable = int(budget.strategy_s / max(elapsed, 1e-9))
    entry.reps = max(budget.min_reps, min(budget.max_reps, entry.affordable))
    return entry


def sample(
    entries: List[Entry], rng: random.Random, budget: Budget, emit: Emit, gate: Optional[Gate] = None
) -> None:
    """Add ``entry.reps`` samples to ``entry.seconds`` (per call), in mirrored random order, garbage collector off.

    The answer of each entry's last sample is judged: one that is wrong by then loses all of them. In a race everyone
    has one sample first, which then is the last one of most.
    """
    order: List[Entry] = []
    extend = racing(entries, budget, gate) if gate and budget.race else None
    gc.collect()
    gc.freeze()  # what the imports left need not be looked at again: later collections stay cheap
    gc.disable()
    try:
        for number in itertools.count():
            if extend:
                extend(number)
            if not any(entry.status == "ok" and number < entry.reps for entry in entries):
                break
            order = order[::-1] if number % 2 else rng.sample(entries, len(entries))
            for entry in order:
                if entry.status == "ok" and number < entry.reps:
                    with blamed(entry):
                        sample_once(entry, budget, emit, last=number == entry.reps - 1)
                        if gate:
                            gate.called(entry.impl, compare=gate.watchful)
    finally:
        gc.enable()


def racing(entries: List[Entry], budget: Budget, gate: Gate) -> Callable[[int], None]:
    """Begin a race: what is returned is called before every round of samples and says who takes part in it."""
    impls = [entry.impl for entry in entries if not entry.impl.endswith(CONTROL_SUFFIX)]
    sets = race.package_sets({impl: gate.workload.packages(impl) for impl in impls})
    control = gate.workload.control
    always = {gate.workload.baseline, control, control + CONTROL_SUFFIX}
    for entry in entries:
        entry.reps = 1

    def extend(number: int) -> None:
        if number not in (1, budget.min_reps):
            return
        running = [entry for entry in entries if entry.status == "ok"]
        wanted = race.samples_wanted(
            {entry.impl: min(entry.seconds) for entry in running},
            sets,
            always,
            (budget.min_reps, budget.max_reps),
            {entry.impl: entry.affordable for entry in running},
            number,
            [
                entry.impl
                for entry in running
                if entry.cpu_over_wall and entry.cpu_over_wall[-1] < race.OWN_CORE
            ],
        )
        for entry in running:
            entry.reps = max(entry.reps, wanted[entry.impl])

    return extend


def sample_once(entry: Entry, budget: Budget, emit: Emit, last: bool) -> None:
    """Take one sample of an entry."""
    emit("begin", impl=entry.impl, doing="samples", limit_s=budget.watched(entry.number))
    compiled, switches = COMPILATIONS.count, noise.involuntary_switches()
    elapsed = timed_and_judged(entry, entry.number, emit) if last else timed(entry, entry.number)
    entry.seconds.append(elapsed / entry.number)
    entry.cpu_over_wall.append(round(entry.share, 4))
    if switches is not None:
        entry.involuntary_switches = (
            (entry.involuntary_switches or 0) + (noise.involuntary_switches() or 0) - switches
        )
    if entry.recompiles is not None:
        entry.recompiles += COMPILATIONS.count - compiled


def try_other_inputs(entries: List[Entry], gate: Gate, budget: Budget, emit: Emit) -> None:
    """Call every entry once on other inputs of the same shape; one whose answer is wrong loses its samples."""
    running = [entry for entry in entries if entry.status == "ok"]
    if not running:
        return
    emit("begin", impl=None, doing="other inputs and oracle", limit_s=INPUTS_LIMIT_S)
    other, reference = gate.other()
    with gate.exchanged(other):
        for entry in running:
            limit = budget.watched(1) + budget.compile_allowance_s + 2 * INPUTS_LIMIT_S
            emit("begin", impl=entry.impl, doing="a call on other inputs", limit_s=limit)
            with blamed(entry):
                assert entry.task is not None
                # only a quick call may be one that remembers instead of computing
                quick = bool(entry.seconds) and min(entry.seconds) <= QUICK_CALL_S
                usual = entry.task.call if quick else None
                entry.erred(gate.elsewhere(entry.impl, reference, entry.first, usual))


def control_of(entries: List[Entry], gate: Gate, budget: Budget, emit: Emit) -> Optional[Entry]:
    """Return the second copy of the workload's control, warmed up; None where the control has no right answer."""
    control = gate.workload.control
    twin = next((entry for entry in entries if entry.impl == control and entry.status == "ok"), None)
    if twin is None:
        return None
    again = Entry(control + CONTROL_SUFFIX, error=twin.error, tolerance=twin.tolerance, facts=twin.facts)
    again.device, again.recompiles = twin.device, twin.recompiles
    again.task = gate.task(control)
    return warmed_up(again, gate, budget, emit)


class WrittenInputsError(Exception):
    """The inputs changed while samples were taken, and nobody knows by whom: measure again, watchful."""


def run_block(
    block: Block,
    impls: List[str],
    budget: Budget,
    seeds: Tuple[int, int],
    kept: str,
    emit: Emit,
    inspect: Optional[Callable[[str], None]] = None,
    watchful: bool = False,
) -> Dict[str, Any]:
    """Measure one block in this process.

    Parameters
    ----------
    impls : list of str
        Strategies to measure; the workload's control is entered a second time when it is among them.
    seeds : tuple of int
        Seed of the data, and of the random orders.
    kept : str
        Folder in which the oracle's answers are cached for the other processes of the run.
    emit : callable
        Called as ``emit(event, **facts)`` before every step, so that a watcher knows whom a crash belongs to.
    inspect, watchful
        As `Gate` takes them.

    Returns
    -------
    dict
        ``lines`` (one dict per entry, as in the journal) and ``noise``.

    Raises
    ------
    WrittenInputsError
        If the inputs were changed while samples were taken; not where `watchful`, which finds out by whom.
    """
    rng = random.Random(seeds[1])
    before = noise.cpu_jiffies()
    emit("begin", impl=None, doing="inputs and oracle", limit_s=INPUTS_LIMIT_S)
    gate = Gate(workloads.get(block.workload), block, seeds[0], kept, inspect, watchful)
    entries = [admit(gate, impl, budget, emit) for impl in rng.sample(impls, len(impls))]
    control = control_of(entries, gate, budget, emit)
    running = [entry for entry in [*entries, control] if entry and entry.status == "ok"]
    sentinel = noise.sentinel_seconds()
    sample(running, rng, budget, emit, gate)
    sentinel = max(sentinel, noise.sentinel_seconds())
    if gate.nbytes <= budget.other_inputs_bytes:
        try_other_inputs([entry for entry in entries if entry in running], gate, budget, emit)
    if not gate.intact():
        raise WrittenInputsError(WROTE)
    entries += with_twin(control, entries)
    device_memory.weigh([entry for entry in entries if entry.status == "ok"], budget, emit)
    lines = [entry.line() for entry in entries]
    told = {**noise.noise_between(before, sentinel), **quiet.of_block(lines, block.threads == 1)}
    return {"lines": lines, "noise": told}


def with_twin(control: Optional[Entry], entries: List[Entry]) -> List[Entry]:
    """The control's copy as a list; it is the same code, so that what is wrong with the first is wrong with it."""
    if control is None:
        return []
    for twin in entries:
        if twin.impl + CONTROL_SUFFIX == control.impl and twin.status != "ok" and control.status == "ok":
            control.stop(twin.status, str(twin.reason))
    return [control]
