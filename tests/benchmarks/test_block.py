"""The protocol inside one block: oracle gate, sample length, mirrored order, control, memory."""

from __future__ import annotations

import gc
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.protocol import block as protocol
from benchmarks.protocol import memory
from benchmarks.protocol.block import Entry, calibrate, run_block, sample
from benchmarks.protocol.plan import Budget
from benchmarks.protocol.supervisor import Supervisor
from benchmarks.workloads import Task

BUDGET = Budget(min_sample_s=0.001, strategy_s=0.01, min_reps=2, max_reps=4)


def ignore(event: str, **facts: Any) -> None:
    """Stand in for the pipe to the supervisor."""


def block(stage: str = "aggregate", dtype: str = "float64", labels: str = "uniform", **sizes: int):
    cell = {"T": [4], "L": [16], "F": [8], "K": [4], **{axis: [size] for axis, size in sizes.items()}}
    return Grid("vlad", cell, stage, dtype, labels).blocks()[0]


@pytest.mark.parametrize("stage", ["aggregate", "encode"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_strategy_ends_with_times_or_a_reason(stage: str, dtype: str, tmp_path: Path) -> None:
    found = run_block(
        block(stage, dtype), ["loop", "bincount", "reduceat"], BUDGET, (1, 2), str(tmp_path), ignore
    )
    lines = {line["impl"]: line for line in found["lines"]}
    assert set(lines) == {"loop", "bincount", "reduceat", "bincount@control"}
    for line in lines.values():
        assert line["status"] == "ok", line
        assert BUDGET.min_reps <= len(line["seconds"]) <= BUDGET.max_reps
        assert line["error"] <= line["tolerance"]
    assert found["noise"]["sentinel_s"] > 0


def entries(names: str, log: list[str]) -> list[Entry]:
    def one(name: str) -> Entry:
        entry = Entry(name, reps=4)
        entry.task = Task(call=lambda: log.append(name), error=lambda result: 0.0, tolerance=1.0)
        return entry

    return [one(name) for name in names]


def test_order_is_random_and_mirrored_with_the_collector_off() -> None:
    log: list[str] = []
    made = entries("abcdef", log)
    made[0].task = Task(lambda: log.append("a" if not gc.isenabled() else "!"), lambda result: 0.0, 1.0)
    sample(made, random.Random(3), BUDGET, ignore)
    rounds = ["".join(log[start : start + 6]) for start in range(0, 24, 6)]
    assert all(sorted(order) == list("abcdef") for order in rounds)
    assert rounds[1] == rounds[0][::-1]
    assert rounds[3] == rounds[2][::-1]
    assert rounds[2] != rounds[0]
    assert gc.isenabled()
    assert all(len(entry.seconds) == 4 for entry in made)


class Clock:
    """A clock that only calls move: the n-th call takes ``costs[n]`` seconds, all further ones the last."""

    def __init__(self, *costs: float) -> None:
        self.now, self.costs = 0.0, list(costs)

    def call(self) -> None:
        self.now += self.costs.pop(0) if len(self.costs) > 1 else self.costs[0]


@pytest.mark.parametrize(
    ("costs", "number"),
    [
        ((1e-6,), 1000),  # short calls are repeated
        ((0.002, 1e-5), 100),  # a cold call does not pass for a sample
        ((0.0015, 0.0012, 1e-4), 1),  # two long ones do
        ((0.1,), 1),  # one long call is a sample
    ],
)
def test_samples_are_long_enough(monkeypatch: pytest.MonkeyPatch, costs: tuple, number: int) -> None:
    clock = Clock(*costs)
    monkeypatch.setattr(protocol, "perf_counter", lambda: clock.now)
    (entry,) = entries("a", [])
    entry.task = Task(clock.call, lambda result: 0.0, 1.0)
    calibrate(entry, BUDGET, ignore)
    assert number <= entry.number <= 1.25 * number
    assert entry.status == "ok"


def test_one_call_over_the_limit_is_a_timeout_and_keeps_no_time() -> None:
    (entry,) = entries("a", [])
    entry.task = Task(lambda: time.sleep(0.05), lambda result: 0.0, 1.0)
    calibrate(entry, Budget(call_limit_s=0.01), ignore)
    assert entry.status == "timeout"
    assert "allowed 0.01 s" in str(entry.reason)
    assert entry.seconds == []


@pytest.mark.parametrize(
    ("compiled", "limit", "calls"), [(True, 10.0, 1), (False, 10.0, 0), (False, 0.01, 1)]
)
def test_a_long_first_call_is_its_own_warm_up_unless_in_doubt(
    compiled: bool, limit: float, calls: int
) -> None:
    log: list[str] = []
    (entry,) = entries("a", log)
    entry.first_call_s = 50 * BUDGET.min_sample_s
    calibrate(entry, Budget(min_sample_s=BUDGET.min_sample_s, call_limit_s=limit), ignore, compiled)
    assert entry.status == "ok"
    assert (len(log) >= 1) == bool(calls)


def test_a_wrong_answer_is_never_sampled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sampled: list[str] = []
    honest = protocol.sample

    def watch(running: list[Entry], *rest: Any) -> None:
        sampled.extend(entry.impl for entry in running)
        honest(running, *rest)

    monkeypatch.setattr(protocol, "sample", watch)
    workload = workloads.get("vlad")
    right = workload.task

    def wrong(block: Any, inputs: Any, impl: str, reference: Any) -> Task:
        task = right(block, inputs, impl, reference)
        if impl != "bincount":
            return task

        def last_bucket_off_by_one() -> Any:
            result = task.call()
            result[-1, -1] += 1
            return result

        return Task(last_bucket_off_by_one, task.error, task.tolerance)

    monkeypatch.setattr(type(workload), "task", lambda self, *args: wrong(*args))
    found = run_block(block(), ["loop", "bincount"], BUDGET, (1, 2), str(tmp_path), ignore)
    lines = {line["impl"]: line for line in found["lines"]}
    assert lines["bincount"]["status"] == "invalid"
    assert lines["bincount"]["seconds"] == []
    assert "bincount@control" not in lines
    assert sampled == ["loop"]


def test_peak_memory_counts_temporaries_and_not_the_result() -> None:
    kept = np.ones(1 << 20)

    def call() -> Any:
        temporary = np.ones(4 << 20)  # 32 MiB
        return kept + temporary[: len(kept)]

    found = memory.peak_extra_bytes(call)
    assert 31 << 20 <= found <= 40 << 20


def test_the_scales_see_what_compiled_code_allocates(tmp_path: Path) -> None:
    """JAX's buffers are not NumPy's: only the process's high-water mark shows them."""
    sizes = {"T": [64], "L": [128], "F": [64], "K": [16]}
    large = Grid("vlad", sizes, "aggregate").blocks()[0]
    scales = Supervisor(1, str(tmp_path), weighing=True)
    try:
        peaks = scales.weigh(large, ["sparse_matmul", "mask_4d", "jax_ragged_cumsum"], BUDGET, 1)
        needs = scales.predict([large], ["mask_4d"])
    finally:
        scales.close()
    descriptors = 64 * 128 * 64 * 8
    assert peaks["sparse_matmul"] < descriptors / 2
    assert peaks["jax_ragged_cumsum"] > descriptors
    assert peaks["mask_4d"] == pytest.approx(needs["mask_4d"][0], rel=0.2)
