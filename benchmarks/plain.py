"""Plain asv benchmarks over named shapes, for people who only know asv: ``time_aggregate`` and ``peakmem_aggregate``.

asv times each strategy in a process of its own, one after the other; the sets in `vlad` interleave them in one
process and are the better comparison. asv_runner calls ``setup`` before every sample, so its work is kept.
"""

from __future__ import annotations

import functools
from typing import Any, Callable

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.named import NAMED
from benchmarks.protocol.gate import WROTE, arrays_of, digest, error_of, sealed
from benchmarks.protocol.plan import MIB
from benchmarks.protocol.state import SEED
from benchmarks.workloads.base import NotTimedError, WrongAnswerError
from impls import vlad

MEMORY_LIMIT = 4096 * MIB
CHECKED_CALLS = 3


@functools.lru_cache(maxsize=1)
def checked_call(shape: str, impl: str) -> Callable[[], Any]:
    """Build the call of one strategy on read-only inputs of a named shape, after three of its answers were checked.

    Raises
    ------
    NotImplementedError
        When it is not installed, made for another device, or would need too much memory: asv then skips the
        combination.
    ValueError
        When its answer is wrong: it is not to be timed.
    """
    workload = workloads.get("vlad")
    sizes = {axis: [size] for axis, size in zip(workload.axes, NAMED[shape])}
    block = Grid("vlad", sizes, "aggregate", dtype="float32").blocks()[0]
    missing = workload.why_not(impl)
    if missing:
        raise NotImplementedError(missing)
    if workload.predicted_bytes(block, impl) > MEMORY_LIMIT:
        raise NotImplementedError("over the memory limit")
    own = workload.inputs(block, SEED)
    inputs, mark = sealed(own), digest(arrays_of(own))
    try:
        task = workload.task(block, inputs, impl, workload.reference(block, inputs))
    except NotTimedError as reason:
        raise NotImplementedError(str(reason)) from reason
    try:
        for number in range(CHECKED_CALLS):
            error_of(task, task.call(), f" in call {number + 1}")
    except WrongAnswerError as wrong:
        raise ValueError(f"{impl} on {shape}: {wrong}") from wrong
    if digest(arrays_of(own)) != mark:
        raise ValueError(f"{impl} on {shape}: {WROTE}")
    return task.call


class Named:
    """Residual sums on the named shapes, float32, every strategy."""

    params = (list(NAMED), vlad.strategies())
    param_names = ("shape", "impl")
    version = "1"
    timeout = 300.0
    warmup_time = 0.1
    repeat = (5, 30, 2.0)

    def setup(self, shape: str, impl: str) -> None:
        """Build and check once a process; look up ever after."""
        self.call = checked_call(shape, impl)

    def time_aggregate(self, shape: str, impl: str) -> None:
        """Seconds of one call."""
        self.call()

    def peakmem_aggregate(self, shape: str, impl: str) -> None:
        """Peak memory of the process, inputs and imports included."""
        self.call()
