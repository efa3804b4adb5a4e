"""Journals, plain or packed: one file -> its records, checked line by line. What is used is decided elsewhere."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports.load.bounds import (
    LARGEST_ERROR,
    LONGEST_AXIS,
    MOST_AXES,
    facts,
    require_name,
    require_within,
    told,
)
from reports.load.facts import knobs_of, quantities_of, spread_of
from reports.load.files import BrokenFile, TornFile, lines_of
from reports.load.model import LARGEST, LONGEST_S, STATUSES
from reports.load.trajectories import Trajectory, trajectory_of

SCHEMA = 1
#: Sessions and threads are counted; a larger number is a fault.
MOST = 1_000_000
#: Keys of a measurement: names that must be there, texts that may be empty, numbers that may be missing.
NAMES = ("workload", "benchmark", "impl", "status")
TEXTS = ("stage", "dtype", "labels", "commit", "run", "accuracy", "family", "device")
#: What they may be, of a line that has a time.
NUMBERS = {
    "first_call_s": (0.0, LONGEST_S),
    "error": (0.0, LARGEST_ERROR),
    "tolerance": (0.0, LARGEST_ERROR),
    "bucket_error": (0.0, LARGEST_ERROR),
    "adapter_share": (0.0, 1.0),
    "peak_extra_bytes": (0.0, LARGEST),
    "started_at": (-math.inf, math.inf),
    "least_bytes": (-math.inf, math.inf),
    "least_flops": (-math.inf, math.inf),
    "compile_s": (0.0, LONGEST_S),
}
#: What may stand around a line: blanks, and the zeros that a crash of the machine leaves in a file.
AROUND = b" \t\r\n\0"
#: What becomes of a damaged file.
SOUND = "the lines that are sound were used"


@dataclass
class Journal:
    """The records of one journal file, in the order of the file.

    Attributes
    ----------
    path : Path
    machine : dict
        The machine record, empty when the file has none.
    runs, limits, finished : list of dict
        Records of these kinds.
    lines : list of dict
        Measurement records, flattened: `cell` stays a dict, `seconds` became best, median and samples.
    trajectories : list of Trajectory
        Of strategies that could be followed.
    warnings : list of str
    shared : dict
        Cells and versions that were met already: thousands of lines share one object of each.
    """

    path: Path
    machine: dict[str, Any] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    finished: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    trajectories: list[Trajectory] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    shared: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict, repr=False)


def read_journal(path: Path, shown_as: str) -> Journal:
    """Read one journal.

    Parameters
    ----------
    path : Path
    shown_as : str
        How the file is named in warnings (its path below the results folder).

    Raises
    ------
    BrokenFile
        The file cannot be read, or has not a single usable line.
    """
    journal = Journal(path)
    bad: list[tuple[int, str]] = []
    try:
        for number, row in enumerate(lines_of(path), start=1):
            bare = row.strip(AROUND)
            if not bare:
                continue
            try:
                add_record(journal, decoded(bare))
            except ValueError as problem:
                if row.endswith(b"\n"):
                    bad.append((number, str(problem)))
                else:  # the writer was interrupted here
                    journal.warnings.append(f"{shown_as}: the last line is torn and was dropped")
    except TornFile as problem:
        journal.warnings.append(f"{shown_as} is damaged ({problem}); {SOUND}")
    except OSError as problem:
        raise BrokenFile(f"{shown_as} cannot be read: {problem.strerror}") from problem
    if bad:
        number, why = bad[0]
        more = "" if len(bad) == 1 else f" (the first is line {number})"
        count = f"line {number} was" if len(bad) == 1 else f"{len(bad)} lines were"
        journal.warnings.append(f"{shown_as}: {count} left out{more}: {why}")
    if not (journal.lines or journal.machine or journal.runs):
        why = journal.warnings[0] if journal.warnings else f"{shown_as} holds no journal record"
        raise BrokenFile(why.removesuffix(f"; {SOUND}"))
    return journal


def decoded(row: bytes) -> dict[str, Any]:
    """One line of a file as a record; ValueError says what is wrong with it."""
    try:
        return record_of(row.decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise ValueError(f"not UTF-8 text (byte {problem.start})") from None


def record_of(row: str) -> dict[str, Any]:
    """Parse one line; ValueError says what is wrong with it."""
    try:
        record = json.loads(row.removeprefix("\ufeff"))  # which some editors put before a file
        if (
            "\\u" in row
        ):  # written as an escape, half a surrogate pair passes the parser, but no page can hold it
            json.dumps(record, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as problem:
        raise ValueError(f"not JSON ({problem.msg} at column {problem.colno})") from None
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is not text") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    return record


def add_record(journal: Journal, record: dict[str, Any]) -> None:
    """Add one record to the journal; ValueError says what is wrong with it."""
    if record.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"schema {record['schema']!r} is not known here (expected {SCHEMA})")
    kind = record.get("kind")
    if kind is None:
        journal.lines.append(_measurement(record, journal.shared))
    elif kind == "machine":
        journal.machine = journal.machine or facts(record)
    elif kind == "trajectory":
        found = trajectory_of(record, _cell(record.get("cell"), journal.shared))
        journal.trajectories += [found] if found else []
    else:
        homes: dict[str, list[dict[str, Any]]] = {
            "run": journal.runs,
            "limits": journal.limits,
            "finished": journal.finished,
        }
        home = homes.get(str(kind))
        if home is not None:  # unknown kinds are none of our business, by the format's own rule
            home.append(facts(record))


def _measurement(record: dict[str, Any], shared: dict[tuple[Any, ...], dict[str, Any]]) -> dict[str, Any]:
    """Check a measurement record and reduce its samples to minimum and median."""
    cell = _cell(record.get("cell"), shared)
    for key in NAMES:
        if not isinstance(record.get(key), str) or not record[key]:
            raise ValueError(f"a measurement without {key}")
    if record["status"] not in STATUSES:
        raise ValueError(f"status {record['status']!r} is not one of {', '.join(STATUSES)}")
    best, middle, samples = math.nan, math.nan, 0
    timed = record["status"] == "ok"
    if timed:
        best, middle, samples = _samples(record.get("seconds"))
    line: dict[str, Any] = {key: sys.intern(require_name(record[key], key)) for key in NAMES}
    for key in TEXTS:
        line[key] = _text(record, key)
    line["reason"] = sys.intern(told(_words(record.get("reason"))))
    line["env"] = _text(record, "env")
    for key, (low, high) in NUMBERS.items():
        number = _number(record, key)
        # what was measured of a failure is shown nowhere: the failure itself must not be lost over it
        line[key] = require_within(number, key, low, high) if timed or low <= number <= high else math.nan
    line["core_share"], line["exposure"] = _sign(record, "cpu_over_wall"), _sign(record, "exposure")
    line["threads"], line["session"] = _count(record, "threads", 1), _count(record, "session", 0)
    line["first_call_cold"] = (
        record.get("first_call_cold") is not False
    )  # a file that does not say so means it
    line["knobs"], line["spread"] = knobs_of(record), spread_of(record)
    line["quantities"] = quantities_of(record)
    line["cell"], line["versions"] = cell, _versions(record.get("versions"), shared)
    line["best"], line["median"], line["samples"] = best, middle, samples
    return line


def _words(value: Any) -> str:
    return "" if value is None else str(value)


def _text(record: dict[str, Any], key: str) -> str:
    """A text that may be absent, then empty."""
    return sys.intern(require_name(_words(record.get(key)), key))


def _cell(cell: Any, shared: dict[tuple[Any, ...], dict[str, Any]]) -> dict[str, Any]:
    """The cell, checked; the same object for the same sizes."""
    if not isinstance(cell, dict) or not cell:
        raise ValueError("a record without a cell")
    if len(cell) > MOST_AXES:
        raise ValueError(f"a cell of {len(cell)} axes, expected at most {MOST_AXES}")
    for axis, size in cell.items():
        require_name(axis, "the name of an axis", LONGEST_AXIS)
        if isinstance(size, bool) or not isinstance(size, (int, float)) or not abs(size) <= LARGEST:
            raise ValueError(f"cell size {axis} is {size!r}, expected a number")
    return shared.setdefault(tuple(cell.items()), cell)


def _versions(versions: Any, shared: dict[tuple[Any, ...], dict[str, Any]]) -> dict[str, str]:
    """Versions as text by name; empty when the line has none. The same object for the same versions."""
    if not isinstance(versions, dict):
        return {}
    key = ("versions", *versions.items())
    try:
        known = shared.get(key)
    except TypeError:  # a list or an object where a version should be
        return {name: _words(version) for name, version in facts(versions).items()}
    if known is None:
        known = shared[key] = {name: _words(version) for name, version in facts(versions).items()}
    return known


def _samples(seconds: Any) -> tuple[float, float, int]:
    """Minimum, median and count of the samples of a line whose status is ok."""
    if not isinstance(seconds, list) or not seconds:
        raise ValueError("status ok without seconds")
    if not all(_is_duration(value) for value in seconds):
        raise ValueError("seconds holds something that is not a duration")
    ordered, n = sorted(seconds), len(seconds)
    return float(ordered[0]), float(ordered[(n - 1) // 2] + ordered[n // 2]) / 2, n


def _is_duration(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 < value <= LONGEST_S  # type: ignore[operator]


def _number(record: dict[str, Any], key: str) -> float:
    """A number that may be absent or null, then NaN; ValueError names the key when it is of another type."""
    value = record.get(key)
    if value is None:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{key} is {value!r}, expected a number") from None


def _sign(record: dict[str, Any], key: str) -> float:
    """What a block's noise says under a key; NaN where it says nothing that can be."""
    noise = record.get("noise")
    value = noise.get(key) if isinstance(noise, dict) else None
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= LARGEST
    return float(value) if usable and value is not None else math.nan


def _count(record: dict[str, Any], key: str, default: int) -> int:
    """A count that may be absent or null; ValueError names the key when it is no count."""
    value = record.get(key)
    try:
        number = default if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{key} is {value!r}, expected a number") from None
    if abs(number) > MOST:
        raise ValueError(f"{key} is {value!r}, expected a smaller number")
    return number
