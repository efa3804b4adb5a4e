"""Which of several centers is nearest, where products cannot say: by differences, and where those tie, exactly."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property
from typing import Tuple

import numpy as np

#: Values of differences formed at a time: they stay in the cache.
PAIR_VALUES = 1 << 17
#: Up to this many rows are cheaper one by one.
FEW = 4
#: Squared distances outside this range may have lost something to overflow or underflow.
LOWEST, HIGHEST = 2.0**-600, 2.0**1000
#: Whole numbers below this have exact sums and differences.
WHOLE = 2.0**53
EPS = float(np.finfo(np.float64).eps)


class Decider:
    """Decides between (K, F) centers, in float64 and beyond."""

    def __init__(self, centers: np.ndarray) -> None:
        self.centers = centers

    @cached_property
    def wide(self) -> np.ndarray:
        """The centers in float64."""
        return self.centers.astype(np.float64)

    @cached_property
    def whole(self) -> np.ndarray:
        """Whether all values of a center (K,) are whole numbers."""
        return _whole(self.wide)

    @cached_property
    def first(self) -> np.ndarray:
        """The lowest index (K,) of a center of the same values: of equal centers only that can be an answer."""
        _, number = np.unique(self.wide + 0.0, axis=0, return_inverse=True)
        number = number.reshape(-1)
        lowest = np.full(len(self.wide), len(self.wide), np.intp)
        np.minimum.at(lowest, number, np.arange(len(self.wide)))
        return lowest[number]

    def settle(self, rows: np.ndarray, which: np.ndarray, candidates: np.ndarray, labels: np.ndarray) -> None:
        """Write the labels of some rows.

        Parameters
        ----------
        rows : (n, F) array
        which : (m,) intp
            The rows to be decided.
        candidates : (m, K) bool
            The centers that each may belong to, one or more.
        labels : (n,) intp
            Where to write.
        """
        if len(which) <= FEW:
            for i, mask in zip(which.tolist(), candidates):
                labels[i] = self._one(rows[i], mask)
            return
        pairs = np.cumsum(np.count_nonzero(candidates, axis=1))
        at_once = max(1, PAIR_VALUES // self.wide.shape[1])
        starts = np.flatnonzero(np.diff((pairs - 1) // at_once, prepend=-1)).tolist()
        for start, stop in zip(starts, [*starts[1:], len(which)]):
            some = which[start:stop]
            labels[some] = self._several(rows[some].astype(np.float64), candidates[start:stop])

    def _one(self, row: np.ndarray, mask: np.ndarray) -> int:
        candidates = mask.nonzero()[0]
        away = np.subtract(self.centers[candidates], row, dtype=np.float64)
        squares = [float(np.dot(each, each)) for each in away]
        least = min(squares)
        limit = least * (1 + self._rounding)
        near = [center for center, square in zip(candidates.tolist(), squares) if square <= limit]
        if len(near) == 1 and LOWEST < least < HIGHEST:
            return near[0]
        return int(self._several(row[None].astype(np.float64), mask[None])[0])

    def _several(self, rows: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        if len(rows) > len(self.centers) and (self.first != np.arange(len(self.first))).any():
            place, center = np.nonzero(candidates)
            candidates = np.zeros_like(candidates)
            candidates[place, self.first[center]] = True
        place, center = np.nonzero(candidates)
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        squares = _squares(rows[place], self.wide[center])
        least = np.minimum.reduceat(squares, starts)
        whole = _whole(rows) & (least < WHOLE) & np.logical_and.reduceat(self.whole[center], starts)
        odd = ~((least > LOWEST) & (least < HIGHEST)) & ~whole
        bound = least * np.where(whole, 1.0, 1 + self._rounding)
        near = (squares <= bound[place]) | odd[place]
        place, center = place[near], center[near]
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        found = center[starts]  # the lowest index
        tied = ((np.diff(starts, append=len(place)) > 1) & ~whole)[place]
        if tied.any():
            place, center = self._without_mirrors(rows, place[tied], center[tied])
            starts = np.flatnonzero(np.diff(place, prepend=-1))
            counts = np.diff(starts, append=len(place))
            for i in np.flatnonzero(counts > 1):
                some = slice(starts[i], starts[i] + counts[i])
                found[place[starts[i]]] = self._exactly(rows[place[starts[i]]], center[some])
        return found

    def _without_mirrors(
        self, rows: np.ndarray, place: np.ndarray, center: np.ndarray
    ) -> Tuple[np.ndarray, np.ndarray]:
        """Return pairs without those whose differences are, in another order, those of their row's first pair.

        They are equally far, to the last bit: what symmetric and sparse data have by the thousand.
        """
        high, low = _sum(rows[place], -self.wide[center])
        sign = np.where(high < 0, -1.0, 1.0)
        high, low = high * sign, low * sign
        order = np.argsort(high, axis=1)
        high, low = np.take_along_axis(high, order, axis=1), np.take_along_axis(low, order, axis=1)
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        first = np.repeat(starts, np.diff(starts, append=len(place)))
        same = ((high == high[first]) & (low == low[first])).all(axis=1)
        same[starts] = False
        return place[~same], center[~same]

    @property
    def _rounding(self) -> float:
        """By how much, as a share, two sums of F squares may be nearer to each other than they are."""
        return 4 * (self.centers.shape[1] + 4) * EPS

    def _exactly(self, row: np.ndarray, candidates: np.ndarray) -> int:
        """Return which of some centers (ascending indices) is nearest to a row, without rounding."""
        best = int(candidates[0])
        if not np.isfinite(row).all():
            return best
        for other in candidates[1:].tolist():
            if nearer(row, self.wide[other], self.wide[best]):
                best = other
        return best


def _whole(rows: np.ndarray) -> np.ndarray:
    """Return which rows (n,) hold whole numbers only, small enough to be exact."""
    return ((rows == np.rint(rows)) & (np.abs(rows) < WHOLE)).all(axis=1)


def _squares(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the squared distances (p,) of pairs of rows; what overflows is infinite."""
    with np.errstate(over="ignore", under="ignore"):
        away = one - other
        return np.einsum("pf,pf->p", away, away)


def nearer(x: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether x (F,) is nearer to a than to b, by the sign of ``sum((a - b) * (a + b - 2x))``, exactly.

    Sums and products of two doubles are pairs of doubles without error; `math.fsum` adds those up without error.
    Where a product may leave the range, fractions do it.
    """
    differ = a != b
    x, a, b = x[differ], a[differ], b[differ]
    if not len(x):
        return False
    largest = float(max(np.abs(x).max(), np.abs(a).max(), np.abs(b).max()))
    factors = np.concatenate([x, a, b])
    if largest > 2.0**480 or float(np.abs(factors[factors != 0]).min()) < 2.0**-400:
        exact = (
            (Fraction(p) - Fraction(q)) * (Fraction(p) + Fraction(q) - 2 * Fraction(y))
            for y, p, q in zip(x.tolist(), a.tolist(), b.tolist())
        )
        return sum(exact, Fraction(0)) < 0
    high, low = _sum(a, -b)
    whole, rest = _sum(a, b)
    terms = [
        part.tolist()
        for left in (high, low)
        for right in (whole, rest, -2 * x)
        for part in _product(left, right)
    ]
    return math.fsum(value for part in terms for value in part) < 0


def _sum(one: np.ndarray, other: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the rounded sum and what rounding took, exactly (Knuth)."""
    total = one + other
    virtual = total - one
    return total, (one - (total - virtual)) + (other - virtual)


def _product(one: np.ndarray, other: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the rounded product and what rounding took, exactly (Dekker)."""
    product = one * other
    (high, low), (top, bottom) = _halves(one), _halves(other)
    return product, low * bottom - (((product - high * top) - low * top) - high * bottom)


def _halves(values: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return values as sums of two halves of 26 bits each."""
    scaled = values * (2.0**27 + 1)
    high = scaled - (scaled - values)
    return high, values - high
