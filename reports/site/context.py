"""What the page shows, as plain values for the templates: one dictionary per view, machine and comparison."""

from __future__ import annotations

from functools import partial
from typing import Any

from reports import words
from reports.analyse.maps import longest_line, panels
from reports.analyse.views import View
from reports.figures.maps import draw_map
from reports.figures.scaling import draw_scaling
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX
from reports.site import advice, sentences
from reports.site.cell_tables import TROUBLE_ROWS, speedup_table, trouble_list, winner_table
from reports.site.distance import distance
from reports.site.room import TABLE_CELLS, Room, Rows, Share, fair_shares
from reports.sources import Source
from reports.tables import speedup_rows, winner_rows

#: Rows that one comparison and one list of crossovers show at most; the CSV files have all.
COMPARED_ROWS, CROSSOVER_ROWS = 60, 40

#: In the order of the page: id of a view's element, folder of its CSV files, whether it is open when the page is, and
#: the view.
Placed = tuple[str, str, bool, View]

#: Kinds of figures by their worth within a view.
MAP, SCALING = 0, 1


def shares(placed: list[Placed], total: Rows) -> list[Share]:
    """Share the rows of the page among all its views.

    Parameters
    ----------
    placed : list of Placed
    total : Rows
    """
    views = [view for *_, view in placed]
    lists = fair_shares([len(view.winners) for view in views], total.winner_rows)
    impls = [max(1, view.speedups["impl"].nunique()) for view in views]
    tables = [min(TABLE_CELLS, len(view.cells)) * n for view, n in zip(views, impls, strict=True)]
    entries = fair_shares(tables, total.speedup_entries)
    return [
        Share(name, folder, rows, cells // n, 0 if opened else 1)
        for (name, folder, opened, _), rows, cells, n in zip(placed, lists, entries, impls, strict=True)
    ]


def view_context(
    view: View, room: Room, share: Share, files: dict[str, Source], anchor: str, foreign: bool
) -> dict[str, Any]:
    """Everything the page shows of one view, but for what `view_tables` adds.

    Parameters
    ----------
    view : View
    room : Room
        Takes the figures.
    share : Share
    files : dict
        The strategies' sources by name.
    anchor : str
        What stands before a strategy's name in the id of its source.
    foreign : bool
        Whether the times are asv's own.
    """
    links = {impl: f"#{anchor}{impl}" for impl, file in files.items() if file.text}
    return {
        "title": view_title(view),
        "setting": view.setting,
        "foreign": foreign,
        "id": share.id,
        "side_rows": share.side_rows,
        "folder": share.folder,
        "anchor": anchor,
        "baseline": view.baseline,
        "axes": view.axes,
        "answer": sentences.answer(view),
        "maps": _maps(view, room, share),
        "crossovers": _crossovers(view),
        "rules": advice.rules(view, files),
        "ranking": advice.ranking(view),
        "scaling": _scaling(view, room, share, links),
        "tradeoffs": advice.tradeoffs(view, room, share, links),
        "distance": distance(view, room, share, links),
        "first_calls": advice.first_call_rows(view, files),
        "cells": len(view.winners),
        "troubles": trouble_list(view, share.side_rows or TROUBLE_ROWS),
    }


def view_tables(view: View, drawn: set[int], share: Share) -> dict[str, Any]:
    """The two long tables of a view, with the rows of its share.

    Parameters
    ----------
    drawn : set of int
        `cells_on_lines` of the view: these come first.
    """
    return {
        "winners": winner_table(view, drawn, share.winner_rows),
        "speedups": speedup_table(view, drawn, share.speedup_cells),
    }


def view_title(view: View) -> str:
    """`Quick · aggregate · float64 · uniform labels · 1 thread`."""
    s = view.setting
    parts = [s["benchmark"], s["stage"], s["dtype"], f"{s['labels']} labels" if s["labels"] else ""]
    return " · ".join(str(part) for part in [*parts, words.count(int(str(s["threads"])), "thread")] if part)


def _maps(view: View, room: Room, share: Share) -> list[dict[str, Any]]:
    found = []
    for panel in panels(view.winners, view.axes):
        fixed = ", ".join(f"{axis} {words.size(value)}" for axis, value in panel.fixed.items())
        if panel.y:
            title = sentences.plane_title(panel.rows, panel.x, panel.y)
        else:
            title = sentences.line_title(panel.rows, view.crossovers, panel.x, tuple(panel.fixed))
        plain = title.striptags() + (f" ({fixed})" if fixed else "")
        draw = partial(draw_map, panel, description=plain)
        figure = room.promise(draw, winner_rows(panel.rows, view.axes), share, "map", MAP)
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


def _scaling(view: View, room: Room, share: Share, links: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    measured = view.speedups[~view.speedups["impl"].str.endswith(CONTROL_SUFFIX)]
    for axis in view.axes:
        line = longest_line(view.cells, view.axes, axis)
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
        figure = room.promise(draw, speedup_rows(rows, view.axes), share, "scaling", SCALING)
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
