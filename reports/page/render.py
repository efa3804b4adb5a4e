"""Analyses -> one self-contained HTML text. Style and scripts are small files beside this one, put inline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.analyse.compare import comparisons
from reports.analyse.cube import Cube
from reports.analyse.views import Analysis, View, views_of
from reports.figures.style import VARIABLES, look_of
from reports.load.model import Results
from reports.page.cell_tables import cells_on_lines
from reports.page.context import COMPARED_ROWS, Placed, shares, view_context, view_tables, view_title
from reports.page.fronts import front_section, with_rows
from reports.page.machines import machine_cards
from reports.page.motion import MOTION_BYTES, motion_contexts, motion_rows, with_pictures
from reports.page.payload import page_payload
from reports.page.questions import question_context
from reports.page.room import PAGE_BYTES, SHRUNK, SPARED_FIGURES, Room, Rows, Share
from reports.page.sentences import code
from reports.sources import Source, by_file, sources
from reports.tables import FILES, folder_name

HERE = Path(__file__).parent
#: What stands in the place of a figure that was left out takes about as much.
NOTE_BYTES = 150
#: In this order: later ones use what earlier ones define.
SCRIPTS = ("words", "page", "judge", "choose", "sizes", "download", "fronts", "state", "motion")


@dataclass(frozen=True)
class Page:
    """HTML text that asks for nothing but itself, and the rows of its figures by the file that they belong in."""

    html: str
    figure_rows: dict[str, pd.DataFrame]


def render_page(
    results: Results,
    analyses: dict[str, Analysis],
    site_link: str = "",
    claims: dict[str, Any] | None = None,
) -> Page:
    """The whole page.

    Parameters
    ----------
    results : Results
    analyses : dict
        Analysis by the name of its workload.
    site_link : str
        Relative link to asv's own site, empty when the page stands alone.
    claims : dict, optional
        The section on published claims, as `reports.claims.page.section` gives it.
    """
    animations = MOTION_BYTES if results.trajectories else MOTION_BYTES[-1:]
    room, placed = Room(), _placed(analyses)
    workloads = _workloads(results, analyses, placed, room)
    room.draw_figures()
    for part in SHRUNK:
        sized = with_tables(workloads, placed, Rows.of_size(part))
        # a thinner animation before fewer rows; none at all before fewer figures
        for motion_bytes in animations if part in SHRUNK[-2:] else animations[:-1] or animations:
            moving = with_animations(sized, motion_bytes)
            page = _rendered(results, analyses, site_link, claims, room, moving)
            excess = len(page.html.encode()) - PAGE_BYTES
            if excess <= 0:
                return page
        affordable = SPARED_FIGURES * sum(map(len, room.drawn()))
        if part == SHRUNK[-1] or (part == SHRUNK[-2] and excess <= affordable):
            break
    room.spare(excess + NOTE_BYTES * len(room.drawn()))
    return _rendered(results, analyses, site_link, claims, room, moving)


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


def _rendered(
    results: Results,
    analyses: dict[str, Analysis],
    site_link: str,
    claims: dict[str, Any] | None,
    room: Room,
    workloads: list[dict[str, Any]],
) -> Page:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(look_of=look_of, code=code, words=words)
    payload = page_payload(*_for_scripts(workloads, analyses))
    html = environment.get_template("page.html.j2").render(
        workloads=workloads,
        claims=claims,
        machines=machine_cards(results),
        warnings=results.warnings,
        foreign=[w.name for w in results.workloads if w.lines["log_half_width"].notna().any()],
        site_link=site_link,
        style=Markup(_variables() + _static("page.css") + _static("motion.css")),
        payload=payload.text,
        switched=payload.views,
        script=Markup("\n".join(_static(f"{name}.js") for name in SCRIPTS)),
    )
    rows = {figure.file: figure.rows for figure in room.figures}
    rows |= {m["file"]: motion_rows(m["moves"]) for workload in workloads for m in workload["motion"]}
    return Page(html, rows)


def _placed(analyses: dict[str, Analysis]) -> dict[str, list[Placed]]:
    """Views by workload in the order of the page: the workload with the largest view first."""
    views = {name: views_of(analysis) for name, analysis in analyses.items()}
    order = sorted(views, key=lambda name: -max(len(view.cells) for view in views[name]))
    return {
        name: [
            (f"w{number}-v{place}", f"data/{folder_name(name)}", place == 1, view)
            for place, view in enumerate(views[name], start=1)
        ]
        for number, name in enumerate(order, start=1)
    }


def _workloads(
    results: Results, analyses: dict[str, Analysis], placed: dict[str, list[Placed]], room: Room
) -> list[dict[str, Any]]:
    """Everything that the page shows of each workload, but for what `with_tables` adds."""
    share = {one.id: one for one in shares([one for views in placed.values() for one in views], Rows())}
    found = []
    for number, (name, places) in enumerate(placed.items(), start=1):
        files = sources(analyses[name].cube.impls, name)
        anchor, folder = f"source-w{number}-", f"data/{folder_name(name)}"
        views = [view for *_, view in places]
        shown = [
            view_context(view, room, share[id_], files, anchor)
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


def _for_scripts(
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


def _static(name: str) -> str:
    return (HERE / "static" / name).read_text(encoding="utf-8")


def _variables() -> str:
    """The colours of the page and its figures as CSS variables, light and dark."""
    light = "".join(f"--{name}:{colour};" for name, colour, _ in VARIABLES.values())
    dark = "".join(f"--{name}:{colour};" for name, _, colour in VARIABLES.values())
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        ":root[data-theme=light]{color-scheme:light}}\n"
    )
