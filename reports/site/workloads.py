"""What the pages show of each workload: its settings, questions, front and moving points, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reports.analyse.cube import Cube
from reports.analyse.views import Analysis, View, views_of
from reports.load.model import Results
from reports.site.context import view_context, view_title
from reports.site.fronts import front_section
from reports.site.motion import MOTION_BYTES, motion_contexts, with_pictures
from reports.site.pictures import Picture, Pictures, Place
from reports.site.processes import on_all
from reports.site.questions import question_context
from reports.sources import Source, by_file, sources
from reports.tables import FILES, folder_name, marked

#: The set whose cells are chosen on the way: the index maps it.
MAP = "Map"
#: Pages of the site that no workload's page may replace.
TAKEN = {"index", "claims", "strategies", "machines", "method", "holes", "first-calls", "data"}


@dataclass
class Room:
    """One workload on the site.

    Attributes
    ----------
    name : str
    slug : str
        Of its pages and of the ids of its strategies.
    folder : str
        Of its CSV files, relative to the site.
    views : dict of str to View
        By the id of their element.
    shown : list of dict
        The views as `view_context` gives them, in the same order.
    files : dict of str to Source
        Of all its strategies.
    links : dict of str to str
        Where a strategy's source is on the site.
    """

    name: str
    slug: str
    folder: str
    analysis: Analysis
    views: dict[str, View]
    files: dict[str, Source]
    links: dict[str, str]
    shown: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    fronts: dict[str, Any] | None = None
    motion: list[dict[str, Any]] = field(default_factory=list)

    @property
    def cube(self) -> Cube:
        """The cube of its times."""
        return self.analysis.cube

    @property
    def tables(self) -> list[str]:
        """Names of the CSV files that are written for it."""
        a = self.analysis
        empty = {
            name
            for name, rows in (("limits", a.limits), ("questions", a.answers), ("fronts", a.fronts))
            if not len(rows)
        }
        return [name for name in FILES if name.removesuffix(".csv") not in empty]


def rooms_of(results: Results, analyses: dict[str, Analysis], pictures: Pictures) -> list[Room]:
    """Every workload, the one with the largest view first, with everything that its pages show.

    Parameters
    ----------
    results : Results
    analyses : dict
        Analysis by the name of its workload.
    pictures : Pictures
        Takes the figures.
    """
    views = {name: on_grids(views_of(analysis)) for name, analysis in analyses.items()}
    order = sorted(views, key=lambda name: -max(len(view.cells) for view in views[name]))
    foreign = {(r.workload, r.machine, r.env, r.benchmark) for r in results.runs if r.foreign}
    slugs = slugs_of(order)
    rooms = [
        _room(name, slugs[name], number, views[name], analyses[name])
        for number, name in enumerate(order, start=1)
    ]
    tasks = [(room, id_) for room in rooms for id_ in room.views]
    told = partial(_shown, foreign)
    for (room, _), (shown, drawn) in zip(tasks, on_all(told, tasks), strict=True):
        room.shown.append(shown)
        pictures.promised += drawn
    for number, room in enumerate(rooms, start=1):
        _further(room, number, results, pictures)
    return rooms


def _shown(
    foreign: set[tuple[str, str, str, str]], task: tuple[Room, str]
) -> tuple[dict[str, Any], list[Picture]]:
    """What a page shows of one view, and its pictures, drawn."""
    room, id_ = task
    view, own = room.views[id_], Pictures()
    place = (room.name, *(str(view.setting[key]) for key in ("machine", "env", "benchmark")))
    shown = view_context(view, own, Place(id_, room.folder), room.files, room.links, place in foreign)
    own.draw_all()
    return shown, own.promised


def slugs_of(names: list[str]) -> dict[str, str]:
    """Names of workloads as names of pages, each another one, also where capitals are not told from small letters."""
    found: dict[str, str] = {}
    for name in names:
        slug = folder_name(name)
        if slug.lower() in TAKEN | {each.lower() for each in found.values()}:
            slug = marked(slug, name)
        found[name] = slug
    return found


def on_grids(views: list[View]) -> list[View]:
    """Views whose cells lie on lines; those of a map, which lie anywhere, only where there are no others."""
    return [view for view in views if view.setting["benchmark"] != MAP] or views


def _room(name: str, slug: str, number: int, views: list[View], analysis: Analysis) -> Room:
    files = sources(analysis.cube.impls, name)
    stems = by_file({impl: file for impl, file in files.items() if file.text})
    links = {
        impl: f"strategies.html#{slug}.{impl.partition(':')[0]}"
        for impl in files
        if impl.partition(":")[0] in stems
    }
    placed = {f"w{number}-v{place}": view for place, view in enumerate(views, start=1)}
    return Room(name, slug, f"data/{folder_name(name)}", analysis, placed, files, links)


def _further(room: Room, number: int, results: Results, pictures: Pictures) -> None:
    """What concerns the workload as a whole."""
    views, analysis = list(room.views.values()), room.analysis
    room.questions = [question_context(answer, analysis.cube.axes) for answer in analysis.answers]
    where = Place(f"w{number}-front", room.folder)
    room.fronts = front_section(views, analysis.error_measure, where, pictures, room.links)
    followed = [one for one in results.trajectories if one.workload == room.name]
    moving = motion_contexts(followed, room.files, f"w{number}", room.folder)
    room.motion = with_pictures(moving, MOTION_BYTES)


def title_of(room: Room, id_: str) -> str:
    """The title of one of a workload's views."""
    return view_title(room.views[id_])
