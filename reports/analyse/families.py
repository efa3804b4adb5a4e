"""Strategies that no cell of a view tells apart: for verdicts they are one, or each would hide that the other leads.

Two strategies are related where their ratio is a *win* in no cell of a view and the mean of its size, pooled over the
cells, lies inside the tie band with its interval. Noise makes that mean larger, never smaller: in doubt two strategies
are not related. A family is a set in which every pair is related, so a chain of small steps makes none.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy import stats

from reports.analyse.cube import Cube
from reports.analyse.intervals import LEVEL, TIE_BAND, folded, over_sessions
from reports.analyse.winners import pair_estimate, verdicts
from reports.load.model import SETTING

#: Fewer cells with a time of both say nothing about a pair.
LEAST_SHARED = 8


def families_of(cube: Cube) -> np.ndarray:
    """The family of every strategy in the view of every cell.

    Parameters
    ----------
    cube : Cube

    Returns
    -------
    ndarray, (cells, impls), int
        Equal numbers within a row: one family. A strategy without relatives is alone in its own.
    """
    table = np.tile(np.arange(len(cube.impls)), (len(cube.cells), 1))
    view = cube.cells.groupby(list(SETTING), dropna=False).ngroup().to_numpy()
    contenders = [int(at) for at in np.flatnonzero(cube.is_contender)]
    level = over_sessions(cube.log_best).mean
    for number in np.unique(view):
        rows = np.flatnonzero(view == number)
        if len(rows) >= LEAST_SHARED:
            candidates = _roughly_equal(level[rows], contenders)
            apart = {pair: _distance(cube, rows, *pair) for pair in candidates}
            table[rows] = grouped(len(cube.impls), {pair: d for pair, d in apart.items() if d <= TIE_BAND})
    return table


def _roughly_equal(level: np.ndarray, contenders: list[int]) -> list[tuple[int, int]]:
    """Pairs worth a test: cells enough, and mean times that are near each other; level (cells, impls)."""
    found = []
    for one, other in combinations(contenders, 2):
        apart = np.abs(level[:, one] - level[:, other])
        apart = apart[~np.isnan(apart)]
        if len(apart) >= LEAST_SHARED and apart.mean() <= 2 * TIE_BAND:
            found.append((one, other))
    return found


def _distance(cube: Cube, rows: np.ndarray, one: int, other: int) -> float:
    """Upper end of the pooled mean size of a pair's log ratio over some cells; infinite where they are not related."""
    whole = np.ones(len(cube.cells), dtype=int)
    ratio = folded(pair_estimate(cube, one * whole, other * whole))
    ratio = ratio.at(rows[~np.isnan(ratio.low[rows])])
    n = len(ratio.mean)
    if n < LEAST_SHARED or "win" in verdicts(ratio, np.zeros(n, dtype=int)):
        return np.inf
    reach = stats.t.ppf(0.5 + LEVEL / 2, n - 1) * np.std(ratio.mean, ddof=1) / np.sqrt(n)
    return float(np.mean(ratio.mean) + reach)


def grouped(count: int, related: dict[tuple[int, int], float]) -> np.ndarray:
    """Families from the distances of related pairs: the nearest are joined first, and only where all pairs are related.

    Parameters
    ----------
    count : int
        Strategies.
    related : dict
        Distance by pair (lower position first); a pair that is missing is not related.

    Returns
    -------
    ndarray, (count,), int
        For each strategy the lowest position in its family.
    """
    label = np.arange(count)
    for one, other in sorted(related, key=lambda pair: (related[pair], pair)):
        both = [np.flatnonzero(label == label[at]) for at in (one, other)]
        pairs = [(min(a, b), max(a, b)) for a in both[0].tolist() for b in both[1].tolist()]
        if label[one] != label[other] and all(pair in related for pair in pairs):
            label[np.concatenate(both)] = min(label[one], label[other])
    return label
