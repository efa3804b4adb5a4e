"""What is left of the page's size, which is bounded: figures and tables take from it in the order of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

#: All figures together may take this many bytes of the page; views behind that point to their rows instead.
FIGURE_BYTES = 1_300_000
#: The same for the entries of all tables of speedups (about 120 bytes each) and all lists of winners (about 300).
SPEEDUP_ENTRIES, WINNER_ROWS = 3_500, 900
#: One table of speedups shows this many cells at most; the CSV has all.
TABLE_CELLS = 48


@dataclass
class Room:
    """What is left of the page's size; hands out names for figures, too."""

    figure_bytes: int = FIGURE_BYTES
    speedup_entries: int = SPEEDUP_ENTRIES
    winner_rows: int = WINNER_ROWS
    figures: int = 0

    def add_figure(self, draw: Callable[[str], str]) -> Markup | None:
        """Draw a figure under a fresh name; None when there is no room for more."""
        if self.figure_bytes <= 0:
            return None
        self.figures += 1
        svg = draw(f"f{self.figures}")
        self.figure_bytes -= len(svg)
        return Markup(svg)  # our own XML writer escaped what is in it

    def speedup_cells(self, impls: int) -> int:
        """How many rows of a table of speedups with so many columns there is room for."""
        return min(TABLE_CELLS, self.speedup_entries // max(impls, 1))

    def take_winner_rows(self, wanted: int) -> int:
        """How many rows of a list of winners there is room for."""
        given = min(wanted, self.winner_rows)
        self.winner_rows -= given
        return given
