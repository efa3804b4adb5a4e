"""The numbers that the page's scripts work on: enough to judge again for other choices.

Each view, and each model that answers for one, is JSON, compressed (zlib) and written in base64: three to four times
smaller, and browsers can unpack it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
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

#: Views are given to the scripts while they fit into this many bytes, the worthiest first.
BYTES = 550_000
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


@dataclass(frozen=True)
class Payload:
    """JSON for a `<script type="application/json">`, and the ids of the views that are in it."""

    text: Markup
    views: frozenset[str]


def page_payload(
    views: dict[str, tuple[View, Cube]],
    files: dict[str, Source],
    models: Mapping[str, ViewModel] | None = None,
) -> Payload:
    """What the page's scripts need, within `BYTES`.

    Parameters
    ----------
    views : dict
        By the id of their element in the page, the worthiest first; what does not fit is left out.
    files : dict
        Sources of all strategies by name.
    models : dict, optional
        The model that answers for a view, by the view's id; without room for it, the view goes without.
    """
    shown, used = _fitting(views, models or {})
    looks = {impl: look_of(impl) for impl in files}
    strategies = {
        impl: {"needs": list(file.requires), "hue": looks[impl].hue, "sign": looks[impl].glyph}
        for impl, file in files.items()
        if not impl.endswith(CONTROL_SUFFIX)
    }
    quantiles = [round(float(stats.t.ppf(0.5 + LEVEL / 2, df)), 6) for df in range(1, MOST_FREEDOM_TOLD)]
    rest = {
        "strategies": strategies,
        "quantiles": quantiles,
        "band": TIE_BAND,
        "rate": 1 - LEVEL,
        "step": STEP,
        "resolved": RESOLVED_BYTES,
        "views": shown,
        "models": used,
    }
    whole = json.dumps(rest, separators=(",", ":"))
    escaped = whole.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Payload(Markup(escaped), frozenset(shown))


def _fitting(
    views: dict[str, tuple[View, Cube]], models: Mapping[str, ViewModel]
) -> tuple[dict[str, str], dict[str, str]]:
    """Views and models that fit into `BYTES` together, packed, by their ids."""
    shown, used, left = dict[str, str](), dict[str, str](), BYTES
    for name, (view, cube) in views.items():
        told, model = view_payload(view, cube), models.get(name)
        if model is not None:
            reference = {"id": model.id, "itemsize": model.itemsize, "labels": model.labels}
            whole, entry = packed(told | {"model": reference}), used.get(model.id) or packed(model.entry)
            needed = len(whole) + (0 if model.id in used else len(entry))
            if needed <= left:
                shown[name], used[model.id] = whole, entry
                left -= needed
                continue
        plain = packed(told)
        if len(plain) <= left:
            left -= len(plain)
            shown[name] = plain
    return shown, used


def packed(value: Any) -> str:
    """Return JSON of a value, compressed and in base64."""
    text = json.dumps(value, separators=(",", ":"), default=_plain)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _plain(value: Any) -> Any:
    """NumPy numbers for json; whole floats as integers."""
    number = value.item()
    return int(number) if isinstance(number, float) and number.is_integer() else number
