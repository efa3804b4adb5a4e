"""Known faults of packages that strategies use, as data: which versions, where, for which strategies, and what happens.

A time that a fault of a compiler made says nothing of the idea that was timed. The list is `known_faults.toml`; who
measures and who reports ask `at_work`, so that both say the same.
"""

from __future__ import annotations

import json
import operator
import re
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Tuple

FILE = Path(__file__).with_name("known_faults.toml")
COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class Fault(NamedTuple):
    """One fault of one package; the attributes are the keys that the head of `known_faults.toml` describes."""

    package: str
    versions: str
    device: str
    runtime: str
    dtypes: Tuple[str, ...]
    strategies: Tuple[str, ...]
    happens: str
    link: str

    def has(self, version: str) -> bool:
        """Whether a version of the package has it."""
        return all(
            COMPARISONS[sign](release(version), release(bound))
            for sign, bound in re.findall(r"([=!<>]=|[<>])\s*([\w.]+)", self.versions)
        )

    def told(self, version: str, strategies: Iterable[str]) -> str:
        """Say it of the strategies that suffer from it, in one sentence."""
        names = ", ".join(strategies)
        return f"{self.package} {version} has a known fault: {self.happens} ({names}; {self.link})"


class Case(NamedTuple):
    """What is measured, or was.

    Attributes
    ----------
    strategy : str
        Without anything after an ``@``.
    dtype : str
    device : str
        Runtime and platform, such as ``jax gpu``; empty for the host's own processor.
    """

    strategy: str
    dtype: str
    device: str


def release(version: str) -> Tuple[int, ...]:
    """The numbers of a version up to the first other letter, without zeros at the end: 0.11.0 and 0.11 are one."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in found.group().split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def read(path: Path = FILE) -> List[Fault]:
    """Read the list.

    Its strings and lists of strings are JSON as well as TOML, so that this needs no TOML reader, which Python 3.8
    lacks; a test compares with one.

    Raises
    ------
    ValueError
        If a line is none of what the head of the file describes, or a fault lacks a key or has an unknown one.
    """
    found: List[Dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        key, is_set, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.startswith("#"):
            continue
        if line.strip() == "[[fault]]":
            found.append({})
        elif is_set and found:
            try:
                found[-1][key] = json.loads(value)
            except ValueError as problem:
                raise ValueError(
                    f"{path.name}, line {number}: {value} is no string or list of strings"
                ) from problem
        else:
            raise ValueError(f"{path.name}, line {number}: expected [[fault]] or key = value, got {line!r}")
    for number, fault in enumerate(found, start=1):
        if set(fault) != set(Fault._fields):
            raise ValueError(
                f"{path.name}, fault {number}: expected {', '.join(Fault._fields)}, got {', '.join(fault)}"
            )
        fault.update(dtypes=tuple(fault["dtypes"]), strategies=tuple(fault["strategies"]))
    return [Fault(**fault) for fault in found]


def at_work(
    faults: Iterable[Fault], versions: Mapping[str, Any], cases: Iterable[Case], runtime: str = ""
) -> Dict[Fault, List[str]]:
    """Which faults touch what is measured, and the strategies that each touches.

    Parameters
    ----------
    faults : iterable of Fault
    versions : mapping of str to str
        Versions of distributions, None for what is not installed.
    cases : iterable of Case
    runtime : str
        What the device's runtime calls itself; empty where that is not known.

    Returns
    -------
    dict
        Fault to names of strategies, sorted; without faults that touch nothing.
    """
    cases, found = set(cases), {}
    for fault in faults:
        version = versions.get(fault.package)
        if not version or not fault.has(str(version)) or (runtime and fault.runtime not in runtime.lower()):
            continue
        struck = {
            case.strategy
            for case in cases
            if (
                case.strategy in fault.strategies
                and case.dtype in fault.dtypes
                and case.device == fault.device
            )
        }
        if struck:
            found[fault] = sorted(struck)
    return found
