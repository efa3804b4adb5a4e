"""Sets through asv: what it is asked, what is heard meanwhile, and what its exit code comes to."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import sets, through_asv
from benchmarks.map.plan import Options
from benchmarks.protocol import readout
from benchmarks.protocol.process import NotMeasuredError

PLANS = [sets.SETS["Quick"], sets.SETS["KMeans"]]


class Asv:
    """Stands in for asv: notes what it is asked, says a word to its log and to the progress file, ends as told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[list[str]] = []
        self.ends: dict[str, int] = {}
        monkeypatch.setattr(through_asv, "ROOT", str(folder))
        monkeypatch.setattr(through_asv, "git_state", lambda: {"sha": "abc", "dirty": False})
        monkeypatch.setattr(subprocess, "call", self.call)
        monkeypatch.delenv("CROSSOVER_MACHINE", raising=False)

    def call(self, words: list[str], stdout: Any, env: dict[str, str] | None = None, **_: Any) -> int:
        self.asked.append(words[3:])
        stdout.write(f"asv {words[3]} speaks\n")
        if env:
            Path(env["CROSSOVER_PROGRESS"]).write_text("a block is done\n")
        return self.ends.get(words[3], 0)


@pytest.fixture
def asv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asv:
    return Asv(tmp_path, monkeypatch)


def test_both_sets_are_asked_for_and_progress_is_heard(asv: Asv, capsys: pytest.CaptureFixture[str]) -> None:
    assert through_asv.measure(PLANS) == 0
    machine, run = asv.asked
    assert machine == ["machine", "--yes"]
    assert run[run.index("--bench") + 1] == r"^\w+\.Quick|^\w+\.KMeans"
    assert capsys.readouterr().out == "a block is done\n"


def test_a_named_machine_is_asv_s_too(asv: Asv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSOVER_MACHINE", "box")
    through_asv.measure(PLANS)
    assert ["machine", "--machine", "box", "--yes"] in asv.asked
    assert asv.asked[-1][asv.asked[-1].index("--machine") + 1] == "box"


def test_failed_strategies_are_no_failure_and_the_page_is_made(
    asv: Asv, capsys: pytest.CaptureFixture[str]
) -> None:
    asv.ends["run"] = through_asv.ASV_FAILED_BENCHMARKS
    assert through_asv.report(PLANS) == 0
    assert asv.asked[-1] == ["publish", "--no-pull"]
    told = capsys.readouterr().out
    assert "some strategies failed" in told
    assert "The page is at" in told


@pytest.mark.parametrize("step", ["run", "publish"])
def test_what_asv_ends_with_is_passed_on_with_its_last_words(
    asv: Asv, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    asv.ends[step] = 1
    assert through_asv.report(PLANS) == 1
    told = capsys.readouterr()
    assert f"asv {step} speaks" in told.err
    assert f"asv {step} ended with code 1" in told.err
    assert "The page is at" not in told.out


def test_without_a_commit_asv_is_not_asked(asv: Asv, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []
    monkeypatch.setattr(through_asv, "git_state", lambda: {"sha": None, "dirty": False})
    monkeypatch.setattr(through_asv, "run_set", lambda plan, listener: measured.append(plan.name))
    assert through_asv.measure(PLANS) == 0
    assert (measured, asv.asked) == (["Quick", "KMeans"], [])


def test_a_set_that_was_stopped_makes_no_page_and_gives_its_reason(
    asv: Asv, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """asv itself calls it a failed benchmark, as it calls a strategy that fails."""
    honest = asv.call

    def stopped(words: list[str], stdout: Any, env: dict[str, str] | None = None, **_: Any) -> int:
        if env:
            Path(env["CROSSOVER_STOPPED"]).write_text("Quick: the disk is full\n")
        return honest(words, stdout, env)

    monkeypatch.setattr(subprocess, "call", stopped)
    asv.ends["run"] = through_asv.ASV_FAILED_BENCHMARKS
    assert through_asv.report(PLANS) == through_asv.STOPPED_CODE
    assert capsys.readouterr().err == "Quick: the disk is full\n"
    assert asv.asked[-1][0] == "run"


def test_why_a_set_was_stopped_is_written_for_who_asked_asv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device", "journal")

    path = tmp_path / "stopped"
    monkeypatch.setattr(readout, "run_set", full)
    monkeypatch.setenv("CROSSOVER_STOPPED", str(path))
    monkeypatch.setenv("CROSSOVER_PROGRESS", str(tmp_path / "heard"))
    with pytest.raises(OSError, match="No space"):
        readout.measured(PLANS[0])
    assert "Quick: " in path.read_text()
    assert "No space left on device" in path.read_text()


def test_a_set_without_classes_is_measured_without_asv(asv: Asv, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []
    monkeypatch.setattr(through_asv, "run_set", lambda plan, _: measured.append(plan.name))
    new = replace(PLANS[0], name="Own")
    assert through_asv.measure([new, PLANS[1]]) == 0
    assert measured == ["Own"]
    assert asv.asked[-1][asv.asked[-1].index("--bench") + 1] == r"^\w+\.KMeans"


def test_a_map_follows_the_sets_and_goes_past_asv(
    asv: Asv, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[int] = []

    def measured(planned: Any, out: Any, answers: list[str]) -> None:
        order.append(planned.options.cells)
        answers.append("NumPy      bincount 1 ms")

    monkeypatch.setattr(through_asv, "measure_map", measured)
    monkeypatch.setattr(through_asv, "made", lambda options: type("Planned", (), {"options": options}))
    through_asv.report(PLANS, Options(cells=16))
    assert order == [16]
    assert [words[0] for words in asv.asked] == ["machine", "run", "publish"]
    *_, page, _, empty, last = capsys.readouterr().out.splitlines()
    assert (page.startswith("The page is at"), empty, last) == (True, "", "NumPy      bincount 1 ms")
    asv.ends["run"] = 7
    assert through_asv.report(PLANS, Options(cells=16)) == 7
    assert order == [16], "measured after all, though asv had ended with an error"


def test_a_map_that_came_to_nothing_costs_the_others_no_page(
    asv: Asv, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(planned: Any, out: Any, answers: Any) -> None:
        raise NotMeasuredError("too few cells")

    monkeypatch.setattr(through_asv, "measure_map", fail)
    monkeypatch.setattr(through_asv, "made", lambda options: options)
    assert through_asv.report(PLANS, Options()) == 0
    assert asv.asked[-1][0] == "publish"
    assert "too few cells" in capsys.readouterr().err
    assert through_asv.report([], Options()) == 1


def test_a_map_alone_needs_no_asv(asv: Asv, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []

    def call(words: list[str], cwd: str) -> int:
        called.append(words[1:])
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(through_asv, "measure_map", lambda planned, out, answers: None)
    monkeypatch.setattr(through_asv, "made", lambda options: options)
    assert through_asv.report([], Options()) == 0
    assert called == [["-m", "reports", "publish"]]
