"""Names and values of knobs in a picture of speed against error: one name a family, beside its marks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.figures.broken import Place
from reports.figures.labels import boxes_along, place_labels
from reports.figures.style import look_of
from reports.load.model import BOUNDED

#: Points that a character takes, of a name and of a knob's value.
NAME_WIDTH, VALUE_WIDTH = 5.4, 4.4
#: Half the width of a mark with what must stay free about it, in points.
MARK = 5.5


def lane_names(
    strip: pd.DataFrame, places: Mapping[Hashable, Place], across: str, links: Mapping[str, str]
) -> None:
    """The name of each strategy of the strip beside its mark, on the side where there is more room."""
    for index, row in strip.iterrows():
        place, look = places[index], look_of(str(row["family"]))
        axes = place.axes
        left = _share_across(axes, place.x) > 0.6
        ends = sorted(row[[f"{across}_low", f"{across}_high"]], reverse=bool((across == "speedup") != left))
        beside = float(ends[0]) if np.isfinite(ends[0]) else place.x
        end = _share_across(axes, beside)
        if end < 0.25 if left else end > 0.75:
            beside = place.x  # a name that crosses its interval is better than one cut off
        beyond = 9.0 if row["accuracy"] == BOUNDED else 7.0
        axes.annotate(
            _name(row), (beside, place.y), xytext=(-beyond if left else beyond, 0), textcoords="offset points",
            ha="right" if left else "left", va="center_baseline", fontsize=8, color=look.colour,
            fontweight="bold" if row["on_front"] else "normal", url=links.get(str(row["impl"])),
        )  # fmt: skip


def _share_across(axes: Axes, x: float) -> float:
    """How far right something stands in its panel, from 0 to 1."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform((x, 1.0)))[0])


def _name(row: pd.Series) -> str:
    """`norm_window, radius 8`."""
    return str(row["family"]) + (f", {row['setting']}" if row["setting"] else "")


def panel_names(
    part: pd.DataFrame, places: Mapping[Hashable, Place], across: str, links: Mapping[str, str]
) -> None:
    """The name of each family once in this panel, and the value of its knobs at each mark."""
    wanted: list[
        tuple[str, Hashable, bool]
    ] = []  # text, label of the row that it stands at, whether it is a name
    for family, own in part.groupby("family", sort=True):
        knobs = ", ".join(knob for knob, _ in own["knobs"].iloc[0])
        wanted.append((f"{family} ({knobs})" if knobs else str(family), own.index[len(own) // 2], True))
    values = {index: ", ".join(f"{value:g}" for _, value in knobs) for index, knobs in part["knobs"].items()}
    wanted += [(text, index, False) for index, text in values.items() if text]
    rows = dict(part.iterrows())
    axes = places[part.index[0]].axes
    point = 72 / axes.figure.dpi
    at = {i: point * axes.transData.transform((places[i].x, places[i].y)) for i in part.index}
    sizes = [
        ((NAME_WIDTH if name else VALUE_WIDTH) * len(text), 11.0 if name else 9.0) for text, _, name in wanted
    ]
    box = axes.get_window_extent()
    centres = place_labels(
        np.array([at[index] for _, index, _ in wanted]),
        np.array(sizes),
        _taken(part, at, axes, across),
        [point * edge for edge in (box.x0, box.y0, box.x1, box.y1)],
    )
    for (text, index, name), centre in zip(wanted, centres, strict=True):
        row = rows[index]
        leads = name and bool(part.loc[part["family"] == row["family"], "on_front"].any())
        axes.annotate(
            text, (places[index].x, places[index].y), xytext=tuple(centre - at[index]), textcoords="offset points",
            ha="center", va="center", fontsize=8.5 if name else 7.5, color=look_of(str(row["family"])).colour,
            fontweight="bold" if leads else "normal", url=links.get(str(row["impl"])) if name else None,
        )  # fmt: skip


def _taken(part: pd.DataFrame, at: Mapping[Hashable, np.ndarray], axes: Axes, across: str) -> np.ndarray:
    """Boxes, in points, of all marks of a panel, of its curves and of its bars both ways."""
    point = 72 / axes.figure.dpi
    boxes = [np.concatenate([centre - MARK, centre + MARK])[None] for centre in at.values()]
    boxes += [boxes_along(np.array([at[i] for i in own.index])) for _, own in part.groupby("family")]
    for index, row in part.iterrows():
        if row["error_high"] > row["error_low"] > 0:
            ends = [axes.transData.transform((1.0, row[name]))[1] for name in ("error_low", "error_high")]
            boxes.append(boxes_along(np.array([(at[index][0], point * end) for end in ends])))
        sides = row[[f"{across}_low", f"{across}_high"]].to_numpy(dtype=float)
        if np.isfinite(sides).all():
            sides = np.clip(sides, min(axes.get_xlim()), max(axes.get_xlim()))
            ends = [axes.transData.transform((side, row["error"]))[0] for side in sides]
            boxes.append(boxes_along(np.array([(point * end, at[index][1]) for end in ends])))
    return np.concatenate(boxes)
