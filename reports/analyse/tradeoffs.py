"""Beside speed: accuracy, memory and the first call, at one size."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from reports.load.model import CONTROL_SUFFIX

#: A first call that exceeds a later one by less has not compiled anything.
LEAST_COMPILATION_S = 0.05


def at_cell(speedups: pd.DataFrame, cell: int) -> pd.DataFrame:
    """Rows of the speedup table of one cell that have a time, the control copies left out, fastest first."""
    rows = speedups[(speedups["cell"] == cell) & (speedups["status"] == "ok")]
    return rows[~rows["impl"].str.endswith(CONTROL_SUFFIX)].sort_values("seconds", kind="stable")


def pareto_front(cost: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Who cannot be bettered in one respect without losing in the other.

    Parameters
    ----------
    cost, other : ndarray, (n,), float64
        Both are better when smaller.

    Returns
    -------
    ndarray, (n,), bool
        True unless somebody is at least as good in both and better in one; False where a value is missing.
    """
    known = ~(np.isnan(cost) | np.isnan(other))
    no_worse = (cost[None, :] <= cost[:, None]) & (other[None, :] <= other[:, None])
    better = (cost[None, :] < cost[:, None]) | (other[None, :] < other[:, None])
    return known & ~(no_worse & better & known[None, :]).any(axis=1)


def with_compilation(rows: pd.DataFrame, compiling: set[str]) -> tuple[pd.DataFrame, list[str]]:
    """The first calls of a cell, those that hide a compilation mended or left out.

    In one process a function is compiled once, and its first call at any later size only looks cheap; a compiler's
    cache on disk does the same to whole runs.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `at_cell`.
    compiling : set of str
        Strategies that may compile.

    Returns
    -------
    tuple
        The rows with a column `elsewhere`: whether `first_call_s` is put together from a first call of the run at
        another size; and the strategies that may compile, but of which no first call in the run shows it.
    """
    may = rows["impl"].isin(compiling)
    seen = rows["compile_s"] > 0
    longest = rows["longest_first_s"] >= LEAST_COMPILATION_S
    elsewhere = may & ~seen & longest & ~(rows["first_call_s"] - rows["seconds"] >= rows["longest_first_s"])
    unknown = may & ~seen & ~longest
    first = rows["first_call_s"].where(~elsewhere, rows["longest_first_s"] + rows["seconds"])
    mended = rows.assign(first_call_s=first, elsewhere=elsewhere)[~unknown]
    return mended, sorted(map(str, rows.loc[unknown & rows["first_call_s"].notna(), "impl"]))


def first_calls(rows: pd.DataFrame) -> pd.DataFrame:
    """What the first call costs, and when it has paid for itself.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `at_cell`.

    Returns
    -------
    pandas.DataFrame
        impl, first_call_s, seconds, `against` (whose first call is the cheapest) and `calls`: after how many calls
        the total time is below that one's (1 for itself, infinite when never). By rising `calls`.
    """
    timed = rows.dropna(subset=["first_call_s"])
    if timed.empty:
        return pd.DataFrame(columns=["impl", "first_call_s", "seconds", "against", "calls"])
    first, each = timed["first_call_s"].to_numpy(dtype=float), timed["seconds"].to_numpy(dtype=float)
    start = int(np.argmin(first))
    calls = [_calls_until_ahead(f, e, first[start], each[start]) for f, e in zip(first, each, strict=True)]
    against = str(timed["impl"].iloc[start])
    table = timed[["impl", "first_call_s", "seconds"]].assign(against=against, calls=calls)
    return table.sort_values(["calls", "seconds"], kind="stable", ignore_index=True)


def _calls_until_ahead(first: float, each: float, other_first: float, other_each: float) -> float:
    """Smallest n with first + (n - 1) * each <= other_first + (n - 1) * other_each; infinite when there is none."""
    if first <= other_first:
        return 1.0
    if each >= other_each:
        return math.inf
    return 1.0 + math.ceil((first - other_first) / (other_each - each))
