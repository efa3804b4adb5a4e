"""The machine's own limits and the least work of a block, from which the report tells the distance."""

from __future__ import annotations

import pytest

from benchmarks import sets, workloads
from benchmarks.protocol import noise
from benchmarks.protocol.plan import Block


@pytest.mark.parametrize("name", workloads.NAMES)
def test_the_least_work_is_never_nothing_and_does_not_shrink_with_the_cell(name: str) -> None:
    workload = workloads.get(name)
    plans = [block for plan in sets.SETS.values() for block in plan.blocks if block.workload == name]
    smallest, largest = (pick(plans, key=workload.elements) for pick in (min, max))
    assert 0 < workload.least_work(smallest).bytes <= workload.least_work(largest).bytes
    assert 0 <= workload.least_work(smallest).flops <= workload.least_work(largest).flops


def test_least_work_of_vlad_counts_each_array_once_and_the_assignment_only_in_encode() -> None:
    axes = (("T", 2), ("L", 3), ("F", 5), ("K", 7))
    aggregate = workloads.get("vlad").least_work(Block("vlad", "aggregate", "float32", "uniform", 1, axes))
    encode = workloads.get("vlad").least_work(Block("vlad", "encode", "float32", "uniform", 1, axes))
    numbers = 2 * 3 * 5 + 7 * 5 + 2 * 7 * 5
    assert aggregate == (4 * numbers + 8 * 2 * 3, 0)
    assert encode == (4 * numbers, 2 * 2 * 3 * 5 * 7)


def test_a_ladder_of_working_sets_is_measured() -> None:
    limits = noise.measured_limits()
    sizes = [rate["bytes"] for rate in limits["rates"]]
    assert sizes == sorted(sizes)
    assert sizes[0] <= 1 << 14
    assert sizes[-1] >= 1 << 27
    for rate in limits["rates"]:
        assert rate["copy_bytes_per_s"] > 1e6
        assert rate["read_bytes_per_s"] > 1e6
    assert limits["copy_bytes_per_s"] == limits["rates"][-1]["copy_bytes_per_s"]
    assert set(limits["gemm_flops_per_s"]) == {"float32", "float64"}
