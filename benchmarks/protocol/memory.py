"""Peak memory of one call, predicted and taken in a process of its own, so that it can disturb no timing.

Two witnesses, and the larger one counts: tracemalloc sees every NumPy buffer exactly; the high-water mark of the
process sees what compiled code and accelerator runtimes allocate. The weighing process is started with `ENVIRONMENT`,
which makes the C library give every freed buffer back at once: a buffer that is kept for reuse would hide the next.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from typing import Any, Callable, Dict, List, Optional

from benchmarks import workloads
from benchmarks.protocol.gate import sealed
from benchmarks.protocol.plan import Block, Budget

#: settings of glibc's allocator (read by no other): buffers from 32 KiB on come from the system and return to it
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": "32768", "MALLOC_MMAP_MAX_": "1000000", "MALLOC_ARENA_MAX": "1"}
BUILDING_LIMIT_S = 180.0
SETTLING_S = 0.01  # runtimes with threads free buffers a little after the result is there


def _status_kib(field: str) -> Optional[int]:
    """One field of /proc/self/status in KiB, or None where there is no such file."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as handle:
            for line in handle:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
    except OSError:
        return None
    return None


def _reset_high_water() -> bool:
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as handle:
            handle.write("5")
    except OSError:
        return False
    return True


def _resident_growth(call: Callable[[], Any]) -> int:
    """Bytes by which one call raises the high-water mark of the process; 0 where the system hides it."""
    time.sleep(SETTLING_S)
    watched = _reset_high_water()
    before = _status_kib("VmRSS")
    result = call()
    high = _status_kib("VmHWM")
    del result
    return 1024 * (high - before) if watched and high and before else 0


def peak_extra_bytes(call: Callable[[], Any], compiled: bool = True) -> int:
    """Bytes that `call` holds at its peak beyond its inputs and its result.

    Parameters
    ----------
    call : callable
        Takes nothing and returns an array (its ``nbytes`` are subtracted).
    compiled : bool
        Whether compiled code that NumPy does not know of may allocate. If so the high-water mark is asked too,
        after one call that has everything loaded and compiled.

    Returns
    -------
    int
        Peak bytes, never negative. Where the system hides the high-water mark this is tracemalloc's view
        alone, which does not see memory taken by compiled code.
    """
    resident = 0
    if compiled:
        call()
        resident = _resident_growth(call)
    tracemalloc.start()
    try:
        base = tracemalloc.get_traced_memory()[0]
        result = call()
        traced = tracemalloc.get_traced_memory()[1] - base
        result_bytes = int(getattr(result, "nbytes", 0))
        del result
    finally:
        tracemalloc.stop()
    return max(0, max(traced, resident) - result_bytes)


def weigh(
    block: Block, impls: List[str], budget: Budget, seed: int, emit: Callable[..., None]
) -> Dict[str, int]:
    """Peak extra bytes of strategies on one block; a strategy that fails here is left out.

    Parameters
    ----------
    impls : list of str
        Strategies that have been checked and timed.
    emit : callable
        Called as ``emit(event, **facts)`` before every step, so that a watcher knows whom a crash belongs to.
    """
    workload = workloads.get(block.workload)
    emit("begin", impl=None, doing="inputs", limit_s=BUILDING_LIMIT_S)
    inputs = sealed(workload.inputs(block, seed))
    found: Dict[str, int] = {}
    for impl in impls:
        # a few calls, of which tracemalloc slows one down, and a compilation
        limit = budget.watched(30) + budget.compile_allowance_s
        emit("begin", impl=impl, doing="peak memory", limit_s=limit)
        try:
            found[impl] = peak_extra_bytes(
                workload.task(block, inputs, impl).call, workload.may_compile(impl)
            )
        except Exception as problem:  # it was timed all the same; only this number is missing
            emit("begin", impl=impl, doing=f"peak memory: {problem}", limit_s=limit)
    gc.collect()
    return found


def predict(blocks: List[Block], impl: str, emit: Callable[..., None]) -> List[Optional[int]]:
    """Bytes that a strategy is predicted to need on each block; None where it cannot say."""
    emit("begin", impl=impl, doing="loading", limit_s=BUILDING_LIMIT_S)
    found: List[Optional[int]] = []
    for block in blocks:
        try:
            found.append(workloads.get(block.workload).predicted_bytes(block, impl))
        except Exception as problem:  # a strategy that cannot be loaded says so again when it is measured
            emit("begin", impl=impl, doing=f"loading: {problem}", limit_s=BUILDING_LIMIT_S)
            found.append(None)
    return found
