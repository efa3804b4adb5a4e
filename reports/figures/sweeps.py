"""Speedup along every axis through one cell, side by side: the one picture of an answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from reports import words
from reports.figures.scaling import spread
from reports.figures.style import HUES, look_of

WIDTH, HEIGHT = 10.4, 4.3
#: Share of the height between two labels.
LABEL_STEP = 0.062


def draw_sweeps(
    made: Figure, lines: dict[str, pd.DataFrame], shown: Sequence[str], baseline: str, title: str, dark: bool
) -> None:
    """Draw one panel per axis into a figure of `WIDTH` x `HEIGHT` inches.

    Parameters
    ----------
    made : matplotlib.figure.Figure
    lines : dict
        Axis name to the rows of the speedup table along that axis through the cell that all panels share.
    shown : sequence of str
        Strategies in colour, named at the right; all others are drawn faintly.
    baseline : str
        What the speedup is relative to.
    title : str
        What to conclude.
    dark : bool
        For a dark page.
    """
    made.subplots_adjust(left=0.062, right=0.81, top=0.84, bottom=0.125, wspace=0.08)
    panels = np.atleast_1d(made.subplots(1, len(lines), sharey=True))
    faint = "#4b5560" if dark else "#c9cfd6"
    for axes, (axis, rows) in zip(panels, lines.items(), strict=True):
        _frame(axes, np.sort(rows[axis].unique()).astype(float), axis)
        for impl, part in rows.groupby("impl"):
            if impl not in shown:
                ordered = part.sort_values(axis)
                axes.plot(ordered[axis], ordered["speedup"], color=faint, linewidth=0.8, zorder=1)
        for impl in shown:
            _curve(axes, rows[rows["impl"] == impl].sort_values(axis), axis, _colour(impl, dark))
    panels[0].set_ylabel(f"speedup over {baseline}  (times)")
    made.text(0.062, 0.93, title, fontsize=11.5, fontweight="bold")
    made.canvas.draw_idle()
    _labels(panels[-1], lines, shown, dark)


def _colour(impl: str, dark: bool) -> str:
    return HUES[look_of(impl).hue][1 if dark else 0]


def _frame(axes: Axes, sizes: np.ndarray, axis: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(axis)
    axes.xaxis.set_major_locator(FixedLocator(list(sizes)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.size(round(value))))
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 3.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(sizes[0] / 1.25, sizes[-1] * 1.25)


def _curve(axes: Axes, part: pd.DataFrame, axis: str, colour: str) -> None:
    look = look_of(str(part["impl"].iloc[0]))
    x, y = part[axis].to_numpy(dtype=float), part["speedup"].to_numpy(dtype=float)
    low, high = (part[f"speedup_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    axes.errorbar(
        x, y, yerr=np.nan_to_num(np.stack([y - low, high - y])), fmt="none", ecolor=colour, alpha=0.5
    )
    axes.plot(x, y, color=colour, linestyle=look.dash, marker=look.marker, markersize=4.5, linewidth=1.5)


def _labels(axes: Axes, lines: dict[str, pd.DataFrame], shown: Sequence[str], dark: bool) -> None:
    """Names beside the last panel in their lines' colours, at the height where the lines end."""
    axis, rows = list(lines.items())[-1]
    ends = {}
    for impl in shown:
        part = rows[(rows["impl"] == impl) & rows["speedup"].notna()].sort_values(axis)
        if not part.empty:
            ends[impl] = float(part["speedup"].iloc[-1])
    low, high = np.log(axes.get_ylim())
    wanted = (np.log(np.array(list(ends.values()))) - low) / (high - low)
    for (impl, _), y in zip(ends.items(), spread(wanted, LABEL_STEP), strict=True):
        text = f"{look_of(impl).glyph} {impl}"
        axes.text(
            1.03, y, text, transform=axes.transAxes, color=_colour(impl, dark), va="center", fontweight="bold"
        )
