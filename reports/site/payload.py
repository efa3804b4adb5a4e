"""The numbers that the page's scripts work on: enough to judge again for other choices.

Each view, and each model that answers for one, is JSON, compressed (zlib) and written in base64: three to four times
smaller, and browsers can unpack it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup
from scipy import stats

from reports.analyse.cube import Cube
from reports.analyse.intervals import LEVEL, TIE_BAND
from reports.analyse.moderation import MOST_FREEDOM, told_prior
from reports.analyse.views import View
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX, SETTING
from reports.site.models import ViewModel
from reports.sources import Source
from reports.words import RESOLVED_BYTES

#: Logs of nanoseconds are sent as whole numbers of this step: fine beside any noise, and short.
STEP = 1e-4
MOST_SESSIONS = 30
#: Degrees of freedom that a moderated variance may have.
MOST_FREEDOM_TOLD = MOST_SESSIONS + MOST_FREEDOM


def view_payload(view: View, cube: Cube) -> dict[str, Any]:
    """One view for the scripts.

    Returns
    -------
    dict
        `axes`; `impls`; `like`: equal for views of one machine and setting, whatever the set; `prior`: degrees of
        freedom, and by strategy the variance that a cell's own is shrunk toward (of a pair, the sum), or null;
        `families`: places in `impls` of strategies that are one for verdicts;
        `cells`: for each its place in the cube, its sizes, per strategy either a status other than ok or
        `[times, bytes, error]`, with the half width of a ready-made interval behind them where there is one, and what
        each session had in common.
        `times` are log nanoseconds by session in units of `STEP`, the first in full, the others as differences from
        it; what a session has in common is taken out of them, so that only ratios within a session and the level of
        the time remain, which packs better. Unknown bytes and errors are null.
    """
    names = [name for name, able in zip(cube.impls, cube.is_contender, strict=True) if able]
    columns = ("cell", "impl", "status", "peak_extra_bytes", "error")
    table = {
        (cell, impl): rest
        for cell, impl, *rest in zip(*(view.speedups[name].tolist() for name in columns), strict=True)
    }
    positions = [cube.position(name) for name in names]
    cells = []
    for cell, sizes in zip(view.cells.index.tolist(), view.cells[list(view.axes)].to_numpy(), strict=True):
        logs = cube.log_best[cell][:, positions]
        common = _common(logs)
        logs = logs - common
        widths = cube.log_half_width[cell][positions]
        entries = [_entry(table.get((cell, name)), logs[:, i], widths[i]) for i, name in enumerate(names)]
        cells.append([cell, list(sizes), entries, [round(value / STEP) for value in common[:, 0]]])
    like = " ".join(str(view.setting[key]) for key in SETTING if key != "benchmark")
    prior = told_prior(cube, view.cells.index, positions)
    families = _families(cube.families[int(view.cells.index[0])][positions])
    told = {"axes": list(view.axes), "impls": names, "like": like, "prior": prior}
    return {**told, "families": families, "cells": cells}


def _families(labels: np.ndarray) -> list[list[int]]:
    """Places of equal labels, (strategies,), where there are several."""
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return [group for group in groups if len(group) > 1]


def _common(logs: np.ndarray) -> np.ndarray:
    """What each session of a cell has in common, (sessions, 1), mean zero; zero where strategies are missing."""
    complete = logs[:, ~np.isnan(logs).any(axis=0)]
    if complete.shape[1] == 0:
        return np.zeros((len(logs), 1))
    level = complete.mean(axis=1, keepdims=True)
    return level - level.mean()


def _entry(found: list[Any] | None, logs: np.ndarray, width: float) -> Any:
    if found is None:
        return "not measured"
    status, peak_bytes, error = found
    if status != "ok":
        return str(status)
    steps = [None if np.isnan(value) else round((value + 9 * np.log(10)) / STEP) for value in logs]
    first = next(step for step in steps if step is not None)
    seen = False
    times: list[int | None] = []
    for step in steps:
        times.append(None if step is None else step - first if seen else step)
        seen = seen or step is not None
    ready = [_short(width, 4)] if np.isfinite(width) else []
    return [times, _short(peak_bytes, 3), _short(error, 2), *ready]


def _short(value: float, digits: int) -> float | None:
    """A number with few digits, None for NaN; whole ones without a decimal point."""
    if not np.isfinite(value):
        return None
    short = float(f"{value:.{digits - 1}e}")
    return int(short) if short.is_integer() and abs(short) < 2**53 else short


def packed_view(view: View, cube: Cube, model: ViewModel | None) -> tuple[str, ViewModel | None]:
    """Return a view for the scripts, packed, and the model that answers for it."""
    told = view_payload(view, cube)
    if model is not None:
        told["model"] = {"id": model.id, "itemsize": model.itemsize, "labels": model.labels}
    return packed(told), model


def page_payload(
    views: Mapping[str, tuple[str, ViewModel | None]], files: Mapping[str, Source], links: Mapping[str, str]
) -> Markup:
    """JSON for a `<script type="application/json">`: what the scripts of a page with some views need.

    Parameters
    ----------
    views : dict
        As `packed_view` gives them, by the id of their element.
    files : dict
        Sources of the strategies by name.
    links : dict
        Where these are on the site.
    """
    models = {model.id: packed(model.entry) for _, model in views.values() if model is not None}
    quantiles = [round(float(stats.t.ppf(0.5 + LEVEL / 2, df)), 6) for df in range(1, MOST_FREEDOM_TOLD)]
    return as_script(
        {
            "strategies": {impl: look(impl, files[impl], links) for impl in named(files)},
            "quantiles": quantiles,
            "band": TIE_BAND,
            "rate": 1 - LEVEL,
            "step": STEP,
            "resolved": RESOLVED_BYTES,
            "views": {id_: text for id_, (text, _) in views.items()},
            "models": models,
        }
    )


def named(files: Mapping[str, Source]) -> list[str]:
    """Strategies without the control's copies."""
    return [impl for impl in files if not impl.endswith(CONTROL_SUFFIX)]


def look(impl: str, file: Source, links: Mapping[str, str]) -> dict[str, Any]:
    """What the scripts need to know of a strategy: packages, looks, where its source is."""
    shown = look_of(impl)
    return {"needs": list(file.requires), "hue": shown.hue, "sign": shown.glyph, "link": links.get(impl, "")}


def as_script(value: Any) -> Markup:
    """JSON that ends no script element."""
    whole = json.dumps(value, separators=(",", ":"))
    return Markup(whole.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def packed(value: Any) -> str:
    """Return JSON of a value, compressed and in base64."""
    text = json.dumps(value, separators=(",", ":"), default=_plain)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _plain(value: Any) -> Any:
    """NumPy numbers for json; whole floats as integers."""
    number = value.item()
    return int(number) if isinstance(number, float) and number.is_integer() else number
