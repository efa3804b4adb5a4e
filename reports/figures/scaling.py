"""Scaling along one axis: time against size, log-log, one line per strategy, its name at the line's end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from reports import words
from reports.figures.readings import Mark
from reports.figures.style import FAINT, look_of
from reports.figures.svg import figure, svg_text

WIDTH = 7.6
#: Inches that one character of a label takes at most, and what stands before the label.
CHARACTER, LEADER = 0.086, 0.2


@dataclass(frozen=True)
class Quantity:
    """What is drawn against the size.

    Attributes
    ----------
    column : str
        Of the table; `<column>_low` and `<column>_high` are the interval.
    label : str
        Of the vertical axis.
    tell : callable
        A value of the axis in words.
    value : callable
        A measured value in words.
    whole : float or None
        Where a line across says "all of it"; None for none.
    """

    column: str
    label: str
    tell: Callable[[float], str]
    value: Callable[[float], str]
    whole: float | None = None


def decade(value: float) -> str:
    """A power of ten of a second without needless digits."""
    return words.seconds(value).replace(".00", "").replace(".0", "")


SECONDS = Quantity("seconds", "time of one call", decade, words.seconds)
SHARE = Quantity("share", "share of the machine's limit", words.share, words.share, whole=1.0)


def draw_scaling(
    line: pd.DataFrame,
    axis: str,
    name: str,
    description: str,
    quantity: Quantity = SECONDS,
    links: Mapping[str, str] | None = None,
) -> str:
    """Draw one line of cells.

    Parameters
    ----------
    line : pandas.DataFrame
        Rows of the speedup table (or another with its `quantity`) that differ in `axis` and impl only.
    axis : str
    name, description : str
        For `svg_text`.
    quantity : Quantity
    links : mapping, optional
        Where the name of a strategy leads.

    Returns
    -------
    str
        An `<svg>` element.
    """
    sizes = np.sort(line[axis].unique()).astype(float)
    curves = [
        (str(impl), part.set_index(axis).reindex(sizes)) for impl, part in line.groupby("impl", sort=True)
    ]
    curves = [(impl, part) for impl, part in curves if (part["status"] == "ok").any()]
    labels = [impl + _ending(part) for impl, part in curves]
    room = min(LEADER + CHARACTER * max(map(len, labels)), 0.5 * WIDTH)
    with figure(WIDTH, max(3.6, 1.1 + 0.175 * len(curves))) as made:
        made.subplots_adjust(left=0.1, right=1 - room / WIDTH, top=0.96, bottom=0.6 / made.get_figheight())
        axes = made.subplots()
        _frame(axes, sizes, axis, quantity)
        ends = [_curve(axes, impl, part, quantity.column) for impl, part in curves]
        _limit(axes, [part[quantity.column].to_numpy(dtype=float) for _, part in curves], quantity.whole)
        _end_labels(axes, [impl for impl, _ in curves], labels, ends, links or {})
        marks = [mark for impl, part in curves for mark in _marks(axes, axis, impl, part, quantity)]
        return svg_text(made, name, description, marks)


def _frame(axes: Axes, sizes: np.ndarray, axis: str, quantity: Quantity) -> None:
    _across(axes, sizes)
    axes.set_yscale("log")
    axes.set_xlabel(axis)
    shown = sizes if len(sizes) <= 9 else sizes[:: int(np.ceil(len(sizes) / 9))]
    axes.xaxis.set_major_locator(FixedLocator(list(shown)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.size(round(value, 6))))
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity.tell(value)))
    axes.set_ylabel(quantity.label)
    middle = (axes.get_position().y0 + axes.get_position().y1) / 2
    # at the picture's edge: beside wide numbers of ticks it would be pushed out of it
    axes.yaxis.set_label_coords(0.021, middle, transform=axes.figure.transFigure)
    if quantity.whole is not None:
        axes.axhline(quantity.whole, color=FAINT, linewidth=1.2, linestyle=(0, (6, 2)))


def _across(axes: Axes, sizes: np.ndarray) -> None:
    """The scale across: logarithmic, and around 0 linear where a size of 0 (or below) was measured."""
    low, high = float(sizes[0]), float(sizes[-1])
    if low > 0:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.08, high * 1.08)
        return
    near = float(np.abs(sizes[sizes != 0]).min(initial=np.inf))
    near = near if np.isfinite(near) else 1.0
    axes.set_xscale("symlog", linthresh=near, linscale=0.6)
    margin = 0.1 * near
    axes.set_xlim(low * 1.08 - margin, (high * 1.08 if high > 0 else high) + margin)


def _limit(axes: Axes, values: list[np.ndarray], whole: float | None) -> None:
    """The vertical limits, from the points: a wide interval is cut off rather than pressing all curves together."""
    points = np.concatenate([*values, [np.nan if whole is None else whole]])
    axes.set_ylim(np.nanmin(points) / 1.5, np.nanmax(points) * 1.5)


def _curve(axes: Axes, impl: str, part: pd.DataFrame, column: str) -> tuple[float, float]:
    """Draw one strategy and return its last point in data coordinates."""
    look = look_of(impl)
    x, y = part.index.to_numpy(dtype=float), part[column].to_numpy(dtype=float)
    low, high = (part[f"{column}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    bars = np.column_stack([low, high, np.full(len(x), np.nan)])  # one path for all, a gap behind each
    axes.plot(np.repeat(x, 3), bars.ravel(), color=look.colour, linewidth=0.9, alpha=0.55)
    style: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "marker": look.marker}
    axes.plot(x, y, markersize=4.2, linewidth=1.3, clip_on=False, **style)
    last = int(np.flatnonzero(~np.isnan(y))[-1])
    if last < len(x) - 1:
        axes.plot(x[last], y[last], marker="x", markersize=9, markeredgewidth=1.6, color=look.colour)
    return float(x[last]), float(y[last])


def _marks(axes: Axes, axis: str, impl: str, part: pd.DataFrame, quantity: Quantity) -> list[Mark]:
    """Every point of a curve, with its interval where it has one."""
    found = []
    for size, row in part[part[quantity.column].notna()].iterrows():
        x, y = float(str(size)), float(row[quantity.column])
        low, high = (float(row[f"{quantity.column}_{end}"]) for end in ("low", "high"))
        span = f", {quantity.value(low)} to {quantity.value(high)}" if low < high < math.inf else ""
        found.append(Mark(impl, axes, x, y, f"{axis} {words.size(x)}: {quantity.value(y)}{span}"))
    return found


def _ending(part: pd.DataFrame) -> str:
    """Why a line ends before the axis does, for its label; empty when it does not."""
    ok = (part["status"] == "ok").to_numpy()
    last = int(np.flatnonzero(ok)[-1])
    if last == len(part) - 1:
        return ""
    status = part["status"].iloc[last + 1]
    told = status if isinstance(status, str) else "not measured"
    return f" ({told} from {words.size(part.index[last + 1])})"


def _end_labels(
    axes: Axes, impls: list[str], labels: list[str], ends: list[tuple[float, float]], links: Mapping[str, str]
) -> None:
    """Names in a column right of the frame, in their lines' own colours, moved apart until none overlaps."""
    points = axes.transAxes.inverted().transform(axes.transData.transform(np.array(ends)))
    box = axes.get_window_extent()
    inch = axes.figure.dpi / box.width  # one inch, as a share of the frame's width
    placed = spread(points[:, 1], 12.5 / 72 * axes.figure.dpi / box.height)
    for impl, label, (x, y), label_y in zip(impls, labels, points, placed, strict=True):
        colour, whole = look_of(impl).colour, label == impl
        way = [min(x + 0.012, 1.0), 1 + 0.6 * LEADER * inch, 1 + 0.8 * LEADER * inch]
        style = "solid" if whole else (0, (1, 2))
        axes.plot(
            way, [y, label_y, label_y], transform=axes.transAxes, clip_on=False, color=colour, linewidth=0.6,
            linestyle=style, alpha=0.8,
        )  # fmt: skip
        axes.text(
            1 + LEADER * inch, label_y, label, transform=axes.transAxes, color=colour, fontsize=8.5, va="center",
            fontweight="bold" if whole else "normal", url=links.get(impl),
        )  # fmt: skip


def spread(wanted: np.ndarray, step: float, low: float = -0.04, high: float = 1.0) -> np.ndarray:
    """Positions near the wanted ones, in the same order, no two closer than `step`, all between two bounds.

    Overlapping labels form a block that sits where its members wanted to be on average (the pool-adjacent-violators
    idea), so no label moves further than it must. More labels than fit run over the upper bound.
    """
    order = np.argsort(wanted, kind="stable")
    blocks: list[tuple[float, int]] = []  # sum of the wanted positions of a block, number of labels in it

    def bottom(block: tuple[float, int]) -> float:
        total, n = block
        half = step * n / 2
        return max(low, min(total / n, high - half + step / 2) - half + step / 2)

    for position in wanted[order]:
        blocks.append((float(position), 1))
        while len(blocks) > 1 and bottom(blocks[-1]) < bottom(blocks[-2]) + step * blocks[-2][1] - 1e-12:
            (below, n), (above, m) = blocks[-2:]
            blocks[-2:] = [(below + above, n + m)]
    placed = np.empty_like(wanted, dtype=float)
    placed[order] = np.concatenate([bottom(block) + step * np.arange(block[1]) for block in blocks])
    return placed
