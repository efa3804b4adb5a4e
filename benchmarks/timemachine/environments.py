"""Makes an environment with exact pins and keeps it: the next run finds it ready."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Dict, List

from benchmarks import ROOT
from benchmarks.timemachine import interpreters
from benchmarks.timemachine.config import Environment

READY = "crossover.json"  # written last: a folder without it is half made
MAKING_LIMIT_S = 900.0


class NotAvailableError(RuntimeError):
    """The environment cannot be had here; the message says why."""


def python_of(folder: str) -> str:
    """The interpreter of a virtual environment."""
    place = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(folder, *place)


def is_ready(folder: str, environment: Environment) -> bool:
    """Tell whether the folder holds this very environment, whole."""
    try:
        with open(os.path.join(folder, READY), encoding="utf-8") as handle:
            return bool(json.load(handle) == environment.expected) and os.path.exists(python_of(folder))
    except (OSError, ValueError):
        return False  # not made yet, or not to its end


def obtain(environment: Environment, folder: str) -> str:
    """Make the environment in a folder, unless it is there, and return its interpreter.

    Raises
    ------
    NotAvailableError
        If there is no interpreter, or pip cannot install the pins.
    """
    if is_ready(folder, environment):
        return python_of(folder)
    search = interpreters.find(environment.python)
    if search.path is None:
        raise NotAvailableError(search.reason)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    lock = os.path.join(ROOT, environment.lock)
    if not os.path.exists(lock):
        raise NotAvailableError(f"there is no {environment.lock} with the hashes of its pins: run make pins")
    _call([search.path, "-m", "venv", folder], "the virtual environment cannot be made")
    pip = [python_of(folder), "-m", "pip", "--disable-pip-version-check"]
    # As pinned, nothing resolved. Wheels only: a build of an old package with a new compiler is not what its users had.
    install = [*pip, "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    pins = ", ".join(f"{name}=={version}" for name, version in environment.pins)
    _call([*install, "-r", lock], "pip cannot install " + pins)
    _call([*pip, "check"], f"{pins} do not fit together")
    with open(os.path.join(folder, READY), "w", encoding="utf-8") as handle:
        json.dump(environment.expected, handle)
    return python_of(folder)


def clean_variables() -> Dict[str, str]:
    """Return the variables of this process, less those that would lead another interpreter astray."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}
    return dict(kept, PYTHONNOUSERSITE="1")


def _call(words: List[str], trouble: str) -> None:
    """Run a command, or say what went wrong in its own last words."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=MAKING_LIMIT_S, env=clean_variables()
        )
    except subprocess.TimeoutExpired:
        raise NotAvailableError(f"{trouble}: no answer in {MAKING_LIMIT_S:.0f} s") from None
    if done.returncode:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("ERROR")] or said or ["it says nothing"]
        raise NotAvailableError(f"{trouble}: {errors[-1]}")
