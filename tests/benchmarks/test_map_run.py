"""A map through the real worker and journal: interrupted, taken up, finished; what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from benchmarks.map import command
from benchmarks.map.book import Book
from benchmarks.protocol import machine
from impls.cost.machine import key
from impls.cost.model import CostModel
from impls.cost.profile import Entry, Profile
from tests.benchmarks.conftest import Tree
from tests.benchmarks.test_resume import blocks_in, identity

WORDS = ["map", "--cells", "12", "--most-bytes", "65536", "--sessions", "2", "--budget", "900"]
CELLS = 12 + 3


def environment(tree: Tree) -> dict[str, str]:
    return dict(tree.environment(), XDG_CACHE_HOME=str(tree.root / "cache"))


def start(tree: Tree, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *(words or WORDS)],
        cwd=tree.root,
        env=environment(tree),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    said, complaints = process.communicate(timeout=400)
    assert process.returncode == 0, complaints
    return said


def interrupt(tree: Tree, how: signal.Signals, blocks: int) -> str:
    process = start(tree)
    deadline = time.monotonic() + 200
    while blocks_in(tree) < blocks:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the map did not get going"
        time.sleep(0.02)
    process.send_signal(how)
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    return said


def profile(tree: Tree) -> dict:
    return json.loads((tree.results / "box" / "profile.json").read_text())


def test_a_killed_map_is_taken_up_and_a_finished_one_is_not(tree: Tree) -> None:
    interrupt(tree, signal.SIGKILL, blocks=4)
    kept = [line for line in tree.measured()[:-1] if line["block"] != tree.measured()[-1]["block"]]
    assert kept
    assert not (tree.results / "box" / "profile.json").exists()

    said = ended(start(tree))
    assert "taking up a map that was begun" in said
    after = tree.measured()
    keys = [identity(line) for line in after]
    assert len(keys) == len(set(keys)), "a line was doubled"
    started = {identity(line): line["started_at"] for line in after}
    assert all(started[identity(line)] == line["started_at"] for line in kept), "a finished cell was repeated"
    assert {line["benchmark"] for line in after} == {"Map"}
    for session in (0, 1):
        blocks = {identity(line)[2:5] for line in after if line["session"] == session}
        assert len(blocks) == CELLS
    assert {line["dtype"] for line in after} == {"float32", "float64"}
    assert {line["labels"] for line in after} == {"uniform", "skewed"}
    assert [line["kind"] for line in tree.lines() if "kind" in line].count("finished") == 1
    assert "mean regret" in said
    assert said.splitlines()[-1].startswith("No answer at T 256"), (
        "arrays of 64 KiB are far from the post's shape"
    )
    assert [model["stage"] for model in profile(tree)["models"]] == ["aggregate"]
    assert (tree.root / "cache" / "crossover-bench" / "profile.json").exists()

    assert "taking up" not in ended(start(tree, *WORDS[:-1], "1"))
    assert len({line["run"] for line in tree.lines() if line.get("kind") == "run"}) == 2


def test_ctrl_c_leaves_a_map_of_what_there_is(tree: Tree) -> None:
    said = interrupt(tree, signal.SIGINT, blocks=11)
    assert re.search(r"map of (1 session|2 sessions), 1[1-5] cells", said)
    assert profile(tree)["models"], "no profile of what there is"
    assert not any(line.get("kind") == "finished" for line in tree.lines()), "it is to be taken up"
    measured = [line for line in tree.measured() if line["impl"] == "bincount"]
    assert any(line["peak_extra_bytes"] is not None for line in measured)


def test_a_block_that_reached_the_journal_counts_though_the_interrupt_came_before_the_book(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = {
        "run": "r",
        "session": 0,
        "impl": "loop",
        "stage": "aggregate",
        "dtype": "float64",
        "labels": "uniform",
    }
    line |= {
        "threads_planned": 1,
        "threads": 1,
        "cell": {"T": 1},
        "status": "ok",
        "seconds": [1.0],
        "workload": "vlad",
    }
    written: list[dict] = []

    class Interrupted:
        book = Book()
        timed_s = 0.0
        journal = SimpleNamespace(lines=lambda: written)

        def run(self) -> None:
            written.extend([line, dict(line, run="another")])
            raise KeyboardInterrupt

        def close(self) -> None:
            pass

    told: list[int] = []
    here: Any = Interrupted()
    monkeypatch.setattr(command, "prepared", lambda *_: here)
    monkeypatch.setattr(command, "announce", lambda *_: None)
    monkeypatch.setattr(command, "conclude", lambda mapper, *_: told.append(len(mapper.book.lines)))
    with pytest.raises(KeyboardInterrupt):
        command.mapped(here, cast(Any, SimpleNamespace(run_id="r")), here, here, 0.0)
    assert told == [1]


def test_a_small_map_takes_no_better_one_s_place(tmp_path: Path) -> None:
    def profile(cells: int, name: str) -> Profile:
        model = CostModel(("T",), {}, [], (1.0, 1.0), np.zeros((cells, 1)), np.zeros((cells, 2), dtype=int))
        here = machine.machine_line()
        return Profile(name, key(here, machine.versions()), [Entry("vlad", "aggregate", 1, model)])

    path = tmp_path / "profile.json"
    assert command._is_better(profile(5, "new"), path), "there is none"
    profile(10, "old").save(path)
    assert not command._is_better(profile(5, "new"), path)
    assert command._is_better(profile(10, "new"), path)
    elsewhere = profile(10, "old")
    elsewhere.key["cores"] = 999
    elsewhere.save(path)
    assert command._is_better(profile(5, "new"), path)
    path.write_text("{")
    assert command._is_better(profile(5, "new"), path)


def test_a_budget_that_is_too_small_for_any_map_is_exceeded_by_what_a_map_needs(tree: Tree) -> None:
    said = ended(start(tree, *WORDS[:-1], "1"))
    assert "map of 1 session, 12 cells" in said
    assert profile(tree)["models"]


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--most-bytes", "8"], "allow more bytes"), (["--cells", "3"], "needs 12 cells or more, got 3")],
)
def test_what_cannot_be_a_map_is_refused_in_a_sentence(words: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "map", *words],
        env=dict(os.environ, CROSSOVER_RESULTS=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("missing", ["scipy.stats", "scipy.stats.qmc"])
def test_without_a_new_enough_scipy_a_sentence_says_what_is_needed(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks.map import plan

    monkeypatch.delitem(sys.modules, "scipy.stats.qmc", raising=False)  # another test may have imported it
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ValueError, match=r"SciPy 1\.7"):
        plan.made(plan.Options())


def test_a_profile_holds_the_maps_and_the_sweeps_of_its_journal() -> None:
    """Else a size of the sweeps would be predicted from cells far from it, though it was measured."""
    runs = {"m1": "Map", "m2": "Map", "q": "Quick", "r": "Real"}
    told: list[dict] = [{"kind": "machine"}]
    told += [{"kind": "run", "run": run, "benchmark": name} for run, name in runs.items()]
    told += [{"run": run, "seconds": 1.0} for run in runs] + [{"kind": "limits", "run": "q"}]
    kept = command.records_of(told)
    assert {record.get("run") for record in kept} == {None, "m1", "m2", "q"}
    assert sum("seconds" in record for record in kept) == 3
    assert {"kind": "machine"} in kept
