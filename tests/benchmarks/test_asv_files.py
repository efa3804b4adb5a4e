"""asv names its files by commit and Python, not by device: who is about to lose numbers is told beforehand."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from benchmarks.protocol import asv_files, devices, places
from benchmarks.protocol import run as running
from benchmarks.protocol.plan import Budget, MeasurementSet
from tests.benchmarks.test_devices import block

GPU = {"jax": {"platform": "gpu"}, "versions": {"jax": "0.10.2"}}
SMALL = MeasurementSet(
    "Small",
    1,
    (block("aggregate"),),
    Budget(min_sample_s=0.0005, min_reps=2, max_reps=2),
    strategies=("loop",),
)


def asv_file(folder: Path, **changed: object) -> None:
    """What asv leaves behind of a class of the set Small, as far as this matters."""
    held = {
        "env_name": "existing-py_python",
        "python": sys.executable,
        "results": {"vlad.SmallAggregate.track_seconds": []},
    }
    (folder / "abcdef01-existing-py_python.json").write_text(json.dumps(held | changed))


def journal(folder: Path, env: str, benchmark: str = "Small") -> str:
    path = folder / f"abcdef01-{env}.jsonl"
    path.write_text(json.dumps({"kind": "run", "benchmark": benchmark}) + "\n")
    return str(path)


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("env-jax0.10.2-gpu", "env"),
        ("env", "env-jax0.10.2-gpu"),
        ("env-torch2.13.0-gpu", "env-jax0.11.0-tpu"),
    ],
)
def test_numbers_of_another_device_are_about_to_be_replaced(tmp_path: Path, mine: str, other: str) -> None:
    asv_file(tmp_path)
    journal(tmp_path, other)
    assert asv_files.about_to_be_replaced(journal(tmp_path, mine), "Small") == other


def test_nothing_is_lost_where_names_sets_or_pythons_differ(tmp_path: Path) -> None:
    path = journal(tmp_path, "env-jax0.10.2-gpu")
    journal(tmp_path, "env")
    assert asv_files.about_to_be_replaced(path, "Small") is None  # asv holds nothing yet
    asv_file(tmp_path, python="/elsewhere/python")
    assert asv_files.about_to_be_replaced(path, "Small") is None
    asv_file(tmp_path, results={"vlad.QuickAggregate.track_seconds": []})
    assert asv_files.about_to_be_replaced(path, "Small") is None
    asv_file(tmp_path)
    assert asv_files.about_to_be_replaced(path, "Small") == "env"
    journal(tmp_path, "env", "Quick")  # the host measured another set
    journal(tmp_path, "envelope")  # not a device of this environment
    assert asv_files.about_to_be_replaced(path, "Small") is None


def test_a_run_for_asv_says_so_before_it_measures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (
        ("CROSSOVER_RESULTS", str(tmp_path)),
        ("CROSSOVER_MACHINE", "box"),
        ("CROSSOVER_ENV", "env"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(places, "commit", lambda git: "abcdef0123")
    running.run_set(SMALL, None)
    asv_file(tmp_path / "box")
    monkeypatch.setattr(devices, "probed", lambda packages: GPU)
    told = tmp_path / "told"
    for parent, expected in ((None, 0), (os.getppid(), 1)):
        with told.open("w") as stream:
            running.run_set(SMALL, stream, parent=parent)
        lines = told.read_text().splitlines()
        assert (
            sum("asv will replace what it holds of Small measured in env:" in line for line in lines)
            == expected
        )
    assert next(i for i, line in enumerate(lines) if "asv will" in line) < next(
        i for i, line in enumerate(lines) if line.startswith("[")
    )
