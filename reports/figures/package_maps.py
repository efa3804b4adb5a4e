"""One small map: which idea wins with some packages, hatched where that is not sure, measured cells as dots."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from reports import words
from reports.analyse.package_maps import Mapped, PackageMap
from reports.figures.style import FAINT, INK, ON_HUE, PAPER, hue_of_idea
from reports.figures.svg import figure, svg_text

WIDTH, HEIGHT = 3.0, 3.0
#: Where the frame lies in the picture, as shares of it: left, right, bottom, top.
FRAME = (0.205, 0.985, 0.135, 0.985)
#: Below this probability of the winner being the best the map is hatched.
SURE = 0.8
#: A region below this share of its map is not named in it.
NAMED = 0.035
AXES = {"T": "T, images", "L": "L, rows an image", "F": "F, numbers a row", "K": "K, groups an image"}


def draw_package_map(mapped: Mapped, one: PackageMap, name: str, description: str) -> str:
    """Draw a map as an `<svg>` element."""
    with figure(WIDTH, HEIGHT) as made:
        left, right, bottom, top = FRAME
        made.subplots_adjust(left=left, right=right, bottom=bottom, top=top)
        axes = made.subplots()
        across, up = np.log2(mapped.across), np.log2(mapped.up)
        _regions(axes, one, across, up)
        x, y = _within(mapped.measured, mapped.across, mapped.up)
        style: Any = {"color": ON_HUE, "markeredgecolor": INK, "markeredgewidth": 0.4}
        axes.plot(x, y, "o", markersize=2.4, **style)
        _names(axes, one, across, up)
        _frame(axes, mapped, across, up)
        return svg_text(made, name, description)


def frame_box() -> list[float]:
    """Left, top, width and height of the frame in the picture, in points from its upper left corner."""
    left, right, bottom, top = FRAME
    box = (WIDTH * left, HEIGHT * (1 - top), WIDTH * (right - left), HEIGHT * (top - bottom))
    return [round(72 * inches, 1) for inches in box]


def _regions(axes: Axes, one: PackageMap, across: np.ndarray, up: np.ndarray) -> None:
    """Regions with smooth borders: where an idea's time is below that of every other."""
    outside = one.winner < 0
    for at, idea in enumerate(one.ideas):
        others = np.delete(one.seconds, at, axis=0)
        lead = (others.min(axis=0) if len(others) else one.seconds[at] + 1.0) - one.seconds[at]
        lead = np.ma.masked_array(np.clip(lead, -1.0, 1.0), outside)
        if (lead > 0).any():
            axes.contourf(across, up, lead, levels=[0.0, 2.0], colors=[hue_of_idea(idea)])
    if len(one.ideas) > 1:
        leads = np.sort(one.seconds, axis=0)
        for at in range(len(one.ideas)):
            others = np.delete(one.seconds, at, axis=0).min(axis=0)
            far = leads[0] < one.seconds[at] - 0.7  # where a third leads, no border of two others is drawn
            border = np.ma.masked_array(np.clip(others - one.seconds[at], -1.0, 1.0), outside | far)
            if border.count() and border.min() < 0 < border.max():
                axes.contour(across, up, border, levels=[0.0], colors=[PAPER], linewidths=1.6)
    sure = np.ma.masked_invalid(one.sure)
    if (sure < SURE).any():
        drawn = axes.contourf(across, up, sure, levels=[-1.0, SURE], colors="none", hatches=["//"])
        drawn.set_edgecolor(PAPER)
        drawn.set_linewidth(0)


def _frame(axes: Axes, mapped: Mapped, across: np.ndarray, up: np.ndarray) -> None:
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    axes.grid(False)
    for axis, values in ((axes.xaxis, across), (axes.yaxis, up)):
        step = 2 if values[-1] - values[0] < 9 else 3
        ticks = np.arange(np.ceil(values[0]), values[-1] + 1e-9, step)
        axis.set_ticks(ticks, [words.size(2.0**tick) for tick in ticks], fontsize=8.5)
        axis.set_minor_locator(NullLocator())
        axis.set_tick_params(length=2.5, pad=2)
    axes.set_xlabel(AXES[mapped.plane.across], labelpad=1, fontsize=9)
    axes.set_ylabel(AXES[mapped.plane.up], fontsize=9)
    axes.yaxis.set_label_coords(0.045, (FRAME[2] + FRAME[3]) / 2, transform=axes.figure.transFigure)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)


def _within(places: np.ndarray, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Logs of the places inside, (2, n)."""
    x, y = places.T if len(places) else np.empty((2, 0))
    inside = (x >= across[0]) & (x <= across[-1]) & (y >= up[0]) & (y <= up[-1])
    return np.asarray(np.log2(places[inside]).T)


def _names(axes: Axes, one: PackageMap, across: np.ndarray, up: np.ndarray) -> None:
    """The idea and its speedup where its region has most room."""
    for idea, share in one.shares().items():
        region = one.winner == one.ideas.index(idea)
        if share < NAMED:
            continue
        row, column, width = _roomiest(region)
        low, high = np.nanquantile(one.ahead[region], (0.05, 0.95))
        told = f"{idea}\n{_range(low, high)}" if share > 3 * NAMED and np.isfinite(low) else idea
        size = 8.5 if width > 0.55 * region.shape[1] else 7.0
        under = {"facecolor": hue_of_idea(idea), "edgecolor": "none", "pad": 0.9}
        style: dict[str, Any] = {"fontsize": size, "fontweight": "bold", "color": ON_HUE, "bbox": under}
        letters = max(map(len, told.split("\n"))) * 0.62 * size / (72 * WIDTH * (FRAME[1] - FRAME[0]))
        half = letters / 2 * (across[-1] - across[0])
        x = min(max(across[column], across[0] + half), across[-1] - half)
        tall = 0.8 * told.count("\n") + 0.9
        room = tall * size / (72 * HEIGHT * (FRAME[3] - FRAME[2])) * (up[-1] - up[0])
        y = min(max(up[row], up[0] + room), up[-1] - room)
        axes.text(x, y, told, ha="center", va="center", linespacing=1.1, **style)


def _range(low: float, high: float) -> str:
    """`3–10× the loop`."""
    first, last = (f"{float(f'{value:.2g}'):,.10g}" for value in (low, high))
    return f"{first}× the loop" if first == last else f"{first}–{last}× the loop"


def _roomiest(region: np.ndarray) -> tuple[int, int, int]:
    """Row, column and width of the middle of the longest run of a region that has the region above and below it."""
    thick = region.copy()
    thick[1:] &= region[:-1]
    thick[:-1] &= region[1:]
    best = (0, 0, 0)
    for row, line in enumerate(thick if thick.any() else region):
        turns = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(int)))
        for begin, end in zip(turns[::2], turns[1::2], strict=True):
            if end - begin > best[2] or (
                end - begin == best[2] and abs(row - len(region) / 2) < abs(best[0] - len(region) / 2)
            ):
                best = (row, int(begin + end - 1) // 2, int(end - begin))
    return best
