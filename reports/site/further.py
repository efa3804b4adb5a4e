"""What the pages beside the workloads show: strategies, machines, first calls, holes, data; as plain values."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from impls import recipes
from impls.cost.package_sets import distinct
from reports import words
from reports.analyse.compare import Comparison, comparisons
from reports.analyse.package_maps import MAPPED, NAMES
from reports.analyse.views import View, analyse, views_of
from reports.figures.style import look_of
from reports.load.model import CONTROL_SUFFIX, Results
from reports.site.advice import ranking
from reports.site.context import view_title
from reports.site.workloads import Room, on_grids
from reports.sources import by_file, strategies_folder

#: Rows that one comparison shows at most; winners.csv has all.
COMPARED_ROWS = 60
#: Words of a list of places before "and more".
MOST_PLACES = 4


def strategy_rooms(rooms: list[Room]) -> list[dict[str, Any]]:
    """Every workload's strategies: the idea, the code, and how they did in the workload's leading view."""
    return [
        {
            "name": room.name,
            "slug": room.slug,
            "sizes": len(next(iter(room.views.values())).winners),
            "title": room.shown[0]["title"],
            "strategies": _strategies(room),
        }
        for room in rooms
    ]


def _strategies(room: Room) -> list[dict[str, Any]]:
    view = next(iter(room.views.values()))
    ranked = {str(row["impl"]): row for row in ranking(view)}
    led = _leaders(view, room)
    errors = view.speedups.groupby("impl")["error"].max()
    files = by_file(room.files)
    found = []
    names = [impl for impl in room.files if not impl.endswith(CONTROL_SUFFIX)]
    for stem in dict.fromkeys(impl.partition(":")[0] for impl in names):
        source, settings = files.get(stem, (room.files.get(stem), []))
        best = min(
            (ranked[n] for n in (stem, *settings) if n in ranked),
            key=lambda r: r["typical"].value,
            default=None,
        )
        idea = source.idea if source else ""
        found.append(
            {
                "name": stem,
                "id": f"{room.slug}.{stem}",
                "look": look_of(stem),
                "settings": [{"name": name, "id": f"{room.slug}.{name}"} for name in settings],
                "needs": words.listing(source.requires) if source and source.requires else "NumPy",
                "wins": _wins(led, {stem, *settings}),
                "behind": best["typical"] if best else "",
                "error": words.error(float(errors.get(stem, float("nan")))),
                "idea": " ".join(idea.split("\n\n")[0].split()),
                "paragraphs": _paragraphs(idea),
                "text": source.text if source else "",
                "recipe": _recipe(room.name, stem),
                "adapted": room.name == MAPPED[0]
                and bool(source)
                and "def bucket_sums" in (source.text if source else ""),
            }
        )
    return found


def _paragraphs(idea: str) -> list[str]:
    """What follows the first sentence, each of its parts (cost, error, source) by itself."""
    parts = re.split(r"\n\n|\n(?=(?:Cost|Error|Source): )", idea)[1:]
    return [" ".join(part.split()) for part in parts]


def _leaders(view: View, room: Room) -> dict[str, pd.Series]:
    """By set of packages, how often each strategy is the fastest of it, win or not."""
    times = view.speedups[
        (view.speedups["status"] == "ok") & ~view.speedups["impl"].str.endswith(CONTROL_SUFFIX)
    ]
    found = {}
    for name, members in distinct({impl: file.requires for impl, file in room.files.items()}).items():
        own = times[times["impl"].isin(members)]
        if len(own):
            found[NAMES[name]] = own.loc[own.groupby("cell")["seconds"].idxmin(), "impl"].value_counts()
    return found


def _wins(led: dict[str, pd.Series], names: set[str]) -> str:
    """`NumPy alone 121, + SciPy 12`; empty where it never leads."""
    counts = {title: int(sum(count.get(name, 0) for name in names)) for title, count in led.items()}
    return ", ".join(f"{title} {number}" for title, number in counts.items() if number)


def _recipe(workload: str, name: str) -> str:
    """Code to copy of a strategy of this suite; empty where there is none."""
    found = recipes.recipe(name)
    if found is None or (workload != MAPPED[0] and found.kind != "group_sum"):
        return ""
    return recipes.for_images(found) if workload == MAPPED[0] else found.text


def adapter_text(rooms: list[Room]) -> str:
    """The adapter's file, where a strategy was timed through it."""
    root = strategies_folder()
    path = root / MAPPED[0] / "_adapter.py" if root else None
    wanted = any(room.name == MAPPED[0] for room in rooms)
    return path.read_text(encoding="utf-8") if wanted and path and path.is_file() else ""


def comparison_contexts(rooms: list[Room], reference: Results | None = None) -> list[dict[str, Any]]:
    """Settings that were measured in several places, the sizes in which the winners differ first."""
    others: dict[str, list[View]] = {}
    for workload in reference.workloads if reference else ():
        others[workload.name] = on_grids(views_of(analyse(workload)))
    found = []
    for room in rooms:
        own = list(room.views.values())
        for one in comparisons([*own, *others.get(room.name, [])]):
            view = next((v for v in own if _alike(v, one)), None)
            if view is None:  # both are of the reference
                continue
            rows = sorted(one.rows, key=lambda row: _agrees(row[1]))
            found.append(
                {
                    "workload": room.name,
                    "title": view_title(view),
                    "comparison": one,
                    "rows": rows[:COMPARED_ROWS],
                    "left_out": max(0, len(rows) - COMPARED_ROWS),
                    "folder": room.folder,
                }
            )
    return found


def _alike(view: View, one: Comparison) -> bool:
    return all(view.setting[key] == value for key, value in one.setting.items())


def _agrees(found: list[dict[str, object] | None]) -> int:
    """0 where decided winners differ, 1 where they are the same, 2 where they are not all decided."""
    won = [row["winner"] for row in found if row and row["verdict"] == "win"]
    return 2 if len(won) < 2 else int(len(set(won)) == 1)


def first_call_contexts(rooms: list[Room]) -> list[dict[str, Any]]:
    """First calls of each workload's settings that have any, one a stage."""
    found, seen = [], set[tuple[str, object]]()
    for room in rooms:
        for view, shown in zip(room.views.values(), room.shown, strict=True):
            key = (room.name, view.setting["stage"])
            if shown["first_calls"]["rows"] and key not in seen:
                seen.add(key)
                told = {"workload": room.name, "title": shown["title"], "calls": shown["first_calls"]}
                found.append({**told, "machine": f"{view.setting['machine']}, {view.setting['env']}"})
    return found


def holes(rooms: list[Room]) -> list[dict[str, Any]]:
    """By workload, what has no time, or not in every session; reasons that differ in numbers only share a row."""
    found = []
    for room in rooms:
        table = room.analysis.speedups
        odd = table[(table["status"] != "ok") | (table["reason"] != "")]
        if odd.empty:
            continue
        alike = odd["reason"].str.replace(r"\d[\d.,]*", "#", regex=True)
        rows = [
            _hole(str(impl), str(status), part)
            for (impl, status, _), part in odd.groupby(["impl", "status", alike], sort=True)
        ]
        found.append({"name": room.name, "folder": room.folder, "rows": rows})
    return found


def _hole(impl: str, status: str, part: pd.DataFrame) -> dict[str, Any]:
    reasons = part["reason"].unique()
    places = part[["benchmark", "env", "dtype"]].astype(str).agg(", ".join, axis=1).unique()
    more = f" and {len(places) - MOST_PLACES} more settings" if len(places) > MOST_PLACES else ""
    return {
        "impl": impl,
        "status": status if status != "ok" else "ok, in part",
        "sizes": len(part),
        "reason": (reasons[0] or "no reason recorded") + (", and the like" if len(reasons) > 1 else ""),
        "where": "; ".join(places[:MOST_PLACES]) + more,
    }
