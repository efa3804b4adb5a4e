"""One sentence an entry: what was claimed, what was found, and by which numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from reports import words
from reports.claims import telling, verdicts
from reports.claims.model import IN_WORDS, PLAIN, Entry


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
    if entry.claim.rule == "at_most":
        return f"+{words.ratio(entry.measured)} the output", ""
    return words.ratio(entry.measured), "" if exact else words.interval(entry.low, entry.high)


def speed(ratio: float, numerator: str, denominator: str) -> str:
    """`optvec is 1.55× as fast as looping`: the number is that of the tables, also where it is below 1."""
    return f"{denominator} is {words.ratio(ratio)} as fast as {numerator}"


def size_words(entry: Entry) -> str:
    """Answer on the size as a table shows it; empty where no size was published or the direction is another one."""
    if entry.direction not in ("", verdicts.AS_CLAIMED):
        return ""
    return SIZES.get(entry.size, "")


SIZES = {verdicts.SAME: "same size", verdicts.DIFFERENT: "another size", verdicts.OPEN: "size open"}


def _measured_speed(entry: Entry, numerator: str, denominator: str) -> str:
    ends = words.interval(entry.low, entry.high)
    return speed(entry.measured, numerator, denominator) + (f" {ends}" if ends else "")


def _ratio(entry: Entry) -> str:
    numerator, denominator = (entry.claim.setting(entry.variant, key) for key in ("numerator", "denominator"))
    told = _measured_speed(entry, numerator, denominator)
    published = entry.claim.published
    tie = entry.claim.rule == "tie"
    claimed = words.ratio(published) if published else ""
    endings = {
        verdicts.REPRODUCED: "as it would be if the claim held" if tie else f"as published ({claimed})",
        verdicts.DIRECTION_ONLY: f"in the published direction, with another size ({claimed})",
        verdicts.INCONCLUSIVE_ON_SIZE: f"in the published direction; its size ({claimed}) is left open",
        verdicts.NOT_REPRODUCED: f"where {'the same speed was to be expected' if tie else f'{claimed} was published'}",
        verdicts.FLIPPED: f"the other way round than published ({claimed})",
        verdicts.INCONCLUSIVE: "which decides nothing" + (f": {entry.reason}" if entry.reason else ""),
    }
    return f"{told}, {endings[entry.verdict]}; {numerator} takes {words.seconds(entry.base_seconds)}."


def _in_words(entry: Entry) -> str:
    """A direction, and beside it the size that was published with it."""
    numerator, denominator = (entry.claim.setting(entry.variant, key) for key in ("numerator", "denominator"))
    told = f"{_measured_speed(entry, numerator, denominator)}, {telling.ENDINGS[entry.verdict]}"
    if entry.claim.published:
        size = size_words(entry)
        told += f" ({words.ratio(entry.claim.published)} was published{': ' + size if size else ''})"
    return f"{told}; {numerator} takes {words.seconds(entry.base_seconds)}."


def _cause(entry: Entry) -> str:
    """What has as little of the claimed remedy, and is no slower, says that the cause is another one."""
    numerator, denominator, lacking = (
        entry.claim.setting(entry.variant, key) for key in ("numerator", "denominator", "lacking")
    )
    told = f"{denominator}, which lacks {lacking} as well, is {words.ratio(entry.measured)}"
    ends = words.interval(entry.low, entry.high)
    told += f"{' ' + ends if ends else ''} as fast as {numerator} ({words.seconds(entry.base_seconds)})"
    if entry.verdict == verdicts.INCONCLUSIVE:
        return f"{told}: the claim would have it so, and so would other causes."
    if entry.measured > 1:
        return f"{told}: something else makes {numerator} slow."
    return f"{told}: {numerator} is not slow."


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
    outside = [cell for cell in entry.cells if not cell["in_region"]]
    settings = {tuple(cell["setting"].values()) for cell in inside}
    worst = max(inside, key=lambda cell: cell["ratio"] if math.isfinite(cell["ratio"]) else -math.inf)
    where = ", ".join(
        f"{name} {words.size(size)}" for name, size in ({axis: worst["at"]} | worst["setting"]).items()
    )
    ends = words.interval(entry.low, entry.high)
    told = (
        f"{subject} is within 10 % of the best in {_fine_of(inside)} with {axis} "
        f"{words.size(claim.setting(variant, 'at_least'))} or more, at {words.count(len(settings), 'setting')} of "
        f"{words.listing(worst['setting'])}; at its worst ({where}) it takes {words.ratio(entry.measured)}"
        f"{' ' + ends if ends else ''} the time of {worst['best']} ({words.seconds(entry.base_seconds)})"
    )
    return f"{told}; elsewhere it is in {_fine_of(outside)}." if outside else f"{told}."


def _fine_of(cells: list[dict[str, Any]]) -> str:
    return f"{sum(cell['fine'] is True for cell in cells)} of {words.count(len(cells), 'size')}"


def glimpse(entries: Iterable[Entry]) -> str:
    """What the few cells said that were measured of a region and make none; empty where there are none."""
    told = [
        (cell["ratio"], entry)
        for entry in entries
        if entry.claim.rule == "region" and entry.verdict == verdicts.NOT_TESTED
        for cell in entry.cells
        if cell["in_region"] and math.isfinite(cell["ratio"])
    ]
    if not told:
        return ""
    ratios, entry = [ratio for ratio, _ in told], told[0][1]
    share = words.ratio_range(min(ratios), max(ratios))
    return f"so far {entry.claim.setting(entry.variant, 'subject')} takes {share} the time of the best"


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
    **dict.fromkeys(IN_WORDS, _in_words),
    "cause": _cause,
    "correctness": _correctness,
    "region": _region,
    "growth": _growth,
    "at_most": _at_most,
    **telling.BY_RULE,
}
