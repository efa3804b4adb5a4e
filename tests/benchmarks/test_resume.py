"""An interrupted run keeps what it has; the next one takes it up and repeats nothing that is complete."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.conftest import Tree, small

PLAN = small(T=[2, 3, 4, 5, 6, 7, 8, 9], sessions=2)


def blocks_in(tree: Tree) -> int:
    found = list((tree.results / "box").glob("*.jsonl")) if tree.results.exists() else []
    return found[0].read_text().count('"block_end": true') if found else 0


def interrupt(tree: Tree, how: signal.Signals, blocks: int = 4) -> subprocess.Popen[str]:
    process = tree.start(PLAN)
    deadline = time.monotonic() + 120
    while blocks_in(tree) < blocks:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the run did not get going"
        time.sleep(0.02)
    process.send_signal(how)
    process.communicate(timeout=60)
    return process


def identity(line: dict) -> tuple:
    return (
        line["run"],
        line["session"],
        line["stage"],
        line["dtype"],
        tuple(line["cell"].items()),
        line["impl"],
    )


def workers_of(tree: Tree) -> list[str]:
    """Command lines of measuring processes that still run in this tree."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if "benchmarks.protocol.worker" in command and os.readlink(folder / "cwd") == str(tree.root):
                found.append(command)
        except OSError:
            continue  # it ended while we looked
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_resume_after_interruption(tree: Tree, how: signal.Signals) -> None:
    process = interrupt(tree, how)
    assert process.returncode != 0
    before = tree.measured() if how == signal.SIGINT else []
    if how == signal.SIGKILL:  # the very last line may be torn; what is before it is whole
        before = [line for line in tree.measured() if line["block"] != tree.measured()[-1]["block"]]
    assert before
    deadline = time.monotonic() + 10
    while workers_of(tree) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workers_of(tree) == []

    said = tree.run(PLAN)
    assert "taking up a run that was begun" in said
    after = tree.measured()
    keys = [identity(line) for line in after]
    assert len(keys) == len(set(keys)), "a line was doubled"
    assert len({line["run"] for line in after}) == 1
    assert len(keys) == 2 * 8 * 4  # sessions x cells x (three strategies and the control)
    started = {identity(line): line["started_at"] for line in after}
    assert all(started[identity(line)] == line["started_at"] for line in before), (
        "a finished block was repeated"
    )
    assert [line["kind"] for line in tree.lines() if "kind" in line].count("finished") == 1


def test_a_run_measured_session_by_session_is_one_run(tree: Tree) -> None:
    """Other things may be measured in between; only the last planned session finishes the run."""
    plan = small(sessions=3)
    sessions = []
    for until in (1, 2, 2, 3):
        said = tree.run(plan, until)
        sessions.append(sorted({line["session"] for line in tree.measured()}))
        finished = any(line.get("kind") == "finished" for line in tree.lines())
        assert finished == (until == 3)
        assert (f"Small (session {until} of 3) took" in said) == (until < 3)
    assert sessions == [[0], [0, 1], [0, 1], [0, 1, 2]]
    assert len({line["run"] for line in tree.measured()}) == 1
    keys = [identity(line) for line in tree.measured()]
    assert len(keys) == len(set(keys))
    needs = {(line["impl"], line["predicted_bytes"]) for line in tree.measured()}
    assert len(needs) == 4, "what was predicted in the first session holds in the others"


def test_a_finished_run_is_not_resumed(tree: Tree) -> None:
    tree.run(small(sessions=1))
    said = tree.run(small(sessions=1))
    assert "taking up" not in said
    assert len({line["run"] for line in tree.measured()}) == 2


def test_changed_code_starts_a_new_run(tree: Tree) -> None:
    interrupt(tree, signal.SIGKILL)
    path = tree.root / "impls" / "vlad" / "loop.py"
    path.write_text(path.read_text() + "\n# a changed strategy\n")
    tree.run(PLAN)
    assert len({line["run"] for line in tree.measured()}) == 2


def test_two_writers_do_not_share_a_journal(tree: Tree) -> None:
    process = tree.start(PLAN)
    deadline = time.monotonic() + 120
    while blocks_in(tree) < 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    script = "from benchmarks.protocol.journal import Journal; import sys; Journal(sys.argv[1], {}, patience_s=0.1)"
    second = subprocess.run(
        [sys.executable, "-c", script, str(tree.journal())],
        cwd=tree.root,
        capture_output=True,
        text=True,
    )
    process.kill()
    process.communicate()
    assert "another run is writing" in second.stderr
