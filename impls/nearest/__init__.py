"""The k nearest of many points to one query, from an index that is built once. Strategies are files.

A file defines ``build(points, seed)``, which is not timed, with ``index_bytes(n, d, itemsize)``: what building is
predicted to need, and how much of it stays; and ``search(index, query, k)``, which is timed, with
``workspace_bytes(n, d, itemsize, k)``.

>>> from impls import nearest
>>> nearest.search(points, query, k=150, strategy="kd_tree")  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Tuple

import numpy as np

from .. import inputs, ranges
from ..rooms import Room

ROOM = Room(Path(__file__).parent, __name__, "search", "nearest neighbour")
strategies, get = ROOM.strategies, ROOM.get

__all__ = ["ROOM", "get", "oracle", "search", "strategies"]


def search(
    points: Any,
    query: Any,
    k: int,
    strategy: str = "kd_tree",
    seed: int = 0,
    memory_limit: Optional[int] = None,
) -> np.ndarray:
    """Return the rows of points (n, d) nearest to a query (d,), the nearest first.

    Parameters
    ----------
    points, query : arrays, float32 or float64, of one dtype
    k : int
        From 1 to n.
    strategy : str
        One of `strategies()`. An approximate one may miss some, and return fewer than k.
    seed : int
        For strategies that draw at random, at least 0.
    memory_limit : int, optional
        Refuse to start where index and search are predicted to need more bytes than this.

    Returns
    -------
    (k,) intp array

    Raises
    ------
    ValueError, TypeError
        Wrong input, said in one sentence, before any work.
    MemoryBudgetError
        The prediction exceeds `memory_limit`.
    StrategyUnavailable
        The strategy's packages are not installed.
    """
    chosen = get(strategy)
    points, query, k = _checked(points, query, k)
    seed = inputs.seed_number(seed)
    if memory_limit is not None:
        building, kept = chosen.module.index_bytes(*points.shape, points.itemsize)
        searching = chosen.workspace_bytes(*points.shape, points.itemsize, k)
        inputs.require_memory(strategy, int(max(building, kept + searching)), memory_limit)
    points, query, ordered = _in_range(points, query)
    if ordered is not None:
        return ordered[:k]
    return np.asarray(chosen(chosen.module.build(points, seed), query, k))


def _in_range(points: np.ndarray, query: np.ndarray) -> Tuple[np.ndarray, np.ndarray, Optional[np.ndarray]]:
    """Return points and query such that squares of their differences keep their order.

    Where there is no such scale, as differences span more than the square root of float64's range, also the rows
    in order, from distances that are scaled one by one: then there is nothing left for a strategy to find.
    """
    safe = ranges.is_safe(points) and ranges.is_safe(query)
    if safe and not ranges.vanishing(points, query):
        return points, query, None
    wide, about, exponent = points.astype(np.float64), query.astype(np.float64), 0
    largest = float(max(np.abs(wide).max(), np.abs(about).max()))
    if not ranges.SAFE["float64"][0] < largest < ranges.SAFE["float64"][1]:
        exponent = ranges.power_near(largest)
    lost = ranges.vanishing(wide, about, exponent)
    ordered = np.argsort(ranges.distances(points, query), kind="stable") if lost else None
    return ranges.scaled(wide, exponent), ranges.scaled(about, exponent), ordered


def oracle(points: Any, query: Any, k: int) -> np.ndarray:
    """Return the rows by sorting all distances in float64; of equal distances the lower row first."""
    points, query, k = _checked(points, query, k)
    wide, about = points.astype(np.float64), query.astype(np.float64)
    if not (ranges.is_safe(wide) and ranges.is_safe(about)) or ranges.vanishing(wide, about):
        return np.argsort(ranges.distances(points, query), kind="stable")[:k]
    return np.argsort(np.square(wide - about).sum(axis=1), kind="stable")[:k]


def missed(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the share of the expected rows that were not found."""
    return 1.0 - len(np.intersect1d(found, expected)) / max(1, len(expected))


def _checked(points: Any, query: Any, k: Any) -> Tuple[np.ndarray, np.ndarray, int]:
    points, query = inputs.point_array(points), inputs.float_array(query, "query", ("d",))
    if query.shape[0] != points.shape[1] or query.dtype != points.dtype:
        raise ValueError(
            f"query {query.shape} {query.dtype} does not fit points {points.shape} {points.dtype}."
        )
    k = inputs.positive_integer(k, "k")
    if k > len(points):
        raise ValueError(f"k is {k}, expected at most the {len(points)} points there are.")
    return points, query, k
