"""Where a strategy takes points, as journals tell it: records of kind ``trajectory`` -> checked arrays."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.load.bounds import require_name

#: More frames or points than this are a fault.
MOST_FRAMES, MOST_ROWS = 200, 20_000
#: Lengths below this, or above its inverse, are a fault: squares of what is between stay finite.
SHORTEST = 1e-30
#: What stands in place of a coordinate where a strategy lost the point.
LOST = -32768
NAMES = ("run", "workload", "benchmark", "stage", "impl", "rule", "step", "accuracy")
TEXTS = ("env", "commit", "dtype", "labels")


@dataclass(frozen=True)
class Trajectory:
    """The points of one block under one strategy.

    Attributes
    ----------
    machine, env, commit, run, workload, benchmark, stage, dtype, labels, impl : str
        As in the measurements of the same run.
    cell : tuple of (str, float)
    rule, step : str
        What the stage does to the points, and what lies between two frames, in words.
    accuracy : str
        What the strategy promises.
    unit_name : str
        What distances are told in.
    unit, resolution : float
        Length of it, and to what lengths the points were rounded.
    of : int
        Number of points; every second, third, ... of them is here.
    points : ndarray, (frames, rows, 2), float64
        NaN where the strategy lost the point.
    """

    machine: str
    env: str
    commit: str
    run: str
    workload: str
    benchmark: str
    stage: str
    dtype: str
    labels: str
    impl: str
    cell: tuple[tuple[str, float], ...]
    rule: str
    step: str
    accuracy: str
    unit_name: str
    unit: float
    resolution: float
    of: int
    points: np.ndarray


def trajectory_of(record: Mapping[str, Any], cell: Mapping[str, float]) -> Trajectory | None:
    """The trajectory that a record holds, None where it says why it holds none.

    Parameters
    ----------
    record : mapping
    cell : mapping
        Its cell, checked.

    Raises
    ------
    ValueError
        The record is not what a run writes; the message says in what.
    """
    if record.get("status") != "ok":
        return None
    for key in NAMES:
        if not isinstance(record.get(key), str) or not record[key]:
            raise ValueError(f"a trajectory without {key}")
        require_name(record[key], key)
    texts = {key: require_name(str(record.get(key) or ""), key) for key in TEXTS}
    unit = record.get("unit")
    if not isinstance(unit, dict) or not isinstance(unit.get("name"), str) or not unit["name"]:
        raise ValueError("a trajectory whose unit has no name")
    require_name(unit["name"], "a unit")
    resolution = _length(record, "resolution")
    whole = _whole_numbers(record)
    points = np.where((whole == LOST).any(axis=2, keepdims=True), np.nan, whole * resolution)
    return Trajectory(
        machine="",
        **texts,
        **{key: record[key] for key in NAMES},
        cell=tuple(cell.items()),
        unit_name=unit["name"],
        unit=_length(unit, "length"),
        resolution=resolution,
        of=_count(record, "of", 2**53),
        points=points,
    )


def _whole_numbers(record: Mapping[str, Any]) -> np.ndarray:
    """The packed coordinates, (frames, rows, 2), int16."""
    frames, rows = _count(record, "frames", MOST_FRAMES), _count(record, "rows", MOST_ROWS)
    packed = record.get("points")
    if not isinstance(packed, str):
        raise ValueError("a trajectory without points")
    try:
        raw = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError(f"points of a trajectory are not base64 ({problem})") from None
    if len(raw) != frames * rows * 4:
        raise ValueError(f"a trajectory of {frames} frames of {rows} points has {len(raw)} bytes of them")
    return np.frombuffer(raw, "<i2").reshape(frames, rows, 2)


def _count(record: Mapping[str, Any], key: str, most: int) -> int:
    value = record.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"{key} of a trajectory is {str(value)[:60]!r}, expected 1 to {most:,}")
    return value


def _length(record: Mapping[str, Any], key: str) -> float:
    value = record.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not SHORTEST < value < 1 / SHORTEST:
        raise ValueError(f"{key} of a trajectory is {str(value)[:60]!r}, expected a length")
    return float(value)
