"""The tables of one view: who wins where, every speedup with its interval, and what has no time for which reason."""

from __future__ import annotations

from typing import Any

import numpy as np

from reports import words
from reports.analyse.views import View
from reports.figures.style import look_of
from reports.site import sentences

#: Rows that one list of troubles shows at most; the CSV files have all.
TROUBLE_ROWS = 40
#: One table of speedups shows this many sizes at most, those of the figures; the CSV has all.
TABLE_CELLS = 48


def winner_table(view: View) -> list[dict[str, Any]]:
    """Rows of the winner table."""
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
        for row in view.winners.to_dict("records")
    ]


def speedup_table(view: View, drawn: set[int], most: int = TABLE_CELLS) -> dict[str, Any]:
    """Rows are cells, columns strategies from the fastest on; a value is the speedup, its interval, or a status."""
    table = view.speedups
    logs = np.log(
        table["speedup"].fillna(np.exp(-table["seconds"].map(lambda s: np.log(s) if s > 0 else np.nan)))
    )
    order = logs.groupby(table["impl"]).mean().sort_values(ascending=False, kind="stable", na_position="last")
    cells = list(view.cells.index)
    chosen = cells if len(cells) <= most else (sorted(drawn) or cells)[:most]
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


def cells_on_lines(view: View) -> set[int]:
    """Cells that lie on a line drawn in a scaling figure."""
    return {int(cell) for line in view.lines.values() if line is not None for cell in line[2].index}


def trouble_list(view: View, most: int = TROUBLE_ROWS) -> dict[str, Any]:
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
    return {"rows": found[:most], "left_out": max(0, len(found) - most)}
