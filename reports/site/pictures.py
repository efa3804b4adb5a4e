"""The pictures of a site: promised while its pages are put together, drawn once, each with its rows as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
from markupsafe import Markup

from reports.load.bounds import told
from reports.site.processes import on_all

#: Letters of the reason why a picture could not be drawn.
LONGEST_TROUBLE = 200


@dataclass(frozen=True)
class Place:
    """Where pictures belong: the id of the element that they stand in, and the folder of its CSV files."""

    id: str
    folder: str


@dataclass
class Picture:
    """A promised picture.

    Attributes
    ----------
    name : str
        Before all ids in the picture.
    label : str
        Of the files that it can be downloaded as.
    file : str
        Its rows, relative to the site.
    rows : pandas.DataFrame
    draw : callable or None
        Name of the picture -> SVG text; None once it was called.
    svg : markupsafe.Markup or None
        What was drawn.
    trouble : str
        Why nothing could be drawn.
    """

    name: str
    label: str
    file: str
    rows: pd.DataFrame
    draw: Callable[[str], str] | None
    svg: Markup | None = None
    trouble: str = ""


@dataclass
class Pictures:
    """All pictures of a site, in the order of their promises; hands out their names."""

    promised: list[Picture] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def promise(self, draw: Callable[[str], str], rows: pd.DataFrame, place: Place, kind: str) -> Picture:
        """Return a picture that `draw_all` will draw.

        Parameters
        ----------
        draw : callable
            Name of the picture -> SVG text.
        rows : pandas.DataFrame
            What it shows.
        place : Place
        kind : str
            Says in the names of files what it is.
        """
        stem = f"{place.id}-{kind}"
        self._numbers[stem] = number = self._numbers.get(stem, 0) + 1
        label = f"{stem}-{number}"
        file = f"{place.folder}/figures/{label}.csv"
        picture = Picture(label.replace("-", ""), label, file, rows, draw)
        self.promised.append(picture)
        return picture

    def draw_all(self) -> None:
        """Draw what was promised and is not drawn yet, on all processors where that is worth it."""
        waiting = [picture for picture in self.promised if picture.draw is not None]
        for picture, (svg, trouble) in zip(waiting, on_all(_drawn, waiting), strict=True):
            picture.svg = None if trouble else Markup(svg)  # our own XML writer escaped what is in it
            picture.trouble, picture.draw = trouble, None

    @property
    def troubles(self) -> list[str]:
        """A sentence for each picture that could not be drawn."""
        return [
            f"the picture {picture.label} could not be drawn ({picture.trouble}); its rows are in {picture.file}"
            for picture in self.promised
            if picture.trouble
        ]


def _drawn(picture: Picture) -> tuple[str, str]:
    """SVG text, or why there is none."""
    assert picture.draw is not None
    try:
        return picture.draw(picture.name), ""
    except Exception as problem:  # a picture is never worth a page: it says why it is not there
        return "", told(f"{type(problem).__name__}: {problem}", LONGEST_TROUBLE)
