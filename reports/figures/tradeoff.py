"""Two costs against each other, both better when smaller; the front of those that nobody beats in both is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from reports import words
from reports.analyse.tradeoffs import pareto_front
from reports.figures.readings import Mark
from reports.figures.scaling import decade, spread
from reports.figures.style import FAINT, look_of
from reports.figures.svg import figure, svg_text

WIDTH, HEIGHT = 7.6, 3.7


def draw_tradeoff(
    impls: list[str],
    seconds: np.ndarray,
    other: np.ndarray,
    label: str,
    in_bytes: bool,
    name: str,
    description: str,
    links: Mapping[str, str] | None = None,
) -> str:
    """Draw time against another cost.

    Parameters
    ----------
    impls : list of str
    seconds, other : ndarray, (n,), float64
        All finite; `other` may be 0, which is drawn at the lower edge: of bytes, what is not resolved.
    label : str
        What `other` is.
    in_bytes : bool
        Whether `other` counts bytes.
    name, description : str
        For `svg_text`.
    links : mapping, optional
        Where the name of a strategy leads.
    """
    positive = other[other > 0]
    floor = float(positive.min()) / 4 if positive.size else 0.5
    shown = np.where(other > 0, other, floor)
    with figure(WIDTH, max(HEIGHT, 1.0 + 0.175 * len(impls))) as made:
        made.subplots_adjust(left=0.115, right=0.72, top=0.95, bottom=0.13)
        axes = made.subplots()
        axes.set_xscale("log")
        axes.set_yscale("log")
        _ticks(axes, floor if positive.size < other.size else 0.0, in_bytes)
        axes.set_xlabel("time of one call  (left is better)")
        axes.set_ylabel(f"{label}  (down is better)")
        front = pareto_front(seconds, other)
        order = np.argsort(seconds[front], kind="stable")
        axes.step(
            seconds[front][order], shown[front][order], where="post", color=FAINT, linewidth=1, zorder=1
        )
        for impl, x, y, leads in zip(impls, seconds, shown, front, strict=True):
            look = look_of(impl)
            axes.plot(
                x, y, look.marker, color=look.colour, markersize=9 if leads else 6, alpha=1 if leads else 0.75
            )
        axes.margins(0.07)
        axes.get_xlim(), axes.get_ylim()  # this settles the limits, on which the labels' places depend
        _labels(axes, impls, seconds, shown, front, links or {})
        marks = [
            Mark(impl, axes, x, y, f"{words.seconds(x)}, {_value(known, in_bytes)}")
            for impl, x, y, known in zip(impls, seconds, shown, other, strict=True)
        ]
        return svg_text(made, name, description, marks)


def _value(known: float, in_bytes: bool) -> str:
    """The other cost in words."""
    return words.memory(known) if in_bytes else words.error(known)


def _ticks(axes: Axes, zero_at: float, in_bytes: bool) -> None:
    """Times and bytes in their units; the place of zero is called 0, or by what bytes are resolved."""

    def tell(value: float) -> str:
        return words.in_bytes(value) if in_bytes else f"{value:.0e}"

    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: decade(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tell(value)))
    if zero_at:
        zero = f"< {words.in_bytes(words.RESOLVED_BYTES)}" if in_bytes else "0"
        axes.text(-0.015, zero_at, zero, transform=axes.get_yaxis_transform(), ha="right", va="center")
    axes.yaxis.set_major_locator(LogLocator(base=16 if in_bytes else 10, numticks=7))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())


def _labels(
    axes: Axes, impls: list[str], x: np.ndarray, y: np.ndarray, front: np.ndarray, links: Mapping[str, str]
) -> None:
    """Names in a column at the right, in order of height, with thin lines to their marks."""
    points = axes.transAxes.inverted().transform(axes.transData.transform(np.column_stack([x, y])))
    placed = spread(
        points[:, 1] - 1e-6 * points[:, 0], 12.5 / 72 * axes.figure.dpi / axes.get_window_extent().height
    )
    for impl, (at_x, at_y), label_y, leads in zip(impls, points, placed, front, strict=True):
        colour = look_of(impl).colour
        axes.plot(
            [at_x, 1.02, 1.04], [at_y, label_y, label_y], transform=axes.transAxes, clip_on=False, color=colour,
            linewidth=0.5, alpha=0.45, zorder=0,
        )  # fmt: skip
        axes.text(
            1.05, label_y, impl, transform=axes.transAxes, color=colour, fontsize=8.5, va="center",
            fontweight="bold" if leads else "normal", url=links.get(impl),
        )  # fmt: skip
