"""What all rules do with an entry: find its cell, note the run, take a number, say why there is none."""

from __future__ import annotations

from reports.claims.evidence import Evidence, Interval, Site, Spot
from reports.claims.model import Entry, Place
from reports.claims.verdicts import Rule, direction, is_firm, size


def find_spot(entry: Entry, place: Place, evidence: Evidence, site: Site) -> Spot | None:
    """The cell of a place, noted in the entry with its run; without one the entry says which set is missing."""
    found = next(evidence.spots(place, site), None)
    if found is None:
        entry.reason = f"{place.title}: not measured here (set {' or '.join(place.benchmarks)})"
        return None
    note_run(entry, place, evidence, site, found)
    return found


def note_run(entry: Entry, place: Place, evidence: Evidence, site: Site, spot: Spot) -> None:
    """Note in the entry which run its numbers are from, and whether that came to its end."""
    run = evidence.run(place, site, spot.benchmark)
    entry.benchmark = spot.benchmark
    if run is not None:
        entry.run, entry.commit = run.run, run.commit
        if not run.finished:
            entry.reason = "from a run that was interrupted"


def take(entry: Entry, interval: Interval) -> None:
    """Note the number and its interval in the entry."""
    entry.measured, entry.low, entry.high = interval.ratio, interval.low, interval.high


def decide(
    entry: Entry, interval: Interval, rule: Rule, ratio: bool = True, claimed: str = "", sized: bool = False
) -> None:
    """Note the number, its interval, the verdict, and whether that is firm.

    Parameters
    ----------
    entry : Entry
    interval : Interval
    rule : callable
        Takes the ends of the interval, gives the verdict.
    ratio : bool
        Whether distances are those of logarithms.
    claimed : str
        What the claim says of the ratio's direction, where it says anything; its answer is noted.
    sized : bool
        Whether a published number is there to compare with; its answer is noted.
    """
    take(entry, interval)
    if claimed:
        entry.direction = direction(claimed, entry.low, entry.high)
    if sized and entry.claim.published is not None:
        entry.size = size(entry.claim.published, entry.low, entry.high, entry.claim.published_reach)
    entry.verdict = rule(entry.low, entry.high)
    entry.firm = is_firm(rule, entry.measured, entry.low, entry.high, ratio)


def untimed(spot: Spot, impl: str) -> str:
    """Why a strategy has no time at a spot."""
    status, reason = spot.outcome(impl)
    return f"{impl} has no time: {': '.join(filter(None, (status, reason))) or 'it was not measured'}"
