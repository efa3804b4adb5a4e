"""Where two leading strategies trade places along an axis, with an interval for the place.

The log ratio of two strategies is followed against the log of the axis. A change of leader is claimed only between
two cells that each show a difference beyond the tie band, one in each direction. Between them the ratio is taken as
a parabola through these cells and their neighbours, or as a straight line where there are too few. An error d of
the log ratio moves the crossing by d / |slope|, so its interval comes from the spread of the sessions' log ratios at
the crossing, over the slope; half the distance between the parabola's and the straight line's crossing is added, as
the error of choosing a curve. That holds where the curve is smooth at the spacing of the cells. Where the slope of the
crossing's own piece differs from that of a neighbouring piece by more than `BENT` of itself, as at a step or a kink
(a cache's size, a change of algorithm), or where there is no neighbour to tell, nothing is known of the curve between
the cells: the interval is then all of the stretch between the two decided cells.
Where the curves stay within the band over so long a stretch that the slope falls below `FLATTEST`, the stretch is
reported as a tie interval and no point is named. A cell without a valid time of both is a hole: nothing is
interpolated across it.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from reports.analyse.cube import Cube
from reports.analyse.intervals import TIE_BAND, Estimate, over_sessions
from reports.analyse.lines import Line, lines_along
from reports.load.model import SETTING

COLUMNS_BEHIND_AXES = ["faster_below", "faster_above", "at", "at_low", "at_high", "kind"]
#: Log ratio per e-fold of the axis. With the usual error of 0.7 % a flatter crossing is not known to 10 %.
FLATTEST = 0.07
#: Change of the slope from one piece to the next, as a share of the slope where the lead changes.
BENT = 0.5


def crossover_table(cube: Cube) -> pd.DataFrame:
    """All crossings of all pairs of strategies that each lead somewhere on a line.

    Returns
    -------
    pandas.DataFrame
        Setting, `axis`, axes (the axis itself is NaN), `COLUMNS_BEHIND_AXES`, and `leading`: whether the two are
        the fastest of all, within the tie band, on their side of the crossing.
    """
    found = []
    for axis in cube.axes:
        for line in lines_along(cube, axis):
            place = cube.cells.loc[line.cells[0], [*SETTING, *cube.axes]].to_dict()
            found += [place | {"axis": axis, axis: np.nan} | row for row in _on_line(cube, line)]
    columns = [*SETTING, "axis", *cube.axes, *COLUMNS_BEHIND_AXES, "leading"]
    return pd.DataFrame(found, columns=columns)


def _on_line(cube: Cube, line: Line) -> list[dict[str, object]]:
    """The crossings along one line."""
    logs = np.where(cube.is_contender, cube.log_best[line.cells], np.nan)
    mean = over_sessions(logs).mean
    some = ~np.isnan(mean).all(axis=1)
    leaders = np.unique(np.argmin(np.where(np.isnan(mean), np.inf, mean), axis=1)[some])
    rows: list[dict[str, object]] = []
    for a, b in combinations(leaders, 2):
        widths = np.hypot(cube.log_half_width[line.cells, a], cube.log_half_width[line.cells, b])
        ratio = logs[:, :, b] - logs[:, :, a]
        for start, stop, a_below in _changes(over_sessions(ratio, half_width=widths), line):
            below, above = (a, b) if a_below else (b, a)
            at = _place(np.log(line.sizes), ratio, widths, start, stop, _window(ratio, line, start, stop))
            best = np.nanmin(mean[[start, stop]], axis=1)
            leading = mean[start, below] - best[0] < TIE_BAND and mean[stop, above] - best[1] < TIE_BAND
            names = {"faster_below": cube.impls[below], "faster_above": cube.impls[above]}
            rows.append(names | at | {"leading": bool(leading)})
    return rows


def _changes(ratio: Estimate, line: Line) -> list[tuple[int, int, bool]]:
    """Pairs of neighbouring decided cells of opposite sign: (first, last, whether the ratio falls)."""
    with np.errstate(invalid="ignore"):
        sign = np.where(ratio.low > TIE_BAND, 1, np.where(ratio.high < -TIE_BAND, -1, 0))
    hole = np.isnan(ratio.mean)
    gap = line.gap_behind
    decided = np.flatnonzero(sign)
    return [
        (int(i), int(j), bool(sign[i] > 0))
        for i, j in zip(decided[:-1], decided[1:], strict=True)
        if sign[i] != sign[j] and not hole[i:j].any() and not gap[i:j].any()
    ]


def _window(ratio: np.ndarray, line: Line, start: int, stop: int) -> slice:
    """The cells of a change of leader with the neighbours on either side that no hole parts from them."""
    there = ~np.isnan(ratio).all(axis=1)
    gap = line.gap_behind
    if start > 0 and there[start - 1] and not gap[start - 1]:
        start -= 1
    if stop + 1 < len(there) and there[stop + 1] and not gap[stop]:
        stop += 1
    return slice(start, stop + 1)


def _place(
    x: np.ndarray, ratio: np.ndarray, widths: np.ndarray, start: int, stop: int, window: slice
) -> dict[str, object]:
    """Crossing or tie interval between two cells of a line.

    Parameters
    ----------
    x : ndarray, (n,)
        Log sizes.
    ratio : ndarray, (n, sessions)
        Log ratios.
    widths : ndarray, (n,)
        Half widths of ready-made intervals of the ratio, NaN without.
    start, stop : int
        The decided cells.
    window : slice
        The cells to fit.
    """
    inner = slice(start, stop + 1)
    mean = over_sessions(ratio).mean
    low, high = _stretch_within_band(x[inner], mean[inner])
    if FLATTEST * (high - low) > 2 * TIE_BAND:
        return {"at": np.nan, "at_low": np.exp(low), "at_high": np.exp(high), "kind": "tie_interval"}
    straight = np.polyfit(x[inner], mean[inner], 1)
    on_straight = float(np.clip(-straight[1] / straight[0], x[start], x[stop]))
    bent = _parabola(x[window], mean[window], (x[start], x[stop]))
    (curve, at), fitted = ((straight, on_straight), inner) if bent is None else (bent, window)
    slope = abs(float(np.polyval(np.polyder(curve), at)))
    # Each session's own curve, read at the common crossing: their spread is the error of the ratio there.
    complete = ~np.isnan(ratio[fitted]).any(axis=0)
    heights = np.full(1, np.nan)
    if complete.any():
        heights = np.polyval(np.polyfit(x[fitted], ratio[fitted][:, complete], len(curve) - 1), at)
    ready = None if np.isnan(widths[inner]).all() else np.array([np.sqrt(np.nanmean(widths[inner] ** 2))])
    there = over_sessions(heights[None, :], half_width=ready)
    if _bent(x[window], mean[window], at):
        return {"at": np.exp(at), "at_low": np.exp(x[start]), "at_high": np.exp(x[stop]), "kind": "crossing"}
    reach = float((there.high - there.low)[0] / 2 / slope) + abs(at - on_straight) / 2
    return {"at": np.exp(at), "at_low": np.exp(at - reach), "at_high": np.exp(at + reach), "kind": "crossing"}


def _bent(x: np.ndarray, mean: np.ndarray, at: float) -> bool:
    """Whether the pieces beside the one that holds a crossing tell of another curve than a smooth one, or none does."""
    slopes = np.diff(mean) / np.diff(x)
    own = int(np.clip(np.searchsorted(x, at) - 1, 0, len(slopes) - 1))
    beside = slopes[[number for number in (own - 1, own + 1) if 0 <= number < len(slopes)]]
    return bool(beside.size == 0 or (np.abs(beside - slopes[own]) > BENT * abs(slopes[own])).any())


def _parabola(
    x: np.ndarray, mean: np.ndarray, between: tuple[float, float]
) -> tuple[np.ndarray, float] | None:
    """A parabola's coefficients and its only zero between two places; None with too few points or no such zero."""
    if len(x) < 4:
        return None
    curve = np.polyfit(x, mean, 2)
    roots = np.roots(curve)
    inside = roots.real[np.isreal(roots) & (roots.real >= between[0]) & (roots.real <= between[1])]
    return (curve, float(inside[0])) if len(inside) == 1 else None


def _stretch_within_band(x: np.ndarray, mean: np.ndarray) -> tuple[float, float]:
    """Where the curve enters the tie band for the first time and where it leaves it for the last."""
    falling = mean if mean[0] > 0 else -mean
    enters = int(np.flatnonzero(falling < TIE_BAND)[0])
    leaves = int(np.flatnonzero(falling > -TIE_BAND)[-1])
    low = np.interp(-TIE_BAND, -falling[enters - 1 : enters + 1], x[enters - 1 : enters + 1])
    high = np.interp(TIE_BAND, -falling[leaves : leaves + 2], x[leaves : leaves + 2])
    return float(low), float(high)
