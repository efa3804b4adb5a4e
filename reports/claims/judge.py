"""Claims against evidence: one entry for every claim, variant, and environment."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from reports.claims import counted, verdicts
from reports.claims.evidence import Evidence, Interval, Site, over_best, ratio
from reports.claims.model import Book, Claim, Entry, Variant
from reports.claims.sentences import sentence
from reports.claims.spots import decide, find_spot, note_run, take, untimed

#: A status that means a wrong answer or no answer, from a strategy that was tried: not a lack of time or memory.
WRONG = ("invalid", "failed", "killed")
EVERY = "*"

Judge = Callable[[Entry, Evidence, Site], None]


def judge(book: Book, evidence: Evidence) -> list[Entry]:
    """Judge all claims everywhere, in the order of the book, then of the environments."""
    return [
        _entry(claim, variant, evidence, site)
        for claim in book.claims
        for variant in claim.variants
        for site in evidence.sites()
    ]


def _entry(claim: Claim, variant: Variant, evidence: Evidence, site: Site) -> Entry:
    entry = Entry(claim, variant, site.machine, site.env, verdicts.NOT_TESTED)
    because = variant.untested or claim.settings.get("because", "")
    if because:
        entry.reason = because
    elif claim.envs and not re.search(claim.envs, site.env):
        entry.reason = claim.elsewhere
    elif not site.available:
        entry.reason = site.reason
    else:
        BY_RULE[claim.rule](entry, evidence, site)
    entry.sentence = sentence(entry)
    return entry


def _ratio(entry: Entry, evidence: Evidence, site: Site) -> None:
    assert entry.variant.place is not None
    spot = find_spot(entry, entry.variant.place, evidence, site)
    if spot is None:
        return
    numerator, denominator = (entry.claim.setting(entry.variant, key) for key in ("numerator", "denominator"))
    missing = next((name for name in (numerator, denominator) if math.isnan(spot.seconds(name))), None)
    entry.base_seconds = spot.seconds(numerator)
    if missing:
        entry.reason = untimed(spot, missing)
        return
    published = entry.claim.published
    rule = verdicts.of_direction if published is None else partial(verdicts.of_ratio, published)
    decide(entry, ratio(spot, numerator, denominator), rule)
    if math.isnan(entry.low):
        entry.reason = "a single session has no interval"


def _correctness(entry: Entry, evidence: Evidence, site: Site) -> None:
    """As claimed if each strategy is right or wrong as it should be; one that could not be tried leaves it open."""
    found = []
    for check in entry.variant.checks:
        spot = find_spot(entry, check.place, evidence, site)
        if spot is None:
            return
        status, reason = spot.outcome(check.impl)
        right = True if status == "ok" else False if status in WRONG else None
        told = {"impl": check.impl, "place": check.place.title, "status": status, "reason": reason}
        entry.cells.append(told | {"as_claimed": None if right is None else right == check.right})
        found.append(None if right is None else right == check.right)
    against = [cell for cell in entry.cells if cell["as_claimed"] is not True]
    entry.reason = "; ".join(_told(cell) for cell in against)
    if False in found:
        entry.verdict = verdicts.FLIPPED
    elif None not in found:
        entry.verdict = verdicts.REPRODUCED


def _told(cell: dict[str, object]) -> str:
    return ": ".join(str(cell[key]) for key in ("impl", "status", "reason") if cell[key])


def _region(entry: Entry, evidence: Evidence, site: Site) -> None:
    """Map the whole axis; judge what lies in the region. The number is that of the worst cell in it."""
    claim, variant = entry.claim, entry.variant
    assert variant.place is not None
    subject, axis, least = (claim.setting(variant, key) for key in ("subject", "axis", "at_least"))
    against = claim.setting(variant, "against")
    inside: list[tuple[Interval, float]] = []
    firm: list[bool] = []
    for spot in evidence.spots(variant.place, site, free=axis):
        note_run(entry, variant.place, evidence, site, spot)
        interval, best = over_best(spot, subject, spot.contenders() if against == [EVERY] else against)
        within = spot.sizes()[axis] >= least
        fine = verdicts.is_fine(interval.low, interval.high)
        if within:
            firm.append(verdicts.is_firm(_fine, interval.ratio, interval.low, interval.high))
        told = {"at": spot.sizes()[axis], "in_region": within, "best": best, "fine": fine}
        entry.cells.append(told | {"ratio": interval.ratio, "low": interval.low, "high": interval.high})
        if within and math.isnan(interval.ratio):
            entry.reason = f"at {axis} {told['at']:g}: {untimed(spot, subject)}"
        elif within:
            inside.append((interval, spot.seconds(subject)))
    if not inside:
        what = f"{variant.place.title} with {axis} {least:g} or more"
        entry.reason = (
            entry.reason or f"{what}: not measured here (set {' or '.join(variant.place.benchmarks)})"
        )
        return
    interval, entry.base_seconds = max(inside, key=lambda each: each[0].ratio)
    take(entry, interval)
    found = [cell["fine"] for cell in entry.cells if cell["in_region"]]
    entry.verdict = verdicts.of_region(found)
    # A part of the region is as large without its uncertain sizes, if some hold and some fail for certain.
    sure = {fine for fine, certain in zip(found, firm, strict=True) if certain}
    entry.firm = all(firm) or (entry.verdict == verdicts.DIRECTION_ONLY and sure >= {True, False})


def _fine(low: float, high: float) -> str:
    """A size of a region as a verdict."""
    return verdicts.of_region([verdicts.is_fine(low, high)])


def _growth(entry: Entry, evidence: Evidence, site: Site) -> None:
    """Bytes along each axis, as exponents: 1 is proportional. The number is the exponent farthest from 1."""
    claim, place = entry.claim, entry.variant.place
    assert place is not None
    base = find_spot(entry, place, evidence, site)
    if base is None:
        return
    subject, factors = claim.setting(entry.variant, "subject"), claim.setting(entry.variant, "factors")
    found = []
    for axis, factor in factors.items():
        size = place.cell[axis] * factor
        spot = next((s for s in evidence.spots(place, site, free=axis) if s.sizes()[axis] == size), None)
        grown = spot.bytes(subject) / base.bytes(subject) if spot else np.nan
        verdict = verdicts.NOT_TESTED if math.isnan(grown) else verdicts.of_ratio(factor, grown, grown)
        exponent = math.log(grown) / math.log(factor) if grown > 0 else math.nan
        entry.cells.append(
            {"axis": axis, "factor": factor, "grown": grown, "exponent": exponent, "verdict": verdict}
        )
        found.append(verdict)
    entry.verdict = verdicts.worst(found)
    if entry.verdict == verdicts.NOT_TESTED:
        entry.reason = f"{subject} was not weighed at every size"
        return
    farthest = max((cell["exponent"] for cell in entry.cells), key=lambda value: abs(value - 1))
    entry.measured = entry.low = entry.high = farthest


def _at_most(entry: Entry, evidence: Evidence, site: Site) -> None:
    """Bytes beyond inputs and result over those of the result; a count, so its interval is a point."""
    claim, place = entry.claim, entry.variant.place
    assert place is not None
    spot = find_spot(entry, place, evidence, site)
    if spot is None:
        return
    subject, output = claim.setting(entry.variant, "subject"), claim.setting(entry.variant, "output")
    size = spot.itemsize() * math.prod(spot.sizes()[axis] for axis in output)
    share = spot.bytes(subject) / size
    entry.verdict = verdicts.at_most(share)
    if math.isnan(share):
        entry.reason = f"{subject} was not weighed"
        return
    entry.measured = entry.low = entry.high = share
    entry.cells = [{"bytes": spot.bytes(subject), "output_bytes": size}]


BY_RULE: dict[str, Judge] = {
    "ratio": _ratio,
    "tie": _ratio,
    "faster": _ratio,
    "correctness": _correctness,
    "region": _region,
    "growth": _growth,
    "at_most": _at_most,
    **counted.BY_RULE,
}


def of_site(entries: list[Entry], machine: str, env: str) -> Iterator[Entry]:
    """The entries of one environment."""
    return (entry for entry in entries if (entry.machine, entry.env) == (machine, env))
