"""Values of a picture's marks, for the page to show under the pointer and to the keyboard."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Mark:
    """A mark that can be read.

    Attributes
    ----------
    series : str
        What it belongs to, such as a strategy.
    axes : Axes
    x, y : float
        In the coordinates of the data.
    words : str
        Its values.
    cell : int or None
        Of a map: its place in the cube, by which the page finds it when it draws the cell anew.
    """

    series: str
    axes: Axes
    x: float
    y: float
    words: str
    cell: int | None = None


def as_attribute(made: Figure, marks: Iterable[Mark]) -> str:
    """Marks as JSON, each series once: ``[[series, [[x, y, words, cell if any], ...]], ...]``, in points of the SVG.

    Parameters
    ----------
    made : matplotlib.figure.Figure
        As it is when it has been drawn: limits of its axes no longer move.
    marks : iterable of Mark
    """
    scale, height = 72 / made.dpi, 72 * made.get_figheight()
    found: dict[str, list[list[float | str | int]]] = {}
    for mark in marks:
        x, y = mark.axes.transData.transform((mark.x, mark.y))
        if not (math.isfinite(x) and math.isfinite(y)):
            continue  # JSON has no infinity, and nothing of it is in the picture
        place = [round(float(x) * scale, 1), round(height - float(y) * scale, 1)]
        found.setdefault(mark.series, []).append(
            [*place, mark.words, *([] if mark.cell is None else [mark.cell])]
        )
    return json.dumps(list(found.items()), ensure_ascii=False, separators=(",", ":"))
