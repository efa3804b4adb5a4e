"""What a line says of its strategy beside times: its knobs, its results over seeds, and what else was counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.load.bounds import require_name

#: More knobs or seeds than this are a fault.
MOST_KNOBS, MOST_SEEDS = 20, 10_000
#: Kinds of numbers that a line may count.
MOST_QUANTITIES = 50
#: A strategy's setting: names of knobs and their values, in the order of the line.
Knobs = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Spread:
    """Results of a strategy that is approximate on purpose, over seeds.

    Attributes
    ----------
    errors : tuple of float
        One per seed, in the unit of the workload's error, over the rows that are finite.
    rand_index : tuple of float
        One per seed: agreement of the groups with those of the reference; empty where nothing is grouped.
    finite_rows : float
        The least share of rows, of any seed, that have an answer; NaN when the line does not say.
    unmoved_rows : float
        The most rows, of any seed, that are where they were; NaN when the line does not say.
    """

    errors: tuple[float, ...]
    rand_index: tuple[float, ...]
    finite_rows: float
    unmoved_rows: float


def knobs_of(record: Mapping[str, Any]) -> Knobs:
    """The setting that a record tells of, empty for none; ValueError when it is no mapping of names to numbers."""
    knobs = record.get("knobs")
    if knobs is None:
        return ()
    if not isinstance(knobs, dict) or len(knobs) > MOST_KNOBS:
        raise ValueError(f"knobs is {str(knobs)[:60]!r}, expected numbers by name")
    return tuple(
        (require_name(str(name), "a knob"), _number(value, f"knob {name}")) for name, value in knobs.items()
    )


def spread_of(record: Mapping[str, Any]) -> Spread | None:
    """The results over seeds that a record tells of, None for none; ValueError says what is wrong with them."""
    told = record.get("spread")
    if told is None:
        return None
    if not isinstance(told, dict):
        raise ValueError(f"spread is {str(told)[:60]!r}, expected an object")
    return Spread(
        _numbers(told, "errors"),
        _numbers(told, "rand_index"),
        *(_number(told.get(key), key) for key in ("finite_rows", "unmoved_rows")),
    )


def quantities_of(record: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    """Numbers by name that a record counts of data or result, one a seed; ValueError says what is wrong with them."""
    told = record.get("quantities")
    if told is None:
        return {}
    if not isinstance(told, dict) or len(told) > MOST_QUANTITIES:
        raise ValueError(f"quantities is {str(told)[:60]!r}, expected lists of numbers by name")
    return {require_name(str(name), "a quantity"): _numbers(told, name, "quantities'") for name in told}


def _numbers(told: Mapping[str, Any], key: str, owner: str = "spread's") -> tuple[float, ...]:
    """A list of numbers that may be absent."""
    values = told.get(key)
    if values is None:
        return ()
    if not isinstance(values, list) or len(values) > MOST_SEEDS:
        raise ValueError(f"{owner} {key} is {str(values)[:60]!r}, expected a list of numbers")
    return tuple(_number(value, key) for value in values)


def _number(value: Any, key: str) -> float:
    """A number, NaN for null and for what is not finite."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{key} is {str(value)[:60]!r}, expected a number")
    try:
        return float(value) if math.isfinite(value) else math.nan
    except OverflowError:
        raise ValueError(f"{key} is {str(value)[:20]}..., expected a smaller number") from None
