"""The crossover map: who wins in each cell, the margin written in it. Only a win is coloured."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports import words
from reports.analyse.maps import Panel
from reports.figures.readings import Mark
from reports.figures.style import FAINT, ON_HUE, UNDECIDED, look_of
from reports.figures.svg import figure, svg_text

WIDTH = 7.6
#: In a cell that nobody wins.
SIGNS = {"tie": "tie", "undecided": "?"}


def draw_map(panel: Panel, name: str, description: str) -> str:
    """Draw one panel, a plane or a single line, as an `<svg>` element.

    The parts of a cell have ids, so that the page can redraw it for another choice of strategies:
    `<name>-x-r<cell>` is the rectangle, `-t` the number, `-g` the sign (planes) and `-n` the name (lines); `cell`
    is its place in the cube.
    """
    x = np.sort(panel.rows[panel.x].unique()).astype(float)
    y = np.sort(panel.rows[panel.y].unique()).astype(float) if panel.y else np.zeros(1)
    height = 0.36 * len(y) + 0.5 if panel.y else 0.72
    with figure(WIDTH, height) as made:
        axes = made.subplots()
        _frame(made, axes, panel, x, y)
        marks = []
        for row in panel.rows.to_dict("records"):
            column = int(np.searchsorted(x, row[panel.x]))
            line = int(np.searchsorted(y, row[panel.y])) if panel.y else 0
            _cell(axes, column, line, {str(key): value for key, value in row.items()}, roomy=not panel.y)
            marks.append(_read(axes, column, line, panel, row))
        return svg_text(made, name, description, marks)


def _read(axes: Axes, column: int, line: int, panel: Panel, row: dict[Hashable, Any]) -> Mark:
    """What the page tells of a cell; `drawCell` in choose.js says it anew for another choice of strategies."""
    place = ", ".join(f"{axis} {words.size(row[axis])}" for axis in (panel.x, panel.y) if axis)
    return Mark(place, axes, column, line, outcome(row), int(row["cell"]))


def outcome(row: Mapping[Hashable, Any]) -> str:
    """Who wins a cell, or who is not told apart in it."""
    winner, rival = str(row["winner"]), row["runner_up"]
    if row["verdict"] == "win":
        ahead = words.ratio(row["margin"])
        return f"{winner} wins" + (f", {ahead} ahead of the next" if ahead else "")
    told = "a tie of" if row["verdict"] == "tie" else "undecided between"
    return f"{told} {winner} and {rival}" if rival else f"{told} {winner} and others"


def _frame(made: Figure, axes: Axes, panel: Panel, x: np.ndarray, y: np.ndarray) -> None:
    tall = made.get_figheight()
    bottom = (0.44 if panel.y else 0.2) / tall  # room for the sizes and, below a plane, for the axis' name
    tick = max(
        len(words.size(size)) for size in y
    )  # room for the sizes and, left of them, for the axis' name
    left = (
        max(0.09, (0.2 + 0.075 * tick + 0.095 * len(panel.y)) / WIDTH)
        if panel.y
        else max(0.05, 0.02 * len(panel.x))
    )
    made.subplots_adjust(left=left, right=0.995, top=1 - 0.03 / tall, bottom=bottom)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlim(-0.5, len(x) - 0.5)
    axes.set_ylim(-0.5, len(y) - 0.5)
    axes.set_xticks(range(len(x)), [words.size(size) for size in x], fontsize=8)
    axes.set_yticks(
        range(len(y)) if panel.y else [], [words.size(size) for size in y] if panel.y else [], fontsize=8
    )
    axes.tick_params(length=0)
    if panel.y:
        axes.set_xlabel(panel.x, fontweight="bold", labelpad=2)
    axes.set_ylabel(panel.y or panel.x, fontweight="bold", labelpad=4, rotation=0, ha="right", va="center")


def _cell(axes: Axes, column: int, line: int, row: dict[str, Any], roomy: bool) -> None:
    """One cell: coloured in the winner's hue for a win, else grey; sign and margin, with the name if there is room."""
    winner, cell = row["winner"], row["cell"]
    look, won = look_of(winner), row["verdict"] == "win"
    fill, colour = (look.colour, ON_HUE) if won else (UNDECIDED, FAINT)
    axes.add_patch(
        Rectangle(
            (column - 0.485, line - 0.47),
            0.97,
            0.94,
            gid=f"x-r{cell}",
            linewidth=0,
            facecolor=fill,
            clip_on=False,
        )
    )
    number = words.ratio(row["margin"]).rstrip("×") if won else SIGNS[row["verdict"]]
    rival = "" if won else row["runner_up"]
    sign = look.glyph + (look_of(rival).glyph if rival else "")
    style: dict[str, Any] = {"color": colour, "ha": "center", "va": "center"}
    if roomy:
        number = f"{sign} {number}" + ("×" if won else "")
        names = shorten(f"{winner} / {rival}" if rival else winner, axes)
        axes.text(column, line - 0.24, names, gid=f"x-n{cell}", fontsize=7, **style)
        axes.text(column, line + 0.16, number, gid=f"x-t{cell}", fontsize=9, fontweight="bold", **style)
    else:
        axes.text(column, line + 0.22, sign, gid=f"x-g{cell}", fontsize=6, **style)
        axes.text(column, line - 0.18, number, gid=f"x-t{cell}", fontsize=7, **style)


def shorten(name: str, axes: Axes) -> str:
    """A name cut to the width of a cell."""
    cells = axes.get_xlim()[1] - axes.get_xlim()[0]
    room = max(4, int(axes.get_position().width * WIDTH * 72 / cells / 4.1))
    return name if len(name) <= room else name[: room - 1] + "…"
