"""What the page shows, as plain values for the templates: one dictionary per view, machine and comparison."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from reports import words
from reports.analyse.maps import longest_line, panels
from reports.analyse.questions import Answer
from reports.analyse.views import View
from reports.figures.maps import draw_map
from reports.figures.scaling import draw_scaling
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX, SETTING
from reports.page import advice, sentences
from reports.page.distance import distance
from reports.page.room import TABLE_CELLS, Room, Share, fair_shares
from reports.sources import Source
from reports.tables import speedup_rows, winner_rows

#: Rows that one question, list of troubles, comparison and list of crossovers show at most; the CSV files have all.
QUESTION_ROWS, TROUBLE_ROWS, COMPARED_ROWS, CROSSOVER_ROWS = 120, 40, 60, 40

#: Kinds of figures by their worth within a view.
MAP, SCALING = 0, 1


def shares(placed: list[tuple[str, str, bool, View]], room: Room) -> list[Share]:
    """Share the rows of the page among all its views.

    Parameters
    ----------
    placed : list of tuple
        In the order of the page: id of the view's element, folder of its CSV files, whether it is open when the page
        is, and the view.
    room : Room
    """
    views = [view for *_, view in placed]
    lists = fair_shares([len(view.winners) for view in views], room.winner_rows)
    impls = [max(1, view.speedups["impl"].nunique()) for view in views]
    tables = [min(TABLE_CELLS, len(view.cells)) * n for view, n in zip(views, impls, strict=True)]
    entries = fair_shares(tables, room.speedup_entries)
    return [
        Share(name, folder, rows, cells // n, 0 if opened else 1)
        for (name, folder, opened, _), rows, cells, n in zip(placed, lists, entries, impls, strict=True)
    ]


def view_context(
    view: View, room: Room, share: Share, files: dict[str, Source], anchor: str
) -> dict[str, Any]:
    """Everything the page shows of one view.

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
    """
    drawn = _on_lines(view)
    links = {impl: f"#{anchor}{impl}" for impl, file in files.items() if file.text}
    return {
        "title": view_title(view),
        "setting": view.setting,
        "id": share.id,
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
        "first_calls": advice.first_call_rows(view),
        "winners": _winner_rows(view, drawn, share.winner_rows),
        "cells": len(view.winners),
        "speedups": _speedup_table(view, drawn, share.speedup_cells),
        "troubles": _troubles(view),
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
            "at": sentences.three_digits(row["at"]) if row["kind"] == "crossing" else "tie",
            "interval": f"[{sentences.three_digits(row['at_low'])}, {sentences.three_digits(row['at_high'])}]",
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


def _winner_rows(view: View, drawn: set[int], most: int) -> list[dict[str, Any]]:
    """Rows of the winner table; those on the lines of the figures come before others where not all fit."""
    first = (~view.winners["cell"].isin(drawn)).sort_values(kind="stable").index[:most]
    shown = view.winners.loc[first.sort_values()]
    return [
        {
            "sizes": [words.size(row[axis]) for axis in view.axes],
            "winner": row["winner"],
            "hue": look_of(row["winner"]).hue,
            "runner_up": row["runner_up"],
            "margin": words.ratio(row["margin"]),
            "interval": words.interval(row["margin_low"], row["margin_high"]),
            "verdict": row["verdict"],
        }
        for row in shown.to_dict("records")
    ]


def _speedup_table(view: View, drawn: set[int], most: int) -> dict[str, Any]:
    """Rows are cells, columns strategies from the fastest on; a value is the speedup, its interval, or a status."""
    table = view.speedups
    logs = np.log(
        table["speedup"].fillna(np.exp(-table["seconds"].map(lambda s: np.log(s) if s > 0 else np.nan)))
    )
    order = logs.groupby(table["impl"]).mean().sort_values(ascending=False, kind="stable", na_position="last")
    cells = list(view.cells.index)
    chosen = cells if len(cells) <= most else sorted(drawn)[:most]
    records: list[Any] = table[table["cell"].isin(chosen)].to_dict("records")
    by_place = {(row["cell"], row["impl"]): row for row in records}
    winners = view.winners.set_index("cell")["winner"].to_dict()
    rows = []
    for cell in chosen:
        entries = [_speedup_entry(by_place.get((cell, impl)), winners.get(cell)) for impl in order.index]
        sizes = [words.size(float(str(view.cells.at[cell, axis]))) for axis in view.axes]
        rows.append({"sizes": sizes, "entries": entries})
    return {"impls": list(order.index), "rows": rows, "shown": len(chosen), "cells": len(cells)}


def _speedup_entry(row: dict[str, Any] | None, winner: str | None) -> dict[str, Any]:
    if row is None:
        return {"text": "", "interval": "", "title": "not measured", "kind": "none"}
    if row["status"] != "ok":
        return {
            "text": row["status"],
            "interval": "",
            "title": row["reason"] or row["status"],
            "kind": "trouble",
        }
    detail = [words.seconds(row["seconds"])]
    if np.isfinite(row["median_speedup"]):
        detail.append(f"{words.ratio(row['median_speedup'])} by medians")
    if np.isfinite(row["error"]):
        detail.append(f"error {row['error']:.1e}")
    return {
        "text": words.ratio(row["speedup"]) or words.seconds(row["seconds"]),
        "interval": words.interval(row["speedup_low"], row["speedup_high"]),
        "title": ", ".join(detail),
        "kind": "best" if row["impl"] == winner else "ok",
    }


def _on_lines(view: View) -> set[int]:
    """Cells that lie on a line drawn in a scaling figure."""
    lines = [longest_line(view.cells, view.axes, axis) for axis in view.axes]
    return {int(cell) for line in lines if line is not None for cell in line[2].index}


def _troubles(view: View) -> dict[str, Any]:
    """What has no time, or not in every session; reasons that differ in numbers only share a row."""
    table = view.speedups
    odd = table[(table["status"] != "ok") | (table["reason"] != "")]
    alike = odd["reason"].str.replace(r"\d[\d.,]*", "#", regex=True)
    found = []
    for (impl, status, _), part in odd.groupby(["impl", "status", alike], sort=True):
        reasons = part["reason"].unique()
        everywhere = len(part) == (table["impl"] == impl).sum()
        places = [sentences.place(view, cell) for cell in part["cell"].iloc[:4]]
        more = f" and {len(part) - 4} more" if len(part) > 4 else ""
        found.append(
            {
                "impl": impl,
                "status": status if status != "ok" else "ok, in part",
                "reason": (reasons[0] or "no reason recorded")
                + (", and the like" if len(reasons) > 1 else ""),
                "where": f"everywhere ({words.count(len(part), 'size')})"
                if everywhere
                else "; ".join(places) + more,
            }
        )
    return {"rows": found[:TROUBLE_ROWS], "left_out": max(0, len(found) - TROUBLE_ROWS)}


def question_context(answer: Answer, axes: tuple[str, ...]) -> dict[str, Any]:
    """An answered question: a sentence with the counts, and one row per cell."""
    question, rows = answer.question, answer.rows
    counts = rows["verdict"].value_counts()
    told = [
        f"{words.listing(names)} {'is' if len(names) == 1 else 'are'} faster in {int(counts.get(key, 0))}"
        for key, names in (("these", question.these), ("those", question.those))
    ]
    ties, undecided = int(counts.get("tie", 0)), int(counts.get("undecided", 0))
    told += [f"{ties} within 5 %"] * bool(ties) + [f"{undecided} undecided"] * bool(undecided)
    yes = "Yes" if counts.get("these", 0) else "Not in these measurements"
    varied = [name for name in (*SETTING, *axes) if rows[name].nunique() > 1]
    shown = rows.iloc[:QUESTION_ROWS]
    return {
        **{
            "asked": question.asked,
            "where": question.where,
            "these": question.these,
            "those": question.those,
        },
        "answer": f"{yes}: of {words.count(len(rows), 'case')}, {', '.join(told)}.",
        "factors": _by_factor(rows, [name for name in varied if name in SETTING]),
        "heads": varied,
        "left_out": len(rows) - len(shown),
        "rows": [
            {
                "place": [words.size(row[name]) if name in axes else str(row[name]) for name in varied],
                "ratio": words.ratio(row["ratio"]),
                "interval": words.interval(row["ratio_low"], row["ratio_high"]),
                "faster": {"these": row["this"], "those": row["that"]}.get(row["verdict"], ""),
                "verdict": row["verdict"],
            }
            for row in shown.to_dict("records")
        ],
    }


def _by_factor(rows: pd.DataFrame, factors: list[str]) -> list[dict[str, Any]]:
    """How often either group is faster for each value of what was varied beside the sizes."""
    found = []
    for factor in factors:
        for value, part in rows.groupby(factor, sort=True):
            counts = part["verdict"].value_counts()
            told = [int(counts.get(key, 0)) for key in ("these", "those")]
            found.append(
                {
                    "factor": factor,
                    "value": str(value),
                    "counts": [*told, len(part) - sum(told)],
                    "of": len(part),
                }
            )
    return found
