"""The parameters of an asv benchmark, sorted by what they mean here: sizes, a strategy, a dtype, threads, the rest."""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass
from typing import Any

from reports.load.model import LARGEST

IMPL, DTYPE, THREADS = "impl", "dtype", "threads"


@dataclass(frozen=True)
class Combination:
    """One point of a benchmark's parameters, sorted by what they mean here."""

    cell: dict[str, float]
    impl: str
    dtype: str
    threads: int
    labels: str


def combinations(names: list[str], params: Any) -> list[Combination] | None:
    """The points of a benchmark in asv's order, the last parameter fastest.

    Parameters
    ----------
    names : list of str
        Of the parameters.
    params : list of list of str
        Their values, each written as Python writes it.

    Returns
    -------
    list of Combination or None
        None when the lists of parameters do not fit their names.
    """
    if (
        not isinstance(params, list)
        or len(params) != len(names)
        or not all(isinstance(p, list) for p in params)
    ):
        return None
    parsed = [[_value(text) for text in values] for values in params]
    numeric = {
        name: all(isinstance(v, (int, float)) for v in values) and name != IMPL
        for name, values in zip(names, parsed, strict=True)
    }
    points = []
    for values in itertools.product(*parsed):
        at = dict(zip(names, values, strict=True))
        threads = at[THREADS] if numeric.get(THREADS) else 1
        words = [f"{n} {v}" for n, v in at.items() if not numeric[n] and n not in (IMPL, DTYPE)]
        cell = {n: v for n, v in at.items() if numeric[n] and n not in (THREADS, DTYPE)}
        points.append(
            Combination(cell, str(at[IMPL]), str(at.get(DTYPE, "")), int(threads), ", ".join(words))
        )
    return points


def _value(text: Any) -> Any:
    """A parameter from its repr: a number, or text. What is no literal (a function, a class) stays as it is written."""
    if not isinstance(text, str):
        return _number_or_text(text)
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return _number_or_text(value)


def _number_or_text(value: Any) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST
    return value if number else str(value)
