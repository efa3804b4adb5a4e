"""The pages that are no workload's: what each is called, what it is about, and what its template needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reports.load.model import CONTROL_SUFFIX, Results
from reports.site import further, glossary
from reports.site.data import table_contexts
from reports.site.index import Index, script_of
from reports.site.known_faults import faults_at_work
from reports.site.machines import machine_cards
from reports.site.workloads import Room

#: Scripts of a page without choices, and of the first one, in this order: later ones use what earlier ones define.
PLAIN = ("words", "page", "marks", "growth", "download", "copy", "compare")
ANSWERING = (
    *(
        "words",
        "page",
        "model",
        "answer",
        "question",
        "copy",
        "use",
        "chooser",
        "maps",
        "marks",
        "growth",
        "download",
    ),
    *("unpack", "begin"),
)


@dataclass
class Page:
    """A page before it is text.

    Attributes
    ----------
    file : str
    name : str
        In the list of pages.
    template : str
    title, about : str
        What it is called, and one sentence on it.
    scripts : tuple of str
    lead : str
        Under the heading.
    kind : str
        Class of its body.
    payload : Markup or None
        What its scripts work on.
    listed : bool
        Whether every page leads to it.
    values : dict
        What its template needs beside these.
    """

    file: str
    name: str
    template: str
    title: str
    about: str
    scripts: tuple[str, ...] = PLAIN
    lead: str = ""
    kind: str = "page"
    payload: Markup | None = None
    listed: bool = True
    values: dict[str, Any] = field(default_factory=dict)


def index_page(index: Index) -> Page:
    """The first page."""
    about = (
        "Which way of adding rows that share a label is fastest, with the packages you may use and at your size: "
        "NumPy, SciPy, JAX, numba; measured and checked, with code to copy."
    )
    page = Page(
        "index.html", "Answer", "index", "How should I add rows that share a label?", about, kind="index"
    )
    page.values, page.payload = index.values, script_of(index)
    page.scripts = ANSWERING if index.payload else PLAIN
    return page


def pages_beside(
    results: Results,
    rooms: list[Room],
    claims: dict[str, Any] | None,
    out: Path,
    reference: Results | None = None,
) -> list[Page]:
    """The pages beside the first one and those of the workloads.

    Parameters
    ----------
    results : Results
    rooms : list of Room
    claims : dict or None
        As `reports.claims.page.section` gives it.
    out : Path
        Where the tables are already.
    reference : Results, optional
        For comparison.
    """
    calls = further.first_call_contexts(rooms)
    pages = [
        _claims(claims) if claims else None,
        _strategies(rooms),
        _machines(results, rooms, reference),
        _first_calls(calls) if calls else None,
        _holes(results, rooms),
        _method(results),
        _data(rooms, claims, out),
    ]
    return [page for page in pages if page is not None]


def _claims(claims: dict[str, Any]) -> Page:
    about = "What a blog post, forum threads and issues claimed about speed, and what came out when measured again."
    title = "The published claims, measured again"
    return Page("claims.html", "Claims", "claims_page", title, about, values={"claims": claims})


def _strategies(rooms: list[Room]) -> Page:
    about = "The idea of every strategy, code to copy, the file that was timed, and where it wins."
    values = {"rooms": further.strategy_rooms(rooms), "adapter": further.adapter_text(rooms)}
    return Page("strategies.html", "Strategies", "strategies", "The strategies", about, values=values)


def _machines(results: Results, rooms: list[Room], reference: Results | None) -> Page:
    about = "What each machine and environment is, what it can do at most, and where the winners differ."
    values = {
        "known_faults": faults_at_work(results),
        "machines": [*machine_cards(results), *(machine_cards(reference) if reference else [])],
        "comparisons": further.comparison_contexts(rooms, reference),
    }
    return Page("machines.html", "Machines", "machines", "The machines, side by side", about, values=values)


def _first_calls(calls: list[dict[str, Any]]) -> Page:
    about = "Imports and compilation make a first call dear: after how many calls a strategy is ahead all the same."
    lead = (
        "A first call is one in a process that had not called the strategy before, with its compilation where there "
        "is one."
    )
    title = "The first call, and how many calls pay for it"
    return Page(
        "first-calls.html",
        "First calls",
        "first_calls",
        title,
        about,
        lead=lead,
        values={"first_calls": calls},
    )


def _holes(results: Results, rooms: list[Room]) -> Page:
    about = (
        "Every strategy that was skipped, failed, was killed, took too long or gave a wrong answer, and why."
    )
    values = {"holes": further.holes(rooms), "warnings": results.warnings}
    return Page("holes.html", "Holes", "holes", "What has no time, and why", about, values=values)


def _method(results: Results) -> Page:
    about = "Protocol, statistics and the meaning of every word."
    values = {
        "glossary": glossary.words_for(any(not run.foreign for run in results.runs)),
        "foreign": sorted({run.workload for run in results.runs if run.foreign}),
        "own": any(not run.foreign for run in results.runs),
        "controlled": any(w.lines["impl"].str.endswith(CONTROL_SUFFIX).any() for w in results.workloads),
    }
    return Page("method.html", "Method", "method", "How this was measured and judged", about, values=values)


def _data(rooms: list[Room], claims: dict[str, Any] | None, out: Path) -> Page:
    about = "Every table as CSV, with what its columns mean."
    values = {"claims": claims, **table_contexts(out, rooms)}
    return Page("data.html", "Data", "data", "The tables behind the pages", about, values=values)
