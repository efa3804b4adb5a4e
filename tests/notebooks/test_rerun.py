"""The Colab notebook, run as Colab runs it but at the tiny size on a CPU: it clones, measures, judges and packs."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from reports.__main__ import main
from reports.selfcheck.planted import write_journal
from tests.notebooks.conftest import NOTEBOOKS, executed, pictures, told
from tests.reports.conftest import quick_world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("colab")


@pytest.fixture(scope="module")
def rerun(origin: Path, folder: Path) -> nbformat.NotebookNode:
    (folder / "home").mkdir()
    return executed(
        "colab_rerun.ipynb",
        folder,
        {
            "HOME": str(folder / "home"),  # asv writes the machine's name there
            "CROSSOVER_REPOSITORY": str(origin),
            "CROSSOVER_TINY": "1",
            "CROSSOVER_MACHINE": "rerun-box",
            "CROSSOVER_RESULTS": "",
        },
    )


def test_it_says_what_it_found(rerun: nbformat.NotebookNode, folder: Path) -> None:
    assert f"in {folder / 'crossover'}" in told(rerun, "suite")
    assert "installed now: nothing, all is here" in told(rerun, "packages")
    assert "as the runtime brought them: jax " in told(rerun, "packages")
    assert "going on with the CPU" in told(rerun, "device")


def test_it_measures_through_asv_and_shows_progress(rerun: nbformat.NotebookNode, folder: Path) -> None:
    assert "session 2/2" in told(rerun, "measure")
    results = folder / "crossover" / ".asv" / "results" / "rerun-box"
    (journal,) = results.glob("*.jsonl")
    (asv_file,) = (path for path in results.glob("*.json") if path.name != "machine.json")
    kept = json.loads(asv_file.read_text())["results"]
    assert any(name.startswith("accelerator.AcceleratorTiny") for name in kept)
    lines = [json.loads(row) for row in journal.read_text().splitlines()]
    timed = {line["impl"] for line in lines if line.get("status") == "ok"}
    assert {"loop", "jax_segment_sum"} <= timed
    assert not [line for line in lines if line.get("status") == "invalid"]
    assert [line["git"]["dirty"] for line in lines if line.get("kind") == "run"] == [False]


def test_it_shows_the_crossover_and_the_verdict(rerun: nbformat.NotebookNode) -> None:
    assert pictures(rerun) == 1
    assert "best on the device" in told(rerun, "results")
    assert "`jax_" in told(rerun, "results")
    assert "leader" in told(rerun, "figure") or "below" in told(rerun, "figure")
    verdict = told(rerun, "claim")
    assert verdict.count("**NOT TESTED** (here: ") == 2  # a CPU says nothing of an accelerator
    assert "its times mean nothing" in verdict


def test_its_file_merges_as_one_more_machine(rerun: nbformat.NotebookNode, folder: Path) -> None:
    packed = folder / "crossover-rerun-box.jsonl.xz"
    assert str(packed) in told(rerun, "pack")
    results = folder / "local"
    write_journal(quick_world(sessions=2), results)
    assert main(["merge", str(packed), "--results", str(results)]) == 0
    assert main(["build", "--results", str(results), "--out", str(folder / "out")]) == 0
    with (folder / "out" / "data" / "vlad" / "speedups.csv").open(encoding="utf-8") as table:
        machines = {row["machine"] for row in csv.DictReader(table)}
    assert machines == {"planted-machine", "rerun-box"}
    assert "rerun-box" in (folder / "out" / "machines.html").read_text(encoding="utf-8")


def first_cells(folder: Path, repository: str) -> subprocess.CompletedProcess[str]:
    """The notebook's cells up to the one that finds the suite, as a plain program."""
    notebook = nbformat.read(NOTEBOOKS / "colab_rerun.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in notebook.cells}
    program = f"import os; os.environ['CROSSOVER_REPOSITORY'] = {repository!r}\n"
    program += sources["parameters"] + "\n" + sources["suite"]
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_inside_a_clone_it_uses_that(origin: Path) -> None:
    (origin / "notebooks").mkdir(exist_ok=True)
    done = first_cells(origin / "notebooks", "")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(f"in {origin}")
    assert not (origin / "notebooks" / "crossover").exists()


def test_without_an_address_it_asks_for_one(tmp_path: Path) -> None:
    done = first_cells(tmp_path, "")
    assert done.returncode == 1
    assert "Write where the suite's git repository is into REPOSITORY" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_a_bundle_will_do(origin: Path, tmp_path: Path) -> None:
    words = ["git", "bundle", "create", str(tmp_path / "crossover.bundle"), "HEAD"]
    subprocess.run(words, cwd=origin, check=True, capture_output=True)
    done = first_cells(tmp_path, "crossover.bundle")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(f"in {tmp_path / 'crossover'}")
