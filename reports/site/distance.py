"""Distance from the machine's limit, for the page: a figure along one axis, a table, and the timing faults by name."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from reports import words
from reports.analyse.limits import fault_words
from reports.analyse.views import View
from reports.figures.scaling import SHARE, draw_scaling
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX
from reports.site.pictures import Pictures, Place
from reports.site.sentences import code, place
from reports.tables import limit_rows

#: Faults that are named one by one; the CSV has all.
FAULTS = 6


def distance(view: View, pictures: Pictures, where: Place, links: dict[str, str]) -> dict[str, Any]:
    """What the page shows of a view's limits; `rows` is empty when its journal carries none.

    Parameters
    ----------
    view : View
    pictures : Pictures
        Takes the figure.
    where : Place
    links : dict
        Where the strategies' sources are.
    """
    table = (
        view.limits[~view.limits["impl"].str.endswith(CONTROL_SUFFIX)] if len(view.limits) else view.limits
    )
    if len(table):
        table = table.assign(status=table["status"].where(~table["fault"].astype(bool), "fault"))
    timed = table[table["status"] == "ok"] if len(table) else table
    if timed.empty:
        return {
            "rows": [],
            "faults": [],
            "more_faults": 0,
            "plot": None,
            "ladder": True,
            "flops": 0,
            "cells": 0,
            "elsewhere": [],
        }
    faults = table[table["fault"].astype(bool)]
    bounds = table.drop_duplicates("cell")
    return {
        "rows": _rows(view, timed),
        "faults": [
            (row["impl"], place(view, int(row["cell"])), fault_words(row))
            for row in faults.iloc[:FAULTS].to_dict("records")
        ],
        "more_faults": max(0, len(faults) - FAULTS),
        "plot": _plot(view, table, pictures, where, links),
        "ladder": bool(table["ladder"].all()),
        "flops": int((bounds["bound_by"] == "flops").sum()),
        "cells": len(bounds),
        "elsewhere": _elsewhere(view, bounds),
    }


def _elsewhere(view: View, bounds: pd.DataFrame) -> list[str]:
    """Strategies with a time where there is a limit, but no distance from it: a device other than the host did them."""
    told = view.speedups[(view.speedups["status"] == "ok") & view.speedups["cell"].isin(bounds["cell"])]
    names = set(told["impl"]) - set(view.limits["impl"])
    return sorted(str(name) for name in names if not str(name).endswith(CONTROL_SUFFIX))


def _rows(view: View, timed: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per strategy, who comes nearest to the limit first."""
    found = []
    for impl, part in timed.groupby("impl"):
        best = part.sort_values("share").iloc[-1]
        found.append(
            {
                "impl": str(impl),
                "look": look_of(str(impl)),
                "best": float(best["share"]),
                "at": place(view, int(best["cell"])),
                "seconds": words.seconds(float(best["seconds"])),
                "bound": words.seconds(float(best["bound_seconds"])),
                "by": str(best["bound_by"]),
                "typical": float(np.exp(np.log(part["share"]).mean())),
            }
        )
    return sorted(found, key=lambda row: -float(str(row["best"])))


def _plot(
    view: View, table: pd.DataFrame, pictures: Pictures, where: Place, links: dict[str, str]
) -> dict[str, Any] | None:
    """The line of cells over which the least bytes change most, as a promised figure."""
    best: tuple[float, str, dict[str, float], pd.DataFrame] | None = None
    for axis in view.axes:
        line = view.lines[axis]
        rows = table[table["cell"].isin(line[2].index)] if line else table.iloc[:0]
        if line is None or rows.loc[rows["status"] == "ok", "share"].notna().sum() < 2:
            continue
        spread = float(np.ptp(np.log(np.maximum(rows["least_bytes"].to_numpy(dtype=float), 1.0))))
        if best is None or spread > best[0]:
            best = (spread, axis, line[1], rows)
    if best is None:
        return None
    _, axis, fixed, rows = best
    shown = rows.assign(share=rows["share"].where(rows["status"] == "ok"))
    top = shown.dropna(subset=["share"]).sort_values("share", kind="stable").iloc[-1]
    title = Markup("Along {}, {} comes nearest to the machine’s limit: {} of it at {} = {}").format(
        axis, code(top["impl"]), words.share(float(top["share"])), axis, words.size(float(top[axis]))
    )
    plain = f"Share of the machine's limit against {axis}. {title.striptags()}"
    draw = partial(draw_scaling, shown, axis, description=plain, quantity=SHARE, links=links)
    figure = pictures.promise(draw, limit_rows(rows, view.axes), where, "limit")
    told = ", ".join(f"{name} {words.size(value)}" for name, value in fixed.items())
    return {"title": title, "fixed": told, "figure": figure}
