"""`impls` and `benchmarks` run on Python 3.8 with NumPy 1.19, the oldest era, where that Python is."""

from __future__ import annotations

import os
import subprocess

import pytest

from benchmarks import ROOT
from benchmarks.timemachine import config, environments

ERAS = config.read()
(OLDEST,) = [era for era in ERAS.environments if era.expected["numpy"].startswith("1.19.")]


@pytest.fixture(scope="module")
def python() -> str:
    """The interpreter of the oldest era, made like `make eras` makes it, and cached where that looks for it."""
    try:
        return environments.obtain(OLDEST, os.path.join(ERAS.folder, OLDEST.name))
    except environments.NotAvailableError as problem:
        pytest.skip(f"no Python {OLDEST.python} to test with: {problem}")


def test_impls_and_benchmarks_keep_their_promises_there(python: str) -> None:
    variables = dict(environments.clean_variables(), PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(
        [python, "-m", "tests.old_python.check"], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "with Python 3.8" in said
    assert f"and NumPy {OLDEST.expected['numpy']}, 0 wrong" in said
    assert int(said.splitlines()[-1].split()[0]) > 300, said
