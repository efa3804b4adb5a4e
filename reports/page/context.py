"""What the page shows, as plain values for the templates: one dictionary per view, machine and comparison."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from reports import words
from reports.analyse.maps import longest_line, panels
from reports.analyse.questions import Answer
from reports.analyse.views import View
from reports.figures.maps import draw_map
from reports.figures.scaling import draw_scaling
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX, SETTING
from reports.page import advice, sentences
from reports.page.room import Room
from reports.sources import Source

#: Rows that one question, list of troubles, comparison and list of crossovers show at most; the CSV files have all.
QUESTION_ROWS, TROUBLE_ROWS, COMPARED_ROWS, CROSSOVER_ROWS = 120, 40, 60, 40


def view_context(view: View, folder: str, room: Room, files: dict[str, Source]) -> dict[str, Any]:
    """Everything the page shows of one view.

    Parameters
    ----------
    view : View
    folder : str
        Where the CSV files of the workload are, relative to the page.
    room : Room
    files : dict
        The strategies' sources by name.
    """
    return {
        "title": view_title(view),
        "setting": view.setting,
        "folder": folder,
        "baseline": view.baseline,
        "axes": view.axes,
        "answer": sentences.answer(view),
        "maps": _maps(view, room),
        "crossovers": _crossovers(view),
        "rules": advice.rules(view, files),
        "ranking": advice.ranking(view),
        "scaling": _scaling(view, room),
        "tradeoffs": advice.tradeoffs(view, room),
        "first_calls": advice.first_call_rows(view),
        "winners": _winner_rows(view, room),
        "cells": len(view.winners),
        "speedups": _speedup_table(view, room),
        "troubles": _troubles(view),
    }


def view_title(view: View) -> str:
    """`Quick · aggregate · float64 · uniform labels · 1 thread`."""
    s = view.setting
    parts = [s["benchmark"], s["stage"], s["dtype"], f"{s['labels']} labels" if s["labels"] else ""]
    return " · ".join(str(part) for part in [*parts, words.count(int(str(s["threads"])), "thread")] if part)


def _maps(view: View, room: Room) -> list[dict[str, Any]]:
    found = []
    for panel in panels(view.winners, view.axes):
        fixed = ", ".join(f"{axis} {words.size(value)}" for axis, value in panel.fixed.items())
        if panel.y:
            title = sentences.plane_title(panel.rows, panel.x, panel.y)
        else:
            title = sentences.line_title(panel.rows, view.crossovers, panel.x, tuple(panel.fixed))
        plain = title.striptags() + (f" ({fixed})" if fixed else "")
        svg = room.add_figure(partial(draw_map, panel, description=plain))
        won = panel.rows[panel.rows["verdict"] == "win"]["winner"]
        legend = [(name, look_of(name)) for name in won.value_counts().index]
        found.append({"title": title, "fixed": fixed, "svg": svg, "legend": legend})
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


def _scaling(view: View, room: Room) -> list[dict[str, Any]]:
    found = []
    measured = view.speedups[~view.speedups["impl"].str.endswith(CONTROL_SUFFIX)]
    for axis in view.axes:
        line = longest_line(measured, view.axes, axis)
        if line is None or not (line[2]["status"] == "ok").any():
            continue
        _, fixed, rows = line
        winners = view.winners[view.winners["cell"].isin(rows["cell"])]
        title = sentences.line_title(winners, view.crossovers, axis, tuple(fixed))
        words_fixed = ", ".join(f"{name} {words.size(value)}" for name, value in fixed.items())
        plain = f"Time of one call against {axis}. {title.striptags()}"
        svg = room.add_figure(partial(draw_scaling, rows, axis, description=plain))
        absent = rows.groupby("impl")["status"].agg(lambda s: not (s == "ok").any())
        found.append(
            {
                "axis": axis,
                "title": title,
                "fixed": words_fixed,
                "svg": svg,
                "absent": list(absent.index[absent]),
                "cells": rows["cell"],
            }
        )
    return found


def _winner_rows(view: View, room: Room) -> list[dict[str, Any]]:
    shown = view.winners.iloc[: room.take_winner_rows(len(view.winners))]
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


def _speedup_table(view: View, room: Room) -> dict[str, Any]:
    """Rows are cells, columns strategies from the fastest on; a value is the speedup, its interval, or a status."""
    table = view.speedups
    logs = np.log(
        table["speedup"].fillna(np.exp(-table["seconds"].map(lambda s: np.log(s) if s > 0 else np.nan)))
    )
    order = logs.groupby(table["impl"]).mean().sort_values(ascending=False, kind="stable", na_position="last")
    cells = list(view.cells.index)
    most = room.speedup_cells(len(order))
    chosen = cells if len(cells) <= most else sorted(_figure_cells(view))[:most]
    room.speedup_entries -= len(chosen) * len(order)
    records: list[Any] = table.to_dict("records")
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


def _figure_cells(view: View) -> set[int]:
    """Cells that lie on a line drawn in a scaling figure."""
    lines = [longest_line(view.speedups, view.axes, axis) for axis in view.axes]
    return {int(cell) for line in lines if line is not None for cell in line[2]["cell"]}


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
