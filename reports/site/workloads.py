"""What the page shows of each workload: its views, front, comparisons and animation, and the share of rows they get."""

from __future__ import annotations

from typing import Any

from reports.analyse.compare import comparisons
from reports.analyse.cube import Cube
from reports.analyse.views import Analysis, View, views_of
from reports.load.model import Results
from reports.site.cell_tables import cells_on_lines
from reports.site.context import COMPARED_ROWS, Placed, shares, view_context, view_tables, view_title
from reports.site.fronts import front_section, with_rows
from reports.site.motion import motion_contexts, with_pictures
from reports.site.questions import question_context
from reports.site.room import Room, Rows, Share
from reports.sources import Source, by_file, sources
from reports.tables import FILES, folder_name

#: The set whose cells are chosen on the way: `reports.site.package_maps` shows it.
MAP = "Map"


def placed_views(analyses: dict[str, Analysis]) -> dict[str, list[Placed]]:
    """Views by workload in the order of the page: the workload with the largest view first."""
    views = {name: on_grids(views_of(analysis)) for name, analysis in analyses.items()}
    order = sorted(views, key=lambda name: -max(len(view.cells) for view in views[name]))
    return {
        name: [
            (f"w{number}-v{place}", f"data/{folder_name(name)}", place == 1, view)
            for place, view in enumerate(views[name], start=1)
        ]
        for number, name in enumerate(order, start=1)
    }


def on_grids(views: list[View]) -> list[View]:
    """Views whose cells lie on lines; those of a map, which lie anywhere, only where there are no others."""
    return [view for view in views if view.setting["benchmark"] != MAP] or views


def workload_contexts(
    results: Results, analyses: dict[str, Analysis], placed: dict[str, list[Placed]], room: Room
) -> list[dict[str, Any]]:
    """Everything that the page shows of each workload, but for what `with_tables` adds."""
    share = {one.id: one for one in shares([one for views in placed.values() for one in views], Rows())}
    foreign = {(r.workload, r.machine, r.env, r.benchmark) for r in results.runs if r.foreign}
    found = []
    for number, (name, places) in enumerate(placed.items(), start=1):
        files = sources(analyses[name].cube.impls, name)
        anchor, folder = f"source-w{number}-", f"data/{folder_name(name)}"
        views = [view for *_, view in places]
        shown = [
            view_context(view, room, share[id_], files, anchor, _place_of(name, view) in foreign)
            | {"view": view, "drawn": cells_on_lines(view)}
            for id_, *_, view in places
        ]
        fronts = front_section(
            views,
            analyses[name].error_measure,
            Share(f"w{number}-front", folder, 0, 0, 0),
            room,
            files,
            anchor,
        )
        compared = [
            {"title": view_title(_like(views, c.setting)), "comparison": c, "most": COMPARED_ROWS}
            for c in comparisons(views)
        ]
        followed = [one for one in results.trajectories if one.workload == name]
        found.append(
            {
                "questions": [
                    question_context(answer, analyses[name].cube.axes) for answer in analyses[name].answers
                ],
                **{
                    "name": name,
                    "anchor": anchor,
                    "folder": folder,
                    "tables": _tables(analyses[name]),
                    "views": shown,
                    "fronts": fronts,
                    "comparisons": compared,
                    "motion": motion_contexts(followed, files, f"w{number}", folder),
                },
                **{"files": {impl: file for impl, file in files.items() if file.text}, "all_files": files},
                "by_file": by_file(files),
            }
        )
    return found


def _place_of(workload: str, view: View) -> tuple[object, ...]:
    return (workload, *(view.setting[key] for key in ("machine", "env", "benchmark")))


def with_tables(
    workloads: list[dict[str, Any]], placed: dict[str, list[Placed]], total: Rows
) -> list[dict[str, Any]]:
    """The workloads with their long tables, which share the rows that there are in all."""
    share = {one.id: one for one in shares([one for views in placed.values() for one in views], total)}
    return [
        workload
        | {
            "views": [
                one | view_tables(one["view"], one["drawn"], share[one["id"]]) for one in workload["views"]
            ],
            "fronts": workload["fronts"] and with_rows(workload["fronts"], total.front_rows),
        }
        for workload in workloads
    ]


def with_animations(workloads: list[dict[str, Any]], motion_bytes: int) -> list[dict[str, Any]]:
    """The workloads with the pictures of their moving points, the first ones as far as there is room."""
    found = []
    for workload in workloads:
        motion = with_pictures(workload["motion"], motion_bytes)
        motion_bytes -= sum(m["picture"]["bytes"] for m in motion if m["picture"])
        found.append(workload | {"motion": motion})
    return found


def _tables(analysis: Analysis) -> list[str]:
    """Names of the CSV files that are written for a workload."""
    left_out = [
        name
        for name, rows in (
            ("limits", analysis.limits),
            ("questions", analysis.answers),
            ("fronts", analysis.fronts),
        )
        if not len(rows)
    ]
    return [name for name in FILES if name.removesuffix(".csv") not in left_out]


def for_scripts(
    workloads: list[dict[str, Any]], analyses: dict[str, Analysis]
) -> tuple[dict[str, tuple[View, Cube]], dict[str, Source]]:
    """Views by the id of their element, and all sources, for the page's scripts."""
    placed = [
        (place > 0, view["id"], view["view"], analyses[workload["name"]].cube)
        for workload in workloads
        for place, view in enumerate(workload["views"])
    ]
    views = {
        name: (view, cube) for _, name, view, cube in sorted(placed, key=lambda row: row[0])
    }  # the first of each workload come first: if anything has to be left out, it is not these
    files = {impl: file for workload in workloads for impl, file in workload["all_files"].items()}
    return views, files


def _like(views: list[Any], setting: dict[str, object]) -> Any:
    return next(view for view in views if all(view.setting[key] == value for key, value in setting.items()))
