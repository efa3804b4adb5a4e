"""Speedup along one axis, a panel for each stage: what the way to a device and back does to the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from reports import words
from reports.figures.style import FAINT, GRID, look_of

PANEL_WIDTH, HEIGHT = 3.3, 4.2
#: Distance of a label from the end of its line, in points, and between two labels.
ABOVE, APART = 9.0, 12.0


def draw_ways(
    made: Figure, line: pd.DataFrame, axis: str, panels: Sequence[tuple[str, str, Sequence[str]]], title: str
) -> None:
    """Draw the panels into an empty figure.

    Parameters
    ----------
    made : matplotlib.figure.Figure
    line : pandas.DataFrame
        Rows of the speedup table that differ in `axis`, stage and impl only.
    axis : str
    panels : sequence of (stage, words for it, strategies in colour)
        All other strategies are drawn faintly.
    title : str
        What to conclude.
    """
    made.set_layout_engine("constrained")
    every = np.atleast_1d(made.subplots(1, len(panels), sharey=True))
    baseline = str(line["baseline"].iloc[0])
    for axes, (stage, told, shown) in zip(every, panels, strict=True):
        rows = line[line["stage"] == stage].sort_values(axis)
        _frame(axes, sorted(rows[axis].unique()), axis, told)
        for impl, part in rows.groupby("impl"):
            if impl not in shown and impl != baseline:
                axes.plot(part[axis], part["speedup"], color=GRID, linewidth=0.9, zorder=1)
        axes.axhline(1, color=FAINT, linewidth=1.2)
        axes.annotate(
            baseline, (rows[axis].min(), 1), (0, -10), textcoords="offset points", color=FAINT, va="center"
        )
        _curves(axes, rows, axis, shown)
    inside = line.loc[
        line["speedup"] > 0, "speedup"
    ]  # an interval of few noisy sessions may span the universe
    every[0].set_ylim(inside.min() / 2, inside.max() * 2)
    every[0].set_ylabel(f"speed, in units of {baseline}'s")
    made.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")


def _frame(axes: Axes, sizes: Iterable[float], axis: str, title: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel=axis)
    axes.set_title(title, loc="left", fontsize=9)
    axes.xaxis.set_major_locator(FixedLocator(list(sizes)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.size(round(value, 6))))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    for each in (axes.xaxis, axes.yaxis):
        each.set_minor_locator(NullLocator())


def _curves(axes: Axes, rows: pd.DataFrame, axis: str, shown: Sequence[str]) -> None:
    """Lines with intervals, and names at their ends: above the upper line, below the lower ones."""
    ends = []
    for impl in shown:
        part, look = rows[rows["impl"] == impl], look_of(impl)
        x, y = part[axis].to_numpy(dtype=float), part["speedup"].to_numpy(dtype=float)
        low, high = (part[f"speedup_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        reach = np.maximum(np.nan_to_num(np.stack([y - low, high - y])), 0)
        axes.errorbar(x, y, yerr=reach, fmt="none", ecolor=look.colour, alpha=0.5)
        axes.plot(x, y, color=look.colour, marker=look.marker, linestyle=look.dash, markersize=4.5)
        ends.append((y[-1], x[-1], impl))
    for rank, (y, x, impl) in enumerate(sorted(ends, reverse=True)):
        shift = ABOVE if rank == 0 else -ABOVE - APART * (rank - 1)
        written: Any = {"color": look_of(impl).colour, "fontweight": "bold", "ha": "right", "va": "center"}
        written["path_effects"] = [withStroke(linewidth=3, foreground="white")]
        axes.annotate(impl, (x, y), (0, shift), textcoords="offset points", **written)
