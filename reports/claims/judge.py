"""Claims against evidence: one entry for every claim, variant, and environment."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from reports import words
from reports.claims import counted, verdicts
from reports.claims.evidence import Evidence, Interval, Site, Spot, over_best, ratio
from reports.claims.model import IN_WORDS, Book, Claim, Entry, Place, Variant
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
    rule, claimed = _rule_on_ratios(entry.claim)
    sized = entry.claim.rule == "ratio" or entry.claim.rule in IN_WORDS
    decide(entry, ratio(spot, numerator, denominator), rule, claimed=claimed, sized=sized)
    if math.isnan(entry.low):
        entry.reason = "a single session has no interval"


def _rule_on_ratios(claim: Claim) -> tuple[verdicts.Rule, str]:
    """Rule that takes the ends of an interval of a ratio, and what the claim says of its direction."""
    if claim.rule in IN_WORDS:
        return partial(verdicts.of_direction, claimed=IN_WORDS[claim.rule]), IN_WORDS[claim.rule]
    if claim.rule == "cause":
        return verdicts.of_cause, ""
    if claim.rule == "tie":
        return verdicts.of_tie, verdicts.EQUAL
    assert claim.published is not None
    rule = partial(verdicts.of_ratio, claim.published, reach=claim.published_reach)
    return rule, verdicts.claimed_side(claim.published)


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
    """Map the axis at every setting of the axes beside it; judge what lies in the region, if that is a region.

    The number is that of the worst cell in it.
    """
    claim, variant, place = entry.claim, entry.variant, entry.variant.place
    assert place is not None
    subject, axis, beside, against = (
        claim.setting(variant, key) for key in ("subject", "axis", "beside", "against")
    )
    inside: list[tuple[Interval, float]] = []
    lost = ""
    for spot in evidence.spots(place, site, free=(*beside, axis)):
        note_run(entry, place, evidence, site, spot)
        interval, best = over_best(spot, subject, spot.contenders() if against == [EVERY] else against)
        entry.cells.append(_region_cell(entry, spot, interval, best))
        if entry.cells[-1]["in_region"] and not math.isnan(interval.ratio):
            inside.append((interval, spot.seconds(subject)))
        elif entry.cells[-1]["in_region"]:
            lost = f"at {axis} {words.size(spot.sizes()[axis])}: {untimed(spot, subject)}"
    if not _is_region(entry.cells):
        entry.reason = lost if lost and not inside else _no_region(entry, place)
        return
    entry.reason = lost or entry.reason
    interval, entry.base_seconds = max(inside, key=lambda each: each[0].ratio)
    take(entry, interval)
    region = [cell for cell in entry.cells if cell["in_region"]]
    entry.verdict = verdicts.of_region(cell["fine"] for cell in region)
    # A part of the region is as large without its uncertain sizes, if some hold and some fail for certain.
    firm = [verdicts.is_firm(_fine, *(cell[key] for key in ("ratio", "low", "high"))) for cell in region]
    sure = {cell["fine"] for cell, certain in zip(region, firm, strict=True) if certain}
    entry.firm = all(firm) or (entry.verdict == verdicts.DIRECTION_ONLY and sure >= {True, False})


def _region_cell(entry: Entry, spot: Spot, interval: Interval, best: str) -> dict[str, Any]:
    """Return what the map of a region says of one cell; `at` is its size on the axis."""
    axis, least, beside = (entry.claim.setting(entry.variant, key) for key in ("axis", "at_least", "beside"))
    sizes = spot.sizes()
    told = {"at": sizes[axis], "setting": {name: sizes[name] for name in beside}, "best": best}
    told |= {"in_region": sizes[axis] >= least, "fine": verdicts.is_fine(interval.low, interval.high)}
    return told | {"ratio": interval.ratio, "low": interval.low, "high": interval.high}


def _sizes_by_setting(cells: list[dict[str, Any]]) -> Counter[tuple[float, ...]]:
    """Count the timed sizes in the region at each setting of the other axes."""
    return Counter(
        tuple(cell["setting"].values())
        for cell in cells
        if cell["in_region"] and not math.isnan(cell["ratio"])
    )


def _is_region(cells: list[dict[str, Any]]) -> bool:
    """Whether there are sizes enough, at settings enough."""
    whole = [count for count in _sizes_by_setting(cells).values() if count >= verdicts.REGION_SIZES]
    return len(whole) >= verdicts.REGION_SETTINGS


def _no_region(entry: Entry, place: Place) -> str:
    """Say how many cells there are, and how many a region takes."""
    axis, least, beside = (entry.claim.setting(entry.variant, key) for key in ("axis", "at_least", "beside"))
    what = f"{place.title}, {axis} {words.size(least)} or more"
    found = _sizes_by_setting(entry.cells)
    if not found:
        return f"{what}: not measured here (set {' or '.join(place.benchmarks)})"
    here = words.count(sum(found.values()), "size")
    if len(found) > 1:
        here += f" at {len(found)} settings of {words.listing(beside)}"
    return (
        f"{what}: {here} measured here, and no region; that takes at least {verdicts.REGION_SIZES} sizes at each of "
        f"{verdicts.REGION_SETTINGS} settings of {words.listing(beside)} (set {place.benchmarks[0]})"
    )


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
        spot = next((s for s in evidence.spots(place, site, free=(axis,)) if s.sizes()[axis] == size), None)
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
    **dict.fromkeys((*IN_WORDS, "cause"), _ratio),
    "correctness": _correctness,
    "region": _region,
    "growth": _growth,
    "at_most": _at_most,
    **counted.BY_RULE,
}


def of_site(entries: list[Entry], machine: str, env: str) -> Iterator[Entry]:
    """The entries of one environment."""
    return (entry for entry in entries if (entry.machine, entry.env) == (machine, env))
