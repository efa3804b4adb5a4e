"""How the time grows along one axis: the leaders of each package set in colour and named, all others faint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from reports import words
from reports.figures.readings import Mark
from reports.figures.scaling import decade, spread
from reports.figures.style import look_of
from reports.figures.svg import MARK, figure, svg_text

WIDTH, HEIGHT = 4.6, 3.3
#: Where the frame ends; names stand right of it.
LEFT, RIGHT, BOTTOM, TOP = 0.13, 0.69, 0.14, 0.97
AXES = {"T": "T, images", "L": "L, rows an image", "F": "F, numbers a row", "K": "K, groups an image"}


def draw_growth(rows: pd.DataFrame, axis: str, leaders: Sequence[str], name: str, description: str) -> str:
    """Draw the lines.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the speedup table that differ in `axis` and impl only.
    axis : str
    leaders : sequence of str
        Strategies in colour. Groups of all others have `faint` in their id.
    name, description : str
        For `svg_text`.
    """
    ok = rows[rows["status"] == "ok"].sort_values(axis, kind="stable")
    with figure(WIDTH, HEIGHT) as made:
        made.subplots_adjust(left=LEFT, right=RIGHT, bottom=BOTTOM, top=TOP)
        axes = made.subplots()
        ends: dict[str, tuple[float, float]] = {}
        for impl, part in sorted(ok.groupby("impl"), key=lambda item: item[0] in leaders):
            x, y = part[axis].to_numpy(dtype=float), part["seconds"].to_numpy(dtype=float)
            _line(axes, str(impl), str(impl) in leaders, x, y)
            ends[str(impl)] = (float(x[-1]), float(y[-1]))
        _frame(axes, np.sort(ok[axis].unique()).astype(float), axis)
        _names(axes, [impl for impl in ends if impl in leaders], ends)
        marks = [
            Mark(
                str(impl), axes, float(size), float(took), f"{axis} {words.size(size)}: {words.seconds(took)}"
            )
            for impl, size, took in ok[["impl", axis, "seconds"]].itertuples(index=False)
        ]
        marks.sort(key=lambda mark: mark.series not in leaders)
        return svg_text(made, name, description, marks)


def _line(axes: Axes, impl: str, leads: bool, x: np.ndarray, y: np.ndarray) -> None:
    look = look_of(impl)
    (line,) = axes.plot(
        x, y, color=look.colour, linestyle=look.dash, linewidth=1.5, marker=look.marker, markersize=3.6
    )
    line.set_gid(f"{MARK}{'lead' if leads else 'faint'}-{impl}")


def _frame(axes: Axes, sizes: np.ndarray, axis: str) -> None:
    axes.set(xscale="log", yscale="log")
    shown = sizes if len(sizes) <= 6 else sizes[:: int(np.ceil(len(sizes) / 6))]
    axes.xaxis.set_major_locator(FixedLocator(list(shown)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.size(round(value, 6))))
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: decade(value)))
    for each in (axes.xaxis, axes.yaxis):
        each.set_minor_locator(NullLocator())
    axes.set_xlabel(AXES.get(axis, axis), labelpad=1)


def _names(axes: Axes, impls: list[str], ends: dict[str, tuple[float, float]]) -> None:
    """Names of the leaders right of the frame, moved apart until none overlaps."""
    if not impls:
        return
    points = axes.transAxes.inverted().transform(axes.transData.transform(np.array([ends[i] for i in impls])))
    placed = spread(points[:, 1], 11.5 / (72 * HEIGHT * (TOP - BOTTOM)))
    for impl, (x, y), label in zip(impls, points, placed, strict=True):
        colour = look_of(impl).colour
        way: Any = {"transform": axes.transAxes, "clip_on": False, "color": colour}
        axes.plot([min(x + 0.015, 1.0), 1.04, 1.06], [y, label, label], linewidth=0.6, alpha=0.8, **way)
        axes.text(
            1.075,
            label,
            impl,
            transform=axes.transAxes,
            color=colour,
            fontsize=8.5,
            va="center",
            fontweight="bold",
        )
