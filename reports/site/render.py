"""Analyses -> one self-contained HTML text. Style and scripts are small files beside this one, put inline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.analyse.package_maps import MAPPED
from reports.analyse.views import Analysis
from reports.figures.style import VARIABLES, look_of
from reports.load.model import CONTROL_SUFFIX, Results
from reports.site.known_faults import faults_at_work
from reports.site.machines import machine_cards
from reports.site.models import view_models
from reports.site.motion import MOTION_BYTES, motion_rows
from reports.site.package_maps import map_contexts
from reports.site.payload import Payload, page_payload
from reports.site.room import PAGE_BYTES, SHRUNK, SPARED_FIGURES, Room, Rows
from reports.site.sentences import code
from reports.site.workloads import for_scripts, placed_views, with_animations, with_tables, workload_contexts
from reports.tables import folder_name

HERE = Path(__file__).parent
#: What stands in the place of a figure that was left out takes about as much.
NOTE_BYTES = 150
#: In this order: later ones use what earlier ones define.
SCRIPTS = (
    "words",
    "page",
    "judge",
    "choose",
    "model",
    "answer",
    "sizes",
    "download",
    "fronts",
    "state",
    "motion",
)


@dataclass(frozen=True)
class Page:
    """HTML text that asks for nothing but itself, the rows of its figures by file, and what could not be drawn."""

    html: str
    figure_rows: dict[str, pd.DataFrame]
    troubles: list[str]


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
    room, placed = Room(), placed_views(analyses)
    workloads = workload_contexts(results, analyses, placed, room)
    maps = map_contexts(results, room, f"data/{folder_name(MAPPED[0])}")
    room.draw_figures()
    # neither depends on the rows of tables
    views, files = for_scripts(workloads, analyses)
    payload = page_payload(
        views, files, view_models({name: view for name, (view, _) in views.items()}, results)
    )
    rows = _figure_rows(room, workloads)

    def rendered(sized: list[dict[str, Any]]) -> Page:
        return Page(_html(results, site_link, claims, sized, payload, maps), rows, room.troubles)

    for part in SHRUNK:
        sized = with_tables(workloads, placed, Rows.of_size(part))
        # a thinner animation before fewer rows; none at all before fewer figures
        for motion_bytes in animations if part in SHRUNK[-2:] else animations[:-1] or animations:
            moving = with_animations(sized, motion_bytes)
            page = rendered(moving)
            excess = len(page.html.encode()) - PAGE_BYTES
            if excess <= 0:
                return page
        affordable = SPARED_FIGURES * sum(map(len, room.drawn()))
        if part == SHRUNK[-1] or (part == SHRUNK[-2] and excess <= affordable):
            break
    room.spare(excess + NOTE_BYTES * len(room.drawn()))
    return rendered(moving)


def _figure_rows(room: Room, workloads: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """The rows of all figures and animations, whether there is room for them or not."""
    rows = {figure.file: figure.rows for figure in room.figures}
    return rows | {m["file"]: motion_rows(m["moves"]) for workload in workloads for m in workload["motion"]}


def _html(
    results: Results,
    site_link: str,
    claims: dict[str, Any] | None,
    workloads: list[dict[str, Any]],
    payload: Payload,
    maps: list[dict[str, Any]],
) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(look_of=look_of, code=code, words=words, infinity=math.inf)
    return environment.get_template("page.html.j2").render(
        workloads=workloads,
        claims=claims,
        package_maps=maps,
        machines=machine_cards(results),
        known_faults=faults_at_work(results),
        warnings=results.warnings,
        foreign=sorted({run.workload for run in results.runs if run.foreign}),
        own=any(not run.foreign for run in results.runs),
        controlled=any(w.lines["impl"].str.endswith(CONTROL_SUFFIX).any() for w in results.workloads),
        site_link=site_link,
        style=Markup(_variables() + _static("page.css") + _static("motion.css")),
        payload=payload.text,
        switched=payload.views,
        script=Markup("\n".join(_static(f"{name}.js") for name in SCRIPTS)),
    )


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
