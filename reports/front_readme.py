"""The README's account of speed against error: one picture, and what it says, from the published results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from reports import words
from reports.analyse.fronts import EXACT
from reports.analyse.views import View
from reports.figures.front import draw_front
from reports.figures.style import PAPERS
from reports.figures.svg import standing_alone
from reports.load.model import Results
from reports.site import front_words
from reports.site.sentences import hub_cell, place

BEGIN, END = "<!-- front:begin -->", "<!-- front:end -->"
PICTURE = "front-{}.svg"
NOTHING_YET = "No results of strategies that are not exact are published here yet."


@dataclass(frozen=True, eq=False)
class Front:
    """One size of one view, and what its error counts."""

    view: View
    part: pd.DataFrame
    measure: str


def front_of(results: Results, views: list[View]) -> Front | None:
    """The middle size of the view with most settings that are not exact; None where every strategy is."""
    most, found = 0, None
    measures = {workload.name: workload.error_measure for workload in results.workloads}
    for view in views:
        if view.fronts.empty:
            continue
        part = view.fronts[view.fronts["cell"] == hub_cell(view)]
        rough = int(((part["accuracy"] != EXACT) & part["error"].notna()).sum())
        if rough > most:
            most, found = rough, Front(view, part, measures[view.workload])
    return found


def write_pictures(front: Front | None, folder: Path) -> list[Path]:
    """Write the picture for light and dark pages; returns the files."""
    if front is None:
        return []
    title = f"Speedup against {front.measure}. {front_words.title(front.part).striptags()}"
    svg = draw_front(front.part, front.measure, "front", title)
    written = []
    for theme in PAPERS:
        path = folder / PICTURE.format(theme)
        path.write_text(standing_alone(svg, theme), encoding="utf-8")
        written.append(path)
    return written


def block(front: Front | None, folder: Path) -> str:
    """Markdown: the picture, what it shows, where it was measured."""
    if front is None:
        return NOTHING_YET
    setting, title = front.view.setting, front_words.title(front.part)
    light, dark = ((folder / PICTURE.format(theme)).as_posix() for theme in ("light", "dark"))
    where = place(front.view, int(front.part["cell"].iloc[0]))
    threads = words.count(int(str(setting["threads"])), "thread")
    return "\n".join(
        [
            "<picture>",
            f'  <source media="(prefers-color-scheme: dark)" srcset="{dark}">',
            f'  <img alt="{title.striptags()}" src="{light}">',
            "</picture>",
            "",
            f"*{as_markdown(title)}. Errors are the {front.measure}; {setting['stage']}, {setting['dtype']}, "
            f"{threads}, {where}, measured on `{setting['machine']}` (set {setting['benchmark']}).*",
            "",
            " ".join(as_markdown(sentence) for sentence in front_words.sentences(front.part)),
        ]
    )


def as_markdown(text: Markup) -> str:
    """Words of the page as Markdown: names of strategies in backticks, no other markup."""
    return Markup(str(text).replace("<code>", "`").replace("</code>", "`")).striptags()
