"""The small workloads through the protocol: right answers are timed, wrong ones are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.protocol.block import run_block
from benchmarks.protocol.plan import Block, Budget
from benchmarks.workloads.base import WrongAnswerError

BUDGET = Budget(min_sample_s=0.0005, strategy_s=0.002, min_reps=2, max_reps=2)
CELLS: dict[tuple[str, str], tuple[dict[str, int], str]] = {
    ("kmeans", "update"): ({"N": 300, "F": 5, "K": 7}, "uniform"),
    ("kmeans", "fit"): ({"N": 300, "F": 5, "K": 7}, "uniform"),
    ("dbscan", "labels"): ({"n": 400, "d": 2}, "uniform"),
    ("truncated_svd", "product"): ({"m": 40, "n": 30, "k": 6}, "uniform"),
    ("nearest", "query"): ({"n": 900, "d": 2, "k": 20}, "many"),
}


def block(workload: str, stage: str, dtype: str) -> Block:
    cell, labels = CELLS[workload, stage]
    return Grid(workload, {axis: [size] for axis, size in cell.items()}, stage, dtype, labels).blocks()[0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "stage"), CELLS)
def test_every_strategy_ends_with_times(name: str, stage: str, dtype: str, tmp_path: Path) -> None:
    def ignore(event: str, **facts: Any) -> None:
        """Stand in for the pipe to the supervisor."""

    workload = workloads.get(name)
    impls = [
        impl
        for impl in workload.strategies()
        if not workload.why_not(impl) and workload.packages(impl) in ((), ("scipy",))
    ]
    found = run_block(block(name, stage, dtype), impls, BUDGET, (1, 2), str(tmp_path), ignore)
    for line in found["lines"]:
        assert line["status"] == "ok", line
        assert line["tolerance"] is None or line["error"] <= line["tolerance"]
    assert {line["impl"] for line in found["lines"]} == {*impls, f"{workload.control}@control"}


@pytest.mark.parametrize("name", ["dbscan", "truncated_svd", "nearest"])
def test_a_wrong_answer_is_seen(name: str) -> None:
    stage = workloads.get(name).stages[0]
    here, workload = block(name, stage, "float64"), workloads.get(name)
    inputs = workload.inputs(here, 1)
    reference = workload.reference(here, inputs)
    task = workload.task(here, inputs, workload.control, reference)
    right = task.call()
    assert task.error(right) <= task.tolerance
    other = np.roll(right, 1, axis=0) if name != "nearest" else right + 1
    assert task.error(other) > task.tolerance
    with pytest.raises((WrongAnswerError, TypeError)):
        task.error(right.astype("float32"))
    assert workload.task(here, inputs, workload.control).error(right) == float("inf")
