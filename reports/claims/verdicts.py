"""The verdict rule, its limits fixed before any data were seen: what an interval says of a published number.

A published ratio is two questions. *Direction*: does our 95 % interval lie beyond the tie band (5 %, as everywhere in
the report) on the claim's side, on the other, inside the band, or across an edge of it? *Size*: does it lie inside the
published ratio give or take a factor of 1.25, apart from that, or across an edge? REPRODUCED needs both, the interval
*inside* the size band (a test of equivalence: two one-sided tests at once), so a wide interval can never earn it: it is
INCONCLUSIVE ON SIZE. A claim in words ("slower", "no better") is judged by its direction alone; where figures were
published with it, the size is a second answer beside the verdict.

The published figures have an error of their own. Where they came with a spread, the 95 % interval of the published
ratio (log scale, from the standard errors of both means, t over the published number of runs) is added in quadrature
to ours before the size is judged: what the publication leaves open cannot be confirmed, nor refuted, by measuring well.

*Fine* (regions): at most 10 % slower than the best. A region is tested by at least 8 sizes along its axis, at one
setting of the other axes and at two others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from reports.analyse.intervals import TIE_RATIO

REPRODUCED = "REPRODUCED"
DIRECTION_ONLY = "DIRECTION ONLY"
INCONCLUSIVE_ON_SIZE = "INCONCLUSIVE ON SIZE"
NOT_REPRODUCED = "NOT REPRODUCED"
FLIPPED = "FLIPPED"
INCONCLUSIVE = "INCONCLUSIVE"
NOT_TESTED = "NOT TESTED"
#: Verdicts that a second run has to repeat.
DECIDED = (REPRODUCED, DIRECTION_ONLY, NOT_REPRODUCED, FLIPPED)
#: Verdicts that agree in the direction and differ, at most, in what they say of the size.
ON_THE_CLAIMED_SIDE = (REPRODUCED, DIRECTION_ONLY, INCONCLUSIVE_ON_SIZE)

#: What a claim says of a ratio: above 1, below 1, 1, or 1 at most.
ABOVE, BELOW, EQUAL, NOT_ABOVE = "above", "below", "equal", "not above"
#: Answers on direction and on size; the last belongs to both.
AS_CLAIMED, REVERSED, TIE, DIFFERENCE = "as claimed", "reversed", "tie", "difference"
SAME, DIFFERENT = "same", "different"
OPEN = "open"

BY_DIRECTION = {
    AS_CLAIMED: REPRODUCED,
    REVERSED: FLIPPED,
    TIE: NOT_REPRODUCED,
    DIFFERENCE: NOT_REPRODUCED,
    OPEN: INCONCLUSIVE,
}
BY_SIZE = {SAME: REPRODUCED, DIFFERENT: DIRECTION_ONLY, OPEN: INCONCLUSIVE_ON_SIZE}

SAME_SIZE = 1.25
FINE = 1.10
#: Sizes along its axis by which a region is tested, and settings of the other axes at which it is.
REGION_SIZES, REGION_SETTINGS = 8, 3
#: An interval this many times as wide must say the same, and so must its middle alone: the verdict is firm then.
#: By simulation two independent intervals over five sessions contradict each other firmly in none of 7,500 pairs,
#: wherever the truth lies; verdicts as such in fewer than one of a hundred.
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
    # of an open size nothing is decided but the direction
    alike = ON_THE_CLAIMED_SIDE if found == INCONCLUSIVE_ON_SIZE else (found,)
    if ratio:
        wide = (middle * (low / middle) ** WIDER, middle * (high / middle) ** WIDER)
    else:
        wide = (middle + (low - middle) * WIDER, middle + (high - middle) * WIDER)
    return rule(*wide) in alike and rule(middle, middle) in alike


def claimed_side(published: float) -> str:
    """Side on which a published ratio lies: `EQUAL` inside the tie band."""
    if 1 / TIE_RATIO <= published <= TIE_RATIO:
        return EQUAL
    return ABOVE if published > 1 else BELOW


def direction(claimed: str, low: float, high: float) -> str:
    """Answer on the direction of a ratio.

    Parameters
    ----------
    claimed : str
        `ABOVE`, `BELOW`, `EQUAL` or `NOT_ABOVE`.
    low, high : float
        Ends of the 95 % interval of the measured ratio; NaN where there is none.

    Returns
    -------
    str
        `AS_CLAIMED`; `REVERSED`, beyond the band on the other side; `TIE`, inside the band where a difference was
        claimed; `DIFFERENCE`, beyond it where none was; `OPEN`.
    """
    if math.isnan(low) or math.isnan(high):
        return OPEN
    if claimed == BELOW:
        low, high = (math.inf if high == 0 else 1 / high), (math.inf if low == 0 else 1 / low)
    above, below = low > TIE_RATIO, high < 1 / TIE_RATIO
    inside = low >= 1 / TIE_RATIO and high <= TIE_RATIO
    if claimed == NOT_ABOVE:
        return AS_CLAIMED if high <= TIE_RATIO else REVERSED if above else OPEN
    if claimed == EQUAL:
        return AS_CLAIMED if inside else DIFFERENCE if above or below else OPEN
    return AS_CLAIMED if above else REVERSED if below else TIE if inside else OPEN


def size(published: float, low: float, high: float, reach: float = 0.0) -> str:
    """Answer on the size of a published number.

    Parameters
    ----------
    published : float
        A ratio or a value.
    low, high : float
        Ends of the 95 % interval of the measured one; NaN where there is none.
    reach : float
        Half width of the published number's own 95 % interval, of its log; 0 where it came without a spread.

    Returns
    -------
    str
        `SAME` if the interval, widened by the published error, lies inside [published / 1.25, 1.25 published],
        `DIFFERENT` if it does not meet that, `OPEN` if it lies across an edge.
    """
    if math.isnan(low) or math.isnan(high):
        return OPEN
    if reach:
        middle, half = (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / 2
        low, high = (math.exp(middle + sign * math.hypot(half, reach)) for sign in (-1, 1))
    least, most = published / SAME_SIZE, published * SAME_SIZE
    if low >= least and high <= most:
        return SAME
    return DIFFERENT if high < least or low > most else OPEN


def of_ratio(published: float, low: float, high: float, reach: float = 0.0) -> str:
    """Judge a published ratio by our interval of it; parameters as `size` has them.

    Returns
    -------
    str
        REPRODUCED, DIRECTION ONLY or INCONCLUSIVE ON SIZE if the interval lies beyond the tie band on the published
        side, by its size. FLIPPED if it lies beyond the band on the other side, NOT REPRODUCED if it lies inside
        (a tie), INCONCLUSIVE otherwise. A published tie is judged by `direction` alone.
    """
    claimed = claimed_side(published)
    verdict = of_direction(low, high, claimed)
    if verdict != REPRODUCED or claimed == EQUAL:
        return verdict
    return BY_SIZE[size(published, low, high, reach)]


def of_direction(low: float, high: float, claimed: str = ABOVE) -> str:
    """Judge a claim in words on a ratio, by `direction` alone."""
    return BY_DIRECTION[direction(claimed, low, high)]


def of_tie(low: float, high: float) -> str:
    """Judge a published tie: REPRODUCED inside the band, NOT REPRODUCED beyond it, INCONCLUSIVE across its edge."""
    return of_direction(low, high, EQUAL)


def of_cause(low: float, high: float) -> str:
    """Judge a claim that the numerator is slow for want of something which the denominator lacks as well.

    Were that the cause, both would be equally slow. NOT REPRODUCED if they are not. Two equal times are what the
    claim predicts and what other causes predict, too: INCONCLUSIVE. Nothing here can confirm a cause.
    """
    return NOT_REPRODUCED if direction(EQUAL, low, high) == DIFFERENCE else INCONCLUSIVE


def of_value(published: float, low: float, high: float) -> str:
    """Judge a published value that is no ratio by its `size`: REPRODUCED, NOT REPRODUCED or INCONCLUSIVE."""
    return {SAME: REPRODUCED, DIFFERENT: NOT_REPRODUCED, OPEN: INCONCLUSIVE}[size(published, low, high)]


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
    return REPRODUCED if measured <= TIE_RATIO else FLIPPED


def worst(verdicts: Iterable[str]) -> str:
    """The verdict on a claim that holds if all of its parts do: the first of this order that occurs."""
    found = set(verdicts)
    order = (NOT_TESTED, FLIPPED, NOT_REPRODUCED, INCONCLUSIVE, *reversed(ON_THE_CLAIMED_SIDE))
    return next((verdict for verdict in order if verdict in found), NOT_TESTED)


def contradict(first: str, second: str) -> bool:
    """Whether two verdicts exclude each other; what either leaves open contradicts nothing."""
    answers = (*DECIDED, INCONCLUSIVE_ON_SIZE)
    if first == second or first not in answers or second not in answers:
        return False
    on_size = INCONCLUSIVE_ON_SIZE in (first, second)
    return not (on_size and first in ON_THE_CLAIMED_SIDE and second in ON_THE_CLAIMED_SIDE)
