"""The verdict rule, fixed before any data was seen: what an interval says of a published number.

Band: 5 %, as for ties everywhere in the report. Size: two ratios within a factor of 1.25 are the same size. *Fine*:
at most 10 % slower than the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from reports.analyse.intervals import TIE_BAND

REPRODUCED = "REPRODUCED"
DIRECTION_ONLY = "DIRECTION ONLY"
NOT_REPRODUCED = "NOT REPRODUCED"
FLIPPED = "FLIPPED"
INCONCLUSIVE = "INCONCLUSIVE"
NOT_TESTED = "NOT TESTED"
#: Verdicts that a second run has to repeat.
DECIDED = (REPRODUCED, DIRECTION_ONLY, NOT_REPRODUCED, FLIPPED)
SAME_SIZE = 1.25
FINE = 1.10
#: An interval this many times as wide must say the same, and so must its middle alone: the verdict is firm then.
#: By simulation two independent intervals over five sessions disagree firmly in at most 0.6 % of all cases, wherever
#: the truth lies; verdicts as such in up to half of them, where it lies at the end of an interval that meets a limit.
WIDER = 2.0

Rule = Callable[[float, float], str]


def is_firm(rule: Rule, middle: float, low: float, high: float, ratio: bool = True) -> bool:
    """Whether a second run is to be expected to decide alike: nothing of the rule's limits lies near the interval.

    Parameters
    ----------
    rule : callable
        Takes the ends of an interval, gives a verdict.
    middle, low, high : float
        The estimate and its interval.
    ratio : bool
        Whether distances are those of logarithms.
    """
    if low == high:
        return True  # a count without noise, which may lie at zero or infinity: any run has the same
    found = rule(low, high)
    if math.isnan(low) or math.isnan(high) or (ratio and low <= 0):
        return found not in DECIDED
    if ratio:
        wide = (middle * (low / middle) ** WIDER, middle * (high / middle) ** WIDER)
    else:
        wide = (middle + (low - middle) * WIDER, middle + (high - middle) * WIDER)
    return rule(*wide) == found == rule(middle, middle)


def of_ratio(published: float, low: float, high: float) -> str:
    """Judge a published ratio by our interval of it.

    Parameters
    ----------
    published : float
        Beyond the band, a ratio; inside it, a tie.
    low, high : float
        Ends of the 95 % interval of the measured ratio; NaN where there is none.

    Returns
    -------
    str
        FLIPPED if the interval lies beyond the band on the other side. REPRODUCED if it lies beyond the band on
        the published side and meets [published / 1.25, 1.25 published]; DIRECTION ONLY if it lies there and does
        not. NOT REPRODUCED if it lies inside the band (a tie). INCONCLUSIVE otherwise.
    """
    if abs(math.log(published)) <= TIE_BAND:
        return of_tie(low, high)
    if math.isnan(low) or math.isnan(high):
        return INCONCLUSIVE
    bottom, top, claimed = math.log(low), math.log(high), math.log(published)
    if claimed < 0:
        bottom, top, claimed = -top, -bottom, -claimed
    if top < -TIE_BAND:
        return FLIPPED
    if bottom > TIE_BAND:
        meets = bottom <= claimed + math.log(SAME_SIZE) and top >= claimed - math.log(SAME_SIZE)
        return REPRODUCED if meets else DIRECTION_ONLY
    inside = bottom >= -TIE_BAND and top <= TIE_BAND
    return NOT_REPRODUCED if inside else INCONCLUSIVE


def of_tie(low: float, high: float) -> str:
    """Judge a published tie: REPRODUCED inside the band, NOT REPRODUCED beyond it, INCONCLUSIVE across its edge."""
    if math.isnan(low) or math.isnan(high):
        return INCONCLUSIVE
    bottom, top = math.log(low), math.log(high)
    if bottom >= -TIE_BAND and top <= TIE_BAND:
        return REPRODUCED
    return NOT_REPRODUCED if bottom > TIE_BAND or top < -TIE_BAND else INCONCLUSIVE


def of_direction(low: float, high: float) -> str:
    """Judge a claim that a ratio is above 1 which names no size: NOT REPRODUCED for a tie, FLIPPED for below."""
    if math.isnan(low) or math.isnan(high):
        return INCONCLUSIVE
    if low > math.exp(TIE_BAND):
        return REPRODUCED
    if high < math.exp(-TIE_BAND):
        return FLIPPED
    return NOT_REPRODUCED if low >= math.exp(-TIE_BAND) and high <= math.exp(TIE_BAND) else INCONCLUSIVE


def of_value(published: float, low: float, high: float) -> str:
    """Judge a published value that is no ratio: REPRODUCED where [low, high] meets it within a factor of 1.25."""
    if math.isnan(low) or math.isnan(high):
        return INCONCLUSIVE
    return REPRODUCED if low <= published * SAME_SIZE and high >= published / SAME_SIZE else NOT_REPRODUCED


def of_least(bound: float, low: float, high: float) -> str:
    """Judge a claim that a number is at least a bound: REPRODUCED from it on, NOT REPRODUCED below."""
    if math.isnan(low) or math.isnan(high):
        return INCONCLUSIVE
    return REPRODUCED if low >= bound else NOT_REPRODUCED if high < bound else INCONCLUSIVE


def of_keeping(within: float, low: float, high: float, holds: bool = True) -> str:
    """Judge a claim that a difference is not below -within (or, unless it `holds`, that it is): else FLIPPED."""
    if math.isnan(low) or math.isnan(high):
        return INCONCLUSIVE
    kept = True if low >= -within else False if high < -within else None
    return INCONCLUSIVE if kept is None else REPRODUCED if kept == holds else FLIPPED


def is_fine(low: float, high: float) -> bool | None:
    """Tell whether a time relative to the best is fine; None where the interval [low, high] cannot tell."""
    if high <= FINE:
        return True
    return False if low > FINE else None


def of_region(fine: Iterable[bool | None]) -> str:
    """Judge a claim about a region by its cells.

    Returns
    -------
    str
        REPRODUCED if it holds in all of them, FLIPPED if in none, DIRECTION ONLY if in some: the region is smaller
        than claimed. INCONCLUSIVE if an undecided cell could change that.
    """
    cells = list(fine)
    held, failed = cells.count(True), cells.count(False)
    if held and failed:
        return DIRECTION_ONLY
    if not cells or held + failed < len(cells):
        return INCONCLUSIVE
    return REPRODUCED if held else FLIPPED


def at_most(measured: float) -> str:
    """Judge a claim that a share is at most 1, by a count without noise: REPRODUCED up to the band's edge."""
    if math.isnan(measured):
        return NOT_TESTED
    return REPRODUCED if measured <= math.exp(TIE_BAND) else FLIPPED


def worst(verdicts: Iterable[str]) -> str:
    """The verdict on a claim that holds if all of its parts do: the first of this order that occurs."""
    found = set(verdicts)
    order = (NOT_TESTED, FLIPPED, NOT_REPRODUCED, INCONCLUSIVE, DIRECTION_ONLY, REPRODUCED)
    return next((verdict for verdict in order if verdict in found), NOT_TESTED)
