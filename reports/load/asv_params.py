"""The parameters of an asv benchmark, sorted by what they mean here: sizes, a strategy, a dtype, threads, words."""

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
#: Combinations of words are told apart as settings, and each setting is a part of the page.
MOST_SETTINGS = 500


class NotUsed(Exception):
    """A result of asv that cannot be compared; the message says why, as the end of a sentence."""


@dataclass(frozen=True)
class Combination:
    """One point of a benchmark's parameters, sorted by what they mean here.

    Attributes
    ----------
    cell : dict
        Sizes by the name of their parameter: those of which every value is a number.
    impl : str
        The value of the parameter that is compared.
    dtype : str
    threads : int
    labels : str
        The other parameters in words, `size Small, solver True`.
    """

    cell: dict[str, float]
    impl: str
    dtype: str
    threads: int
    labels: str


@dataclass(frozen=True)
class Parameter:
    """A parameter and its values: numbers, or texts that differ from each other."""

    name: str
    values: list[Any]

    @property
    def is_number(self) -> bool:
        """Whether every value is one."""
        return bool(self.values) and all(isinstance(value, (int, float)) for value in self.values)

    @property
    def is_threads(self) -> bool:
        """Whether the values count threads."""
        return self.name == THREADS and all(isinstance(value, int) and value > 0 for value in self.values)


def combinations(
    names: list[str], params: Any, strategy: str = IMPL, length: int | None = None
) -> list[Combination]:
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

    Raises
    ------
    NotUsed
        The lists of parameters do not fit their names or the number of points, or are more than can be shown.
    """
    found = parameters(names, params)
    if found is None or strategy not in names:
        raise NotUsed("its values do not fit its parameters")
    count = math.prod(len(one.values) for one in found)  # before anything of that size is made
    if length is not None and count != length:
        raise NotUsed("its values do not fit its parameters")
    sizes = {one.name for one in found if one.is_number and one.name not in (strategy, DTYPE)}
    sizes -= {one.name for one in found if one.is_threads}
    settings = math.prod(len(one.values) for one in found if one.name not in sizes | {strategy})
    if count > MOST_POINTS or len(sizes) > MOST_AXES or settings > MOST_SETTINGS:
        raise NotUsed("its parameters have more combinations than can be shown")
    # what tells settings apart comes before what is the same in all: a label may be cut
    told = sorted((one for one in found if one.name not in sizes), key=lambda one: len(one.values) < 2)
    words = [one.name for one in told if one.name not in (strategy, DTYPE) and not one.is_threads]
    counted = any(one.is_threads and one.name != strategy for one in found)
    return [
        _combination(dict(zip(names, values, strict=True)), sizes, words, strategy, counted)
        for values in itertools.product(*(one.values for one in found))
    ]


def parameters(names: list[str], params: Any) -> list[Parameter] | None:
    """The parameters with their values; None where the lists do not fit the names."""
    if not isinstance(params, list) or len(params) != len(names) or len(set(names)) < len(names):
        return None
    if not all(isinstance(values, list) for values in params):
        return None
    return [Parameter(name, _values(texts)) for name, texts in zip(names, params, strict=True)]


def _combination(
    at: dict[str, Any], sizes: set[str], words: list[str], strategy: str, counted: bool
) -> Combination:
    """One point from the values of its parameters."""
    cell = {short_name(name, LONGEST_AXIS): value for name, value in at.items() if name in sizes}
    dtype = "" if strategy == DTYPE else short_name(str(at.get(DTYPE, "")))
    labels = short_name(", ".join(f"{name} {at[name]}" for name in words))
    return Combination(cell, short_name(str(at[strategy])), dtype, at[THREADS] if counted else 1, labels)


def _values(texts: list[Any]) -> list[Any]:
    """Values of a parameter: as numbers, or as texts; as they are written where they would look the same, 1 and '1'."""
    found = [_value(text) for text in texts]
    numbers = all(isinstance(value, (int, float)) for value in found)
    told = found if numbers else [str(value) for value in found]
    return told if len(set(told)) == len(told) else [str(text) for text in texts]


def _value(text: Any) -> Any:
    """A parameter from its repr: a number, or text. What is no literal (a function, a class) stays as it is written."""
    if not isinstance(text, str):
        return _number_or_text(text)
    try:
        return _number_or_text(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _number_or_text(value: Any) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST
    return value if number else str(value)
