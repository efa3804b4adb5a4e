"""Answers that are right once, inputs that are written to, processes that are changed: each costs its culprit only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from benchmarks import plain, sets, workloads
from benchmarks.named import NAMED
from benchmarks.protocol import gate as gates
from benchmarks.protocol.block import run_block
from benchmarks.protocol.gate import arrays_of, digest, exchange, sealed
from benchmarks.protocol.plan import Block, Budget
from tests.benchmarks.conftest import Tree, small
from tests.benchmarks.test_casualties import HONEST, RIGHT, strategy

ONCE = "state = globals().setdefault('state', {'calls': 0}); state['calls'] += 1"
BUFFER = "sums = globals().setdefault('kept', {}).setdefault(rows.shape, sums)"
#: name -> (body, status, words in its reason); the bodies are those of faults that were timed once
MISBEHAVIOUR = {
    "buffer_not_cleared": (f"{BUFFER}; {RIGHT}; sums = sums.copy()", "invalid", "in the last sample"),
    "right_once": (
        f"{ONCE}; {RIGHT}; sums *= 1 if state['calls'] == 1 else 0",
        "invalid",
        "in the last sample",
    ),
    "nan_later": (
        f"{ONCE}; {RIGHT}; sums[0] *= 1 if state['calls'] < 4 else np.nan",
        "invalid",
        "NaN or infinity",
    ),
    "by_address": (
        f"{RIGHT}; sums = globals().setdefault('kept', {{}}).setdefault((rows.ctypes.data, rows.shape), sums).copy()",
        "invalid",
        "on other inputs of the same shape",
    ),
    "last_array": (
        f"{RIGHT}; sums = globals().setdefault('kept', {{}}).setdefault(rows.shape, sums)",
        "invalid",
        "wrong answer",
    ),
    "zeroes_rows": (f"{RIGHT}; rows[:] = 0", "failed", "read-only"),
    "sets_the_flag": (f"{RIGHT}; rows.flags.writeable = True; rows[:] = 0", "failed", "WRITEABLE"),
    "writes_past_the_flag": (
        f"{RIGHT}; import ctypes; ctypes.memset(rows.ctypes.data, 0, rows.nbytes)",
        "invalid",
        "wrote to its inputs",
    ),
    "writes_later": (
        f"{ONCE}; {RIGHT}; import ctypes\n"
        "    if state['calls'] > 2: ctypes.memset(rows.ctypes.data + rows.nbytes // 2, 1, 1)",
        "invalid",
        "wrote to its inputs",
    ),
    "view_of_rows": ("sums = rows[:n_buckets]", "invalid", "wrong answer"),
    "returns_twice": (f"{RIGHT}; os.fork()", "failed", "process of its own"),
    "leaves_a_child": (
        f"{RIGHT}\n    if os.fork() == 0:\n        while True: pass",
        "failed",
        "process of its own",
    ),
    "leaves_a_grandchild": (
        f"{RIGHT}\n    pid = os.fork()\n    if pid == 0:\n        os.setsid()\n"
        "        if os.fork() == 0:\n            time.sleep(600)\n        os._exit(0)\n    os.waitpid(pid, 0)",
        "failed",
        "process of its own",
    ),
    "forks_and_crashes": (
        "if os.fork() == 0:\n        time.sleep(600)\n    os.kill(os.getpid(), signal.SIGSEGV)",
        "killed",
        "SIGSEGV",
    ),
    "moves_to_a_core": (
        f"{RIGHT}; os.sched_setaffinity(0, {{min(os.sched_getaffinity(0)) ^ 1}})",
        "failed",
        "the cores it runs on",
    ),
    "lowers_a_limit": (
        f"{RIGHT}; import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))",
        "failed",
        "its resource limits",
    ),
    "other_clock": (
        f"{RIGHT}; wall = time.perf_counter; time.perf_counter = lambda: wall() / 100",
        "failed",
        "the clocks",
    ),
    "goes_elsewhere": (f"{RIGHT}; os.chdir('/')", "failed", "its working folder"),
    "ignores_errors": (f"{RIGHT}; np.seterr(all='ignore')", "failed", "floating-point errors"),
    "takes_threads": (f"{RIGHT}; os.environ['OMP_NUM_THREADS'] = '64'", "failed", "OMP_NUM_THREADS"),
    "takes_signals": (f"{RIGHT}; signal.signal(signal.SIGTERM, lambda *_: None)", "failed", "at signals"),
    "leaves_a_thread": (
        f"{RIGHT}; import threading\n    def spin():\n        while True: pass\n"
        "    threading.Thread(target=spin, daemon=True).start()",
        "failed",
        "threads behind",
    ),
    "talks_megabytes": ("raise ValueError('x' * 5_000_000)", "failed", "x" * 100),
}


#: small rows reach a bucket strategy as a copy, which may lie where the last one lay
SMALL_TOO = ("by_address", "last_array", "buffer_not_cleared", "right_once", "nan_later", "leaves_a_child")


def processes_of(tree: Tree) -> list[str]:
    """Names of processes that still carry this tree's results folder in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"CROSSOVER_RESULTS={tree.results}".encode() in (folder / "environ").read_bytes()
        except OSError:
            continue  # it ended while we looked
        if marked and (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
            found.append(folder.name)
    return found


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are looked at as Linux shows them"
)
def test_whoever_cheats_or_disturbs_is_named_and_costs_itself_only(tree: Tree) -> None:
    for name, (body, _, _) in MISBEHAVIOUR.items():
        tree.drop("scatter", name, strategy(name, body))
    tree.run(small(T=[128], sessions=1).replace("[16], [8], [4]", "[64], [32], [4]"))
    lines = {line["impl"]: line for line in tree.measured()}
    told = {name: (lines[name]["status"], lines[name]["reason"]) for name in MISBEHAVIOUR}
    for name, (_, status, words) in MISBEHAVIOUR.items():
        assert told[name][0] == status, (name, told[name])
        assert words in told[name][1], (name, told[name])
        assert lines[name]["seconds"] == []
        assert len(told[name][1]) <= 2000
    assert {name for name, line in lines.items() if line["status"] == "ok"} == HONEST
    honest = [lines[name] for name in HONEST]
    assert all(line["seconds"] and line["error"] < 1e-12 for line in honest)
    assert len({line["pid"] for line in honest}) == 1
    assert processes_of(tree) == []
    assert os.path.getsize(tree.journal()) < 1 << 20


def test_at_a_small_size_too(tree: Tree) -> None:
    for name in SMALL_TOO:
        tree.drop("scatter", name, strategy(name, MISBEHAVIOUR[name][0]))
    tree.run(small(sessions=1))
    found = {line["impl"]: line["status"] for line in tree.measured()}
    assert {found[name] for name in SMALL_TOO} == {"invalid", "failed"}
    assert {name for name, status in found.items() if status == "ok"} == HONEST


def small_block(name: str) -> Block:
    """A planned block of a workload, small but not the smallest: DBSCAN's has only noise."""
    planned = [block for plan in sets.SETS.values() for block in plan.blocks if block.workload == name]
    sizes = sorted({workloads.get(name).elements(block) for block in planned})
    return next(block for block in planned if workloads.get(name).elements(block) == sizes[1])


@pytest.mark.parametrize("name", [name for name in workloads.NAMES if name != "published"])
def test_inputs_are_sealed_and_other_ones_fit_into_their_memory(name: str, tmp_path: Path) -> None:
    block = small_block(name)
    workload = workloads.get(name)
    gate = gates.Gate(workload, block, 1, str(tmp_path))
    seen, own = arrays_of(gate.inputs), gate._arrays
    assert seen
    for shown, array in zip(seen, own, strict=True):
        assert np.shares_memory(shown, array)
        with pytest.raises(ValueError, match="read-only"):
            shown[...] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            shown.flags.writeable = True
    before = digest(own)
    other, reference = gate.other()
    with gate.exchanged(other):
        assert digest(own) != before
        assert not np.array_equal(reference.result, gate.reference.result)
        assert gate.elsewhere(workload.baseline, reference, None) <= 1.0
    assert digest(own) == before
    assert gate.intact()


def test_the_published_data_keeps_its_clustering_and_its_cache(tmp_path: Path) -> None:
    block = Block("published", "fair", "float64", "filled", 1, (("T", 8), ("L", 16), ("F", 4), ("K", 4)))
    gate = gates.Gate(workloads.get("published"), block, 1, str(tmp_path))
    other, reference = gate.other()
    with gate.exchanged(other):
        assert gate.elsewhere("looping", reference, None) < 1e-11
        assert np.array_equal(
            gate.inputs.kmeans.predict(gate.inputs.descriptors.reshape(-1, 4)), other.labels.ravel()
        )
    assert not np.allclose(reference.result, gate.reference.result)
    assert gate.inputs.kmeans.cluster_centers_.flags.writeable, "scikit-learn 0.24 refuses read-only centers"
    gate.inputs.kmeans.cluster_centers_[0] += 1
    assert not gate.intact()
    gate._restore()
    gate._arrays[0][...] = 0  # what a strategy might do
    gate._restore()
    assert gate.intact()


def test_a_scikit_learn_that_refuses_read_only_centers_is_still_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of Python 3.8 raise ValueError, which cost the time machine its old environments once."""
    from sklearn.cluster import MiniBatchKMeans

    right = MiniBatchKMeans.predict

    def old(self, *args, **kwargs):
        if not self.cluster_centers_.flags.writeable:
            raise ValueError("buffer source array is read-only")
        return right(self, *args, **kwargs)

    monkeypatch.setattr(MiniBatchKMeans, "predict", old)
    axes = (("T", 8), ("L", 16), ("F", 4), ("K", 4))
    for stage in ("as_published", "fair"):
        block = Block("published", stage, "float64", "filled", 1, axes)
        gate = gates.Gate(workloads.get("published"), block, 1, str(tmp_path))
        assert gate.inputs.kmeans.cluster_centers_.flags.writeable
        gate._arrays[0][...] = 0
        assert not gate.intact(), "what is written to is seen all the same"
        budget = Budget(min_sample_s=0.0005, strategy_s=0.002)
        found = run_block(block, ["looping", "truvec"], budget, (1, 2), str(tmp_path), lambda *a, **k: None)
        assert {line["status"] for line in found["lines"]} == {"ok"}


@pytest.mark.parametrize(
    "array",
    [
        np.arange(300.0).reshape(100, 3),
        np.asfortranarray(np.arange(300.0).reshape(100, 3)),
        np.arange(600)[::2],
        np.zeros((0, 4)),
        np.array(7.0),
        np.arange(7, dtype=np.int8),
    ],
)
def test_a_digest_sees_every_byte_and_an_exchange_moves_all(array: np.ndarray) -> None:
    mine, other = array.copy(order="K"), array.copy(order="K")
    other += 1
    want = other.copy()
    assert digest([mine]) == digest([array])
    exchange([mine], [other])
    assert np.array_equal(mine, want)
    assert np.array_equal(other, array)
    assert sealed((mine, 3))[1] == 3
    if array.size > 1:
        turned = array[::-1].copy()
        assert digest([turned]) != digest([np.ascontiguousarray(array)])


def test_memory_shared_with_the_inputs_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rows and buckets match one to one, a view of the rows would be right, and the caller's to overwrite."""
    block = Block("scatter1d", "int64_index", "float64", "uniform", 1, (("N", 50), ("bins", 5)))
    workload = workloads.get("scatter1d")
    right = type(workload).task

    def shared(self, block, inputs, impl, reference=None):
        task = right(self, block, inputs, impl, reference)
        if impl == "bincount":
            task.call, task.error = lambda: inputs.rows[:5], lambda result: 0.0
        return task

    monkeypatch.setattr(type(workload), "task", shared)
    budget = Budget(min_sample_s=0.0005, strategy_s=0.002)
    found = run_block(block, ["bincount", "ufunc_at"], budget, (1, 2), str(tmp_path), lambda *a, **k: None)
    lines = {line["impl"]: line for line in found["lines"]}
    assert lines["bincount"]["status"] == "invalid"
    assert "shares with its inputs" in lines["bincount"]["reason"]
    assert lines["ufunc_at"]["status"] == "ok"


@pytest.mark.parametrize(
    ("later", "told"),
    [(lambda r: r * 2, "in call 2: error"), (lambda r: r * np.nan, "NaN or infinity in call 2")],
)
def test_plain_asv_benchmarks_check_more_than_the_first_answer(
    later: Callable[[Any], Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMED, "tiny", (2, 8, 4, 3))
    assert plain.checked_call("tiny", "loop")().shape == (2, 3, 4)
    workload = workloads.get("vlad")
    right = type(workload).task

    def drifting(self, block, inputs, impl, reference=None):
        task = right(self, block, inputs, impl, reference)
        calls = iter(range(10))
        call = task.call
        task.call = lambda: later(call()) if next(calls) else call()
        return task

    monkeypatch.setattr(type(workload), "task", drifting)
    plain.checked_call.cache_clear()
    with pytest.raises(ValueError, match=told):
        plain.checked_call("tiny", "loop")
    plain.checked_call.cache_clear()
