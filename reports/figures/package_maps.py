"""Small maps side by side: who wins with which packages, hatched where that is not sure, measured cells as dots."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.ticker import NullLocator

from reports import words
from reports.analyse.package_maps import ACROSS, NAMES, UP, PackageMap, Plane, shares
from reports.figures.style import INK, ON_HUE, PAPER, look_of
from reports.figures.svg import figure, svg_text

WIDTH, HEIGHT = 7.6, 2.6
#: Below this probability of the winner being the best the map is hatched.
SURE = 0.8
#: A region below this share of its map is not named in it.
NAMED = 0.04
LETTERS = 26  # of a panel's width


def draw_package_maps(plane: Plane, name: str, description: str) -> str:
    """Draw a plane as an `<svg>` element, a panel for each set of packages."""
    with figure(WIDTH, HEIGHT) as made:
        panels = made.subplots(1, len(plane.maps), sharey=True, squeeze=False)[0]
        made.subplots_adjust(left=0.075, right=0.995, top=0.9, bottom=0.17, wspace=0.06)
        for axes, one in zip(panels, plane.maps, strict=True):
            _panel(axes, plane, one)
        panels[0].set_ylabel(UP, fontweight="bold", rotation=0, labelpad=8)
        return svg_text(made, name, description)


def _panel(axes: Axes, plane: Plane, one: PackageMap) -> None:
    across, up = np.log2(plane.across), np.log2(plane.up)
    for at, winner in enumerate(one.names):
        boxes = _boxes(one.winner == at, across, up)
        colour = look_of(winner).colour
        axes.add_collection(PolyCollection(boxes, facecolors=colour, edgecolors=colour, linewidths=0.3))
    unsure = _boxes((one.winner >= 0) & (one.sure < SURE), across, up)
    if unsure:
        hatched = PolyCollection(unsure, facecolors="none", edgecolors=PAPER, linewidths=0, hatch="//")
        axes.add_collection(hatched)
    inside = _within(plane.measured, plane.across, plane.up)
    axes.plot(*np.log2(inside).T, "o", markersize=2.2, color=ON_HUE, markeredgecolor=INK, markeredgewidth=0.4)
    _names(axes, one, across, up)
    axes.set_title(NAMES.get(one.package_set, one.package_set), fontsize=9, loc="left", fontweight="bold")
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    axes.grid(False)
    for axis, values in ((axes.xaxis, across), (axes.yaxis, up)):
        ticks = np.arange(np.ceil(values[0]), values[-1] + 1e-9, 2)
        axis.set_ticks(ticks, [words.size(2.0**tick) for tick in ticks], fontsize=7.5)
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel(ACROSS, fontweight="bold", labelpad=1)


def _boxes(chosen: np.ndarray, across: np.ndarray, up: np.ndarray) -> list[list[tuple[float, float]]]:
    """Rectangles that cover the chosen places, one for each run of neighbours in a row."""
    left, low = _edges(across), _edges(up)
    found = []
    for line, row in enumerate(chosen):
        turns = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(int)))
        for begin, end in zip(turns[::2], turns[1::2], strict=True):
            x0, x1, y0, y1 = left[begin], left[end], low[line], low[line + 1]
            found.append([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    return found


def _edges(values: np.ndarray) -> np.ndarray:
    middle = [(a + b) / 2 for a, b in pairwise(values)]
    return np.array([values[0], *middle, values[-1]])


def _within(places: np.ndarray, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    x, y = places.T if len(places) else np.empty((2, 0))
    return places[(x >= across[0]) & (x <= across[-1]) & (y >= up[0]) & (y <= up[-1])]


def _names(axes: Axes, one: PackageMap, across: np.ndarray, up: np.ndarray) -> None:
    """The winner's name in the middle of its region, where that is large enough."""
    for winner, share in shares(one).items():
        if share < NAMED:
            continue
        rows, columns = np.nonzero(one.winner == one.names.index(winner))
        middle = np.argmin((rows - np.median(rows)) ** 2 + (columns - np.median(columns)) ** 2)
        x, y = across[columns[middle]], up[rows[middle]]
        share_across = (x - across[0]) / (across[-1] - across[0])
        align = "left" if share_across < 0.3 else "right" if share_across > 0.7 else "center"
        text = winner if len(winner) <= LETTERS else winner[: LETTERS - 1] + "…"
        under = {
            "facecolor": look_of(winner).colour,
            "edgecolor": "none",
            "pad": 0.8,
        }  # hatches would cross it
        style: dict[str, Any] = {"fontsize": 6.5, "fontweight": "bold", "color": ON_HUE, "bbox": under}
        axes.text(x, y, text, ha=align, va="center", **style)
