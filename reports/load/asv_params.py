"""The parameters of an asv benchmark, sorted by what they mean here: sizes, a strategy, a dtype, threads, the rest."""

from __future__ import annotations

import ast
import itertools
import math
from dataclasses import dataclass
from typing import Any

from reports.load.bounds import LONGEST_AXIS, MOST_AXES, short_name
from reports.load.model import LARGEST

IMPL, DTYPE, THREADS = "impl", "dtype", "threads"
#: More points than this are no benchmark that anybody waited for.
MOST_POINTS = 200_000


@dataclass(frozen=True)
class Combination:
    """One point of a benchmark's parameters, sorted by what they mean here."""

    cell: dict[str, float]
    impl: str
    dtype: str
    threads: int
    labels: str


def combinations(
    names: list[str], params: Any, strategy: str = IMPL, length: int | None = None
) -> list[Combination] | None:
    """The points of a benchmark in asv's order, the last parameter fastest.

    Parameters
    ----------
    names : list of str
        Of the parameters.
    params : list of list of str
        Their values, each written as Python writes it.
    strategy : str
        The parameter whose values are compared.
    length : int, optional
        How many points there must be, when that is known.

    Returns
    -------
    list of Combination or None
        None when the lists of parameters do not fit their names or the number of points.
    """
    if (
        not isinstance(params, list)
        or len(params) != len(names)
        or not all(isinstance(p, list) for p in params)
    ):
        return None
    count = math.prod(map(len, params))  # before anything of that size is made
    if count > MOST_POINTS or (length is not None and count != length):
        return None
    parsed = [[_value(text) for text in values] for values in params]
    numeric = {
        name: all(isinstance(v, (int, float)) for v in values) and name != strategy
        for name, values in zip(names, parsed, strict=True)
    }
    if sum(numeric.values()) > MOST_AXES:
        return None
    return [
        _combination(dict(zip(names, values, strict=True)), numeric, strategy)
        for values in itertools.product(*parsed)
    ]


def _combination(at: dict[str, Any], numeric: dict[str, bool], strategy: str) -> Combination:
    """One point from the values of its parameters."""
    threads = at[THREADS] if numeric.get(THREADS) else 1
    words = [f"{n} {v}" for n, v in at.items() if not numeric[n] and n not in (strategy, DTYPE)]
    cell = {
        short_name(n, LONGEST_AXIS): v
        for n, v in at.items()
        if numeric[n] and n not in (THREADS, DTYPE, strategy)
    }
    dtype = "" if strategy == DTYPE else short_name(str(at.get(DTYPE, "")))
    return Combination(cell, short_name(str(at[strategy])), dtype, int(threads), short_name(", ".join(words)))


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
