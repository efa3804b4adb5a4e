"""Speed against error at one size of one stage, log-log: a family of settings is a curve, a single one a dot.

Across stands the speedup over the baseline and not the time: it is paired by session, so its interval is the
narrower one, and the baseline's own time stands beside it. The axis of errors is broken where nothing is for many
decades; what is within rounding goes to a strip of lanes at the bottom, one a strategy, where height means nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports import words
from reports.analyse.fronts import EXACT, within_rounding
from reports.figures.broken import (
    BREAK,
    LEFT,
    MARGINS,
    Place,
    across_axis,
    broken_frames,
    error_axis,
    error_span,
    measure_label,
    panel_heights,
    split_by_gap,
)
from reports.figures.front_names import lane_names, panel_names
from reports.figures.readings import Mark
from reports.figures.style import FAINT, INK, PAPER, look_of
from reports.figures.svg import figure, svg_text
from reports.load.model import APPROXIMATE, BOUNDED

WIDTH = 7.6
#: Which promise a mark's filling stands for: in a ring, hollow, or neither.
PROMISES = {
    EXACT: "exact",
    BOUNDED: "wrong by at most a stated bound",
    APPROXIMATE: "approximate (bar: lowest to highest of the seeds)",
}


def draw_front(
    rows: pd.DataFrame, measure: str, name: str, description: str, links: Mapping[str, str] | None = None
) -> str:
    """Draw one cell.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `front_table` of one cell; those without a known error are left out.
    measure : str
        What the error counts.
    name, description : str
        For `svg_text`.
    links : mapping, optional
        Where the name of a strategy leads.

    Returns
    -------
    str
        An `<svg>` element.
    """
    rows = rows[rows["error"].notna()]
    across = "speedup" if rows["speedup"].notna().all() else "seconds"
    strip = rows[within_rounding(rows) | (rows["error"] <= 0)].sort_values("seconds", kind="stable")
    panels = split_by_gap(rows.drop(strip.index))
    heights = panel_heights(panels, len(strip))
    with figure(WIDTH, sum(heights) + BREAK * (len(heights) - 1) + MARGINS) as made:
        frames = broken_frames(made, heights, rows[across].to_numpy(dtype=float), across == "speedup")
        places: dict[Hashable, Place] = {}
        for axes, part in zip(frames, panels, strict=False):
            error_axis(axes, part)
            places |= {index: Place(axes, row[across], row["error"], False) for index, row in part.iterrows()}
        if panels:
            measure_label(made, frames[0], frames[len(panels) - 1], measure)
        if len(strip):
            places |= _lanes(frames[-1], strip, across)
            lane_names(strip, places, across, links or {})
        for index, row in rows.iterrows():
            _mark(places[index], row, across)
        _curves(made, rows, places)
        _stairs(frames, panels, rows, places, across)
        for part in panels:
            panel_names(part, places, across, links or {})
        across_axis(frames[-1], rows, across)
        _key(made, rows)
        return svg_text(
            made, name, description, [_read(places[index], row) for index, row in rows.iterrows()]
        )


def _read(place: Place, row: pd.Series) -> Mark:
    """What the page tells of a strategy."""
    faster = f", {words.ratio(row['speedup'])} the baseline's speed" if pd.notna(row["speedup"]) else ""
    told = f"{words.seconds(row['seconds'])}{faster}, error {words.error(row['error'])}"
    return Mark(str(row["impl"]), place.axes, place.x, place.y, told)


def _lanes(axes: Axes, strip: pd.DataFrame, across: str) -> dict[Hashable, Place]:
    """One lane a strategy, the fastest on top; at the left what the strip is, and which errors are in it."""
    axes.set_ylim(len(strip) - 0.25, -0.75)
    axes.set_yticks([])
    low, high = words.error(strip["error"].min()), words.error(strip["error"].max())
    told = "rounding:\n" + (high if low == high else f"{low}\nto {high}") if high != "0" else "no error"
    axes.text(-0.013, 0.5, told, transform=axes.transAxes, ha="right", va="center", fontsize=8.5)
    return {
        index: Place(axes, row[across], float(lane), True)
        for lane, (index, row) in enumerate(strip.iterrows())
    }


def _mark(place: Place, row: pd.Series, across: str) -> None:
    """One strategy: its interval across, its spread over seeds, its mark filled by what it promises."""
    colour = look_of(str(row["family"])).colour
    ends = row[[f"{across}_low", f"{across}_high"]].to_numpy(dtype=float)
    bar: dict[str, Any] = {"color": colour, "linewidth": 1.0, "alpha": 0.6}
    if np.isfinite(ends).all():
        place.axes.plot(ends, [place.y, place.y], **bar)
    if row["error_high"] > row["error_low"] and not place.in_lane:
        place.axes.plot(
            [place.x, place.x], [max(row["error_low"], place.axes.get_ylim()[0]), row["error_high"]], **bar
        )
    _sign(
        place.axes, place.x, place.y, look_of(str(row["family"])).marker, colour, row["accuracy"],
        7.5 if row["on_front"] else 6.0,
    )  # fmt: skip


def _sign(
    axes: Axes, x: float, y: float, marker: str, colour: str, accuracy: str, size: float, **where: Any
) -> None:
    """A mark: filled for exact, in a ring of its own shape for bounded, hollow for approximate."""
    face = PAPER if accuracy == APPROXIMATE else colour
    if accuracy == BOUNDED:
        axes.plot(x, y, marker, color=colour, markersize=size + 3.5, markerfacecolor=PAPER, zorder=3, **where)
        size -= 2.0
    axes.plot(x, y, marker, color=colour, markersize=size, markerfacecolor=face, zorder=4, **where)


def _curves(made: Figure, rows: pd.DataFrame, places: Mapping[Hashable, Place]) -> None:
    """Join the settings of each family in the order of its knobs; dotted where the axis is broken between two."""
    for family, part in rows.groupby("family", sort=True):
        for one, other in zip(part.index[:-1], part.index[1:], strict=True):
            first, second = places[one], places[other]
            if first.in_lane and second.in_lane:
                continue  # lanes have no scale to follow
            ends = [
                made.transFigure.inverted().transform(p.axes.transData.transform((p.x, p.y)))
                for p in (first, second)
            ]
            dash: Any = "solid" if first.axes is second.axes else (0, (1, 2.5))
            colour = look_of(str(family)).colour
            made.add_artist(
                Line2D(*zip(*ends, strict=True), color=colour, linewidth=1.1, linestyle=dash, alpha=0.8)
            )


def _stairs(
    frames: list[Axes],
    panels: list[pd.DataFrame],
    rows: pd.DataFrame,
    places: Mapping[Hashable, Place],
    across: str,
) -> None:
    """The front as stairs: right of and below them is nobody."""
    front = rows[rows["on_front"]].sort_values("seconds", ascending=False, kind="stable")
    if front.empty or not panels:
        return
    style: dict[str, Any] = {
        "color": FAINT,
        "linewidth": 1.0,
        "alpha": 0.6,
        "zorder": 1,
        "scalex": False,
        "scaley": False,
    }
    in_lane = np.array([places[index].in_lane for index in front.index])
    spans = np.array([error_span(part) for part in panels])
    below, over = 1e-3 * spans.min(), 1e3 * spans.max()
    x, y = front[across].to_numpy(dtype=float), np.where(in_lane, below, front["error"].to_numpy(dtype=float))
    for axes, _ in zip(frames, panels, strict=False):
        axes.plot(np.repeat(x, 2), np.append(np.repeat(y, 2)[1:], over), **style)
    if in_lane.any():
        last = places[front.index[in_lane][-1]]
        last.axes.plot([last.x, last.x], [last.y, last.axes.get_ylim()[1]], **style)


def _key(made: Figure, rows: pd.DataFrame) -> None:
    """Which promise which filling stands for, above the frame."""
    inch = 1 / made.get_figheight()
    axes = made.add_axes((LEFT, 1 - 0.27 * inch, 1 - LEFT, 0.2 * inch))
    axes.set_axis_off()
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 1)
    x = 1.0
    for accuracy, text in PROMISES.items():
        if (rows["accuracy"] == accuracy).any():
            _sign(axes, x, 0.5, "o", INK, accuracy, 6.0, clip_on=False)
            axes.text(x + 1.5, 0.47, text, fontsize=8, va="center", color=FAINT)
            x += 5 + 0.88 * len(text)
