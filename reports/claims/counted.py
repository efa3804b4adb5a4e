"""Rules on more than the ratio of two times: errors and accuracies, growth of a gain, the best and its memory.

A quantity that is drawn at random has a value for each seed, and its interval is over seeds. One that is not has a
single value, and its interval is a point: it is the same in every session.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reports.analyse.intervals import over_sessions
from reports.claims import verdicts
from reports.claims.evidence import Evidence, Interval, Site, Spot, interval_of, over_best
from reports.claims.model import Entry, Place
from reports.claims.spots import decide, find_spot, untimed


def over_seeds(values: np.ndarray) -> Interval:
    """Mean of values (seeds,) with its 95 % t interval; a point where all are alike, infinite or not, NaN for none."""
    if not len(values) or (values == values[0]).all():
        return Interval(*[float(values[0]) if len(values) else math.nan] * 3)
    found = over_sessions(values[None, :])
    return Interval(*(float(each[0]) for each in (found.mean, found.low, found.high)))


def difference(first: Interval, second: Interval) -> Interval:
    """First minus second, each with its own independent error."""
    mean = first.ratio - second.ratio
    # a point has no reach, even one at infinity
    reach = math.hypot(
        *(0.0 if each.high == each.ratio else each.high - each.ratio for each in (first, second))
    )
    return Interval(mean, mean - reach, mean + reach)


def _settings(entry: Entry, *keys: str) -> list[Any]:
    return [entry.claim.setting(entry.variant, key) for key in keys]


def _values(entry: Entry, evidence: Evidence, spot: Spot, impl: str, quantity: str) -> np.ndarray | None:
    """A strategy's quantity, noted in the entry's cells; None, with the reason in the entry, where there is none."""
    found = evidence.quantity(spot, impl, quantity)
    lost = int(np.isnan(found).sum())
    if not len(found) or lost:
        status, _ = spot.outcome(impl)
        if status != "ok":
            entry.reason = untimed(spot, impl)
        elif lost:
            entry.reason = (
                f"{impl} gave no answer for {lost} of {len(found)} seeds, so its {quantity} are not known"
            )
        else:
            entry.reason = f"{impl}: the journal has no {quantity}; measure again"
        return None
    entry.cells.append({"impl": impl, quantity: float(found.mean()), "values": len(found)})
    return found


def _quantity(entry: Entry, evidence: Evidence, site: Site) -> None:
    """A value against the published one."""
    spot = _at(entry, entry.variant.place, evidence, site)
    subject, quantity, unit = _settings(entry, "subject", "quantity", "unit")
    found = _values(entry, evidence, spot, subject, quantity) if spot else None
    if found is None:
        return
    published = entry.claim.published
    assert published is not None
    rule = partial(verdicts.of_value, published)
    decide(entry, over_seeds(found * (unit or 1.0)), rule, ratio=False, sized=True)


def _less(entry: Entry, evidence: Evidence, site: Site) -> None:
    """How many times less of something one strategy has than another; it may stand at a place of its own."""
    subject, against, quantity, elsewhere = _settings(
        entry, "subject", "against", "quantity", "against_place"
    )
    spot = _at(entry, entry.variant.place, evidence, site)
    other = _at(entry, elsewhere or entry.variant.place, evidence, site) if spot else None
    if spot is None or other is None:
        return
    own = _values(entry, evidence, spot, subject, quantity)
    beside = _values(entry, evidence, other, against, quantity) if own is not None else None
    if own is None or beside is None:
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = difference(over_seeds(np.log(beside)), over_seeds(np.log(own)))
    interval = Interval(*(math.exp(each) for each in (logs.ratio, logs.low, logs.high)))
    decide(entry, interval, verdicts.of_direction, claimed=verdicts.ABOVE)
    if math.isnan(entry.low):
        both = not own.any() and not beside.any()
        entry.reason = (
            "both are zero" if both else f"{quantity} of zero for some seeds only: no ratio has an interval"
        )


def _keeps(entry: Entry, evidence: Evidence, site: Site) -> None:
    """What a strategy has more of something than another, which is to be no loss, or (unless it holds) to be one."""
    subject, against, quantity, within, holds = _settings(
        entry, "subject", "against", "quantity", "within", "holds"
    )
    spot = _at(entry, entry.variant.place, evidence, site)
    own = _values(entry, evidence, spot, subject, quantity) if spot else None
    beside = _values(entry, evidence, spot, against, quantity) if spot and own is not None else None
    if own is None or beside is None:
        return
    floor = entry.claim.setting(entry.variant, "floor")
    if floor is not None and beside.mean() < floor:
        entry.reason = f"{against} itself has {beside.mean():.3f}, below {floor:g}: there is nothing to lose"
        return
    decide(
        entry,
        difference(over_seeds(own), over_seeds(beside)),
        lambda low, high: verdicts.of_keeping(within, low, high, holds is not False),
        ratio=False,
    )


def _gain(entry: Entry, evidence: Evidence, site: Site) -> None:
    """By how much the ratio of two times grows when an axis grows by a factor; paired by session."""
    numerator, denominator, axis, factor = _settings(entry, "numerator", "denominator", "axis", "factor")
    place = entry.variant.place
    near = _at(entry, place, evidence, site)
    if near is None or place is None:
        return
    size = place.cell[axis] * factor
    far = next((s for s in evidence.spots(place, site, free=(axis,)) if s.sizes()[axis] == size), None)
    if far is None:
        entry.reason = f"{place.title}, {axis} {size:g}: not measured here"
        return
    found = []
    for spot in (near, far):
        missing = next((name for name in (numerator, denominator) if math.isnan(spot.seconds(name))), None)
        if missing:
            entry.reason = f"at {axis} {spot.sizes()[axis]:g}: {untimed(spot, missing)}"
            return
        found.append(spot.logs(numerator) - spot.logs(denominator))
        entry.cells.append({"at": spot.sizes()[axis], "ratio": interval_of(found[-1]).ratio})
    entry.base_seconds = near.seconds(numerator)
    published = entry.claim.published
    assert published is not None
    rule, claimed = partial(verdicts.of_ratio, published), verdicts.claimed_side(published)
    decide(entry, interval_of(found[1] - found[0]), rule, claimed=claimed, sized=True)


def _best_exact(entry: Entry, evidence: Evidence, site: Site) -> None:
    """Time of a baseline over that of the best exact strategy in each session."""
    baseline, least = _settings(entry, "baseline", "at_least")
    spot = _at(entry, entry.variant.place, evidence, site)
    if spot is None:
        return
    entry.base_seconds = spot.seconds(baseline)
    interval, best = over_best(spot, baseline, spot.exact())
    if math.isnan(interval.ratio):
        entry.reason = untimed(spot, baseline) if math.isnan(entry.base_seconds) else "no exact strategy"
        return
    entry.cells = [{"best": best, "seconds": spot.seconds(best)}]
    decide(entry, interval, partial(verdicts.of_least, least))
    if math.isnan(entry.low):
        entry.reason = "a single session has no interval"


def _leading_memory(entry: Entry, evidence: Evidence, site: Site) -> None:
    """The most bytes beyond inputs and result that any of the fastest exact strategies needs, over a limit."""
    leading, most = _settings(entry, "leading", "most_bytes")
    spot = _at(entry, entry.variant.place, evidence, site)
    if spot is None:
        return
    first = sorted(spot.exact(), key=spot.seconds)[:leading]
    entry.cells = [{"impl": impl, "seconds": spot.seconds(impl), "bytes": spot.bytes(impl)} for impl in first]
    unknown = [impl for impl in first if math.isnan(spot.bytes(impl))]
    if unknown or len(first) < leading:
        entry.reason = (
            f"{unknown[0]} was not weighed" if unknown else f"fewer than {leading} exact strategies"
        )
        return
    share = max(spot.bytes(impl) for impl in first) / most
    entry.measured = entry.low = entry.high = share
    entry.verdict = verdicts.REPRODUCED if share <= 1 else verdicts.NOT_REPRODUCED


def _at(entry: Entry, place: Place | None, evidence: Evidence, site: Site) -> Spot | None:
    assert place is not None
    return find_spot(entry, place, evidence, site)


BY_RULE: dict[str, Callable[[Entry, Evidence, Site], None]] = {
    "quantity": _quantity,
    "less": _less,
    "keeps": _keeps,
    "gain": _gain,
    "best_exact": _best_exact,
    "leading_memory": _leading_memory,
}
