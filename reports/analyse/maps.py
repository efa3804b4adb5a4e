"""Which cells make a picture: planes over two axes where a grid was measured, single lines where it was not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

#: A plane needs this many sizes on either axis, and this share of its places filled.
PLANE_SIZES, PLANE_FILLED = 3, 0.6


@dataclass(frozen=True)
class Panel:
    """One grid of winners.

    Attributes
    ----------
    x, y : str
        Axes of the grid; `y` is empty for a single line.
    fixed : dict
        Sizes of the other axes.
    rows : pandas.DataFrame
        Rows of the winner table that belong to the panel.
    """

    x: str
    y: str
    fixed: dict[str, float]
    rows: pd.DataFrame


def panels(winners: pd.DataFrame, axes: tuple[str, ...]) -> list[Panel]:
    """The planes of a view, largest first; without any, the longest line along each axis; else nothing.

    Parameters
    ----------
    winners : pandas.DataFrame
        The winner table of one view.
    axes : tuple of str
    """
    planes = [
        found for x, y in combinations(axes, 2) if (found := _best_plane(winners, axes, x, y)) is not None
    ]
    if planes:
        return sorted(planes, key=lambda panel: -len(panel.rows))
    lines = [line for axis in axes if (line := longest_line(winners, axes, axis)) is not None]
    return [Panel(axis, "", fixed, rows) for axis, fixed, rows in lines]


def longest_line(
    table: pd.DataFrame, axes: tuple[str, ...], axis: str, at_least: int = 2
) -> tuple[str, dict[str, float], pd.DataFrame] | None:
    """The line along an axis with most sizes, among equals the one whose other sizes are the commonest.

    Returns
    -------
    tuple or None
        Axis, sizes of the other axes, rows of `table` on the line by rising size.
    """
    others = [name for name in axes if name != axis]
    table = table[table[axis].notna()]
    if table.empty:
        return None
    groups: list[tuple[Any, pd.DataFrame]] = (
        list(table.groupby(others, dropna=False)) if others else [((), table)]
    )
    weight = {name: table[name].value_counts() for name in others}
    scored = [
        (part[axis].nunique(), sum(weight[n].get(v, 0) for n, v in zip(others, key, strict=True)), -number)
        for number, (key, part) in enumerate(groups)
    ]
    best = max(range(len(groups)), key=scored.__getitem__)
    if scored[best][0] < at_least:
        return None
    key, part = groups[best]
    return (
        axis,
        {n: float(v) for n, v in zip(others, key, strict=True)},
        part.sort_values(axis, kind="stable"),
    )


def _best_plane(winners: pd.DataFrame, axes: tuple[str, ...], x: str, y: str) -> Panel | None:
    """The fullest grid over two axes, None when there is none worth a picture."""
    others = [name for name in axes if name not in (x, y)]
    winners = winners.dropna(subset=[x, y])
    groups: list[tuple[Any, pd.DataFrame]] = (
        list(winners.groupby(others, sort=True)) if others else [((), winners)]
    )
    best: Panel | None = None
    for key, part in groups:
        nx, ny = part[x].nunique(), part[y].nunique()
        if min(nx, ny) < PLANE_SIZES or len(part) < PLANE_FILLED * nx * ny:
            continue
        if best is None or len(part) > len(best.rows):
            sizes = np.atleast_1d(np.array(key, dtype=float))
            best = Panel(x, y, dict(zip(others, sizes.tolist(), strict=True)), part)
    return best
