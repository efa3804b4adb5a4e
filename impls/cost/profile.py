"""The profile of a machine: its cost models with what else a choice needs, as a JSON file.

A profile is looked for in the file that `CROSSOVER_PROFILE` names, then in the user's cache folder, where
``python -m benchmarks map`` leaves one, then in what is shipped with the package: times of another machine.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from . import features, machine
from .model import CostModel, Curve, Limits

SCHEMA = 1
SHIPPED = Path(__file__).with_name("shipped.json")
VARIABLE = "CROSSOVER_PROFILE"


@dataclass(frozen=True)
class Strategy:
    """What a profile holds of a strategy beyond its times.

    Attributes
    ----------
    requires : tuple of str
        Import names beyond NumPy.
    first_call_s : float
        Seconds that the first call at a new shape takes more than a later one: compiling.
    process_s : float
        Seconds that the very first call in a process takes more.
    memory_factor : dict of str to float
        Largest measured peak over the predicted one, at least 1, by label distribution; those that were weighed.
    error : dict of int to float
        Largest measured error over rms by itemsize.
    """

    requires: Tuple[str, ...] = ()
    first_call_s: float = 0.0
    process_s: float = 0.0
    memory_factor: Dict[str, float] = field(default_factory=dict)
    error: Dict[int, float] = field(default_factory=dict)


@dataclass
class Entry:
    """The model of one stage of a workload with a number of threads.

    Attributes
    ----------
    workload, stage, threads
        What was timed.
    model : CostModel
    strategies : dict of str to Strategy
    held_out : dict
        How well cells that were left out are predicted: cells, error, coverage, regret by package set.
    benchmarks : tuple of str
        The sets whose cells it was fitted to.
    """

    workload: str
    stage: str
    threads: int
    model: CostModel
    strategies: Dict[str, Strategy] = field(default_factory=dict)
    held_out: Dict[str, Any] = field(default_factory=dict)
    benchmarks: Tuple[str, ...] = ()


@dataclass
class Profile:
    """All models of one machine.

    Attributes
    ----------
    machine : str
        Its name.
    key : dict
        cpu, cores, caches, blas, versions, threads: see `machine.key`.
    entries : list of Entry
    date : str
        Day of the measurement, ``YYYY-MM-DD``.
    protocol : dict
        How it was measured: the budget of the run.
    import_s : dict of str to float
        Seconds that importing a package takes.
    source : str
        The file it was read from, or empty.
    """

    machine: str
    key: Dict[str, Any]
    entries: List[Entry]
    date: str = ""
    protocol: Dict[str, Any] = field(default_factory=dict)
    import_s: Dict[str, float] = field(default_factory=dict)
    source: str = ""

    def entry(self, workload: str, stage: str, threads: int = 1) -> Optional[Entry]:
        """Return the entry of a stage, with as many threads or else the nearest number; None without any."""
        found = [each for each in self.entries if (each.workload, each.stage) == (workload, stage)]
        return min(found, key=lambda each: abs(each.threads - threads)) if found else None

    @property
    def is_of_this_machine(self) -> bool:
        """Whether its times are of a machine like the one this process runs on."""
        return machine.is_here(self.key)

    def to_json(self) -> Dict[str, Any]:
        """Return the profile as plain objects, for `json`."""
        return {
            "schema": SCHEMA,
            "kind": "profile",
            "machine": self.machine,
            "key": self.key,
            "date": self.date,
            "protocol": self.protocol,
            "import_s": self.import_s,
            "models": [_entry_to_json(entry) for entry in self.entries],
        }

    @classmethod
    def from_json(cls, value: Any, source: str = "") -> Profile:
        """Return the profile that `to_json` told; ValueError where it is none."""
        if not isinstance(value, dict) or value.get("kind") != "profile" or value.get("schema") != SCHEMA:
            raise ValueError(f"{source or 'This'} is no profile of schema {SCHEMA}: measure one anew.")
        try:
            return cls(
                machine=str(value["machine"]),
                key=dict(value["key"]),
                entries=[_entry_from_json(each) for each in value["models"]],
                date=str(value.get("date") or ""),
                protocol=dict(value.get("protocol") or {}),
                import_s={str(name): float(s) for name, s in (value.get("import_s") or {}).items()},
                source=source,
            )
        except (KeyError, TypeError, IndexError, ValueError) as problem:
            raise ValueError(f"{source or 'This'} is a damaged profile ({problem!r}).") from problem

    def save(self, path: Any) -> Path:
        """Write the profile as a JSON file, whole or not at all; its folder is made."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        text = json.dumps(self.to_json(), separators=(",", ":"), allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")
        os.replace(str(partial), str(target))
        return target

    @classmethod
    def load(cls, path: Any) -> Profile:
        """Return the profile of a file; ValueError where it holds none, OSError where it cannot be read."""
        try:
            value = json.loads(Path(path).read_text(encoding="utf-8"))
        except ValueError as problem:
            raise ValueError(f"{path} is no profile: {problem}.") from problem
        return cls.from_json(value, str(path))


def user_path() -> Path:
    """Return where the profile of this machine lies: in the user's cache folder."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "crossover-bench" / "profile.json"


_current: Dict[Tuple[str, int, int], Profile] = {}


def current() -> Profile:
    """Return the profile to answer from; read once, and again when its file changes.

    The file that `CROSSOVER_PROFILE` names counts whatever machine it is of; the user's own only where it is of this
    machine. A missing or damaged file falls back to the shipped one, except that a named one is an error.

    Raises
    ------
    ValueError, OSError
        `CROSSOVER_PROFILE` names a file that cannot be used.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return cached(Path(named))
    try:
        own = cached(user_path())
        if own.is_of_this_machine:
            return own
    except (OSError, ValueError, RuntimeError):
        pass
    return cached(SHIPPED)


def cached(path: Path) -> Profile:
    """Return the profile of a file, read once and again when it changes."""
    stat = path.stat()
    stamp = (str(path), stat.st_mtime_ns, stat.st_size)
    if stamp not in _current:
        _current[stamp] = Profile.load(path)
    return _current[stamp]


def _entry_to_json(entry: Entry) -> Dict[str, Any]:
    model = entry.model
    limits = model.limits
    return {
        "workload": entry.workload,
        "stage": entry.stage,
        "threads": entry.threads,
        "benchmarks": list(entry.benchmarks),
        "axes": list(model.axes),
        "caches": [int(size) for size in model.caches],
        "labels": list(model.labels),
        "noise": _short(model.noise),
        "block_noise": _short(model.block_noise),
        "encode": model.encode,
        "limits": None
        if limits is None
        else {
            "bytes": [int(size) for size in limits.sizes],
            "bytes_per_s": [_short(rate) for rate in limits.rates],
            "flops_per_s": {str(width): _short(rate) for width, rate in limits.flops.items()},
        },
        "hull": {name: [_short(low), _short(high)] for name, (low, high) in model.hull.items()},
        "held_out": entry.held_out,
        "terms": [
            [list(term.powers), int(term.in_bytes), term.item_bytes, term.cache] for term in model.terms
        ],
        "cells": np.rint(2.0**model.places).astype(int).tolist(),
        "itemsize": model.settings[:, 0].tolist(),
        "labelled": model.settings[:, 1].tolist(),
        "strategies": {
            name: {**_curve_to_json(curve), **_strategy_to_json(entry.strategies.get(name, Strategy()))}
            for name, curve in model.curves.items()
        },
    }


def _curve_to_json(curve: Curve) -> Dict[str, Any]:
    return {
        "weights": [_short(weight) for weight in curve.weights],
        "points": curve.points.tolist(),
        "pull": [_short(value) for value in curve.pull],
        "variance": [_short(value, 4) for value in curve.variance],
        "amplitude": curve.amplitude,
        "spread": _short(curve.spread),
    }


def _strategy_to_json(strategy: Strategy) -> Dict[str, Any]:
    return {
        "requires": list(strategy.requires),
        "first_call_s": _short(strategy.first_call_s, 3),
        "process_s": _short(strategy.process_s, 3),
        "memory_factor": {name: _short(factor, 4) for name, factor in strategy.memory_factor.items()},
        "error": {str(width): _short(error, 3) for width, error in strategy.error.items()},
    }


def _entry_from_json(value: Any) -> Entry:
    axes = tuple(str(axis) for axis in value["axes"])
    limits = value.get("limits")
    model = CostModel(
        axes=axes,
        curves={str(name): _curve_from_json(each) for name, each in value["strategies"].items()},
        terms=[
            features.Term(tuple(powers), bool(scaled), item, cache)
            for powers, scaled, item, cache in value["terms"]
        ],
        caches=(float(value["caches"][0]), float(value["caches"][1])),
        places=np.log2(np.array(value["cells"], dtype=float).reshape(-1, len(axes))),
        settings=np.stack([value["itemsize"], value["labelled"]], axis=1).astype(int),
        labels=tuple(str(name) for name in value["labels"]),
        noise=float(value["noise"]),
        block_noise=float(value["block_noise"]),
        limits=None
        if limits is None
        else Limits(
            np.array(limits["bytes"], dtype=float),
            np.array(limits["bytes_per_s"], dtype=float),
            {int(width): float(rate) for width, rate in limits["flops_per_s"].items()},
        ),
        encode=bool(value["encode"]),
    )
    return Entry(
        workload=str(value["workload"]),
        stage=str(value["stage"]),
        threads=int(value["threads"]),
        model=model,
        strategies={str(name): _strategy_from_json(each) for name, each in value["strategies"].items()},
        held_out=dict(value.get("held_out") or {}),
        benchmarks=tuple(value.get("benchmarks") or ()),
    )


def _curve_from_json(value: Any) -> Curve:
    return Curve(
        weights=np.array(value["weights"], dtype=float),
        points=np.array(value["points"], dtype=int),
        pull=np.array(value["pull"], dtype=float),
        variance=np.array(value["variance"], dtype=float),
        amplitude=float(value["amplitude"]),
        spread=float(value["spread"]),
    )


def _strategy_from_json(value: Any) -> Strategy:
    return Strategy(
        requires=tuple(str(name) for name in value.get("requires") or ()),
        first_call_s=float(value.get("first_call_s") or 0.0),
        process_s=float(value.get("process_s") or 0.0),
        memory_factor={
            str(name): float(factor) for name, factor in (value.get("memory_factor") or {}).items()
        },
        error={int(width): float(error) for width, error in (value.get("error") or {}).items()},
    )


def _short(value: float, digits: int = 6) -> float:
    return float(f"{float(value):.{digits}g}")
