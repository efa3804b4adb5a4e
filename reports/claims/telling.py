"""Sentences of the rules in `counted`: what was claimed, what was found, and by which numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from reports import words
from reports.claims import verdicts
from reports.claims.model import Entry

#: What a verdict says of a claim that names a direction and no size.
ENDINGS = {
    verdicts.REPRODUCED: "as claimed",
    verdicts.NOT_REPRODUCED: "a tie where a difference was claimed",
    verdicts.FLIPPED: "the other way round than claimed",
    verdicts.INCONCLUSIVE: "which decides nothing",
}


def _get(entry: Entry, key: str) -> Any:
    return entry.claim.setting(entry.variant, key)


def _ends(entry: Entry, plain: bool = False) -> str:
    """The interval in brackets with a space before it; empty for a point."""
    if entry.low == entry.high:
        return ""
    told = f"[{entry.low:.3g}, {entry.high:.3g}]" if plain else words.interval(entry.low, entry.high)
    return f" {told}" if told else ""


def _called(entry: Entry) -> str:
    """What people call the quantity."""
    return str(_get(entry, "called") or _get(entry, "quantity").replace("_", " "))


def _seeds(entry: Entry) -> str:
    most = max((cell["values"] for cell in entry.cells), default=1)
    return f" over {most} seeds" if most > 1 else ""


def _quantity(entry: Entry) -> str:
    endings = {
        verdicts.REPRODUCED: "as published",
        verdicts.NOT_REPRODUCED: "another value than published",
        verdicts.INCONCLUSIVE: "which decides nothing",
    }
    return (
        f"{_get(entry, 'subject')}: {_called(entry)} {entry.measured:.4g}{_ends(entry, True)}"
        f"{_seeds(entry)}, {endings[entry.verdict]} ({entry.claim.published:.4g})."
    )


def _less(entry: Entry) -> str:
    quantity = _get(entry, "quantity")
    own, beside = (f"{cell['impl']} {cell[quantity]:.3g}" for cell in entry.cells)
    ratio = words.ratio(entry.measured or math.nan)
    told = f"; {_get(entry, 'against')} has {ratio}{_ends(entry)} as much" if ratio else ""
    return f"{_called(entry)}: {own}, {beside}{told}, {ENDINGS[entry.verdict]}."


def _keeps(entry: Entry) -> str:
    quantity, within = _get(entry, "quantity"), _get(entry, "within")
    own, beside = (f"{cell['impl']} {cell[quantity]:.3f}" for cell in entry.cells)
    kept = entry.low >= -within
    told = "no loss" if kept else "a loss" if entry.high < -within else "which decides nothing"
    return (
        f"{_called(entry)}: {own}{_seeds(entry)}, {beside}; a difference of {entry.measured:+.3f}"
        f"{_ends(entry, True)}, {told} by the limit of {within:g}."
    )


def _gain(entry: Entry) -> str:
    numerator, denominator, axis = (_get(entry, key) for key in ("numerator", "denominator", "axis"))
    ratios = words.listing(
        f"{words.ratio(cell['ratio'])} at {axis} {words.size(cell['at'])}" for cell in entry.cells
    )
    assert entry.claim.published is not None
    claimed = words.ratio(entry.claim.published)
    endings = {
        verdicts.REPRODUCED: f"as it would if the claim held ({claimed})",
        verdicts.INCONCLUSIVE_ON_SIZE: f"and whether by {claimed}, as it would if the claim held, stays open",
        verdicts.DIRECTION_ONLY: f"and would by {claimed} if the claim held",
        verdicts.NOT_REPRODUCED: f"which is no growth; it would grow by {claimed} if the claim held",
        verdicts.FLIPPED: f"a loss; it would grow by {claimed} if the claim held",
        verdicts.INCONCLUSIVE: "which decides nothing",
    }
    return (
        f"{denominator} is {ratios} as fast as {numerator}: the gain grows by {words.ratio(entry.measured)}"
        f"{_ends(entry)}, {endings[entry.verdict]}; {numerator} takes {words.seconds(entry.base_seconds)}."
    )


def _best_exact(entry: Entry) -> str:
    cell, least = entry.cells[0], words.ratio(_get(entry, "at_least"))
    endings = {
        verdicts.REPRODUCED: f"at least {least}",
        verdicts.NOT_REPRODUCED: f"less than {least}",
        verdicts.INCONCLUSIVE: f"which does not decide about {least}",
    }
    return (
        f"The best exact strategy, {cell['best']} ({words.seconds(cell['seconds'])}), is "
        f"{words.ratio(entry.measured)}{_ends(entry)} as fast as {_get(entry, 'baseline')} "
        f"({words.seconds(entry.base_seconds)}), {endings[entry.verdict]}."
    )


def _leading_memory(entry: Entry) -> str:
    told = words.listing(
        f"{cell['impl']} {words.in_bytes(cell['bytes'])} ({words.seconds(cell['seconds'])})"
        for cell in entry.cells
    )
    limit = words.in_bytes(_get(entry, "most_bytes"))
    verdict = "none needs more than" if entry.verdict == verdicts.REPRODUCED else "not all stay within"
    return f"The leading exact strategies beyond inputs and result: {told}; {verdict} {limit}."


BY_RULE: dict[str, Callable[[Entry], str]] = {
    "quantity": _quantity,
    "less": _less,
    "keeps": _keeps,
    "gain": _gain,
    "best_exact": _best_exact,
    "leading_memory": _leading_memory,
}
