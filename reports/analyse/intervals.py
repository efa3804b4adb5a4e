"""Intervals of log ratios over sessions. The session is the unit; samples of one process are not independent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95
#: Two strategies within 5 % of each other are a tie; half width of the band on the log scale.
TIE_RATIO = 1.05
TIE_BAND = float(np.log(TIE_RATIO))


@dataclass(frozen=True)
class Estimate:
    """Mean over sessions with its interval, elementwise; all arrays of one shape, float64.

    `low` and `high` are NaN where fewer than two sessions tell anything about the spread.
    `spread` is the standard error, `freedom` the degrees of freedom (infinite for ready-made intervals).
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spread: np.ndarray
    freedom: np.ndarray

    def at(self, places: np.ndarray) -> Estimate:
        """The elements at some places of the first dimension."""
        parts = (self.mean, self.low, self.high, self.spread, self.freedom)
        return Estimate(*(part[places] for part in parts))


def over_sessions(values: np.ndarray, axis: int = 1, half_width: np.ndarray | None = None) -> Estimate:
    """Mean and t interval over sessions.

    Parameters
    ----------
    values : ndarray, float64
        Logs or log ratios; NaN where a session has none.
    axis : int
        The axis of the sessions; it is reduced.
    half_width : ndarray, optional
        Half widths of ready-made 95 % intervals (shape of the result); used where only one session exists.

    Returns
    -------
    Estimate
    """
    n = np.sum(~np.isnan(values), axis=axis)
    filled = np.where(np.isnan(values), 0.0, values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, filled.sum(axis=axis) / n, np.nan)
        centred = np.where(np.isnan(values), 0.0, values - np.expand_dims(mean, axis))
        variance = np.where(n > 1, (centred**2).sum(axis=axis) / (n - 1), np.nan)
        spread = np.sqrt(variance / n)
        freedom = np.where(n > 1, n - 1.0, np.nan)
        reach = spread * stats.t.ppf(0.5 + LEVEL / 2, freedom)
    if half_width is not None:
        given = (n == 1) & ~np.isnan(half_width)
        reach = np.where(given, half_width, reach)
        spread = np.where(given, half_width / stats.norm.ppf(0.5 + LEVEL / 2), spread)
        freedom = np.where(given, np.inf, freedom)
    return Estimate(mean, mean - reach, mean + reach, spread, freedom)


def folded(estimate: Estimate) -> Estimate:
    """The same ratios told as slower over faster: every mean is >= 0, intervals are mirrored with it."""
    sign = np.where(estimate.mean < 0, -1.0, 1.0)
    ends = np.sort(np.stack([sign * estimate.low, sign * estimate.high]), axis=0)
    return Estimate(np.abs(estimate.mean), ends[0], ends[1], estimate.spread, estimate.freedom)


def beyond(estimate: Estimate, bound: float) -> np.ndarray:
    """One-sided p value of "the true mean is at most `bound`"; 1 where there is no interval."""
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (estimate.mean - bound) / estimate.spread
        p = stats.t.sf(score, np.where(np.isinf(estimate.freedom), 1e12, estimate.freedom))
    exact = (estimate.spread == 0) & ~np.isnan(estimate.mean)
    p = np.where(exact, np.where(estimate.mean > bound, 0.0, 1.0), p)
    return np.where(np.isnan(p), 1.0, p)


def discoveries(p: np.ndarray, rate: float = 1 - LEVEL) -> np.ndarray:
    """Which of many tests may be called: Benjamini and Hochberg (1995), expected share of false calls <= rate.

    Parameters
    ----------
    p : ndarray, (n,), float64
    rate : float

    Returns
    -------
    ndarray, (n,), bool
    """
    if p.size == 0:
        return np.zeros(0, dtype=bool)
    order = np.sort(p)
    passing = order <= rate * np.arange(1, p.size + 1) / p.size
    limit = order[passing].max() if passing.any() else -1.0
    return p <= limit
