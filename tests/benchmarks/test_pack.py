"""``python -m benchmarks pack``: one file with all of this machine's journals, which the report's merge takes."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from reports.merge import merge
from reports.selfcheck.planted import write_journal
from tests.reports.conftest import quick_world


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two journals of this machine, one of another, and the first of them torn as a killed run leaves it."""
    results = tmp_path / "results"
    for world in (
        quick_world(machine="box", sessions=1),
        quick_world(machine="box", sessions=1, commit="f" * 40),
        quick_world(machine="elsewhere", sessions=1),
    ):
        path = write_journal(world, results)
    with (results / "box" / f"{quick_world().commit[:8]}-py3.11.jsonl").open("a") as journal:
        journal.write('{"schema": 1, "torn')
    assert path.parent.name == "elsewhere"
    monkeypatch.setenv("CROSSOVER_RESULTS", str(results))
    monkeypatch.setenv("CROSSOVER_MACHINE", "box")
    monkeypatch.chdir(tmp_path)
    return results


def test_what_is_packed_is_what_is_merged(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["pack"]) == 0
    assert capsys.readouterr().out.startswith("crossover-box.jsonl.xz: ")
    merged = merge(Path("crossover-box.jsonl.xz"), Path("new"))
    assert merged.machine == "box"
    for path in merged.written:
        original = (here / "box" / path.name).read_bytes()
        assert path.read_bytes() == original[: original.rindex(b"\n") + 1]
    assert len(merged.written) == 2
    assert b"torn" not in lzma.decompress(Path("crossover-box.jsonl.xz").read_bytes())


def test_nothing_to_pack_is_one_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CROSSOVER_MACHINE", "unheard-of")
    assert command.main(["pack"]) == 2
    told = capsys.readouterr().err
    assert "measure first" in told
    assert told.count("\n") == 1
    assert not list(Path().glob("*.xz"))
