"""Where two leading strategies trade places along an axis, with an interval for the place.

The log ratio of two strategies is followed against the log of the axis (straight between cells, as both curves
are nearly power laws within one step of a grid). A change of leader is claimed only between two cells that each
show a difference beyond the tie band, one in each direction. An error d of the log ratio moves the crossing by
d / |slope|, so its interval comes from the spread of the sessions' log ratios at the crossing, over the slope.
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
    logs = np.where(cube.is_control, np.nan, cube.log_best[line.cells])
    mean = over_sessions(logs).mean
    some = ~np.isnan(mean).all(axis=1)
    leaders = np.unique(np.argmin(np.where(np.isnan(mean), np.inf, mean), axis=1)[some])
    rows: list[dict[str, object]] = []
    for a, b in combinations(leaders, 2):
        widths = np.hypot(cube.log_half_width[line.cells, a], cube.log_half_width[line.cells, b])
        ratio = logs[:, :, b] - logs[:, :, a]
        for start, stop, a_below in _changes(over_sessions(ratio, half_width=widths), line):
            below, above = (a, b) if a_below else (b, a)
            reach = slice(start, stop + 1)
            at = _place(np.log(line.sizes[reach]), ratio[reach], widths[reach])
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


def _place(x: np.ndarray, ratio: np.ndarray, widths: np.ndarray) -> dict[str, object]:
    """Crossing or tie interval from log sizes (n,) and log ratios by session (n, sessions)."""
    mean = over_sessions(ratio).mean
    low, high = _stretch_within_band(x, mean)
    if 2 * TIE_BAND / (high - low) < FLATTEST:
        return {"at": np.nan, "at_low": np.exp(low), "at_high": np.exp(high), "kind": "tie_interval"}
    slope, level = np.polyfit(x, mean, 1)
    at = float(np.clip(-level / slope, x[0], x[-1]))
    # Each session's own straight line, read at the common crossing: their spread is the error of the ratio there.
    complete = ~np.isnan(ratio).any(axis=0)
    heights = np.polyval(np.polyfit(x, ratio[:, complete], 1), at) if complete.any() else np.full(1, np.nan)
    single = np.array([np.sqrt(np.nanmean(widths**2))]) if not np.isnan(widths).all() else None
    there = over_sessions(heights[None, :], half_width=single)
    reach = float((there.high - there.low)[0] / 2 / abs(slope))
    return {"at": np.exp(at), "at_low": np.exp(at - reach), "at_high": np.exp(at + reach), "kind": "crossing"}


def _stretch_within_band(x: np.ndarray, mean: np.ndarray) -> tuple[float, float]:
    """Where the curve enters the tie band for the first time and where it leaves it for the last."""
    falling = mean if mean[0] > 0 else -mean
    enters = int(np.flatnonzero(falling < TIE_BAND)[0])
    leaves = int(np.flatnonzero(falling > -TIE_BAND)[-1])
    low = np.interp(-TIE_BAND, -falling[enters - 1 : enters + 1], x[enters - 1 : enters + 1])
    high = np.interp(TIE_BAND, -falling[leaves : leaves + 2], x[leaves : leaves + 2])
    return float(low), float(high)
