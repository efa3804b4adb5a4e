"""The workflows on GitHub run commands that exist, and ask for no more rights than they need."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import reports.__main__ as command_line
from tests.test_setup import RESOLVES

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".github" / "workflows"
NAMES = ("pages", "tests")
#: Behind the matrix's variable stands one of its values.
MATRIX = re.compile(r"\$\{\{ matrix\.(\w+) \}\}")


def workflow(name: str) -> dict[Any, Any]:
    """One workflow; YAML 1.1 reads the key `on` as true."""
    found = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    found["on"] = found.pop(True)
    return found


def steps(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """All steps of a workflow with their job."""
    for job in workflow(name)["jobs"].values():
        for step in job["steps"]:
            yield job, step


def commands(name: str) -> Iterator[list[str]]:
    """The words of each command, once for each value of the matrix."""
    for job, step in steps(name):
        if "run" not in step:
            continue
        matrix = job.get("strategy", {}).get("matrix", {})
        wanted = MATRIX.findall(step["run"])
        for value in matrix[wanted[0]] if wanted else [""]:
            for line in MATRIX.sub(value, step["run"]).splitlines():
                yield shlex.split(line)


def test_there_are_these_workflows_and_each_action_is_pinned_to_a_major_version() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(NAMES)
    used = [step["uses"] for name in NAMES for _, step in steps(name) if "uses" in step]
    assert used
    assert not [each for each in used if not re.fullmatch(r"actions/[\w-]+@v\d+", each)]


@pytest.mark.parametrize("name", NAMES)
def test_every_target_of_make_is_in_the_makefile(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for variable in ("READY", "VENV"):  # the one is told by the other
        (value,) = re.findall(rf"(?m)^{variable} := (\S+)$", makefile)
        makefile = makefile.replace(f"$({variable})", value)
    found = [words for words in commands(name) if words[0] == "make"]
    assert found
    for words in found:
        for target in (word for word in words[1:] if "=" not in word):
            assert re.search(rf"(?m)^{re.escape(target)}:", makefile), target
        for variable in (word.partition("=")[0] for word in words[1:] if "=" in word):
            assert re.search(rf"(?m)^{variable} \?=", makefile), variable


@pytest.mark.parametrize("name", NAMES)
def test_make_is_given_the_python_that_was_set_up(name: str) -> None:
    for job in workflow(name)["jobs"].values():
        text = [str(step) for step in job["steps"]]
        made = [one for one in text if "make " in one]
        told = [step["with"]["python-version"] for step in job["steps"] if "setup-python" in str(step)]
        assert len(made) == len(told)
        assert all(f"PYTHON=python{version} " in one for version, one in zip(told, made, strict=True))


def test_the_site_is_built_by_a_command_that_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def build(*words: Any) -> int:
        asked.append(words)
        return 0

    monkeypatch.setattr(command_line, "_build", build)
    (words,) = [words for words in commands("pages") if "reports" in words]
    assert words[:3] == [".venv/bin/python", "-m", "reports"]
    assert command_line.main(words[3:]) == 0
    ((results, out, *_),) = asked
    assert list((ROOT / results).glob("*/*.jsonl.xz")), "no committed results there"
    (uploaded,) = [step["with"]["path"] for _, step in steps("pages") if "artifact" in step.get("uses", "")]
    assert str(out) == uploaded


def test_tests_run_as_the_readme_says_on_every_push_on_the_oldest_and_a_newer_python() -> None:
    found = workflow("tests")
    assert set(found["on"]) == {"push", "pull_request"}
    assert {words[-1] for words in commands("tests") if words[0] == "make"} == {"test"}
    assert found["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert "\nmake test " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_browsers_that_are_looked_for_are_those_of_the_tests() -> None:
    (line,) = [words for words in commands("tests") if "chromium" in words]
    text = (ROOT / "tests" / "reports" / "chromium.py").read_text(encoding="utf-8")
    named = re.search(r"for name in \(([^)]*)\)", text)
    assert named is not None
    browsers = re.findall(r'"([\w-]+)"', named[1])
    assert shlex.join(line) == shlex.join(" || ".join(f"command -v {each}" for each in browsers).split())


def test_nothing_is_written_but_the_site_and_nothing_is_installed_past_the_locks() -> None:
    for name in NAMES:
        assert workflow(name)["permissions"] == {"contents": "read"}
        assert not [words for words in commands(name) if RESOLVES.search(" ".join(words))]
    jobs = workflow("pages")["jobs"]
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert "write" not in jobs["build"]["permissions"].values()
    assert workflow("pages")["concurrency"] == {"group": "pages", "cancel-in-progress": False}
    assert workflow("pages")["on"] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}
