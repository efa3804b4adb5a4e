"""Who is fastest in each cell, by how much over the next, and whether that can be said: win, tie or undecided."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.analyse.cube import Cube
from reports.analyse.intervals import TIE_BAND, Estimate, beyond, discoveries, over_sessions
from reports.analyse.moderation import moderated
from reports.load.model import SETTING

COLUMNS_BEHIND_AXES = ["winner", "runner_up", "margin", "margin_low", "margin_high", "verdict", "family"]
#: Between the names of a family.
AND = "; "


def winner_table(cube: Cube, allowed: np.ndarray | None = None) -> pd.DataFrame:
    """Winner and runner-up of every cell with at least one valid time.

    The winner is the fastest strategy; the runner-up is the best outside its family (families.py), or within it where
    nobody else has a time: strategies that nothing tells apart must not make each other's lead undecided.
    The margin is the ratio runner-up / winner from the sessions in which both were measured. The verdict is
    *win* if its interval lies beyond the 5 % band and the cell survives false-discovery control over the cells
    of its group (benchmark, stage, machine, environment, dtype, labels, threads); *tie* if the interval lies
    inside the band; else *undecided*.

    Parameters
    ----------
    cube : Cube
    allowed : ndarray of bool, (impls,), optional
        Strategies to choose from; all contenders by default: no control copies, nothing approximate on purpose.

    Returns
    -------
    pandas.DataFrame
        Setting and axes, `COLUMNS_BEHIND_AXES`, and `cell`. `family` names the winner's family, empty where it is
        alone.
    """
    usable = cube.is_contender if allowed is None else allowed & cube.is_contender
    first, second = _leaders(np.where(usable, cube.log_best, np.nan), cube.families)
    margin = pair_estimate(cube, second, first)
    swapped = margin.mean < 0  # the sessions that both share may say otherwise than all sessions of each
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    margin = pair_estimate(cube, second, first)
    table = cube.cells.drop(columns="baseline")
    names = np.array([*cube.impls, ""], dtype=object)
    table["winner"], table["runner_up"] = names[first], names[second]
    table["margin"] = np.exp(margin.mean)
    table["margin_low"], table["margin_high"] = np.exp(margin.low), np.exp(margin.high)
    table["verdict"] = verdicts(margin, table.groupby(list(SETTING), dropna=False).ngroup().to_numpy())
    table["family"] = _family_names(cube, first, usable)
    table["cell"] = np.arange(len(table))
    return table[first >= 0].reset_index(drop=True)


def verdicts(margin: Estimate, group: np.ndarray) -> np.ndarray:
    """win, tie or undecided for log ratios >= 0, false discoveries controlled within each group."""
    p = beyond(margin, TIE_BAND)
    called = np.zeros(len(p), dtype=bool)
    for number in np.unique(group):
        members = (group == number) & ~np.isnan(margin.low)
        called[members] = discoveries(p[members])
    with np.errstate(invalid="ignore"):
        win = (margin.low > TIE_BAND) & called
        tie = (margin.low >= -TIE_BAND) & (margin.high <= TIE_BAND)
    return np.where(win, "win", np.where(tie, "tie", "undecided"))


def pair_estimate(cube: Cube, slower: np.ndarray, faster: np.ndarray) -> Estimate:
    """Log of (time of one / time of the other) in each cell, paired by session; (cells,).

    Parameters
    ----------
    cube : Cube
    slower, faster : ndarray of int, (cells,)
        Positions of the two strategies in each cell; -1 gives NaN.
    """
    known = (slower >= 0) & (faster >= 0)
    rows = np.arange(len(cube.cells))
    difference = cube.log_best[rows, :, slower] - cube.log_best[rows, :, faster]
    widths = np.hypot(cube.log_half_width[rows, slower], cube.log_half_width[rows, faster])
    plain = over_sessions(
        np.where(known[:, None], difference, np.nan), half_width=np.where(known, widths, np.nan)
    )
    return moderated(plain, *cube.priors.of_pair(slower, faster))


def _family_names(cube: Cube, first: np.ndarray, usable: np.ndarray) -> list[str]:
    """Names of the family of a strategy in each cell, empty where it is alone; first (cells,), usable (impls,)."""
    own = cube.families[np.arange(len(first)), first]
    known = np.where(first >= 0, own, -1)
    kin = np.equal(cube.families, known[:, None]) & usable
    return [AND.join(cube.impls[at] for at in np.flatnonzero(row)) if row.sum() > 1 else "" for row in kin]


def _leaders(logs: np.ndarray, families: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the fastest of each cell and of the fastest outside its family, -1 where there is none.

    Where nobody outside has a time, the second is the next within the family.

    A strategy that misses sessions is compared after removing what those sessions have in common, so that a
    slow session does not count against those who took part in it.
    """
    complete = ~np.isnan(logs).any(axis=1, keepdims=True)
    n_complete = complete.sum(axis=2, keepdims=True)
    common = np.where(complete, logs, 0.0).sum(axis=2, keepdims=True) / np.maximum(n_complete, 1)
    mean = over_sessions(logs - common).mean
    mean = np.where(np.isnan(mean), np.inf, mean)
    rows = np.arange(len(mean))
    first = np.argmin(mean, axis=1)
    outside = np.where(families == families[rows, first][:, None], np.inf, mean)
    within = mean.copy()
    within[rows, first] = np.inf
    alone = np.all(np.isinf(outside), axis=1, keepdims=True)
    rest = np.where(alone, within, outside)
    second = np.where(np.isinf(rest).all(axis=1), -1, np.argmin(rest, axis=1))
    return np.where(np.isinf(mean).all(axis=1), -1, first), second
