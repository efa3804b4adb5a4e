"""The time machine: environments as data, interpreters that really run, rounds that go on and reasons that are kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import ROOT, sets
from benchmarks.protocol import expected, machine
from benchmarks.timemachine import config, drive, environments, interpreters
from benchmarks.timemachine.config import Environment, Eras

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
ROWS = [
    Environment("3.8", (("numpy", "1.19.5"), ("scikit-learn", "0.24.2"))),
    Environment("3.11", (("numpy", "2.0.2"),)),
]


# -- the configuration ------------------------------------------------------------------------------------------
def test_the_committed_environments_are_those_of_the_story() -> None:
    found = {(e.python, e.expected["numpy"]): e.expected for e in config.read().environments}
    assert found["3.8", "1.19.5"].items() >= {"scikit-learn": "0.24.2", "scipy": "1.5.4"}.items()
    assert found["3.8", "1.21.6"]["scikit-learn"] == "1.0.2"
    assert {numpy for python, numpy in found if python == "3.11"} >= {"1.24.4", "1.26.4", "2.0.2"}
    assert any(python == "3.13" and numpy.startswith("2.5") for python, numpy in found)
    assert all("threadpoolctl" in pins for pins in found.values())


def test_asv_reads_the_same_rows() -> None:
    from asv.config import Config
    from asv.environment import iter_matrix

    asv_config = Config.load(os.path.join(ROOT, config.FILE))
    rows = list(iter_matrix("virtualenv", asv_config.pythons, asv_config))
    told = {(row["python", None], row["req", "numpy"]) for row in rows}
    assert told == {(e.python, e.expected["numpy"]) for e in config.read().environments}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no row under include"),
        ([{"python": "3.8"}], "needs python and req with numpy"),
        ([{"python": "3.8", "req": {"numpy": ""}}], "numpy needs an exact version in the row of Python 3.8"),
        ([{"python": "3.8", "req": {"numpy": "1.19.5"}}] * 2, "several rows called era-py3.8-numpy1.19.5"),
    ],
)
def test_a_bad_configuration_is_one_clear_sentence(tmp_path: Path, rows: list, told: str) -> None:
    path = tmp_path / "asv.eras.conf.json"
    path.write_text("// a comment\n" + json.dumps({"include": rows}))
    with pytest.raises(ValueError, match=told):
        config.read(str(path))


# -- interpreters -----------------------------------------------------------------------------------------------
def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Python but what a test puts there."""
    for name in ("HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "nothing"))
    return tmp_path


def test_a_shim_that_fails_is_passed_over_for_a_python_that_runs(nowhere: Path) -> None:
    script(nowhere / "shims" / "python3.8", "echo pyenv: python3.8: command not found >&2; exit 127")
    real = script(nowhere / "PYENV_ROOT" / "versions" / "3.8.18" / "bin" / "python", "echo 3.8")
    assert interpreters.find("3.8") == (str(real), "")


def test_the_reason_names_what_was_tried(nowhere: Path) -> None:
    script(nowhere / "shims" / "python3.8", "echo pyenv: command not found >&2; exit 127")
    script(nowhere / "PYENV_ROOT" / "versions" / "3.8.18" / "bin" / "python", "echo 3.9")
    found = interpreters.find("3.8")
    assert found.path is None
    assert "no working Python 3.8" in found.reason
    assert "pyenv shim fails: pyenv: command not found" in found.reason
    assert "is Python 3.9" in found.reason
    assert interpreters.find("3.7").reason == "no working Python 3.7 on the PATH, with pyenv or with uv"


def test_a_python_that_cannot_make_environments_will_not_do(nowhere: Path) -> None:
    script(
        nowhere / "shims" / "python3.8",
        "echo \"ModuleNotFoundError: No module named 'ensurepip'\" >&2; exit 1",
    )
    assert "No module named 'ensurepip'" in interpreters.find("3.8").reason


# -- environments -----------------------------------------------------------------------------------------------
#: makes a copy of itself where a virtual environment is asked for, and fails as pip where pip is
PIP_FAILS = """
case "$2" in
  venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";;
  pip) echo "ERROR: No matching distribution found for numpy==1.19.5" >&2; echo "a hint" >&2; exit 1;;
esac
"""


def test_pip_s_own_words_are_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = script(tmp_path / "python", PIP_FAILS)
    monkeypatch.setattr(interpreters, "find", lambda version: interpreters.Search(str(python), ""))
    with pytest.raises(environments.NotAvailableError) as told:
        environments.obtain(ROWS[0], str(tmp_path / "made"))
    pins = "numpy==1.19.5, scikit-learn==0.24.2"
    reason = "ERROR: No matching distribution found for numpy==1.19.5"
    assert str(told.value) == f"pip cannot install {pins}: {reason}"
    assert not environments.is_ready(str(tmp_path / "made"), ROWS[0])


def test_an_era_without_a_lock_is_not_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = script(tmp_path / "python", "exit 1")
    monkeypatch.setattr(interpreters, "find", lambda version: interpreters.Search(str(python), ""))
    with pytest.raises(
        environments.NotAvailableError, match=r"no requirements/eras/era-py3\.8-numpy1\.18\.5\.txt"
    ):
        environments.obtain(Environment("3.8", (("numpy", "1.18.5"),)), str(tmp_path / "made"))


def test_an_environment_is_made_once_and_known_by_its_pins(tmp_path: Path, monkeypatch) -> None:
    folder, made = tmp_path / "made", []
    python = script(tmp_path / "python", "exit 0")
    monkeypatch.setattr(interpreters, "find", lambda version: interpreters.Search(str(python), ""))

    def call(words: list[str], trouble: str) -> None:
        made.append(words)
        script(folder / "bin" / "python", "exit 0")

    monkeypatch.setattr(environments, "_call", call)
    for _ in range(2):
        assert environments.obtain(ROWS[0], str(folder)) == str(folder / "bin" / "python")
    lock = os.path.join(ROOT, "requirements", "eras", "era-py3.8-numpy1.19.5.txt")
    assert [words[-1] for words in made] == [str(folder), lock, "check"]
    assert {"--no-deps", "--require-hashes", "--only-binary"} <= set(made[1])
    assert environments.is_ready(str(folder), ROWS[0])
    assert not environments.is_ready(str(folder), ROWS[1])


# -- versions ---------------------------------------------------------------------------------------------------
def test_versions_are_those_that_are_loaded() -> None:
    import numpy

    expected.require_versions({"python": HERE, "numpy": numpy.__version__})
    with pytest.raises(expected.WrongVersionError) as told:
        expected.require_versions({"python": "2.7", "numpy": "1.19.5", "no-such-thing": "1"})
    assert f"numpy {numpy.__version__} in place of 1.19.5" in str(told.value)
    assert "in place of 2.7" in str(told.value)
    assert "no-such-thing nothing (No module named" in str(told.value)


def test_a_worker_with_another_numpy_measures_nothing(tree) -> None:
    from tests.benchmarks.conftest import small

    variables = dict(tree.environment(), CROSSOVER_EXPECT='{"numpy": "1.19.5"}')
    done = subprocess.run(
        tree.command(small()), cwd=tree.root, env=variables, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "the measuring process loads numpy" in done.stderr
    assert not [line for line in tree.lines() if "kind" not in line]


# -- rounds -----------------------------------------------------------------------------------------------------
class World:
    """A machine on which environments can be had or not and sets end as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.absent: dict[str, str] = {}
        self.ends: dict[tuple[str, str], str | BaseException] = {}
        self.measured: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.code = "0"
        monkeypatch.setenv("CROSSOVER_RESULTS", str(tmp_path))
        monkeypatch.setenv("CROSSOVER_MACHINE", "box")
        monkeypatch.setattr(machine, "git_state", lambda: {"sha": "abc", "dirty": False})
        monkeypatch.setattr(drive, "source_digest", lambda: self.code)
        monkeypatch.setattr(environments, "obtain", self.obtain)
        monkeypatch.setattr(drive, "measure_set", self.measure)

    def obtain(self, environment: Environment, folder: str) -> str:
        if environment.name in self.absent:
            raise environments.NotAvailableError(self.absent[environment.name])
        return "python"

    def measure(self, python: str, environment: Environment, name: str, session: int) -> str:
        end = self.ends.pop((environment.name, f"{name}{session}"), "")
        if isinstance(end, BaseException):
            raise end
        if not end:
            self.measured.append((environment.name, f"{name}{session}"))
        return end

    def go(self, *only: str) -> int:
        return drive.drive(Eras("envs", tuple(ROWS)), {"A": 2, "B": 1}, only, self.said.append)

    def record(self) -> dict:
        return json.loads(Path(drive.record_path()).read_text())["machines"]["box"]


OLD, NEW = (row.name for row in ROWS)
#: What is measured in an environment, in order: the first session of both sets, then the second of the one with two.
VISITS = {name: [(name, "A1"), (name, "B1"), (name, "A2")] for name in (OLD, NEW)}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return World(monkeypatch, tmp_path)


def test_all_sets_are_measured_everywhere(world: World) -> None:
    assert world.go() == 0
    assert world.measured == [*VISITS[OLD][:2], *VISITS[NEW][:2], *VISITS[OLD][2:], *VISITS[NEW][2:]]
    found = world.record()
    assert found["finished_at"]
    assert {name: entry["status"] for name, entry in found["environments"].items()} == {
        OLD: "measured",
        NEW: "measured",
    }
    assert found["environments"][OLD]["expected"] == {
        "python": "3.8",
        "numpy": "1.19.5",
        "scikit-learn": "0.24.2",
    }


def test_what_cannot_be_had_is_named_and_the_others_run(world: World) -> None:
    world.absent[OLD] = "no working Python 3.8"
    assert world.go() == 0
    assert world.measured == VISITS[NEW]
    entry = world.record()["environments"][OLD]
    assert (entry["status"], entry["reason"]) == ("not available here", "no working Python 3.8")
    assert any("not available here: no working Python 3.8" in text for text in world.said)


def test_nothing_to_be_had_is_a_failure(world: World) -> None:
    world.absent.update({OLD: "none", NEW: "none"})
    assert world.go() == 1


def test_an_interrupted_round_goes_on_where_it_was(world: World) -> None:
    world.ends[NEW, "B1"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.go()
    first = world.record()
    assert "finished_at" not in first
    world.measured.clear()
    assert world.go() == 0
    assert world.measured == [(NEW, "B1"), (OLD, "A2"), (NEW, "A2")]
    assert world.record()["round"] == first["round"]


def turns(world: World) -> list[str]:
    """What was said of sessions that were measured, without the forecast; forgotten thereafter."""
    told = [text.partition(",")[0] for text in world.said if text.startswith("session")]
    world.said.clear()
    return told


def test_sessions_that_are_done_already_are_not_told_again(world: World) -> None:
    world.ends[NEW, "A2"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.go()
    assert turns(world) == ["session 1 of 2 done"]
    world.go()
    assert turns(world) == ["session 2 of 2 done"]
    world.absent.update({OLD: "none", NEW: "none"})
    world.go()
    assert turns(world) == []


def test_a_set_that_failed_is_taken_up_where_it_failed(world: World) -> None:
    """Also where another environment still keeps the round open: it is tried again, with the sessions it has."""
    world.ends[OLD, "A2"] = "A ended with code 1: out of luck"
    assert world.go(OLD) == 1
    world.measured.clear()
    assert world.go() == 0
    assert world.measured == [*VISITS[NEW][:2], (OLD, "A2"), (NEW, "A2")]
    assert world.record()["environments"][OLD]["status"] == "measured"


def test_a_finished_round_is_followed_by_a_new_one(world: World) -> None:
    world.go()
    first = world.record()["round"]
    world.measured.clear()
    world.go()
    assert len(world.measured) == 6
    assert world.record()["round"] != first


def test_other_code_is_another_round(world: World) -> None:
    world.ends[NEW, "A1"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.go()
    world.code, world.measured = "1", []
    world.go()
    assert len(world.measured) == 6


def test_a_set_that_fails_costs_its_environment_only(world: World) -> None:
    world.ends[OLD, "B1"] = "A ended with code 1: out of luck"
    assert world.go() == 0
    assert world.measured == [(OLD, "A1"), *VISITS[NEW]]
    assert world.record()["environments"][OLD]["reason"] == "A ended with code 1: out of luck"


def test_some_environments_leave_the_round_open_for_the_others(world: World) -> None:
    assert world.go(NEW) == 0
    assert "finished_at" not in world.record()
    assert world.go() == 0
    assert world.measured == [*VISITS[NEW], *VISITS[OLD]]
    assert world.record()["finished_at"]


def test_a_broken_record_is_one_clear_error(world: World) -> None:
    Path(drive.record_path()).write_text("{")
    with pytest.raises(ValueError, match=r"eras\.json is not JSON"):
        world.go()


def test_an_unknown_environment_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert drive.main(["era-py2.7"]) == 2
    assert (
        "no environment named era-py2.7; asv.eras.conf.json has era-py3.8-numpy1.19.5"
        in capsys.readouterr().err
    )


def test_the_sets_exist() -> None:
    assert set(drive.SETS) <= set(sets.SETS)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_set_that_is_interrupted_ends_before_its_driver(tmp_path: Path) -> None:
    """The child hears Ctrl-C as well; the driver waits for it and takes its exit code for an interruption."""
    child = tmp_path / "python"
    child.write_text("#!/bin/sh\ntrap 'echo ended >> \"$0.log\"; exit 130' INT\nkill -INT $$\nsleep 5\n")
    child.chmod(0o755)
    with pytest.raises(KeyboardInterrupt):
        drive.measure_set(str(child), ROWS[1], "A", 1)
    assert (tmp_path / "python.log").read_text() == "ended\n"


def test_a_child_that_did_not_hear_is_told() -> None:
    deaf = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    drive.hush(deaf, patience_s=0.2)
    assert deaf.returncode == -signal.SIGINT
