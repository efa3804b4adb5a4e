"""Run by an old Python with an old NumPy and nothing of the tests' own tools: the contract, and one measured cell.

``python -m tests.old_python.check`` prints a line for each thing that is wrong and ends with code 1, or prints what
it tried. Everything here and in `tests.impls.helpers` is written for Python 3.8.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from functools import partial
from typing import Any, Callable, Iterator, List, Tuple

import numpy as np

import benchmarks
import impls
from impls import MemoryBudgetError, mean_shift, scatter, vlad
from impls.accuracy import max_error_over_rms
from tests.impls.helpers import CASES, DTYPES, batch, brute_force, run

ABSENT = ("jax", "torch", "numba", "pandas", "asv", "asv_runner", "PIL")
Check = Tuple[str, Callable[[], None]]


def modules() -> Iterator[Check]:
    """Every module of both packages is imported, but for those that need a package which is not here."""
    for package in (impls, benchmarks):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                yield found.name, partial(imported, found.name)


def imported(name: str) -> None:
    """Import a module; a missing optional package is no fault."""
    try:
        importlib.import_module(name)
    except ImportError as problem:
        if (problem.name or "").split(".")[0] not in ABSENT:
            raise


def contract() -> Iterator[Check]:
    """All strategies that can run here, on every case of the contract, in both dtypes."""
    names = [name for name in vlad.strategies() if vlad.get(name).available]
    for case, settings in CASES.items():
        for dtype in DTYPES:
            arrays = batch(dtype=dtype, **settings)
            exact = brute_force(*arrays)
            for name in names:
                yield f"{name}, {case}, {dtype}", partial(agrees, name, arrays, exact)
            yield f"oracle, {case}, {dtype}", partial(oracle_agrees, arrays, exact)


def agrees(name: str, arrays: Tuple[np.ndarray, np.ndarray, np.ndarray], exact: np.ndarray) -> None:
    """Compare a strategy's residual sums and encoding with sums by plain Python."""
    strategy, (descriptors, labels, centers) = vlad.get(name), arrays
    close(run(strategy, *arrays), exact, strategy.error_bound(centers.dtype))
    encoded = vlad.encode(descriptors, centers, name, labels=labels)
    lengths = np.linalg.norm(encoded, axis=1)
    assert np.all(np.isclose(lengths, 1, rtol=1e-5) | (lengths == 0)), "encodings without unit length"


def close(result: np.ndarray, exact: np.ndarray, bound: float) -> None:
    """Compare in the measure of the contract."""
    error = max_error_over_rms(result, exact)
    assert error <= bound, f"error {error:.2g}, at most {bound:.2g} is promised"


def public() -> Iterator[Check]:
    """What people call: bucket sums, assignment, limits, mean shift."""
    rng = np.random.default_rng(0)
    rows, bucket = rng.standard_normal((300, 4)), rng.integers(0, 9, 300)
    exact = scatter.oracle(rows, bucket, 9)
    for name in scatter.strategies():
        if scatter.get(name).available:
            yield f"bucket sums, {name}", partial(sums_agree, name, rows, bucket, exact)
    yield "memory limit", lambda: refused(rows, bucket)
    points = rng.standard_normal((40, 2))
    loop = mean_shift.run(points, 1.0, 2, "J", "loop")
    for name in ("gemm_symmetric", "broadcast", "cdist"):
        yield f"mean shift, {name}", partial(moves_alike, name, points, loop)


def oracle_agrees(arrays: Tuple[np.ndarray, np.ndarray, np.ndarray], exact: np.ndarray) -> None:
    """Compare the oracle with sums by plain Python."""
    close(vlad.oracle(*arrays), exact, 1e-13)


def sums_agree(name: str, rows: np.ndarray, bucket: np.ndarray, exact: np.ndarray) -> None:
    """Compare bucket sums of a strategy."""
    close(scatter.bucket_sums(rows, bucket, len(exact), strategy=name), exact, 1e-12)


def moves_alike(name: str, points: np.ndarray, loop: np.ndarray) -> None:
    """Compare points moved by mean shift."""
    np.testing.assert_allclose(mean_shift.run(points, 1.0, 2, "J", name), loop)


def refused(rows: np.ndarray, bucket: np.ndarray) -> None:
    """Ask for more than a limit allows."""
    try:
        scatter.bucket_sums(rows, bucket, 9, strategy="reduceat", memory_limit=10)
    except MemoryBudgetError:
        return
    raise AssertionError("a limit of 10 bytes was not kept")


def commands() -> Iterator[Check]:
    """The command line: lists, and one cell that is measured."""
    cell = ["cell", "T=4", "L=30", "F=8", "K=3", "--impls", "bincount", "sparse_matmul"]
    yield "benchmarks list", lambda: said(["list"], "Quick")
    yield "benchmarks cell", lambda: said(cell, "bincount", "loop", "sparse_matmul")


def said(words: List[str], *expected: str) -> None:
    """Run a command of the suite and look for words in what it prints; no strategy may be without a time."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    rows = done.stdout.splitlines()
    for word in expected:
        found = [row for row in rows if row.startswith(word)]
        assert found, done.stdout
        assert words[0] != "cell" or all(row.split()[1] == "ok" for row in found), done.stdout


def main() -> int:
    """Try everything; returns an exit code."""
    tried, wrong = 0, 0
    groups: List[Callable[[], Iterator[Check]]] = [modules, contract, public, commands]
    for group in groups:
        for name, check in group():
            tried += 1
            try:
                check()
            except Exception as problem:
                wrong += 1
                print(f"{name}: {type(problem).__name__}: {problem}")
    versions: Any = (f"Python {sys.version.split()[0]}", f"NumPy {np.__version__}")
    print(f"{tried} checks with {' and '.join(versions)}, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
