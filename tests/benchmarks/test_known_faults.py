"""What is known to be at fault is said before it is measured: by a run, and by the command for one cell."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import tryout
from benchmarks.grids import Grid
from benchmarks.protocol import devices, faults, machine
from benchmarks.protocol.plan import Block, Budget, MeasurementSet
from benchmarks.protocol.run import run_set
from impls import known_faults
from impls.known_faults import Fault

DEVICE = Fault(
    "jaxlib", "<0.1", "jax gpu", "cuda", ("float32",), ("jax_segment_sum",), "it hurts", "https://e.org/1"
)
HOST = Fault("numpy", ">0.1, <99", "", "", ("float32",), ("bincount",), "it is slow", "https://e.org/2")
GPU = {"jax": {"platform": "gpu", "kind": "Tesla T4", "runtime": "cuda 12090"}}
VERSIONS = {"jaxlib": "0.0.9", "numpy": "2.4.6"}


def blocks(dtype: str = "float32") -> list[Block]:
    return Grid("vlad", {"T": [4], "L": [30], "F": [8], "K": [3]}, "aggregate", dtype).blocks()


def said(dtype: str = "float32", **changes: Any) -> list[str]:
    given: dict[str, Any] = {"versions": VERSIONS, "found": GPU, "faults": [DEVICE, HOST], **changes}
    return faults.sentences(blocks(dtype), ["loop", "bincount", "jax_segment_sum"], **given)


def test_faults_of_a_device_and_of_the_host_are_said() -> None:
    pytest.importorskip("jax")
    assert said() == [
        "jaxlib 0.0.9 has a known fault: it hurts (jax_segment_sum; https://e.org/1)",
        "numpy 2.4.6 has a known fault: it is slow (bincount; https://e.org/2)",
    ]


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"error": "no answer"},
        {"jax": {"platform": "cpu"}},
        {"jax": {"platform": "gpu", "runtime": "rocm 6"}},
    ],
)
def test_a_fault_elsewhere_is_not(found: dict[str, Any]) -> None:
    assert [sentence.split()[0] for sentence in said(found=found)] == ["numpy"]
    assert said(dtype="float64") == []
    assert said(versions={"jaxlib": "0.2", "numpy": None}) == []


def test_devices_are_asked_only_where_they_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax")
    asked: list[set[str]] = []

    def probed(names: set[str]) -> dict[str, Any]:
        asked.append(names)
        return GPU

    monkeypatch.setattr(devices, "probed", probed)
    assert len(said(found=None, versions={"jaxlib": "0.2", "numpy": "2.4.6"})) == 1
    assert asked == []
    assert len(said(found=None)) == 2
    assert asked == [{"jax"}]


def test_a_run_says_it_before_it_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_faults, "read", lambda: [HOST])
    monkeypatch.setenv("CROSSOVER_RESULTS", str(tmp_path))
    budget = Budget(min_sample_s=0.0005, strategy_s=0.002, min_reps=2, max_reps=2)
    plan = MeasurementSet("Tiny", 1, tuple(blocks()), budget, strategies=("loop", "bincount"))
    told = io.StringIO()
    run_set(plan, told)
    lines = told.getvalue().splitlines()
    place = next(i for i, line in enumerate(lines) if "has a known fault: it is slow (bincount;" in line)
    assert place < next(i for i, line in enumerate(lines) if "session 1" in line)


def test_the_command_for_one_cell_says_it_first(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_faults, "read", lambda: [HOST])

    def stop(*_: Any) -> None:
        raise ValueError("measured")

    monkeypatch.setattr(tryout, "measure_cell", stop)
    words = ["cell", "T=4", "L=30", "F=8", "K=3", "--dtype", "float32", "--impls"]
    command.main([*words, "bincount"])
    version, said = machine.versions()["numpy"], capsys.readouterr()
    assert said.out.startswith(f"numpy {version} has a known fault: it is slow (bincount;")
    assert said.err == "measured\n"
    command.main([*words, "onehot_matmul"])
    assert "fault" not in capsys.readouterr().out
