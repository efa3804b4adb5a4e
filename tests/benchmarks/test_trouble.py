"""What is nobody's fault: a full disk, a killed worker, a broken journal, a name that leads elsewhere."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ROOT, sets
from benchmarks.protocol import asv_conf, machine, places
from benchmarks.protocol.journal import Journal, JournalBrokenError
from benchmarks.protocol.plan import LONGEST_REASON, shortened
from benchmarks.protocol.process import Worker
from benchmarks.protocol.state import open_run
from tests.benchmarks.conftest import Tree, small
from tests.benchmarks.test_casualties import HONEST, RIGHT, strategy
from tests.benchmarks.test_resume import blocks_in

FULL = "\nimport os as _os\n_right = VladWorkload.reference\ndef _full(self, block, inputs):\n"
FULL += "    if _os.path.exists('FULL'): raise OSError(28, 'No space left on device')\n"
FULL += "    return _right(self, block, inputs)\nVladWorkload.reference = _full\n"


def run(tree: Tree, **variables: str) -> subprocess.CompletedProcess[str]:
    """``python -m benchmarks run Small`` in the copied tree, with a set of that name."""
    sets_file = tree.root / "benchmarks" / "sets.py"
    if "Small" not in sets_file.read_text():
        grid = "Grid('vlad', vlad_sizes([4], [16], [8], [4]), 'aggregate')"
        budget = "Budget(min_sample_s=0.0005, strategy_s=0.002, call_limit_s=0.5, compile_allowance_s=0.0)"
        added = f"\nSETS['Small'] = MeasurementSet('Small', 2, {grid}.blocks(), {budget})\n"
        sets_file.write_text(sets_file.read_text() + added)
    words = [sys.executable, "-m", "benchmarks", "run", "Small"]
    environment = {**tree.environment(), **variables}
    return subprocess.run(words, cwd=tree.root, env=environment, capture_output=True, text=True, timeout=120)


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What was said of a failure: one line, and no traceback."""
    assert done.returncode not in (0, 130), done.stdout
    assert "Traceback" not in done.stderr
    (said,) = done.stderr.strip().splitlines()
    return said


def test_a_full_disk_is_nobody_s_fault_and_the_run_goes_on_afterwards(tree: Tree) -> None:
    workload = tree.root / "benchmarks" / "workloads" / "vlad.py"
    workload.write_text(workload.read_text() + FULL)
    (tree.root / "FULL").touch()
    said = sentence(run(tree))
    assert "No space left on device" in said
    assert "T4 L16 F8 K4" in said
    assert not any(line.get("kind") == "finished" for line in tree.lines())
    assert tree.measured() == []
    (tree.root / "FULL").unlink()
    done = run(tree)
    assert done.returncode == 0, done.stderr
    assert {line["status"] for line in tree.measured()} == {"ok"}
    assert len({line["run"] for line in tree.lines() if "run" in line}) == 1


def test_a_strategy_that_finds_the_disk_full_is_not_to_blame(tree: Tree) -> None:
    tree.drop(
        "scatter", "unlucky", strategy("caches on disk", "raise OSError(28, 'No space left on device')")
    )
    assert "No space left on device" in sentence(run(tree))
    assert tree.measured() == []


def test_a_worker_killed_by_chance_marks_nobody(tree: Tree) -> None:
    """Killed once, as by the out-of-memory killer that looked for somebody else."""
    body = f"{RIGHT}\n    if not os.path.exists('died'):\n        open('died', 'w').close()\n"
    tree.drop("scatter", "unlucky", strategy("is hit", body + "        os.kill(os.getpid(), signal.SIGKILL)"))
    tree.run(small(sessions=2))
    assert (tree.root / "died").exists()
    assert {line["status"] for line in tree.measured()} == {"ok"}
    assert {line["impl"] for line in tree.measured()} == HONEST | {"unlucky"}


def test_a_run_without_one_time_is_not_finished_and_not_taken_up(tree: Tree) -> None:
    for name in ("loop", "bincount", "ufunc_at"):
        for folder in ("scatter", "vlad"):
            (tree.root / "impls" / folder / f"{name}.py").unlink(missing_ok=True)
    tree.drop("scatter", "unlucky", strategy("fails", "raise RuntimeError('not today')"))
    assert "no strategy has a time (2 x failed: RuntimeError" in sentence(run(tree))
    assert {line["status"] for line in tree.measured()} == {"failed"}
    assert not any(line.get("kind") == "finished" for line in tree.lines())
    sentence(run(tree))
    assert len({line["run"] for line in tree.measured()}) == 2


def test_an_open_run_is_taken_up_unless_it_measured_for_nothing() -> None:
    def begun(name: str) -> dict[str, Any]:
        return {"kind": "run", "run": name, "fingerprint": "f"}

    def line(name: str, seconds: list[float]) -> dict[str, Any]:
        return {"run": name, "status": "ok" if seconds else "failed", "seconds": seconds}

    timed, empty, new = line("a", [1.0]), line("b", []), begun("c")
    assert open_run([begun("a"), timed], "f") == "a"
    assert open_run([begun("a"), timed], "other") is None
    assert open_run([begun("a"), timed, begun("b"), empty], "f") == "a"
    assert open_run([begun("b"), empty], "f") is None
    assert open_run([begun("a"), timed, new], "f") == "c"
    assert open_run([begun("a"), timed, {"kind": "finished", "run": "a"}], "f") is None


BROKEN = [b"5", b"[1]", b'"x"', b"null", b"\0\0\0", b"\xef\xbb\xbf{}", b'{"a": "\xff"}', b"[" * 100_000]


def test_a_broken_journal_is_one_sentence_that_names_the_line(tree: Tree) -> None:
    assert run(tree).returncode == 0
    path = tree.journal()
    first, rest = path.read_bytes().split(b"\n", 1)
    for text in BROKEN:
        path.write_bytes(b"\n".join([first, text, rest]))
        with pytest.raises(JournalBrokenError, match="line 2 is not a JSON object"):
            Journal(str(path), {})
    assert f"{path} line 2 is not a JSON object" in sentence(run(tree))
    assert path.read_bytes() == b"\n".join([first, BROKEN[-1], rest])


def test_lines_of_a_run_that_nobody_could_have_written_are_one_sentence(tree: Tree) -> None:
    tree.run(small(sessions=2), until=1)
    lines = tree.lines()
    bad = {"run": next(line["run"] for line in lines if "run" in line), "cell": 7, "session": 0}
    with tree.journal().open("a") as journal:
        journal.write(json.dumps({**bad, "block_end": True}) + "\n")
    done = subprocess.run(
        tree.command(small(sessions=2)), cwd=tree.root, env=tree.environment(), capture_output=True, text=True
    )
    assert "this suite did not write" in done.stderr.splitlines()[-1]


def test_a_machine_s_name_leads_nowhere_else(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("..", ".", "../up", "a/b", "a\\b", "a\nb", "x" * 101, " . "):
        monkeypatch.setenv("CROSSOVER_MACHINE", name)
        with pytest.raises(ValueError, match="CROSSOVER_MACHINE is"):
            machine.machine_name()
    assert "CROSSOVER_MACHINE is '..'" in sentence(run(tree, CROSSOVER_MACHINE=".."))
    assert not tree.results.exists()


@pytest.mark.parametrize("name", ["..", ".", "...", "/", "a/../b", "a b"])
def test_no_name_becomes_a_path(name: str) -> None:
    safe = places.safe_name(name)
    assert "/" not in safe
    assert safe.strip(".")


def test_a_folder_that_cannot_be_written_is_one_sentence(tree: Tree) -> None:
    tree.results.mkdir()
    (tree.results / "box").write_text("a file where the machine's folder should be")
    assert f"{tree.results / 'box'} cannot be read or written" in sentence(run(tree))


def test_a_journal_says_which_file_the_disk_had_no_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "box" / "journal.jsonl")
    with Journal(path, {"kind": "machine"}) as journal:
        monkeypatch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(OSError, match="full") as told:
            journal.append_block([{"impl": "loop"}])
        assert told.value.filename == path
        if Path("/dev/full").exists():
            whole, journal._file = journal._file, open("/dev/full", "w")  # noqa: SIM115
            with pytest.raises(OSError, match="No space left") as told:
                journal.append({"impl": "loop"})
            assert told.value.filename == path
            whole.close()


def test_a_worker_that_does_not_start_is_one_sentence(tree: Tree) -> None:
    worker = tree.root / "benchmarks" / "protocol" / "worker.py"
    worker.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    said = sentence(run(tree))
    assert "the measuring process did not start: killed by SIGKILL" in said


def test_a_worker_killed_at_its_start_gets_a_second_try(tree: Tree) -> None:
    worker = tree.root / "benchmarks" / "protocol" / "worker.py"
    text = worker.read_text().replace(
        'if __name__ == "__main__":\n', 'if __name__ == "__main__":\n    first()\n'
    )
    kill = "    import signal\n    if not os.path.exists('started'):\n        open('started', 'w').close()\n"
    worker.write_text(
        text.replace("def serve(", f"def first():\n{kill}        os.kill(os.getpid(), 9)\n\n\ndef serve(")
    )
    done = run(tree)
    assert done.returncode == 0, done.stderr
    assert (tree.root / "started").exists()


def test_answers_of_another_process_or_to_another_request_are_refused(tmp_path: Path) -> None:
    worker = Worker(1, str(tmp_path))
    try:
        pid = worker._process.pid
        for event in (
            {"event": "done", "pid": pid + 1, "request": 2, "devices": "of a copy"},
            {"event": "done", "pid": pid, "request": 1, "devices": "of an earlier request"},
            {"event": "done", "request": 2, "devices": "of nobody"},
        ):
            worker._events.put(event)
        assert worker.devices() == {}
    finally:
        worker.close()


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="ends of processes are seen at once where waitid is")
def test_a_dead_worker_is_seen_though_its_pipe_is_held_open(tmp_path: Path) -> None:
    worker = Worker(1, str(tmp_path))
    keeper = os.dup(worker._process.stdout.fileno())  # type: ignore[union-attr]
    try:
        os.kill(worker._process.pid, signal.SIGSEGV)
        started = time.monotonic()
        assert worker._next(started + 60.0) is None
        assert time.monotonic() - started < 30.0
    finally:
        os.close(keeper)
        worker.close()


def test_reasons_have_a_bound() -> None:
    assert shortened("short") == "short"
    long = shortened("x" * 5_000_000)
    assert len(long) == LONGEST_REASON
    assert long.endswith("…")


COMMENTED = """{
    // where the results are
    "results_dir": "http://elsewhere/*not a comment*/", /* a
    longer one */
    "branches": ["HEAD", "main",], // trailing commas
    "text": "a \\" quote // and no comment,]",
}
"""


def test_asv_s_configuration_may_have_comments_and_trailing_commas(tree: Tree) -> None:
    path = tree.root / "asv.conf.json"
    path.write_text(COMMENTED)
    found = asv_conf.read(str(path))
    assert found == {
        "results_dir": "http://elsewhere/*not a comment*/",
        "branches": ["HEAD", "main"],
        "text": 'a " quote // and no comment,]',
    }
    json5 = pytest.importorskip("json5")
    assert json5.loads(COMMENTED) == found
    path.write_text('{\n  // ours\n  "results_dir": "kept",\n}\n')
    environment = {name: value for name, value in tree.environment().items() if name != "CROSSOVER_RESULTS"}
    script = "from benchmarks.protocol import places; print(places.results_dir())"
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, cwd=tree.root, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == str(tree.root / "kept"), done.stderr


@pytest.mark.parametrize("text", ["[1]", "{", "", '{"a": }'])
def test_a_configuration_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "asv.conf.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=str(path)):
        asv_conf.read(str(path))


def test_the_repository_s_own_configuration_is_plain() -> None:
    for name in ("asv.conf.json", "asv.eras.conf.json"):
        assert asv_conf.read(os.path.join(ROOT, name))["project"].startswith("Crossover")


@pytest.mark.parametrize("name", sets.SETS)
def test_classes_of_a_set_are_found_by_their_names_alone(name: str) -> None:
    found = sets.asv_classes(name)
    assert bool(found) == (name != "Encode"), (
        "Encode goes past asv: each of its shapes would be a class of its own"
    )
    others = {each for other in sets.SETS if other != name for each in sets.asv_classes(other)}
    assert not set(found) & others
    assert sets.asv_classes("NoSuchSet") == []


def test_a_new_set_is_one_more_entry(tree: Tree) -> None:
    """CONTRIBUTING: grids in sets.py say which cells are measured; all commands take it from there."""
    assert run(tree).returncode == 0
    for words in (["list"], ["measure", "Small"]):
        environment = dict(tree.environment(), GIT_DIR=str(tree.root))  # no commit here
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", *words],
            cwd=tree.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert "Small" in done.stdout
    assert blocks_in(tree) == 4
    assert machine.machine_name()


def test_every_variable_of_the_environment_is_documented() -> None:
    read = set()
    for folder in ("benchmarks", "impls", "reports"):
        for path in (Path(ROOT) / folder).rglob("*.py"):
            read |= set(re.findall(r"[\"'](CROSSOVER_[A-Z]+)[\"']", path.read_text(encoding="utf-8")))
    told = set(
        re.findall(r"`(CROSSOVER_[A-Z]+)`", (Path(ROOT) / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    )
    assert "CROSSOVER_RESULTS" in read
    assert read == told
