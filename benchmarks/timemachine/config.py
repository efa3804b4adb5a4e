"""Environments of the time machine, read from the ``include`` rows of an asv configuration."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any, Dict, Tuple

from benchmarks import ROOT
from benchmarks.protocol import asv_conf

FILE = "asv.eras.conf.json"


@dataclass(frozen=True)
class Environment:
    """One interpreter with pinned packages.

    Attributes
    ----------
    python : str
        Major and minor version, such as ``3.8``.
    pins : tuple of (str, str)
        Distribution and exact version.
    """

    python: str
    pins: Tuple[Tuple[str, str], ...]

    @property
    def name(self) -> str:
        """What journals call it, such as ``era-py3.8-numpy1.19.5``."""
        return f"era-py{self.python}-numpy{dict(self.pins).get('numpy', '')}"

    @property
    def lock(self) -> str:
        """The file with the pins and their hashes, below the repository's root."""
        return f"requirements/eras/{self.name}.txt"

    @property
    def expected(self) -> Dict[str, str]:
        """What a process in it has to load, by distribution, ``python`` included."""
        return dict(self.pins, python=self.python)

    def describe(self) -> str:
        """A line for people."""
        pins = ", ".join(f"{name} {version}" for name, version in self.pins[:3])
        return f"Python {self.python}, {pins}"


@dataclass(frozen=True)
class Eras:
    """The configuration: environments in their order, and the folder they are made in."""

    folder: str
    environments: Tuple[Environment, ...]


def read(path: str = os.path.join(ROOT, FILE)) -> Eras:
    """Read the configuration.

    Raises
    ------
    ValueError
        If the file cannot be read, or a row has no interpreter, a pin without a version, or the name of another.
    """
    name = os.path.basename(path)
    try:
        found = asv_conf.read(path)
    except (OSError, ValueError) as problem:
        raise ValueError(f"{name} cannot be read: {problem}") from problem
    environments = [_environment(row, name) for row in found.get("include", [])]
    names = [environment.name for environment in environments]
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice or not names:
        trouble = f"several rows called {', '.join(twice)}" if twice else "no row under include"
        raise ValueError(f"{name} has {trouble}: each environment needs its own Python and NumPy")
    return Eras(os.path.join(os.path.dirname(path), found.get("env_dir", "env")), tuple(environments))


def _environment(row: Dict[str, Any], name: str) -> Environment:
    python, pins = row.get("python"), row.get("req")
    if not isinstance(python, str) or not isinstance(pins, dict) or "numpy" not in pins:
        raise ValueError(f"{name}: the row {json.dumps(row)} needs python and req with numpy in it")
    loose = [package for package, version in pins.items() if not re.match(r"\d[\w.]*$", str(version))]
    if loose:
        raise ValueError(f"{name}: {', '.join(loose)} needs an exact version in the row of Python {python}")
    return Environment(python, tuple((str(package), str(version)) for package, version in pins.items()))
