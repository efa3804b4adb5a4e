"""Analyses -> one self-contained HTML text. Style and scripts are small files beside this one, put inline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.analyse.compare import comparisons
from reports.analyse.views import Analysis, views_of
from reports.figures.style import VARIABLES, look_of
from reports.load.model import Results
from reports.page.context import machine_cards, view_context, view_title
from reports.page.room import Room
from reports.page.sentences import code
from reports.sources import sources
from reports.tables import folder_name

HERE = Path(__file__).parent


def render_page(results: Results, analyses: dict[str, Analysis], site_link: str = "") -> str:
    """The whole page.

    Parameters
    ----------
    results : Results
    analyses : dict
        Analysis by the name of its workload.
    site_link : str
        Relative link to asv's own site, empty when the page stands alone.

    Returns
    -------
    str
        HTML text that asks for nothing but itself.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(look_of=look_of, code=code, words=words)
    workloads = _workloads(analyses)
    return environment.get_template("page.html.j2").render(
        workloads=workloads,
        machines=machine_cards(results),
        warnings=results.warnings,
        site_link=site_link,
        style=Markup(_variables() + _static("page.css")),
        script=Markup(_static("page.js")),
    )


def _workloads(analyses: dict[str, Analysis]) -> list[dict[str, Any]]:
    """Views by workload; the workload with the largest view first."""
    room = Room()
    views = {name: views_of(analysis) for name, analysis in analyses.items()}
    order = sorted(views, key=lambda name: -max(len(view.cells) for view in views[name]))
    found = []
    for name in order:
        folder = f"data/{folder_name(name)}"
        files = sources(analyses[name].cube.impls, name)
        shown = [view_context(view, folder, room, files) for view in views[name]]
        compared = [
            {"title": view_title(_like(views[name], c.setting)), "comparison": c}
            for c in comparisons(views[name])
        ]
        known = {impl: file for impl, file in files.items() if file.text}
        found.append(
            {"name": name, "folder": folder, "views": shown, "comparisons": compared, "files": known}
        )
    return found


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
