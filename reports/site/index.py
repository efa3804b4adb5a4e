"""The first page: what is computed, which strategy to use, and where that changes; as plain values for its template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reports.load.model import Results
from reports.site.pictures import Pictures
from reports.site.workloads import Room

if TYPE_CHECKING:
    from reports.site.render import Page


@dataclass
class Index:
    """What the first page shows."""

    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, results: Results, rooms: list[Room], pictures: Pictures) -> Index:
        """Put the page together from results."""
        return cls({"rooms": rooms})


def index_page(index: Index, results: Results, rooms: list[Room]) -> Page:
    """The page."""
    from reports.site.render import Page

    page = Page("index.html", "Answer", "index", "How should I add rows that share a label?", "")
    page.values = index.values
    return page
