"""One sentence an entry: what was claimed, what was found, and by which numbers."""

from __future__ import annotations

import math
import re
from typing import Any

from reports import words
from reports.claims import telling, verdicts
from reports.claims.model import PLAIN, Entry


def sentence(entry: Entry) -> str:
    """What to conclude from an entry, in one sentence."""
    if entry.verdict == verdicts.NOT_TESTED:
        return f"Not tested: {entry.reason.rstrip('.')}."
    return BY_RULE[entry.claim.rule](entry) + _measured_on(entry)


def _measured_on(entry: Entry) -> str:
    """Say which hardware it was, where a group in the claim's pattern of environments is named after it."""
    found = re.search(entry.claim.envs, entry.env)
    named = found.groupdict() if found else {}
    return "".join(f" The {name} here is a {value.upper()}." for name, value in named.items() if value)


def shown(entry: Entry) -> tuple[str, str]:
    """The number of an entry and its interval as a table shows them; empty where there is none."""
    if not math.isfinite(entry.measured):
        return "", ""
    exact, plain = entry.low == entry.high, entry.claim.rule in PLAIN
    if plain:
        ends = "" if exact or math.isnan(entry.low) else f"[{entry.low:.3g}, {entry.high:.3g}]"
        return f"{entry.measured:.3g}", ends
    return words.ratio(entry.measured), "" if exact else words.interval(entry.low, entry.high)


def faster(ratio: float, numerator: str, denominator: str) -> str:
    """`optvec takes 0.64× the time of looping`, said so that the larger number is the one that is told."""
    if ratio >= 1:
        return f"{denominator} is {words.ratio(ratio)} as fast as {numerator}"
    return f"{denominator} takes {words.ratio(1 / ratio)} the time of {numerator}"


def span(entry: Entry, invert: bool = False) -> str:
    """The interval in brackets with a space before it; empty when there is none."""
    ends = (1 / entry.high, 1 / entry.low) if invert else (entry.low, entry.high)
    told = words.interval(*ends)
    return f" {told}" if told else ""


def _ratio(entry: Entry) -> str:
    numerator, denominator = (entry.claim.setting(entry.variant, key) for key in ("numerator", "denominator"))
    published = entry.claim.published
    if published is None:
        return _direction(entry, numerator, denominator)
    told = faster(entry.measured, numerator, denominator) + span(entry, invert=entry.measured < 1)
    base = f"{numerator} takes {words.seconds(entry.base_seconds)}"
    side = published if entry.measured >= 1 else 1 / published
    tie, claimed = entry.claim.rule == "tie", words.ratio(side)
    endings = {
        verdicts.REPRODUCED: "as it would be if the claim held" if tie else f"as published ({claimed})",
        verdicts.DIRECTION_ONLY: f"on the published side, with another size ({claimed})",
        verdicts.NOT_REPRODUCED: f"where {_published_as(published, numerator, denominator)}",
        verdicts.FLIPPED: f"the other way round than published ({faster(published, numerator, denominator)})",
        verdicts.INCONCLUSIVE: "which decides nothing" + (f": {entry.reason}" if entry.reason else ""),
    }
    return f"{told}, {endings[entry.verdict]}; {base}."


def _direction(entry: Entry, numerator: str, denominator: str) -> str:
    told = faster(entry.measured, numerator, denominator) + span(entry, invert=entry.measured < 1)
    return f"{told}, {telling.ENDINGS[entry.verdict]}; {numerator} takes {words.seconds(entry.base_seconds)}."


def _published_as(published: float, numerator: str, denominator: str) -> str:
    same = abs(math.log(published)) <= math.log(1.05)
    return (
        "the same speed was to be expected"
        if same
        else f"it was published that {faster(published, numerator, denominator)}"
    )


def _correctness(entry: Entry) -> str:
    if entry.verdict == verdicts.REPRODUCED:
        told = words.listing(
            f"{cell['impl']} is {'right' if cell['status'] == 'ok' else 'wrong'}" for cell in entry.cells
        )
        return f"As claimed: {told}."
    against = words.listing(
        f"{cell['impl']} ({cell['status']}{': ' + cell['reason'] if cell['reason'] else ''})"
        for cell in entry.cells
        if cell["as_claimed"] is False
    )
    return f"Not as claimed: {against}."


def _region(entry: Entry) -> str:
    claim, variant = entry.claim, entry.variant
    subject, axis = claim.setting(variant, "subject"), claim.setting(variant, "axis")
    inside = [cell for cell in entry.cells if cell["in_region"]]
    fine = [cell for cell in entry.cells if cell["fine"]]
    held = sum(cell["fine"] is True for cell in inside)
    worst = max(inside, key=lambda cell: cell["ratio"] if math.isfinite(cell["ratio"]) else -math.inf)
    less = entry.measured < 1
    share = words.ratio(1 / entry.measured if less else entry.measured) + span(entry, invert=less)
    told = (
        f"{subject} is within 10 % of the best in {held} of {words.count(len(inside), 'size')} with "
        f"{axis} {claim.setting(variant, 'at_least'):g} or more; at {axis} {words.size(worst['at'])} it "
        f"{'is' if less else 'takes'} {share} {'as fast as' if less else 'the time of'} {worst['best']} "
        f"({words.seconds(entry.base_seconds)})"
    )
    where = ", ".join(words.size(cell["at"]) for cell in fine)
    return (
        f"{told}; on the whole line it is fine at {axis} {where}."
        if fine
        else f"{told}, and it is fine at no size."
    )


def _growth(entry: Entry) -> str:
    told = ", ".join(f"{cell['axis']} {cell['exponent']:.2f}" for cell in entry.cells)
    word = "proportional to each of" if entry.verdict == verdicts.REPRODUCED else "not proportional to all of"
    axes = words.listing(str(cell["axis"]) for cell in entry.cells)
    return f"{entry.claim.setting(entry.variant, 'subject')}'s extra memory is {word} {axes} (exponents: {told})."


def _at_most(entry: Entry) -> str:
    cell: dict[str, Any] = entry.cells[0]
    subject = entry.claim.setting(entry.variant, "subject")
    return (
        f"{subject} holds {words.in_bytes(cell['bytes'])} beyond inputs and result, {words.ratio(entry.measured)} "
        f"the {words.in_bytes(cell['output_bytes'])} of the output."
    )


BY_RULE = {
    "ratio": _ratio,
    "tie": _ratio,
    "faster": _ratio,
    "correctness": _correctness,
    "region": _region,
    "growth": _growth,
    "at_most": _at_most,
    **telling.BY_RULE,
}
