"""What the page may hold: its size is bounded, and what there is no room for is chosen by its worth to the reader.

Figures are promised while the page is put together and drawn afterwards, the worthiest first, until the room is used
up. Tables share their rows fairly: a short table is whole, and what it leaves goes to the longer ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from reports.load.bounds import told

#: All figures together may take this many bytes of the page; what is left out points to its rows instead.
FIGURE_BYTES = 820_000
#: The same for the entries of all tables of speedups (about 120 bytes each) and all lists of winners (about 300).
SPEEDUP_ENTRIES, WINNER_ROWS = 2_300, 500
#: The same for the rows of all tables of speed against error (about 500 bytes each).
FRONT_ROWS = 220
#: The whole page may take this many bytes. What is too much goes in this order: points of the animation, rows of tables
#: down to the last part but one, all of the animation, figures up to a share of theirs, rows down to the last part, all
#: other figures.
PAGE_BYTES = 2_950_000
SHRUNK = (1.0, 0.7, 0.4, 0.2, 0.1)
SPARED_FIGURES = 0.6
#: Rows that rankings and lists beside the main tables show in a view that is closed when the page opens.
CLOSED_ROWS = 6
#: Letters of the reason why a figure could not be drawn.
LONGEST_TROUBLE = 200
#: One table of speedups shows this many cells at most; the CSV has all.
TABLE_CELLS = 48


@dataclass(frozen=True)
class Share:
    """What one view gets of the page.

    Attributes
    ----------
    id : str
        Of the view's element.
    folder : str
        Where the CSV files of its workload are, relative to the page.
    winner_rows, speedup_cells : int
        Rows of its two long tables.
    worth : int
        Of its figures; 0 comes first.
    """

    id: str
    folder: str
    winner_rows: int
    speedup_cells: int
    worth: int

    @property
    def side_rows(self) -> int | None:
        """Rows of each ranking and list beside the main tables; None for all."""
        return CLOSED_ROWS if self.worth else None


@dataclass
class Figure:
    """A promised figure.

    Attributes
    ----------
    name : str
        Before all ids in the picture.
    label : str
        Of the files that it can be downloaded as.
    file : str
        Where its rows are, relative to the page.
    rows : pandas.DataFrame
        What it shows, as it is to stand in that file.
    svg : Markup or None
        None until it is drawn, when there is no room, and when it cannot be drawn.
    trouble : str
        Why it cannot be drawn; empty when it can.
    """

    name: str
    label: str
    file: str
    rows: pd.DataFrame
    draw: Callable[[str], str]
    worth: tuple[int, ...]
    svg: Markup | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Rows:
    """What all tables of a page may show together."""

    speedup_entries: int = SPEEDUP_ENTRIES
    winner_rows: int = WINNER_ROWS
    front_rows: int = FRONT_ROWS

    @classmethod
    def of_size(cls, part: float) -> Rows:
        """A part of what a page shows that has nothing else on it."""
        return cls(int(part * SPEEDUP_ENTRIES), int(part * WINNER_ROWS), int(part * FRONT_ROWS))


class Room:
    """The figures of a page, and how many bytes they may take; hands out their names, too.

    Parameters
    ----------
    figure_bytes : int, optional
        By default `FIGURE_BYTES`.
    """

    def __init__(self, figure_bytes: int | None = None) -> None:
        self.figure_bytes = FIGURE_BYTES if figure_bytes is None else figure_bytes
        self.figures: list[Figure] = []

    def promise(
        self, draw: Callable[[str], str], rows: pd.DataFrame, share: Share, kind: str, worth: int
    ) -> Figure:
        """A figure that `draw_figures` will draw if there is room.

        Parameters
        ----------
        draw : callable
            Name of the figure -> SVG text.
        rows : pandas.DataFrame
            What it shows.
        share : Share
            Of the view that it belongs to.
        kind : str
            Says in the names of files what it is.
        worth : int
            Within the view; smaller numbers are drawn first.
        """
        number = sum(f.label.startswith(f"{share.id}-{kind}-") for f in self.figures) + 1
        label = f"{share.id}-{kind}-{number}"
        file = f"{share.folder}/figures/{label}.csv"
        figure = Figure(f"f{len(self.figures) + 1}", label, file, rows, draw, (share.worth, worth))
        self.figures.append(figure)
        return figure

    def draw_figures(self) -> None:
        """Draw the promised figures in the order of their worth, as long as they fit."""
        left = self.figure_bytes
        for figure in self._by_worth():
            try:
                svg = figure.draw(figure.name)
            except Exception as problem:  # a picture is never worth the page: it says why it is not there
                figure.trouble = told(f"{type(problem).__name__}: {problem}", LONGEST_TROUBLE)
                continue
            left -= len(svg)
            if left < 0:
                break
            figure.svg = Markup(svg)  # our own XML writer escaped what is in it

    @property
    def troubles(self) -> list[str]:
        """A sentence for each figure that could not be drawn."""
        return [
            f"the picture {figure.label} could not be drawn ({figure.trouble}); its rows are in {figure.file}"
            for figure in self.figures
            if figure.trouble
        ]

    def drawn(self) -> list[Markup]:
        """The figures that are drawn."""
        return [figure.svg for figure in self.figures if figure.svg is not None]

    def spare(self, most: int) -> None:
        """Leave the least worthy figures out until at least so many bytes are spared."""
        for figure in reversed(self._by_worth()):
            if most <= 0:
                return
            most -= len(figure.svg.encode()) if figure.svg else 0
            figure.svg = None

    def _by_worth(self) -> list[Figure]:
        return sorted(self.figures, key=lambda figure: figure.worth)


def fair_shares(wanted: list[int], most: int) -> list[int]:
    """Share a number of rows: who wants little gets all of it, the rest is shared evenly among the others.

    Parameters
    ----------
    wanted : list of int
    most : int
        What there is in all.

    Returns
    -------
    list of int
        In the order of `wanted`; none exceeds its wish, and together they do not exceed `most`.
    """
    given = [0] * len(wanted)
    for place, index in enumerate(sorted(range(len(wanted)), key=lambda i: wanted[i])):
        given[index] = min(wanted[index], most // (len(wanted) - place))
        most -= given[index]
    return given
