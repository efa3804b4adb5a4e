"""Set-up resolves nothing: every line that installs something takes a complete lock, and the locks are complete."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from benchmarks.timemachine import config
from requirements.missing import entries, missing

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted((ROOT / "requirements").rglob("*.txt"))
PACKAGES = ("impls", "benchmarks", "reports")
PYTHONS = ("3.11", "3.12", "3.13")

#: Commands that fetch packages by name.
RESOLVES = re.compile(
    r"\b(pip3?|uv|pipx|conda|mamba|poetry|apt-get)\b[^\n`]*?\b(install|download|add|sync|wheel|run)\b|\buvx\b|easy_install"
)


# -- the lines that install ---------------------------------------------------------------------------------------
def trouble(line: str) -> str:
    """Why a line could resolve something anew; empty where it cannot."""
    words = re.sub(r"[`\",]", " ", line).split()
    if "--no-deps" not in words:
        return "without --no-deps pip asks for the newest of what is not pinned"
    if "." in words:
        return "" if "--no-build-isolation" in words else "the build would fetch its own tools"
    if "--no-index" in words:
        return ""
    return "" if "--require-hashes" in words and "-r" in words else "no lock with hashes is named"


def shell_lines(path: Path, text: str) -> Iterator[str]:
    """Lines of a file that install something, continued lines joined, variables put in."""
    text = re.sub(r"\\\n\s*", " ", text)
    if path.name == "Makefile":
        for name, value in re.findall(r"(?m)^(\w+) [:?]?= (.*)$", text):
            text = text.replace(f"$({name})", value)
        text = re.sub(r"(?m)^\w+ [:?]?= .*$", "", text)
    for line in text.splitlines():
        if RESOLVES.search(line) and not line.lstrip().startswith(("#", "//")):
            yield line


def python_lines(text: str) -> Iterator[str]:
    """Commands that Python code puts together: the words of every function or cell that has "install" among them."""
    tree = ast.parse(text)
    scopes = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Module))]
    for scope in scopes:
        words = [
            node.value
            for statement in scope.body
            if not isinstance(statement, (ast.FunctionDef, ast.ClassDef))
            for node in ast.walk(statement)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if "install" in words or "download" in words:
            yield " ".join(words)


def installing(path: Path) -> Iterator[str]:
    """What a file of the set-up runs, or tells people to run, that installs something."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        for cell in json.loads(text)["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown" or re.match(r"\s*[%!]", source):
                yield from shell_lines(path, source)
            else:
                yield from python_lines(source)
    elif path.suffix == ".py":
        yield from python_lines(text)
    else:
        yield from shell_lines(path, text)


def setup_files() -> list[Path]:
    """All files that set something up, or tell people how."""
    known = ["Makefile", "*.md", "*.json", ".ci/*", "docs/**/*.md", "notebooks/*", "requirements/*.py"]
    found = [path for pattern in (*known, "benchmarks/**/*.py") for path in ROOT.glob(pattern)]
    return [path for path in found if path.is_file()]


def test_no_line_of_the_set_up_resolves_anything() -> None:
    found = [(path, line) for path in setup_files() for line in installing(path)]
    assert {path.name for path, _ in found} >= {
        *("Makefile", "asv.conf.json", "README.md", "CONTRIBUTING.md"),
        *("run", "colab_rerun.ipynb", "environments.py"),
    }
    assert not [f"{path.name}: {line.strip()}: {trouble(line)}" for path, line in found if trouble(line)]
    for path, line in found:
        for lock in re.findall(r"requirements/[\w./-]+\.txt", line):
            assert ROOT / lock in LOCKS, f"{path.name} installs {lock}, which is not there"


@pytest.mark.parametrize(
    "line",
    [
        "pip install --quiet --require-hashes -r requirements/suite.txt",  # as it was: extras are resolved anew
        ".venv/bin/pip install torch",
        '.venv/bin/pip install "jax[cuda12]>=0.11.1"',
        "python -m pip install --no-deps -r requirements/suite.txt",
        "pip install --no-deps .",
        "uv sync",
        "uvx crossover-bench",
    ],
)
def test_lines_that_resolve_are_seen(line: str) -> None:
    assert [trouble(found) for found in shell_lines(Path("README.md"), line)] > [""]


@pytest.mark.parametrize(
    "text",
    ['subprocess.run([python, "-m", "pip", "install", *pins])', 'def f():\n    return ["uv", "install"]'],
)
def test_commands_that_resolve_are_seen_in_code(text: str) -> None:
    assert [trouble(found) for found in python_lines(text)] > [""]


def test_what_is_installed_by_a_lock_is_checked() -> None:
    assert re.search(r"-m pip check", (ROOT / "Makefile").read_text())
    assert "pip check" in json.loads((ROOT / "asv.conf.json").read_text())["install_command"][-1]
    assert '"check"' in (ROOT / "benchmarks" / "timemachine" / "environments.py").read_text()


def test_no_advice_names_a_distribution_that_nobody_holds() -> None:
    """Whoever registers that name one day decides what such an advice installs."""
    named = re.compile(r"install [^\n]*crossover[-_]bench")
    texts = {
        path: path.read_text(encoding="utf-8")
        for folder in PACKAGES
        for path in (ROOT / folder).rglob("*.py")
    }
    texts |= {path: path.read_text(encoding="utf-8") for path in setup_files()}
    assert len(texts) > 200
    assert not [path for path, text in texts.items() if named.search(text)]


# -- the locks ----------------------------------------------------------------------------------------------------
def names(lock: str) -> set[str]:
    """Packages that a lock has for this interpreter and platform."""
    return {entry.name for entry in entries(ROOT / "requirements" / lock) if entry.applies}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_entry_has_one_version_and_hashes(path: Path) -> None:
    found = entries(path)
    assert found
    applying = [entry.name for entry in found if entry.applies]
    assert len(applying) == len(set(applying)), "two versions of one package for one interpreter"


def needs(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """What an installed distribution with some extras needs here."""
    for text in importlib.metadata.requires(name) or []:
        found = Requirement(text)
        environments = [{"extra": extra} for extra in ("", *extras)]
        if found.marker is None or any(found.marker.evaluate(each) for each in environments):
            yield found


def test_the_lock_of_the_suite_is_complete_here() -> None:
    """Whatever a package of the lock needs is in the lock, extras included: `coverage[toml]` has broken set-up once."""
    lock, lacking = names("suite.txt"), []
    wanted: list[tuple[str, frozenset[str]]] = [(name, frozenset()) for name in sorted(lock)]
    seen = set(wanted)
    for name, extras in wanted:  # grows: an extra of one package is asked for by another
        try:
            found = list(needs(name, extras))
        except importlib.metadata.PackageNotFoundError:
            continue  # an environment made by hand may lack some
        for each in found:
            key = (canonicalize_name(each.name), frozenset(each.extras))
            if key[0] not in lock:
                lacking.append(f"{name} needs {each}")
            elif key not in seen:
                seen.add(key)
                wanted.append(key)
    assert len(seen) > 60
    assert not lacking


def versions(lock: str, python: str) -> dict[str, Version]:
    """Versions that a lock has for a Python on Linux."""
    where = {"python_version": python, "python_full_version": f"{python}.4", "sys_platform": "linux"}
    where |= {"platform_machine": "x86_64", "os_name": "posix", "platform_python_implementation": "CPython"}
    return {
        entry.name: Version(next(iter(entry.requirement.specifier)).version)
        for entry in entries(ROOT / "requirements" / lock)
        if entry.requirement.marker is None or entry.requirement.marker.evaluate(where)
    }


@pytest.mark.parametrize("python", PYTHONS)
def test_one_lock_serves_every_python_with_what_it_can_have(python: str) -> None:
    found = versions("suite.txt", python)
    assert found.items() >= versions("measure.txt", python).items()
    if python == "3.11":
        assert found["jax"] < Version("0.11")  # later ones need Python 3.12
        assert found["numpy"] < Version("2.5")
    else:
        assert found["jax"] >= Version("0.11.1")
        assert found["numpy"] >= Version("2.5")


@pytest.mark.parametrize("lock", ["cuda12.txt", "cuda13.txt", "tpu.txt"])
def test_locks_for_devices_are_past_the_scatter_fault_and_keep_the_suite_s_versions(lock: str) -> None:
    suite = versions("suite.txt", "3.13")
    found = versions(lock, "3.13")
    assert found["jaxlib"] >= Version("0.11.1")
    assert {name: suite[name] for name in found.keys() & suite.keys()} == {
        name: found[name] for name in found.keys() & suite.keys()
    }


def test_torch_and_jax_share_their_cuda() -> None:
    torch, jax = versions("torch.txt", "3.13"), versions("cuda13.txt", "3.13")
    shared = {name for name in torch.keys() & jax.keys() if name.startswith("nvidia")}
    assert len(shared) > 5
    assert {name: torch[name] for name in shared} == {name: jax[name] for name in shared}


# -- the eras -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("era", config.read().environments, ids=lambda era: era.name)
def test_an_era_has_a_lock_of_its_own_versions_and_no_other(era: config.Environment) -> None:
    found = entries(ROOT / era.lock)
    assert {(entry.name, str(entry.requirement.specifier)) for entry in found} == {
        (canonicalize_name(name), f"=={version}") for name, version in era.pins
    }


@pytest.mark.parametrize("era", config.read().environments, ids=lambda era: era.name)
def test_a_row_names_what_a_package_needs_before_it(era: config.Environment) -> None:
    """asv installs a row's packages one by one: in this order none of them brings another along."""
    order = [str(canonicalize_name(name)) for name, _ in era.pins]
    for entry in entries(ROOT / era.lock):
        later = [
            name for name in entry.wanted_by if name in order and order.index(name) < order.index(entry.name)
        ]
        assert not later, f"{later[0]} needs {entry.name}: name {entry.name} first"


def test_the_newest_era_has_the_newest_numpy() -> None:
    """Within a minor version: who renews the locks past it adds an era with it."""
    era = config.read().environments[-1]
    locked = versions("measure.txt", era.python)
    for name in ("numpy", "scipy", "scikit-learn"):
        assert Version(dict(era.pins)[name]).release[:2] == locked[name].release[:2], (
            f"add an era with {name}"
        )


# -- what an environment lacks ------------------------------------------------------------------------------------
PINS = """\
# This file was autogenerated by uv via the following command:
#    make pins
alpha==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via
    #   -c requirements/other.txt
    #   gamma
beta==2.0 ; python_full_version < '3' \\
    --hash=sha256:ba
    # via alpha
beta==3.0 ; python_full_version >= '3' \\
    --hash=sha256:bb
    # via alpha
gamma==1.5 \\
    --hash=sha256:ca
    # via crossover-bench (pyproject.toml)
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with a small lock, and no packages yet."""
    (tmp_path / "lock.txt").write_text(PINS)
    return tmp_path


def distribution(folder: Path, name: str, *requires: str) -> None:
    """What pip leaves of an installed package."""
    found = folder / f"{name}-9.dist-info"
    found.mkdir(parents=True)
    rows = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (found / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9\n{rows}")


def printed(bare: Path, *names: str) -> str:
    """What the command prints of the lock above, in this interpreter with a folder of packages on its path."""
    words = [sys.executable, str(ROOT / "requirements" / "missing.py"), str(bare / "lock.txt"), *names]
    done = subprocess.run(words, capture_output=True, text=True, env={"PYTHONPATH": str(bare)})
    return done.stdout + done.stderr


def test_what_is_missing_comes_with_all_that_it_needs_here(bare: Path) -> None:
    lines = printed(bare, "gamma").splitlines()
    assert [line for line in lines if "==" in line] == [
        "alpha==1.0 \\",
        "beta==3.0 ; python_full_version >= '3' \\",
        "gamma==1.5 \\",
    ]
    assert lines[1:3] == ["    --hash=sha256:aa \\", "    --hash=sha256:ab"]


def test_what_is_there_stays_and_its_own_needs_are_followed(bare: Path) -> None:
    distribution(bare, "alpha", 'beta>=1; extra == "more"')
    assert "gamma==1.5" in printed(bare, "Gamma")
    assert "beta" not in printed(bare, "gamma")  # another build of alpha does without it
    distribution(bare, "delta", "beta")
    assert printed(bare, "delta").startswith("beta==3.0")


def test_what_the_lock_has_not_is_one_sentence(bare: Path) -> None:
    assert printed(bare, "omega").strip() == (
        "omega is neither installed nor in the lock: name another lock, or install it"
    )
    (bare / "lock.txt").write_text("alpha>=1.0\n")
    assert "no exact version with hashes: run make pins" in printed(bare, "alpha")


def test_the_suite_lacks_nothing_of_its_own_lock() -> None:
    assert missing(entries(ROOT / "requirements" / "suite.txt"), ["pytest", "numpy", "packaging"]) == []
