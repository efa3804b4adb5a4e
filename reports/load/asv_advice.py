"""What to tell where asv's results have nothing to compare: every benchmark's parameters, and the option to use."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import accumulate
from pathlib import Path

from reports.load.asv_results import LIST, Foreign, Times
from reports.load.bounds import shown, told

#: Benchmarks that are listed, parameters of each, values of a parameter, and letters of one name among them.
MOST_LISTED, MOST_PARAMETERS, MOST_WORDS, LONGEST = 12, 10, 4, 40
#: Letters of the whole list.
LONGEST_LIST = 2_000
#: Parameters that are suggested.
MOST_SUGGESTED = 4
OPTION = "python -m reports build --strategy-parameter"


def no_match(folder: Path, foreign: Foreign, strategy: str) -> str:
    """Why nothing of asv's results is compared, and what to type, in one line.

    Parameters
    ----------
    folder : Path
    foreign : Foreign
    strategy : str
        The parameter that was looked for.
    """
    place = shown(folder)
    varied = [one for one in foreign.times if one.parameters]
    if not foreign.times and not foreign.files:
        return (
            f"{place} holds no results of asv, so there is no parameter {told(strategy, LONGEST)!r} to compare: leave "
            "out --strategy-parameter, or name another folder with --results."
        )
    if not foreign.times:
        return (
            f"{place} holds result files of asv, but no benchmark of times is in {place}/{LIST}, which alone names "
            "their parameters: name the folder that holds this file, or run asv once more to have it written."
        )
    if not varied:
        return (
            f"{place} holds times of asv, but none of its benchmarks has a parameter: there is nothing to compare. "
            "The report compares the values of one parameter, such as `impl`, at the values of the others."
        )
    listed = [
        f"{told(one.name, 3 * LONGEST)} ({_names(one)})" for one in sorted(varied, key=lambda one: one.name)
    ]
    return (
        f"{place} holds times of asv, but no benchmark of times has a parameter named {told(strategy, LONGEST)!r} "
        f"whose values could be compared. Name the one that tells strategies apart: {OPTION} NAME. "
        f"{_suggestion(varied)}Benchmarks and their parameters: {_first(listed, MOST_LISTED, '; ')}."
    )


def _names(one: Times) -> str:
    """The parameters of a benchmark."""
    return _first([told(name, LONGEST) for name in one.parameters], MOST_PARAMETERS, ", ")


def _suggestion(varied: list[Times]) -> str:
    """A sentence that names the commonest parameters whose values are words; empty without any."""
    values: dict[str, list[str]] = {}
    count: Counter[str] = Counter()
    for one in varied:
        for name, known in one.parameters.items():
            if len(known) > 1:
                values.setdefault(name, known)
                count[name] += 1
    if not count:
        return ""
    found = [
        f"{told(name, LONGEST)} ({_first([told(v, LONGEST) for v in values[name]], MOST_WORDS, ', ')}; in {n:,} of "
        f"{len(varied):,})"
        for name, n in count.most_common(MOST_SUGGESTED)
    ]
    return f"With words as values: {_first(found, len(found), '; ')}. "


def _first(items: list[str], most: int, between: str) -> str:
    """The first of some items, as many as there is room for and at least one, and how many more there are."""
    length = list(accumulate(len(item) + len(between) for item in items))
    most = max(1, min(most, bisect_right(length, LONGEST_LIST)))
    more = len(items) - most
    return between.join(items[:most]) + (f"{between}and {more:,} more" if more > 0 else "")
