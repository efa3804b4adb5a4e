"""The picture of the story: ratio to the loop by version of NumPy, a line a pipeline, published values as marks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from reports import words
from reports.analyse.intervals import TIE_RATIO
from reports.claims.model import Story
from reports.claims.paths import flips
from reports.figures.readings import Mark
from reports.figures.scaling import spread
from reports.figures.style import FAINT, HUES, INK, VARIABLES, look_of

WIDTH, HEIGHT = 8.6, 4.4
#: Share of the height between two labels.
LABEL_STEP = 0.075
PUBLISHED = "as\npublished"


def headline(rows: pd.DataFrame, story: Story) -> str:
    """What to conclude: which line passes the baseline or falls behind it, and between which versions."""
    told = []
    for impl, name in story.lines.items():
        part = rows[rows["impl"] == impl]
        for before, after in flips(part):
            told.append(f"{name} {_turn(part, after)} between {story.version_name} {before} and {after}")
    return "; ".join(told) if told else "No pipeline changes sides of the loop for certain"


def _turn(part: pd.DataFrame, after: str) -> str:
    """What one line does where it changes sides, by its ratio in the version afterwards."""
    ratio = float(part.loc[part["version"] == after, "ratio"].iloc[0])
    return "overtakes the loop" if ratio > 1 else "falls behind the loop"


def draw_story(
    made: Figure, rows: pd.DataFrame, story: Story, published: Mapping[str, float], dark: bool = False
) -> None:
    """Draw into a figure of `WIDTH` x `HEIGHT` inches.

    Parameters
    ----------
    made : matplotlib.figure.Figure
    rows : pandas.DataFrame
        The story's table for one machine, in the order of versions (`reports.claims.paths.STORY`).
    story : Story
    published : dict
        Published ratios by strategy, drawn in a column of their own.
    dark : bool
        For a dark page.
    """
    made.subplots_adjust(left=0.085, right=0.77, top=0.87, bottom=0.15)
    axes = made.add_subplot()
    envs = list(dict.fromkeys(rows["env"]))
    _frame(axes, rows, envs, story)
    ends = {}
    for impl in story.lines:
        part = rows[rows["impl"] == impl].set_index("env").reindex(envs)
        colour = HUES[look_of(impl).hue][1 if dark else 0]
        ends[impl] = _line(axes, part, impl, colour, published.get(impl))
        for before, after in flips(rows[rows["impl"] == impl]):
            versions = [str(version) for version in part["version"]]
            text = f"{story.lines[impl]}\n{_turn(part, after)}"
            _mark_flip(axes, versions.index(before) + 1, versions.index(after) + 1, text, colour)
    made.text(0.02, 0.93, story.title, fontsize=11.5, fontweight="bold")
    made.canvas.draw_idle()
    _labels(axes, {impl: end for impl, end in ends.items() if end}, story, dark)


def marks(axes: Axes, rows: pd.DataFrame, story: Story) -> list[Mark]:
    """Every measured ratio of a story's picture, for the page to read out."""
    envs = list(dict.fromkeys(rows["env"]))
    found = []
    for row in rows[rows["ratio"].notna() & rows["impl"].isin(list(story.lines))].to_dict("records"):
        told = f"{row['env']}: {words.ratio(row['ratio'])} {words.interval(row['low'], row['high'])}"
        found.append(
            Mark(story.lines[row["impl"]], axes, 1.0 + envs.index(row["env"]), row["ratio"], told.strip())
        )
    return found


def _frame(axes: Axes, rows: pd.DataFrame, envs: list[str], story: Story) -> None:
    axes.set_yscale("log")
    spread_of = rows[["low", "high", "ratio"]].to_numpy(dtype=float)
    low, high = np.nanmin(spread_of, initial=0.4), np.nanmax(spread_of, initial=2.5)
    axes.set_ylim(max(low, 0.05) / 1.15, min(high, 50.0) * 1.4)
    axes.set_xlim(-0.4, len(envs) + 0.4)
    axes.yaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10, 20]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    versions = dict(zip(rows["env"], rows["version"], strict=True))
    named = [f"{versions[env]}\n{_python(env)}" for env in envs]
    axes.set_xticks(range(len(envs) + 1), [PUBLISHED, *named])
    axes.grid(visible=False, axis="x")
    axes.set_ylabel(f"speed over {story.baseline}  (times)")
    axes.axhspan(1 / TIE_RATIO, TIE_RATIO, color=FAINT, alpha=0.18, linewidth=0)
    axes.axhline(1.0, color=FAINT, linewidth=0.9)
    axes.axvline(0.66, color=FAINT, linewidth=0.6, linestyle=(0, (2, 3)))


def _python(env: str) -> str:
    """The interpreter in an environment's name, such as `py3.8`; empty where it has none."""
    return next((part for part in env.split("-") if part.startswith("py")), "")


def _line(axes: Axes, part: pd.DataFrame, impl: str, colour: str, published: float | None) -> float | None:
    """One pipeline; returns where its label belongs, None where it has no time at all."""
    look, x = look_of(impl), np.arange(1, len(part) + 1)
    y, low, high = (part[name].to_numpy(dtype=float) for name in ("ratio", "low", "high"))
    bars = np.nan_to_num(np.stack([y - low, high - y]))
    axes.errorbar(x, y, yerr=bars, fmt="none", ecolor=colour, alpha=0.55)
    axes.plot(x, y, color=colour, linestyle=look.dash, marker=look.marker, markersize=5, linewidth=1.6)
    if published is not None:
        axes.plot([0], [published], color=colour, marker=look.marker, markersize=9, fillstyle="none", mew=1.8)
        axes.annotate(
            words.ratio(published),
            (0, published),
            (9, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    for place, ratio, status in zip(x, y, part["status"], strict=True):
        if np.isnan(ratio) and isinstance(status, str):
            axes.plot([place], [0.035], marker="x", color=colour, transform=axes.get_xaxis_transform())
    known = y[~np.isnan(y)]
    return float(known[-1]) if len(known) else None


def _mark_flip(axes: Axes, before: int, after: int, text: str, colour: str) -> None:
    middle = (before + after) / 2
    axes.axvline(middle, color=colour, linewidth=1.0, linestyle=(0, (1, 2)))
    axes.annotate(
        text, (middle, 0.985), xycoords=("data", "axes fraction"), ha="center", va="top",
        color=colour, fontsize=8.5,
    )  # fmt: skip


def _labels(axes: Axes, ends: Mapping[str, float], story: Story, dark: bool) -> None:
    """Names beside the panel in their lines' colours, at the height where the lines end."""
    low, high = np.log(axes.get_ylim())
    wanted = (np.log(np.array(list(ends.values()))) - low) / (high - low)
    for impl, y in zip(ends, spread(wanted, LABEL_STEP), strict=True):
        colour = HUES[look_of(impl).hue][1 if dark else 0]
        text = f"{look_of(impl).glyph} {story.lines[impl]}"
        axes.text(
            1.02, y, text, transform=axes.transAxes, color=colour, va="center", fontweight="bold", fontsize=9
        )
    ink = VARIABLES[INK][2] if dark else INK
    one = (0.0 - low) / (high - low)
    axes.text(1.02, one, f"the loop ({story.baseline})", transform=axes.transAxes, color=ink, va="center")
