"""Variances of few sessions, shrunk toward what the variances of a whole run have in common (a moderated t).

Three sessions know the spread of one ratio badly: t intervals are wide where it happens to be large and narrow where it
happens to be small. Over the many cells of one run the spreads follow a distribution that can be fitted (Smyth 2004:
variances around a typical one with d0 degrees of freedom). A cell's variance is then the mean of its own and of the
typical one, weighted by their degrees of freedom, which add up.

What is typical differs between strategies, so each has a level of its own, from its times against the middle of all
in each session; a pair's is the sum. The middle has noise too: how much, the A/A pairs tell, which are known to be
equal. With fewer than `LEAST_CELLS` cells nothing can be fitted, and nothing is shrunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from reports.analyse.cube import Cube
from reports.analyse.intervals import LEVEL, Estimate, over_sessions
from reports.load.model import CONTROL_SUFFIX

LEAST_CELLS = 50
#: More weight than so many degrees of freedom is never given to the prior.
MOST_FREEDOM = 30
#: What one run is: priors are fitted over its cells, whatever their stage, dtype, labels or threads.
RUN = ("benchmark", "machine", "env")
#: The noise of the middle never takes more than this share of a strategy's own away.
LEAST_SHARE = 0.25


@dataclass(frozen=True)
class Priors:
    """What is known beforehand of the variance of a log time over sessions, by cell.

    Attributes
    ----------
    freedom : ndarray, (cells,), float64
        Whole degrees of freedom; 0 where nothing is known.
    level : ndarray, (cells, impls), float64
        Typical variance of a strategy's log time within a session; NaN where nothing is known.
    """

    freedom: np.ndarray
    level: np.ndarray

    def of_pair(self, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Degrees of freedom and variance of the ratio of two strategies in each cell, (cells,) both; 0: not known."""
        rows = np.arange(len(self.freedom))
        variance = self.level[rows, one] + self.level[rows, other]
        known = ~np.isnan(variance)
        return np.where(known, self.freedom, 0.0), np.where(known, variance, 0.0)


def priors_of(cube: Cube) -> Priors:
    """Fit priors to every run of a cube that has cells enough."""
    freedom = np.zeros(len(cube.cells))
    level = np.full((len(cube.cells), len(cube.impls)), np.nan)
    number = cube.cells.groupby(list(RUN), dropna=False).ngroup().to_numpy()
    for each in np.unique(number):
        run = np.flatnonzero(number == each)
        freedom[run], level[run] = _of_run(cube, cube.log_best[run])
    return Priors(freedom, level)


def _of_run(cube: Cube, logs: np.ndarray) -> tuple[float, np.ndarray]:
    """Degrees of freedom, and the level of each strategy, (impls,); from logs (cells, sessions, impls) of one run."""
    alone = np.where(cube.is_control, np.nan, logs)
    known = ~np.isnan(alone).all(axis=2, keepdims=True)
    middle = np.where(known, _median(alone), np.nan)
    fits = [_fitted_to(logs[:, :, impl] - middle[:, :, 0]) for impl in range(logs.shape[2])]
    level = np.array([np.nan if fit is None else fit[1] for fit in fits])
    if np.isnan(level).all():
        return 0.0, level
    freedom = float(np.floor(np.median([fit[0] for fit in fits if fit is not None])))
    for copy in map(int, np.flatnonzero(cube.is_control)):
        original = cube.position(cube.impls[copy].removesuffix(CONTROL_SUFFIX))
        pair = None if original < 0 else _fitted_to(logs[:, :, copy] - logs[:, :, original])
        if pair is not None and pair[0] > 0 and not np.isnan(level[[copy, original]]).any():
            freedom = pair[0]
            middle_has = max(0.0, float(level[[copy, original]].sum()) - pair[1]) / 2
            level = np.maximum(level - middle_has, LEAST_SHARE * level)
    return (freedom, level) if freedom > 0 else (0.0, np.full(len(level), np.nan))


def _median(logs: np.ndarray) -> np.ndarray:
    """Median over the strategies of each session, (cells, sessions, 1), NaN where there is none."""
    filled = np.where(np.isnan(logs), np.inf, logs)
    ordered = np.sort(filled, axis=2)
    count = np.sum(~np.isnan(logs), axis=2, keepdims=True)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, logs.shape[2] - 1)
    return (np.take_along_axis(ordered, low, axis=2) + np.take_along_axis(ordered, high, axis=2)) / 2


def _fitted_to(values: np.ndarray) -> tuple[float, float] | None:
    """`fitted` on the variances over sessions of (cells, sessions) values; None with too few cells."""
    told = over_sessions(values)
    known = (told.freedom >= 1) & (told.spread > 0)
    if np.sum(known) < LEAST_CELLS:
        return None
    return fitted(told.spread[known] ** 2 * (told.freedom[known] + 1), told.freedom[known])


def fitted(variances: np.ndarray, freedom: np.ndarray) -> tuple[float, float]:
    """Return d0 and s0 squared of a scaled F distribution of variances, by the moments of their logs.

    Parameters
    ----------
    variances : ndarray, (n,), float64
        Positive.
    freedom : ndarray, (n,), float64
        Degrees of freedom of each.

    Returns
    -------
    (float, float)
        d0 rounded down to a whole number, which is the careful side, and at most `MOST_FREEDOM`; both 0 where the
        variances scatter so much that a prior says nothing.
    """
    half = freedom / 2
    logs = np.log(variances) - special.digamma(half) + np.log(half)
    excess = float(np.var(logs, ddof=1) - np.mean(special.polygamma(1, half)))
    d0 = MOST_FREEDOM if excess <= 0 else min(2 * _trigamma_inverse(excess), MOST_FREEDOM)
    if d0 < 1:
        return 0.0, 0.0
    level = float(np.mean(logs)) + float(special.digamma(d0 / 2)) - float(np.log(d0 / 2))
    return float(np.floor(d0)), float(np.exp(level))


def _trigamma_inverse(value: float) -> float:
    """The x > 0 with trigamma(x) = value, by Newton's method on its reciprocal (Smyth 2004, appendix)."""
    x = 0.5 + 1 / value
    for _ in range(50):
        now = float(special.polygamma(1, x))
        step = now * (1 - now / value) / float(special.polygamma(2, x))
        x += step
        if -step / x < 1e-9:
            break
    return x


def moderated(estimate: Estimate, freedom: np.ndarray, variance: np.ndarray) -> Estimate:
    """Return an estimate over sessions with its variance shrunk toward a prior.

    Parameters
    ----------
    estimate : Estimate
        From `over_sessions`; ready-made intervals, and what has fewer than two sessions, stay as they are.
    freedom, variance : ndarray
        The prior, of a shape that broadcasts to the estimate's; freedom 0 leaves it as it is.
    """
    own = estimate.freedom
    shrunk = (freedom > 0) & np.isfinite(own)
    with np.errstate(invalid="ignore", divide="ignore"):
        both = own + freedom
        pooled = (own * estimate.spread**2 * (own + 1) + freedom * variance) / both
        spread = np.where(shrunk, np.sqrt(pooled / (own + 1)), estimate.spread)
        reach = spread * stats.t.ppf(0.5 + LEVEL / 2, both)
    low = np.where(shrunk, estimate.mean - reach, estimate.low)
    high = np.where(shrunk, estimate.mean + reach, estimate.high)
    return Estimate(estimate.mean, low, high, spread, np.where(shrunk, both, own))


def told_prior(cube: Cube, cells: pd.Index, impls: Sequence[int]) -> list[Any] | None:
    """The prior of some cells of one run for the page's scripts: freedom, and the level of each strategy; or None."""
    first = int(cells[0])
    if not cube.priors.freedom[first]:
        return None
    levels = [None if np.isnan(value) else float(value) for value in cube.priors.level[first, list(impls)]]
    return [float(cube.priors.freedom[first]), levels]
