"""The first page: what is computed, which strategy to use, and where that changes; as plain values for its template."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from impls import recipes, scatter
from impls.cost.package_sets import PACKAGE_SETS, allowed
from impls.cost.profile import Entry, Profile
from reports import words
from reports.analyse.maps import longest_line
from reports.analyse.package_maps import AXES_OF_POST, MAPPED, NAMES, POST, mapped
from reports.analyse.shapes import SHAPES, Shape, shapes_of
from reports.analyse.views import View
from reports.figures.growth import draw_growth
from reports.figures.package_maps import SURE, frame_box
from reports.figures.style import look_of
from reports.ideas import IDEAS, idea_of
from reports.load.model import CONTROL_SUFFIX, Results
from reports.site.known_faults import faults_at_work
from reports.site.machines import date
from reports.site.maps import missed_words, plane_contexts
from reports.site.memory import memory_table
from reports.site.models import ITEMSIZES, model_payload
from reports.site.payload import as_script, look, packed
from reports.site.pictures import Pictures, Place
from reports.site.workloads import Room
from reports.sources import sources
from reports.tables import folder_name, speedup_rows

#: Questions that the page answers: id -> workload and stage of the profile's entry.
ENTRIES = {
    "aggregate": MAPPED,
    "encode": (MAPPED[0], "encode"),
    "flat": ("scatter1d", "int64_index"),
}
#: Axes along which the page shows how the time grows.
GROWN = ("L", "K")
#: A ratio to the best: up to which it is good, fair; beyond, bad.
GOOD, FAIR = 1.25, 2.5


@dataclass
class Index:
    """What the first page shows.

    Attributes
    ----------
    values : dict
        For its template.
    payload : dict or None
        For its scripts; None where no machine was mapped and nothing can be chosen.
    """

    values: dict[str, Any]
    payload: dict[str, Any] | None


def index_of(results: Results, rooms: list[Room], pictures: Pictures) -> Index:
    """Put the page together.

    Parameters
    ----------
    results : Results
        The first profile that holds a map is the one that answers.
    rooms : list of Room
    pictures : Pictures
        Takes the maps and the lines.
    """
    folder = f"data/{folder_name(MAPPED[0])}"
    profile = next((each for each in results.profiles if mapped(each) is not None), None)
    entry = mapped(profile) if profile else None
    planes = plane_contexts(profile, pictures, folder) if profile else []
    room = next((each for each in rooms if each.name == MAPPED[0]), None)
    views = list(room.views.values()) if room else []
    machine = profile.machine if profile else ""
    values = {
        "rooms": [_room(room) for room in rooms],
        "known_faults": faults_at_work(results),
        "chooser": entry is not None,
        "presets": [{"id": name, "name": _preset(name)} for name in PACKAGE_SETS],
        "shapes": [{"name": name, "sizes": sizes} for name, sizes in SHAPES.items()],
        "planes": planes,
        "percent": round(100 * SURE),
        "cells": len(entry.model.places) if entry else 0,
        "missed": missed_words(profile, entry) if profile and entry and not planes else "",
        "table": _table(shapes_of(views, entry, machine)) if entry else None,
        "growth": _growth(views, machine, pictures, folder),
        "machine": _machine(profile, entry, results) if profile and entry else [],
        "plain": _plain(entry) if entry else [],
    }  # fmt: skip
    payload = _payload(profile, planes, values) if profile and entry else None
    return Index(values, payload)


def _room(room: Room) -> dict[str, Any]:
    """A workload in one sentence: that of its leading view."""
    first = room.shown[0]
    return {
        "name": room.name,
        "file": f"{room.slug}.html",
        "answer": first["answer"][0],
        "title": first["title"],
    }


def _preset(name: str) -> str:
    return "NumPy" if name == "numpy" else NAMES[name]


def _table(shapes: list[Shape]) -> dict[str, Any] | None:
    """Shapes against ideas: time over the best of the row."""
    if not shapes:
        return None
    columns = [idea for idea in IDEAS if any(idea.name in shape.ideas for shape in shapes)]
    rows = []
    for shape in shapes:
        best = min(each.seconds for each in shape.ideas.values())
        cells = []
        for idea in columns:
            each = shape.ideas.get(idea.name)
            ratio = each.seconds / best if each else math.nan
            kind = "none" if each is None else "good" if ratio <= GOOD else "fair" if ratio <= FAIR else "bad"
            title = f"{each.impl}: {words.seconds(each.seconds)}" if each else "no time"
            cells.append(
                {"text": words.ratio(ratio) if each else "", "kind": kind, "title": title, "best": ratio == 1}
            )
        sizes = " × ".join(words.size(size) for size in shape.sizes.values())
        rows.append(
            {
                "name": shape.name,
                "sizes": sizes,
                "cells": cells,
                "best": words.seconds(best),
                "measured": shape.measured,
            }
        )
    return {"columns": columns, "rows": rows, "measured": all(shape.measured for shape in shapes)}


def _growth(views: list[View], machine: str, pictures: Pictures, folder: str) -> list[dict[str, Any]]:
    """How the time grows along two axes through the post's shape, where that was measured."""
    able = [v for v in views if v.setting["stage"] == "aggregate" and str(v.setting["threads"]) == "1"]
    able.sort(
        key=lambda v: (v.setting["machine"] != machine, v.setting["benchmark"] != "Quick", -len(v.cells))
    )
    if not able or tuple(able[0].axes) != AXES_OF_POST:
        return []
    view, found = able[0], []
    requires = {
        name: source.requires for name, source in sources(view.speedups["impl"].unique(), MAPPED[0]).items()
    }
    for axis in GROWN:
        line = longest_line(view.cells, view.axes, axis, at_least=3)
        if line is None:
            continue
        rows = view.speedups[view.speedups["cell"].isin(line[2].index)]
        rows = rows[~rows["impl"].str.endswith(CONTROL_SUFFIX)]
        leaders = _leaders(rows, requires)
        if not leaders:
            continue
        told = f"Time of one call against {axis}: {words.listing(leaders)} lead."
        draw = partial(draw_growth, rows, axis, leaders, description=told)
        found.append(
            {
                "picture": pictures.promise(
                    draw, speedup_rows(rows, view.axes), Place("growth", folder), axis.lower()
                ),
                "axis": axis,
                "fixed": ", ".join(f"{name} {words.size(size)}" for name, size in line[1].items()),
                "where": f"{view.setting['benchmark']}, {view.setting['dtype']}, {view.setting['env']}",
                "lines": [
                    _line(impl, leaders) for impl in sorted(rows.loc[rows["status"] == "ok", "impl"].unique())
                ],
            }
        )
    return found


def _line(impl: str, leaders: list[str]) -> dict[str, Any]:
    shown = look_of(impl)
    return {"impl": impl, "hue": shown.hue, "sign": shown.glyph, "leads": impl in leaders}


def _leaders(rows: pd.DataFrame, requires: dict[str, tuple[str, ...]]) -> list[str]:
    """The strategy that is the fastest of each set of packages, typically; and the loop."""
    seconds = rows.pivot(index="cell", columns="impl", values="seconds").astype(float)
    typical = seconds[seconds.columns[seconds.notna().all()]].map(math.log).mean()
    found = ["loop"] if "loop" in typical.index else []
    for name in PACKAGE_SETS:
        members = [impl for impl in typical.index if impl in allowed(requires, name)]
        if members:
            found.append(str(typical[members].idxmin()))
    return list(dict.fromkeys(found))


def _machine(profile: Profile, entry: Entry, results: Results) -> list[str]:
    """What the answers rest on, in short pieces."""
    key = profile.key
    versions = ", ".join(f"{name} {version}" for name, version in (key.get("versions") or {}).items())
    runs = [run for run in results.runs if run.machine == profile.machine and run.benchmark == "Map"]
    sessions = max((int(run.plan.get("sessions") or 0) for run in runs), default=0)
    regret = entry.held_out.get("regret", {})
    told = [
        f"{_preset(name)} {words.share(found['mean'])} [{words.share(found['low'])}, {words.share(found['high'])}]"
        for name, found in regret.items()
        if name in PACKAGE_SETS
    ]
    held = int(entry.held_out.get("cells", 0))
    return [
        part
        for part in (
            f"{profile.machine}, {key['cpu']}" if key.get("cpu") else profile.machine,
            words.count(int(key.get("cores") or 0), "core") if key.get("cores") else "",
            profile.date or date(max((run.started_at for run in runs), default=math.nan)),
            versions,
            f"{len(entry.model.places)} sizes"
            + (f" in {words.count(sessions, 'session')}" if sessions else ""),
            f"noise of one measurement {words.share(entry.model.noise)}",
            f"what following the answer cost over the fastest at {held} sizes held out: {'; '.join(told)}"
            if told and held
            else "",
        )
        if part
    ]


def _plain(entry: Entry) -> list[str]:
    """The answer at the post's shape in words, for a browser without scripts."""
    requires = {name: strategy.requires for name, strategy in entry.strategies.items()}
    cell, found = np.array([list(POST.values())], dtype=float), []
    if float(entry.model.outside(cell, 8)[0]) > 0:
        return []
    for name in PACKAGE_SETS:
        members = [impl for impl in entry.model.strategies if impl in allowed(requires, name)]
        if members:
            mean, _ = entry.model.predict(cell, 8, only=members, deviations=False)
            best = int(mean[:, 0].argmin())
            found.append(f"{_preset(name)}: {members[best]}, {words.seconds(float(np.exp(mean[best, 0])))}")
    return list(dict.fromkeys(found))


def _payload(profile: Profile, planes: list[dict[str, Any]], values: dict[str, Any]) -> dict[str, Any]:
    """What the page's scripts work on."""
    entries = {id_: profile.entry(*place) for id_, place in ENTRIES.items()}
    known = {id_: entry for id_, entry in entries.items() if entry is not None}
    names = sorted({name for entry in known.values() for name in entry.model.strategies})
    files = sources(names, MAPPED[0])
    copied = [found for name in names if (found := recipes.recipe(name))]
    buckets = set(scatter.strategies())
    packages = {name: PACKAGE_SETS[name] for name in PACKAGE_SETS}
    return {
        "presets": {name: None if some is None else list(some) for name, some in packages.items()},
        "labels": {name: _preset(name) for name in PACKAGE_SETS},
        "models": {id_: packed(model_payload(profile, entry)) for id_, entry in known.items()},
        "memory": {id_: packed(memory_table(entry)) for id_, entry in known.items() if id_ == "aggregate"},
        "errors": {id_: {n: s.error for n, s in entry.strategies.items()} for id_, entry in known.items()},
        "heldOut": {id_: _held_out(entry) for id_, entry in known.items()},
        "strategies": {
            name: look(name, files[name], _links(files[name].text, name))
            | {"idea": idea_of(name), "rows": _promises(name) if name in buckets else None}
            for name in names
        },
        "recipes": {
            found.name: {"text": found.text, "images": recipes.for_images(found)} for found in copied
        },
        "shapes": SHAPES,
        "planes": {
            p["id"]: {key: p[key] for key in ("axes", "fixed", "itemsize", "labels", "ends")} for p in planes
        },
        "box": frame_box(),
        "resolved": words.RESOLVED_BYTES,
    }


def _promises(name: str) -> list[int]:
    """The itemsizes at which a strategy keeps the contract for rows and groups without images."""
    return [size for dtype, size in ITEMSIZES.items() if scatter.get(name).keeps_contract(np.dtype(dtype))]


def _links(text: str, name: str) -> dict[str, str]:
    return {name: f"strategies.html#{MAPPED[0]}.{name}"} if text else {}


def _held_out(entry: Entry) -> dict[str, Any]:
    regret = entry.held_out.get("regret", {})
    return {
        "cells": entry.held_out.get("cells", 0),
        "regret": {n: [r["mean"], r["worst"]] for n, r in regret.items()},
    }


def script_of(index: Index) -> Any:
    """The payload as the text of a script element; None without one."""
    return None if index.payload is None else as_script(index.payload)
