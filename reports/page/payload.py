"""The numbers that the page's scripts work on, as JSON in the page: enough to judge again for other choices."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from markupsafe import Markup
from scipy import stats

from reports.analyse.cube import Cube
from reports.analyse.intervals import LEVEL, TIE_BAND
from reports.analyse.views import View
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX
from reports.sources import Source

#: Views are given to the scripts while they fit into this many bytes, in the order of the page.
BYTES = 500_000
#: Logs of nanoseconds are sent as whole numbers of this step: fine beside any noise, and short.
STEP = 1e-4
MOST_SESSIONS = 30


def view_payload(view: View, cube: Cube) -> dict[str, Any]:
    """One view for the scripts.

    Returns
    -------
    dict
        `axes`; `impls`; `cells`: for each its place in the cube, its sizes, and per strategy either a status other
        than ok or `[times, bytes, error]`, with the half width of a ready-made interval behind them where there is
        one. `times` are log nanoseconds by session in units of `STEP`, the first in full, the others as differences
        from it; what a session has in common is taken out, so that only ratios within a session and the level of the
        time remain. Unknown bytes and errors are null.
    """
    names = [name for name in cube.impls if not name.endswith(CONTROL_SUFFIX)]
    table = view.speedups.set_index(["cell", "impl"])
    positions = [cube.position(name) for name in names]
    cells = []
    for cell, sizes in zip(view.cells.index.tolist(), view.cells[list(view.axes)].to_numpy(), strict=True):
        logs = cube.log_best[cell][:, positions]
        logs = logs - _common(logs)
        widths = cube.log_half_width[cell][positions]
        entries = [_entry(table, (cell, name), logs[:, i], widths[i]) for i, name in enumerate(names)]
        cells.append([cell, list(sizes), entries])
    return {"axes": list(view.axes), "impls": names, "cells": cells}


def _common(logs: np.ndarray) -> np.ndarray:
    """What each session of a cell has in common, (sessions, 1), mean zero; zero where strategies are missing."""
    complete = logs[:, ~np.isnan(logs).any(axis=0)]
    if complete.shape[1] == 0:
        return np.zeros((len(logs), 1))
    level = complete.mean(axis=1, keepdims=True)
    return level - level.mean()


def _entry(table: Any, key: tuple[Any, str], logs: np.ndarray, width: float) -> Any:
    if key not in table.index:
        return "not measured"
    row = table.loc[key]
    if row["status"] != "ok":
        return str(row["status"])
    steps = [None if np.isnan(value) else round((value + 9 * np.log(10)) / STEP) for value in logs]
    first = next(step for step in steps if step is not None)
    seen = False
    times: list[int | None] = []
    for step in steps:
        times.append(None if step is None else step - first if seen else step)
        seen = seen or step is not None
    ready = [_short(width, 4)] if np.isfinite(width) else []
    return [times, _short(row["peak_extra_bytes"], 4), _short(row["error"], 2), *ready]


def _short(value: float, digits: int) -> float | None:
    """A number with few digits, None for NaN; whole ones without a decimal point."""
    if not np.isfinite(value):
        return None
    short = float(f"{value:.{digits - 1}e}")
    return int(short) if short.is_integer() and abs(short) < 2**53 else short


def page_payload(views: dict[str, tuple[View, Cube]], files: dict[str, Source]) -> Markup:
    """JSON text for a `<script type="application/json">`.

    Parameters
    ----------
    views : dict
        By the id of their element in the page, in the order of the page.
    files : dict
        Sources of all strategies by name.
    """
    shown, left = {}, BYTES
    for name, (view, cube) in views.items():
        text = json.dumps(view_payload(view, cube), separators=(",", ":"), default=_plain)
        left -= len(text)
        if left < 0:
            break
        shown[name] = text
    looks = {impl: look_of(impl) for impl in files}
    strategies = {
        impl: {"needs": list(file.requires), "hue": looks[impl].hue, "sign": looks[impl].glyph}
        for impl, file in files.items()
        if not impl.endswith(CONTROL_SUFFIX)
    }
    quantiles = [round(float(stats.t.ppf(0.5 + LEVEL / 2, df)), 6) for df in range(1, MOST_SESSIONS)]
    rest = {
        "strategies": strategies,
        "quantiles": quantiles,
        "band": TIE_BAND,
        "rate": 1 - LEVEL,
        "step": STEP,
    }
    joined = ",".join(f"{json.dumps(name)}:{text}" for name, text in shown.items())
    whole = json.dumps(rest, separators=(",", ":"))[:-1] + f',"views":{{{joined}}}}}'
    return Markup(whole.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _plain(value: Any) -> Any:
    """NumPy numbers for json; whole floats as integers."""
    number = value.item()
    return int(number) if isinstance(number, float) and number.is_integer() else number
