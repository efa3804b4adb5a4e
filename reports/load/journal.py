"""Journals (`*.jsonl`): one file -> its records, checked line by line. Nothing here decides what is used."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from reports.load.model import LARGEST, LONGEST_S, STATUSES

SCHEMA = 1
#: Sessions and threads are counted; a larger number is a fault.
MOST = 1_000_000


class BrokenFile(Exception):
    """A result file that cannot be used at all; the message says why in one sentence."""


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
    warnings : list of str
    """

    path: Path
    machine: dict[str, Any] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    finished: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


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
        The file cannot be read, is not text, or has not a single usable line.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as problem:
        raise BrokenFile(f"{shown_as} cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise BrokenFile(f"{shown_as} is not UTF-8 text (byte {problem.start})") from problem
    journal = Journal(path)
    bad: list[tuple[int, str]] = []
    rows = text.split("\n")
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        try:
            add_record(journal, record_of(row))
        except ValueError as problem:
            if number == len(rows):  # no newline behind it: the writer was interrupted here
                journal.warnings.append(f"{shown_as}: the last line is torn and was dropped")
            else:
                bad.append((number, str(problem)))
    if bad:
        number, why = bad[0]
        more = "" if len(bad) == 1 else f" (the first is line {number})"
        count = f"line {number} was" if len(bad) == 1 else f"{len(bad)} lines were"
        journal.warnings.append(f"{shown_as}: {count} left out{more}: {why}")
    if not (journal.lines or journal.machine or journal.runs):
        raise BrokenFile(f"{shown_as} holds no journal record")
    return journal


def record_of(row: str) -> dict[str, Any]:
    """Parse one line; ValueError says what is wrong with it."""
    try:
        record = json.loads(row)
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
        journal.lines.append(_measurement(record))
    elif kind == "machine":
        journal.machine = journal.machine or record
    else:
        homes: dict[str, list[dict[str, Any]]] = {
            "run": journal.runs,
            "limits": journal.limits,
            "finished": journal.finished,
        }
        home = homes.get(str(kind))
        if home is not None:  # unknown kinds are none of our business, by the format's own rule
            home.append(record)


def _measurement(record: dict[str, Any]) -> dict[str, Any]:
    """Check a measurement record and reduce its samples to minimum and median."""
    cell = record.get("cell")
    if not isinstance(cell, dict) or not cell:
        raise ValueError("a measurement without a cell")
    for axis, size in cell.items():
        if isinstance(size, bool) or not isinstance(size, (int, float)) or not abs(size) <= LARGEST:
            raise ValueError(f"cell size {axis} is {size!r}, expected a number")
    for key in ("workload", "benchmark", "impl", "status"):
        if not isinstance(record.get(key), str) or not record[key]:
            raise ValueError(f"a measurement without {key}")
    if record["status"] not in STATUSES:
        raise ValueError(f"status {record['status']!r} is not one of {', '.join(STATUSES)}")
    best, middle, samples = math.nan, math.nan, 0
    if record["status"] == "ok":
        seconds = record.get("seconds")
        if not isinstance(seconds, list) or not seconds:
            raise ValueError("status ok without seconds")
        if not all(_is_duration(value) for value in seconds):
            raise ValueError("seconds holds something that is not a duration")
        best, middle, samples = float(min(seconds)), float(median(seconds)), len(seconds)
    return {
        "workload": record["workload"],
        "benchmark": record["benchmark"],
        "stage": _text(record.get("stage")),
        "env": record.get("env"),
        "dtype": _text(record.get("dtype")),
        "labels": _text(record.get("labels")),
        "threads": _optional(record, "threads", int, 1),
        "commit": _text(record.get("commit")),
        "run": _text(record.get("run")),
        "session": _optional(record, "session", int, 0),
        "impl": record["impl"],
        "status": record["status"],
        "reason": _text(record.get("reason")),
        "cell": cell,
        "best": best,
        "median": middle,
        "samples": samples,
        "first_call_s": _optional(record, "first_call_s", float, math.nan),
        "error": _optional(record, "error", float, math.nan),
        "tolerance": _optional(record, "tolerance", float, math.nan),
        "peak_extra_bytes": _optional(record, "peak_extra_bytes", float, math.nan),
        "started_at": _optional(record, "started_at", float, math.nan),
        "versions": record.get("versions"),
    }


def _is_duration(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 < value <= LONGEST_S  # type: ignore[operator]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _optional(record: dict[str, Any], key: str, kind: Callable[[Any], Any], default: Any) -> Any:
    """Value of a key that may be absent or null; ValueError names the key when it is of another type."""
    value = record.get(key)
    if value is None:
        return default
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{key} is {value!r}, expected a number") from None
    if isinstance(number, int) and abs(number) > MOST:
        raise ValueError(f"{key} is {value!r}, expected a smaller number")
    return number
