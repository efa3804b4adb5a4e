"""The frame of a picture of speed against error: panels that share the axis across, broken where nothing is."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from reports import words
from reports.figures.style import FAINT

#: Where the frame begins, as a share of the picture's width.
LEFT = 0.125
#: Inches: of one lane of the strip, of all edges together, and of the gap between two panels.
LANE, MARGINS, BREAK = 0.165, 0.95, 0.13
#: Inches of a panel: at least, and per decade; the panels above the strip together take at most so many;
#: the topmost at least, and one below a cut at most.
PANEL_LEAST, PER_DECADE, PANELS_MOST = 0.55, 0.62, 3.6
TOP_LEAST, LOWER_MOST = 2.2, 1.1
#: Inches between a mark and the edge of its panel.
EDGE = 0.13
#: Inches that a tick's number takes.
TICK = 0.19
#: Inches that a letter of the label beside the panels takes.
CHARACTER = 0.075
#: Decades without a mark that are cut out.
EMPTY_DECADES = 2.5


@dataclass(frozen=True)
class Place:
    """Where a strategy stands: its panel, and its coordinates there."""

    axes: Axes
    x: float
    y: float
    in_lane: bool


def split_by_gap(above: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows with an error above rounding, cut once at the topmost wide stretch without any; larger errors first."""
    if above.empty:
        return []
    ordered = above.sort_values("error", ascending=False, kind="stable")
    error = ordered["error"].to_numpy(dtype=float)
    low, high = (ordered[name].to_numpy(dtype=float) for name in ("error_low", "error_high"))
    lowest = np.minimum.accumulate(np.where(low > 0, low, error))
    highest = np.maximum.accumulate(np.where(high > 0, high, error)[::-1])[::-1]
    wide = np.flatnonzero(np.log10(lowest[:-1] / highest[1:]) >= EMPTY_DECADES)
    if not wide.size:
        return [above]
    return [above.loc[part] for part in np.split(ordered.index, [wide[0] + 1])]


def error_span(part: pd.DataFrame) -> tuple[float, float]:
    """Lowest and highest error that a panel must show, bars over seeds included."""
    values = part[["error", "error_low", "error_high"]].to_numpy(dtype=float)
    values = values[values > 0]
    return float(values.min()), float(values.max())


def panel_heights(panels: list[pd.DataFrame], lanes: int) -> list[float]:
    """Inches of the panels from the top down, the strip's last; below a cut less height goes to a decade."""
    wanted = [
        max(PANEL_LEAST, 0.4 + PER_DECADE * float(np.log10(high / low)))
        for low, high in map(error_span, panels)
    ]
    if wanted:
        wanted[0] = max(wanted[0], TOP_LEAST if len(panels[0]) > 2 else LOWER_MOST)
        wanted[1:] = [min(height, LOWER_MOST) for height in wanted[1:]]
    scale = min(1.0, PANELS_MOST / sum(wanted)) if wanted else 1.0
    strip = [max(PANEL_LEAST, LANE * (lanes + 0.5))] if lanes else []
    return [scale * height for height in wanted] + strip


def broken_frames(made: Figure, heights: list[float], values: np.ndarray, rising: bool) -> list[Axes]:
    """Axes one above the other that share the axis across, with the signs of a broken axis between them.

    Parameters
    ----------
    made : matplotlib.figure.Figure
    heights : list of float
        Inches, from the top down.
    values : ndarray, (n,), float64
        What stands across.
    rising : bool
        Whether larger values stand at the right.
    """
    whole = made.get_figheight()
    top = 1 - 0.34 / whole
    room = (values.max() / values.min()) ** 0.05 * 1.15
    limits = (values.min() / room, values.max() * room)
    frames: list[Axes] = []
    for height in heights:
        axes = made.add_axes((LEFT, top - height / whole, 0.985 - LEFT, height / whole))
        axes.set_xscale("log")
        axes.set_xlim(*(limits if rising else limits[::-1]))
        axes.xaxis.set_minor_locator(NullLocator())
        frames.append(axes)
        top -= (height + BREAK) / whole
    for upper, lower in zip(frames[:-1], frames[1:], strict=True):
        upper.spines["bottom"].set_visible(False)
        upper.tick_params(axis="x", bottom=False, labelbottom=False)
        for axes, edge in ((upper, 0), (lower, 1)):
            axes.plot(
                [0], [edge], transform=axes.transAxes, clip_on=False, marker=[(-1, -0.6), (1, 0.6)], markersize=8,
                linestyle="none", color=FAINT,
            )  # fmt: skip
    return frames


def error_axis(axes: Axes, part: pd.DataFrame) -> None:
    """A logarithmic axis for the errors of a panel, with at least one tick on it."""
    low, high = error_span(part)
    inches = axes.get_window_extent().height / axes.figure.dpi
    margin = EDGE / inches
    pad = 10 ** max(0.25, np.log10(high / low) * margin / (1 - 2 * margin))
    axes.set_yscale("log")
    axes.set_ylim(low / pad, high * pad)
    decades = np.arange(np.ceil(np.log10(low / pad)), np.floor(np.log10(high * pad)) + 1)
    fit = max(1, int(inches / TICK))
    step = int(np.ceil(len(decades) / min(fit, 6))) or 1
    axes.yaxis.set_major_locator(FixedLocator([*10.0 ** decades[::-step]] if len(decades) else [high]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.error(value)))


def measure_label(made: Figure, top: Axes, bottom: Axes, measure: str) -> None:
    """What the error counts, along the panels that show it."""
    high, low = top.get_position().y1, bottom.get_position().y0
    fits = int((high - low) * made.get_figheight() / CHARACTER)
    middle = (high + low) / 2
    text = "\n".join(textwrap.wrap(measure or "error", min(40, max(12, fits))))
    made.text(0.012, middle, text, rotation=90, ha="left", va="center")


def across_axis(axes: Axes, rows: pd.DataFrame, across: str) -> None:
    """The axis that all panels share; a speedup comes with the time that it is a multiple of."""
    low, high = sorted(axes.get_xlim())
    finer = (1.0, 2.0, 5.0) if high / low < 300 else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(subs=finer, numticks=12))
    tell = words.ratio if across == "speedup" else words.seconds
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(tell(value))))
    if across != "speedup":
        axes.set_xlabel("time of one call  (right is better)")
        return
    base = words.seconds(float((rows["seconds"] * rows["speedup"]).median()))
    axes.set_xlabel(f"times as fast as {rows['baseline'].iloc[0]}, which takes {base}  (right is better)")


def _short(text: str) -> str:
    """A number without idle zeros: `1×` for `1.00×`, `20 ms` for `20.0 ms`."""
    return re.sub(r"\.(\d*?)0+(?!\d)", lambda found: f".{found[1]}" if found[1] else "", text)
