"""The section on speed against error: a picture for each stage and size, what it says in words, and its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from reports import words
from reports.analyse.fronts import EXACT
from reports.analyse.views import View
from reports.figures.front import draw_front
from reports.figures.style import look_of
from reports.site import front_words
from reports.site.pictures import Pictures, Place
from reports.site.sentences import hub_cell, place
from reports.tables import front_rows

#: What is told of a size's place only where it differs between the views of a workload.
WHERE = ("machine", "env", "benchmark")
#: Sizes of one section that are shown at most; the CSV has all.
MOST = 24


def front_section(
    views: list[View], measure: str, where: Place, pictures: Pictures, links: dict[str, str]
) -> dict[str, Any] | None:
    """Everything the section of one workload shows; None where all strategies are exact.

    Parameters
    ----------
    views : list of View
        Of the workload, in the order of the page.
    measure : str
        What the workload's error counts.
    where : Place
        The section's id and folder.
    pictures : Pictures
        Takes the figures.
    links : dict
        Where the sources of the strategies are.
    """
    places = _cells(views)
    if not places:
        return None
    shown = sorted(sorted(places, key=lambda one: not one.leads)[:MOST], key=places.index)
    section = Section(
        where,
        pictures,
        measure or "error",
        links,
        [key for key in WHERE if len({str(view.setting[key]) for view in views}) > 1],
    )
    return {
        "id": where.id,
        "measure": section.measure,
        "baseline": views[0].baseline,
        "choices": [_choice(section, one, number) for number, one in enumerate(shown, start=1)],
        "left_out": len(places) - len(shown),
    }


@dataclass(frozen=True)
class Section:
    """What all pictures of a section have in common.

    Attributes
    ----------
    where : Place
    pictures : Pictures
    measure : str
    links : dict
        Where the sources of the strategies are.
    varied : list of str
        Which of `WHERE` differ between the views.
    """

    where: Place
    pictures: Pictures
    measure: str
    links: dict[str, str]
    varied: list[str]


@dataclass(frozen=True, eq=False)
class Cell:
    """One cell that has a front: its view, its rows, and whether it is the one that stands for its view."""

    view: View
    part: pd.DataFrame
    leads: bool


def _cells(views: list[View]) -> list[Cell]:
    """Cells that have a front, view by view, the middle of what was measured first."""
    found = []
    for view in views:
        cells = [int(cell) for cell in view.fronts["cell"].unique()]
        hub = hub_cell(view) if cells else -1
        for number, cell in enumerate(sorted(cells, key=lambda cell: (cell != hub, cell))):
            found.append(Cell(view, view.fronts[view.fronts["cell"] == cell], number == 0))
    return found


def _choice(section: Section, one: Cell, number: int) -> dict[str, Any]:
    """One stage and size: its picture, sentences and rows."""
    view, part, where = one.view, one.part, section.where
    setting = view.setting
    told = [setting["stage"], setting["dtype"], f"{setting['labels']} labels" if setting["labels"] else ""]
    told.append(words.count(int(str(setting["threads"])), "thread"))
    sizes = place(view, int(part["cell"].iloc[0]))
    title = front_words.title(part)
    plain = f"Speedup against {section.measure}. {title.striptags()}"
    draw = partial(_drawn, part, section.measure, plain, section.links)
    listed = _listed(part)
    return {
        "id": f"{where.id}-{number}",
        "place": " · ".join(
            str(text) for text in [*told, sizes, *(setting[key] for key in section.varied)] if text
        ),
        "title": title,
        "sentences": front_words.sentences(part),
        "figure": section.pictures.promise(draw, front_rows(part, view.axes), where, "front"),
        "rows": [_row(row) for _, row in listed.iterrows()],
        "left_out": len(part) - len(listed),
        "grouped": bool(part["rand_index"].notna().any()),
        "lacking": bool((part["finite_rows"] < 1).any()),
        "unmoved": bool((part["unmoved_rows"] > 0).any()),
    }


def _drawn(part: pd.DataFrame, measure: str, plain: str, links: dict[str, str], name: str) -> str:
    return draw_front(part, measure, name, plain, links)


def _listed(part: pd.DataFrame) -> pd.DataFrame:
    """Rows for the page, the fastest first: all that are not exact, the fastest exact one, and the baseline."""
    wanted = (part["accuracy"] != EXACT) | part["on_front"] | (part["impl"] == part["baseline"])
    return part[wanted].sort_values("seconds", kind="stable")


def _row(row: pd.Series) -> dict[str, Any]:
    """One strategy in words."""
    lacking = 1 - row["finite_rows"]
    return {
        "impl": row["impl"],
        "name": row["family"],
        "look": look_of(str(row["family"])),
        "setting": row["setting"],
        "accuracy": row["accuracy"],
        "seconds": words.seconds(row["seconds"]),
        "speedup": words.ratio(row["speedup"]),
        "speedup_interval": _interval(row, "speedup"),
        "over_exact": words.ratio(row["over_exact"]),
        "over_exact_interval": _interval(row, "over_exact"),
        "error": words.error(row["error"]),
        "range": _range(row, "error"),
        "seeds": f"{row['seeds']:.0f}" if row["seeds"] > 1 else "",
        "rand_index": words.Shown(f"{row['rand_index']:.3g}", row["rand_index"])
        if row["rand_index"] == row["rand_index"]
        else "",
        "rand_range": _range(row, "rand_index"),
        "lacking": words.share(lacking) if lacking > 0 else "",
        "unmoved": words.size(round(row["unmoved_rows"])) if row["unmoved_rows"] > 0 else "",
        "on_front": bool(row["on_front"]),
    }


def _interval(row: pd.Series, name: str) -> str:
    """The interval of a ratio; empty for that of a strategy to itself."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return words.interval(low, high) if high > low else ""


def _range(row: pd.Series, name: str) -> str:
    """Lowest to highest over the seeds; empty where all are the same."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    tell = words.error if name == "error" else "{:.3g}".format
    return f"{tell(low)} to {tell(high)}" if high > low else ""
