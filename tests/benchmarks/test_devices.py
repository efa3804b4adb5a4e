"""What the journal says of a device: who it is, what compiling and the way to it cost, what a call holds of it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import accelerator_sets, workloads
from benchmarks.grids import Grid
from benchmarks.protocol import compiling, device_memory, devices
from benchmarks.protocol import run as running
from benchmarks.protocol.block import Entry, run_block, sample
from benchmarks.protocol.compiling import COMPILATIONS, DONE, FETCHED, Compilations, forget_compiled
from benchmarks.protocol.plan import Budget, MeasurementSet
from benchmarks.workloads import Task, near_ties
from impls import vlad

BUDGET = Budget(min_sample_s=0.0005, strategy_s=0.002, min_reps=2, max_reps=2, compile_allowance_s=60.0)
STAGES = accelerator_sets.STAGES


def ignore(event: str, **facts: Any) -> None:
    """Stand in for the pipe to the supervisor."""


def block(stage: str, F: int = 8):
    return Grid("vlad", {"T": [4], "L": [16], "F": [F], "K": [4]}, stage, "float32").blocks()[0]


def measured(stage: str, impls: list[str], kept: Path, F: int = 8) -> dict[str, dict]:
    found = run_block(block(stage, F), impls, BUDGET, (1, 2), str(kept), ignore)
    return {line["impl"]: line for line in found["lines"]}


def test_lines_tell_device_compilation_transfer_and_recompilations(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    for stage in STAGES:
        lines = measured(stage, ["loop", "jax_segment_sum"], tmp_path, F=11)
        host, jax = lines["loop"], lines["jax_segment_sum"]
        assert host["status"] == jax["status"] == "ok"
        assert not {"device", "compile_s", "transfer_s", "recompiles"} & set(host)
        assert jax["device"].startswith("jax ")
        assert jax["recompiles"] == 0
        # A second placement finds the function compiled, and still says what that cost.
        assert 0.001 < jax["compile_s"] < 60
        assert ("transfer_s" in jax) == (not stage.endswith("_from_host"))
        if stage in ("aggregate", "encode"):
            assert 0.001 < jax["compile_s"] <= jax["first_call_s"]
            assert 0 < jax["transfer_s"] < 1


@pytest.mark.parametrize("part", ["aggregate", "encode"])
def test_resident_results_stay_and_from_host_results_come_back(part: str) -> None:
    jax = pytest.importorskip("jax")
    workload = workloads.get("vlad")
    for stage, kind in ((part, jax.Array), (part + "_from_host", np.ndarray)):
        inputs = workload.inputs(block(stage), 3)
        for impl in ("jax_segment_sum", "jax_onehot_map"):
            task = workload.task(block(stage), inputs, impl, workload.reference(block(stage), inputs))
            result = task.call()
            assert isinstance(result, kind)
            assert task.error(result) <= task.tolerance
            with jax.transfer_guard("disallow"):
                task.call() if kind is jax.Array else None


def test_a_strategy_for_another_device_is_skipped_with_its_reason(tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    if jax.default_backend() != "cpu":
        pytest.skip("there is an accelerator here")
    line = measured("aggregate", ["loop", "jax_pallas"], tmp_path)["jax_pallas"]
    assert line["status"] == "skipped"
    assert line["seconds"] == []
    assert "made for a gpu or tpu" in line["reason"]


def test_a_compilation_inside_a_sample_is_counted() -> None:
    jax = pytest.importorskip("jax")
    COMPILATIONS.listen()
    twice = jax.jit(lambda x: 2 * x)
    lengths = iter(range(100, 200))
    steady, growing = Entry("steady", reps=3, recompiles=0), Entry("growing", reps=3, recompiles=0)
    twice(np.ones(7, "f4"))
    steady.task = Task(lambda: twice(np.ones(7, "f4")), lambda result: 0.0, 1.0)
    growing.task = Task(lambda: twice(np.ones(next(lengths), "f4")), lambda result: 0.0, 1.0)
    sample([steady, growing], random.Random(0), BUDGET, ignore)
    assert (steady.recompiles, growing.recompiles) == (0, 3)


def test_compile_seconds_count_nested_steps_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(compiling, "perf_counter", lambda: now[0])
    heard = Compilations()
    for end, duration, event in (
        (3.0, 1.0, "/jax/core/compile/x"),
        (4.0, 4.0, DONE),
        (9.0, 2.0, DONE),
        (9.5, 9.0, "/else"),
    ):
        now[0] = end
        heard.heard(event, duration)
    assert heard.count == 2
    assert heard.seconds_since(0.0) == pytest.approx(6.0)
    assert heard.seconds_since(3.5) == pytest.approx(2.5)


def test_what_compiling_cost_is_remembered_and_a_cache_does_not_pass_for_it() -> None:
    listener = Compilations()

    def compiles() -> str:
        listener.heard(DONE, 0.0)
        return "done"

    def fetches() -> str:
        listener.heard(FETCHED, 0.0)
        return compiles()

    result, paid = listener.watched(compiles, "a")
    assert result == "done"
    assert paid is not None
    assert listener.watched(lambda: None, "a") == (None, paid)
    assert listener.watched(lambda: None, "b") == (None, 0.0)
    assert listener.watched(fetches, "c") == ("done", None)
    assert listener.watched(fetches, "a") == ("done", paid)


def test_forgotten_code_is_let_go() -> None:
    jax = pytest.importorskip("jax")
    twice = jax.jit(lambda values: 2 * values)
    twice(np.ones(3, "f4"))
    assert twice._cache_size() == 1
    forget_compiled()
    assert twice._cache_size() == 0


class Memory:
    """A device whose account can only rise to a peak, as JAX's does."""

    def __init__(self) -> None:
        self.used, self.peak = 1000, 50_000

    def account(self) -> dict[str, int]:
        return {"bytes_in_use": self.used, "peak_bytes_in_use": self.peak, "bytes_limit": 10**6}

    def take(self, size: int) -> Any:
        self.used += size
        self.peak = max(self.peak, self.used)
        return self

    def call(self) -> Any:
        self.take(3000 + 500)
        self.used -= 3500
        return SimpleNamespace(nbytes=500)


def test_peak_of_a_call_is_seen_under_an_older_higher_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setattr(device_memory, "memory_of_jax", memory.account)
    monkeypatch.setattr(device_memory, "ballast_of_jax", memory.take)
    assert device_memory.peak_extra_bytes(memory.call, "jax gpu") == 3000
    memory.used, memory.peak = 1000, 600_000
    assert device_memory.peak_extra_bytes(memory.call, "jax gpu") is None
    monkeypatch.setattr(device_memory, "memory_of_jax", dict)
    assert device_memory.peak_extra_bytes(memory.call, "jax gpu") is None
    task = Task(memory.call, lambda result: 0.0, 1.0)
    entries = [Entry("a", task=task, device=device) for device in ("jax gpu", "jax cpu", None)]
    monkeypatch.setattr(device_memory, "peak_extra_bytes", lambda call, device: 7)
    device_memory.weigh(entries, BUDGET, ignore)
    assert [entry.peak_extra_bytes for entry in entries] == [7, None, None]


def test_a_second_process_weighs_only_what_computes_on_the_host() -> None:
    """A TPU serves one process at a time: the one that measures has to weigh as well."""
    asked: list[str] = []

    class Measuring:
        worker = SimpleNamespace(facts={"pid": 1, "cores": 1})

        def measure(self, block: Any, impls: list[str], *rest: Any) -> tuple[list[dict], dict]:
            on: dict[str, dict] = {
                "loop": {},
                "jax_map": {"device": "jax cpu"},
                "jax": {"device": "jax tpu", "peak_extra_bytes": 5},
            }
            return [{"impl": impl, "status": "ok", "seconds": [1.0], **on[impl]} for impl in impls], {}

    class Scales:
        def weigh(self, block: Any, impls: list[str], *rest: Any) -> dict[str, int]:
            asked.extend(impls)
            return dict.fromkeys(impls, 9)

    run = SimpleNamespace(
        plan=MeasurementSet("Small", 1, (block("aggregate"),)),
        impls=["loop", "jax_map", "jax"],
        run_id="r",
        identity={},
        needs={},
        given_up={},
    )
    known = SimpleNamespace(
        why_not=lambda impl: None, reseeded=True, least_work=lambda block: SimpleNamespace(bytes=1, flops=0)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workloads, "get", lambda name: known)
        found = running.measure_block(run, 0, block("aggregate"), 0, Measuring(), Scales())  # type: ignore[arg-type]
    assert asked == ["loop", "jax_map"]
    assert [line["peak_extra_bytes"] for line in found] == [9, 9, 5]


def test_a_device_tells_who_it_is() -> None:
    jax = pytest.importorskip("jax")
    found = devices.probed(["jax", "numba"])
    assert found["jax"]["platform"] == jax.default_backend()
    assert {"kind", "count", "memory_bytes", "runtime", "x64", "default_matmul_precision"} <= set(
        found["jax"]
    )
    assert found["versions"]["jaxlib"]
    assert json.loads(json.dumps(found)) == found
    assert devices.probed(["numba"]) == {}
    limits = devices.limits_of_jax(1 << 16, 64)
    assert limits["copy_bytes_per_s"] > 0
    assert set(limits["gemm_flops_per_s"]) == {"float32", "float32_default", "bfloat16"}


def test_a_runtime_that_does_not_answer_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "abacus")
    found = devices.probed(["jax"])
    assert "abacus" in found["error"] or "No module" in found["error"]
    assert devices.suffix(found) == ""


def test_names_tell_a_device_from_the_host() -> None:
    assert devices.suffix({}) == ""
    assert devices.suffix({"jax": {"platform": "cpu"}, "torch": {"platform": "cpu"}, "driver": None}) == ""
    versions = {"jax": "0.10.2", "jaxlib": "0.10.1", "torch": "2.13.0"}
    for jax, torch, expected in (("tpu", "gpu", "-jax0.10.2-tpu"), ("cpu", "gpu", "-torch2.13.0-gpu")):
        found = {"jax": {"platform": jax}, "torch": {"platform": torch}, "versions": versions}
        assert devices.suffix(found) == expected
    assert [devices.on_host(name) for name in (None, "jax cpu", "jax gpu", "torch gpu")] == [
        True,
        True,
        False,
        False,
    ]


def test_results_of_a_device_have_a_journal_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The host's journal of the same machine and commit is neither overwritten nor continued."""
    for name, value in (
        ("CROSSOVER_RESULTS", str(tmp_path)),
        ("CROSSOVER_MACHINE", "box"),
        ("CROSSOVER_ENV", "env"),
    ):
        monkeypatch.setenv(name, value)
    plan = MeasurementSet("Small", 1, (block("aggregate"),), BUDGET, strategies=("loop", "bincount"))
    host, _ = running.run_set(plan, None)
    before = Path(host).read_bytes()
    gpu = {"jax": {"platform": "gpu"}, "versions": {"jax": "0.10.2"}}
    monkeypatch.setattr(devices, "probed", lambda packages: gpu)
    other, _ = running.run_set(plan, None)
    assert Path(other).name == Path(host).name.replace("-env.jsonl", "-env-jax0.10.2-gpu.jsonl")
    assert Path(host).read_bytes() == before
    lines = [json.loads(text) for text in Path(other).read_text().splitlines()]
    assert {line["env"] for line in lines if "kind" not in line} == {"env-jax0.10.2-gpu"}
    (head,) = (line for line in lines if line.get("kind") == "run")
    assert head["strategies"] == ["loop", "bincount"]


def test_each_session_journals_the_devices_that_its_worker_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("jax")
    monkeypatch.setenv("CROSSOVER_RESULTS", str(tmp_path))
    impls = ("loop", "jax_segment_sum")
    path, _ = running.run_set(MeasurementSet("Small", 1, (block("encode"),), BUDGET, strategies=impls), None)
    lines = [json.loads(text) for text in Path(path).read_text().splitlines()]
    (found,) = (line for line in lines if line.get("kind") == "devices")
    assert found["session"] == 0
    assert {"platform", "kind", "count", "x64"} <= set(found["jax"])
    (measured_line,) = (line for line in lines if line.get("impl") == "jax_segment_sum")
    assert measured_line["device"] == f"jax {found['jax']['platform']}"
    assert measured_line["peak_extra_bytes"] is not None
    assert path.endswith(f"-{found['jax']['platform']}.jsonl") or found["jax"]["platform"] == "cpu"


def test_a_near_tie_may_be_settled_either_way() -> None:
    rng = np.random.default_rng(5)
    centers = rng.standard_normal((3, 6)).astype("f4")
    descriptors = rng.standard_normal((4, 20, 6)).astype("f4")
    descriptors[2, 7] = (centers[0] + centers[1]) / 2  # as near to one as to the other
    centers[2] += 9
    labels = np.asarray(vlad.assign(descriptors, centers))
    inputs = SimpleNamespace(descriptors=descriptors, labels=labels, centers=centers)
    sums = vlad.oracle(descriptors, labels, centers)
    other = labels.copy()
    other[2, 7] = 1 - other[2, 7]
    encoded = vlad.normalize(vlad.oracle(descriptors, other, centers)).astype("f4")
    settled = near_ties.settled(encoded, inputs, sums, 1e-3)
    np.testing.assert_allclose(settled, vlad.oracle(descriptors, other, centers), atol=1e-12)
    clear = labels.copy()
    clear[0, 0] = (clear[0, 0] + 1) % 2  # no tie: wrong stays wrong
    wrong = vlad.normalize(vlad.oracle(descriptors, clear, centers)).astype("f4")
    np.testing.assert_array_equal(near_ties.settled(wrong, inputs, sums, 1e-3), sums)


def test_the_accelerator_set_holds_the_loop_and_all_that_can_use_a_device() -> None:
    plan = accelerator_sets.ACCELERATOR
    assert {
        "loop",
        "sparse_matmul",
        "jax_pallas",
        "jax_segment_sum",
        "torch_index_add",
        "torch_onehot",
    } <= set(plan.strategies)
    assert {block.stage for block in plan.blocks} == set(STAGES)
    assert {(block.dtype, block.cell["F"]) for block in plan.blocks} >= {("float64", 64), ("float32", 1024)}
    per_cell = {(block.axes, block.dtype) for block in plan.blocks}
    assert len(plan.blocks) == 4 * len(per_cell)
