"""Analyses -> the pages of a site, each one self-contained text. Style and scripts lie beside this file, put inline."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.analyse.views import Analysis
from reports.figures.style import VARIABLES, look_of
from reports.load.model import Results
from reports.site.index import index_of
from reports.site.known_faults import faults_at_work
from reports.site.machines import date
from reports.site.models import view_models
from reports.site.motion import motion_rows
from reports.site.pages import Page, index_page, pages_beside
from reports.site.payload import packed_view, page_payload
from reports.site.pictures import Pictures
from reports.site.sentences import code
from reports.site.workloads import Room, rooms_of

HERE = Path(__file__).parent
#: A workload's settings go on to a further page where one would take more than this many bytes.
PAGE_BYTES = 1_300_000
#: Scripts of a workload's pages, in this order: later ones use what earlier ones define.
SWITCHED = (
    *("words", "page", "judge", "choose", "model", "answer", "sizes"),
    *("marks", "download", "fronts", "unpack", "state", "motion"),
)
#: A mark for the browser's tab: three bars.
ICON = "data:image/svg+xml," + (
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230068a8' d='M1 9h4v6H1z'/%3E"
    "%3Cpath fill='%23b84a00' d='M6 5h4v10H6z'/%3E%3Cpath fill='%2300755a' d='M11 1h4v14h-4z'/%3E%3C/svg%3E"
)


@dataclass(frozen=True)
class Site:
    """Pages by file name, what each is about, the rows of their pictures by file, and what could not be drawn."""

    pages: dict[str, str]
    about: dict[str, str]
    figure_rows: dict[str, pd.DataFrame]
    troubles: list[str]


def render_site(
    results: Results,
    analyses: dict[str, Analysis],
    out: Path,
    site_link: str = "",
    claims: dict[str, Any] | None = None,
    reference: Results | None = None,
) -> Site:
    """All pages.

    Parameters
    ----------
    results : Results
    analyses : dict
        Analysis by the name of its workload.
    out : Path
        Where the tables are already.
    site_link : str
        Relative link to asv's own site, empty when this one stands alone.
    claims : dict, optional
        What the page on published claims shows, as `reports.claims.page.section` gives it.
    reference : Results, optional
        For comparison on the page of machines.
    """
    pictures = Pictures()
    rooms = rooms_of(results, analyses, pictures)
    index = index_of(results, rooms, pictures)
    index.values["references"] = sorted({run.machine for run in reference.runs}) if reference else []
    pictures.draw_all()
    writer = Writer(site_link, results)
    pages = [
        index_page(index),
        *workload_pages(writer, rooms, results),
        *pages_beside(results, rooms, claims, out, reference),
    ]
    rows = {picture.file: picture.rows for picture in pictures.promised}
    rows |= {m["file"]: motion_rows(m["moves"]) for room in rooms for m in room.motion}
    nav = [{"file": page.file, "name": page.name} for page in pages if page.listed]
    nav.insert(1, {"file": "index.html#more", "name": "Workloads"})
    about = {page.file: page.about for page in pages}
    return Site(
        {page.file: writer.page(page, nav) for page in pages},
        about,
        rows,
        pictures.troubles + _of_stories(claims),
    )


def _of_stories(claims: dict[str, Any] | None) -> list[str]:
    """A sentence for each picture of the claims that could not be drawn."""
    return [
        f"the picture of {story['machine']}, {story['title']}, could not be drawn ({story['trouble']})"
        for story in (claims or {}).get("stories", [])
        if story["trouble"]
    ]


def workload_pages(writer: Writer, rooms: list[Room], results: Results) -> list[Page]:
    """The pages of every workload: as many settings on each as `PAGE_BYTES` hold."""
    found = []
    for room in rooms:
        models = view_models(room.views, results)
        data = {id_: packed_view(view, room.cube, models.get(id_)) for id_, view in room.views.items()}
        fragments = {
            shown["id"]: writer.fragment(
                "view", view=shown, id=shown["id"], first=place == 0, links=room.links
            )
            for place, shown in enumerate(room.shown)
        }
        sizes = {id_: len(text.encode()) + len(data[id_][0]) for id_, text in fragments.items()}
        groups = grouped(sizes, PAGE_BYTES)
        # No slug has a tilde: the second page of one workload is never the first of another.
        files = [f"{room.slug}.html" if not at else f"{room.slug}~{at + 1}.html" for at in range(len(groups))]
        where = {id_: files[at] for at, group in enumerate(groups) for id_ in group}
        overview = _overview(writer, room, where)
        faults = faults_at_work(results, only=room.name)
        titles = [_title(room, group) for group in groups]
        for at, group in enumerate(groups):
            page = Page(files[at], room.name, "workload", titles[at], _about(room), SWITCHED, listed=False)
            page.payload = page_payload({id_: data[id_] for id_ in group}, room.files, room.links)
            page.values = {
                "known_faults": faults,
                "mapped": bool(models),
                "overview": overview if not at else None,
                "fragments": [fragments[id_] for id_ in group],
                "packed": True,
                "others": [
                    {"file": file, "title": title}
                    for file, title in zip(files, titles, strict=True)
                    if file != files[at]
                ],
            }
            found.append(page)
    return found


def _overview(writer: Writer, room: Room, where: dict[str, str]) -> Markup:
    """What concerns the workload as a whole."""
    settings = [
        {
            "id": shown["id"],
            "file": "" if where[shown["id"]] == f"{room.slug}.html" else where[shown["id"]],
            "title": shown["title"],
            "machine": shown["setting"]["machine"],
            "env": shown["setting"]["env"],
            "cells": shown["cells"],
            "answer": shown["answer"][0],
        }
        for shown in room.shown
    ]
    told = {
        "name": room.name,
        "slug": room.slug,
        "folder": room.folder,
        "tables": room.tables,
        "questions": room.questions,
        "fronts": room.fronts,
        "motion": room.motion,
        "settings": settings,
    }
    return writer.fragment("overview", w=told, links=room.links)


def _title(room: Room, group: list[str]) -> str:
    """Its name, and the sets of which settings are on the page."""
    sets = dict.fromkeys(str(room.views[id_].setting["benchmark"]) for id_ in group)
    return f"{room.name}: {', '.join(sets)}"


def _about(room: Room) -> str:
    return f"Every figure and table of {room.name}: who wins where, how the time grows, what speed costs."


def grouped(sizes: dict[str, int], most: int) -> list[list[str]]:
    """Names in their order, in groups whose sizes add up to no more than that, or which hold a single name.

    Parameters
    ----------
    sizes : dict of str to int
    most : int
    """
    groups: list[list[str]] = []
    total = 0
    for name, size in sizes.items():
        if groups and total + size <= most:
            groups[-1].append(name)
            total += size
        else:
            groups.append([name])
            total = size
    return groups


class Writer:
    """Makes text of pages and of their parts.

    Parameters
    ----------
    site_link : str
        Where asv's own pages are; empty for nowhere.
    results : Results
    """

    def __init__(self, site_link: str, results: Results) -> None:
        self._environment = _environment()
        self._site_link = site_link
        self._style = Markup(
            _variables() + _static("page.css") + _static("motion.css") + _static("index.css")
        )
        last = max(
            (run.started_at for run in results.runs if not math.isnan(run.started_at)), default=math.nan
        )
        self._dated = f" from what was measured until {date(last)}" if date(last) else ""

    def fragment(self, template: str, **values: Any) -> Markup:
        """A part of a page."""
        return Markup(self._environment.get_template(f"{template}.html.j2").render(**values))

    def page(self, page: Page, nav: list[dict[str, str]]) -> str:
        """A whole page."""
        script = Markup("\n".join(_static(f"{name}.js") for name in page.scripts))
        return self._environment.get_template(f"{page.template}.html.j2").render(
            page=page,
            nav=nav,
            site_link=self._site_link,
            style=self._style,
            payload=page.payload,
            script=script,
            policy=policy(f"\n{script}"),
            icon=Markup(ICON),
            dated=self._dated,
            **page.values,
        )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """The templates, compiled once."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals.update(look_of=look_of, code=code, words=words, infinity=math.inf)
    return made


def policy(script: str) -> Markup:
    """The content-security policy of a page with one script: it alone may run, and nothing may be loaded."""
    mark = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = ("default-src 'none'", f"script-src 'sha256-{mark}'", "style-src 'unsafe-inline'", "img-src data:",
             "base-uri 'none'", "form-action 'none'")  # fmt: skip
    return Markup("; ".join(rules))


def _static(name: str) -> str:
    return (HERE / "static" / name).read_text(encoding="utf-8")


def _variables() -> str:
    """The colours of the pages and their figures as CSS variables, light and dark."""
    light = "".join(f"--{name}:{colour};" for name, colour, _ in VARIABLES.values())
    dark = "".join(f"--{name}:{colour};" for name, _, colour in VARIABLES.values())
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        ":root[data-theme=light]{color-scheme:light}}\n"
    )
