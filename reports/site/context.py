"""What a page shows of one view, as plain values for its template."""

from __future__ import annotations

from functools import partial
from typing import Any

from reports import words
from reports.analyse.maps import panels
from reports.analyse.views import View
from reports.figures.maps import draw_map
from reports.figures.scaling import draw_scaling
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX
from reports.site import advice, sentences
from reports.site.cell_tables import cells_on_lines, speedup_table, trouble_list, winner_table
from reports.site.distance import distance
from reports.site.pictures import Pictures, Place
from reports.sources import Source
from reports.tables import speedup_rows, winner_rows

#: Rows that one list of crossovers shows at most; the CSV files have all.
CROSSOVER_ROWS = 40


def view_context(
    view: View,
    pictures: Pictures,
    where: Place,
    files: dict[str, Source],
    links: dict[str, str],
    foreign: bool,
) -> dict[str, Any]:
    """Everything that a page shows of one view.

    Parameters
    ----------
    view : View
    pictures : Pictures
        Takes the figures.
    where : Place
    files : dict
        The strategies' sources by name.
    links : dict
        Where these sources are on the site.
    foreign : bool
        Whether the times are asv's own.
    """
    drawn = cells_on_lines(view)
    return {
        "title": view_title(view, foreign),
        "setting": view.setting,
        "foreign": foreign,
        "id": where.id,
        "folder": where.folder,
        "baseline": view.baseline,
        "axes": view.axes,
        "answer": sentences.answer(view),
        "maps": _maps(view, pictures, where),
        "crossovers": _crossovers(view),
        "rules": advice.rules(view, files),
        "ranking": advice.ranking(view),
        "scaling": _scaling(view, pictures, where, links),
        "tradeoffs": advice.tradeoffs(view, pictures, where, links),
        "distance": distance(view, pictures, where, links),
        "first_calls": advice.first_call_rows(view, files),
        "cells": len(view.winners),
        "troubles": trouble_list(view),
        "winners": winner_table(view),
        "speedups": speedup_table(view, drawn),
    }


def view_title(view: View, foreign: bool = False) -> str:
    """`Quick · aggregate · float64 · uniform labels · 1 thread`; of asv's own results what they tell."""
    s = view.setting
    labels = f"{s['labels']} labels" if s["labels"] and not foreign else s["labels"]
    threads = "" if foreign else words.count(int(str(s["threads"])), "thread")
    return " · ".join(str(part) for part in (s["benchmark"], s["stage"], s["dtype"], labels, threads) if part)


def _maps(view: View, pictures: Pictures, where: Place) -> list[dict[str, Any]]:
    found = []
    for panel in panels(view.winners, view.axes):
        fixed = ", ".join(f"{axis} {words.size(value)}" for axis, value in panel.fixed.items())
        if panel.y:
            title = sentences.plane_title(panel.rows, panel.x, panel.y)
        else:
            title = sentences.line_title(panel.rows, view.crossovers, panel.x, tuple(panel.fixed))
        plain = title.striptags() + (f" ({fixed})" if fixed else "")
        draw = partial(draw_map, panel, description=plain)
        figure = pictures.promise(draw, winner_rows(panel.rows, view.axes), where, "map")
        won = panel.rows[panel.rows["verdict"] == "win"]["winner"]
        legend = [(name, look_of(name)) for name in won.value_counts().index]
        found.append({"title": title, "fixed": fixed, "figure": figure, "legend": legend})
    return found


def _crossovers(view: View) -> dict[str, Any]:
    """Where the lead changes: crossings of strategies that are the fastest of all on their side."""
    leading = (
        view.crossovers[view.crossovers["leading"].astype(bool)] if len(view.crossovers) else view.crossovers
    )
    rows = [
        {
            "axis": row["axis"],
            "fixed": ", ".join(
                f"{axis} {words.size(row[axis])}" for axis in view.axes if axis != row["axis"]
            ),
            "below": row["faster_below"],
            "above": row["faster_above"],
            "at": sentences.three_digits(row["at"])
            if row["kind"] == "crossing"
            else words.Shown("tie", (row["at_low"] * row["at_high"]) ** 0.5),
            "interval": words.Shown(
                f"[{sentences.three_digits(row['at_low'])}, {sentences.three_digits(row['at_high'])}]",
                row["at_low"],
            ),
        }
        for row in leading.iloc[:CROSSOVER_ROWS].to_dict("records")
    ]
    return {"rows": rows, "count": len(leading)}


def _scaling(view: View, pictures: Pictures, where: Place, links: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    measured = view.speedups[~view.speedups["impl"].str.endswith(CONTROL_SUFFIX)]
    for axis in view.axes:
        line = view.lines[axis]
        if line is None:
            continue
        fixed = line[1]
        rows = measured[measured["cell"].isin(line[2].index)]
        if not (rows["status"] == "ok").any():
            continue
        winners = view.winners[view.winners["cell"].isin(rows["cell"])]
        title = sentences.line_title(winners, view.crossovers, axis, tuple(fixed))
        words_fixed = ", ".join(f"{name} {words.size(value)}" for name, value in fixed.items())
        plain = f"Time of one call against {axis}. {title.striptags()}"
        draw = partial(draw_scaling, rows, axis, description=plain, links=links)
        figure = pictures.promise(draw, speedup_rows(rows, view.axes), where, "scaling")
        absent = rows.groupby("impl")["status"].agg(lambda s: not (s == "ok").any())
        found.append(
            {
                "axis": axis,
                "title": title,
                "fixed": words_fixed,
                "figure": figure,
                "absent": list(absent.index[absent]),
            }
        )
    return found
