"""Where a strategy wins, in words: the one-sided bound on one axis that tells its wins from everybody else's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Bound:
    """`axis` at least (or at most) `size`; `hits` of the strategy's `wins` lie there, and `others` of others'."""

    axis: str
    at_least: bool
    size: float
    hits: int
    wins: int
    others: int

    def words(self) -> str:
        """The bound as it stands in a sentence."""
        relation = "at least" if self.at_least else "at most"
        return f"{self.axis} is {relation} {self.size:,.6g}"


def telling_bound(cells: pd.DataFrame, axes: tuple[str, ...], leads: np.ndarray) -> Bound | None:
    """The bound on one axis that best separates the cells in which a strategy leads.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell with a column per axis.
    axes : tuple of str
    leads : ndarray of bool, (cells,)

    Returns
    -------
    Bound or None
        None when no single bound keeps at least four fifths of the wins with at most one fifth of strangers.
    """
    best: tuple[float, Bound] | None = None
    for axis in axes:
        sizes = cells[axis].to_numpy(dtype=float)
        for size in np.unique(sizes):
            for at_least in (True, False):
                inside = sizes >= size if at_least else sizes <= size
                if inside.all():
                    continue
                hits, others = int((inside & leads).sum()), int((inside & ~leads).sum())
                bound = Bound(axis, at_least, float(size), hits, int(leads.sum()), others)
                score = hits - others - (bound.wins - hits)
                fits = hits >= 0.8 * bound.wins and others <= 0.2 * (hits + others)
                if fits and (best is None or score > best[0]):
                    best = (score, bound)
    return best[1] if best else None
