"""A small copy of the tree to measure in: three honest strategies and whatever misbehaving ones a test drops in."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = {"loop.py", "bincount.py", "ufunc_at.py"}

#: measures `plan` in the copied tree; the test's own text defines it
RUN = """
import sys
from benchmarks.grids import Grid, union
from benchmarks.protocol.plan import Budget, MeasurementSet
from benchmarks.protocol.run import run_set

def grid(T, L, F, K, stage="aggregate", dtype="float64"):
    return Grid("vlad", dict(T=T, L=L, F=F, K=K), stage, dtype)

plan = {plan}
run_set(plan, sys.stdout, sessions={until})
"""

SMALL = """MeasurementSet(
    "Small", {sessions}, grid({T}, [16], [8], [4]).blocks(),
    Budget(min_sample_s=0.0005, strategy_s=0.002, call_limit_s=0.5, compile_allowance_s=0.0),
)"""


@dataclass
class Tree:
    """A copied tree and its results folder."""

    root: Path

    @property
    def results(self) -> Path:
        return self.root / "results"

    def drop(self, folder: str, name: str, text: str) -> None:
        """Write a strategy into the copy."""
        (self.root / "impls" / folder / f"{name}.py").write_text(textwrap.dedent(text))

    def command(self, plan: str, until: int | None = None) -> list[str]:
        script = textwrap.dedent(RUN).replace("{plan}", plan).replace("{until}", str(until))
        return [sys.executable, "-c", script]

    def environment(self) -> dict[str, str]:
        import os

        return dict(
            os.environ, CROSSOVER_RESULTS=str(self.results), CROSSOVER_MACHINE="box", CROSSOVER_ENV="env"
        )

    def run(self, plan: str, until: int | None = None) -> str:
        """Measure (until a session, or all) and return what a person would have seen."""
        done = subprocess.run(
            self.command(plan, until),
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, plan: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(plan),
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def journal(self) -> Path:
        (path,) = (self.results / "box").glob("*.jsonl")
        return path

    def lines(self) -> list[dict]:
        """Every line of the journal; a line that is not JSON fails the test."""
        return [json.loads(text) for text in self.journal().read_text().splitlines()]

    def measured(self) -> list[dict]:
        return [line for line in self.lines() if "kind" not in line]


def small(T: list[int] | None = None, sessions: int = 2) -> str:
    """Text of a small measurement set."""
    return SMALL.format(T=T or [4], sessions=sessions)


@pytest.fixture(autouse=True, scope="package")
def compiling_shows() -> Iterator[None]:
    """In this process JAX compiles what it is given: the cache of the other tests would make first calls look cheap."""
    if importlib.util.find_spec("jax") is None:
        yield
        return
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    for enabled in (False, True):
        jax.config.update("jax_enable_compilation_cache", enabled)
        compilation_cache.reset_cache()
        if not enabled:
            yield


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name in ("impls", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "asv.conf.json", tmp_path)
    for folder in ("scatter", "vlad"):
        for path in (tmp_path / "impls" / folder).glob("[!_]*.py"):
            if path.name not in KEPT:
                path.unlink()
    return Tree(tmp_path)
