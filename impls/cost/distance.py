"""How far outside what was measured a question lies, and what of it, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .profile import Entry

if TYPE_CHECKING:
    from .choose import Question


class Distance(NamedTuple):
    """How far outside what was measured a question lies, and what of it, in words."""

    octaves: float
    words: str


def distance(entry: Entry, question: Question) -> Distance:
    """Return how far a question lies outside what was measured: in sizes, in whole arrays, in the dtype."""
    model = entry.model
    names, past = model.beyond(np.array([question.sizes], dtype=float), question.itemsize)
    worst = int(np.abs(past[0]).argmax())
    octaves = float(abs(past[0, worst]))
    if octaves > 0:
        return Distance(octaves, _outside_words(entry, question, names[worst], bool(past[0, worst] > 0)))
    if question.itemsize not in set(model.settings[:, 0].tolist()):
        return Distance(
            1.0, f"outside what was measured: {_float_words(question)} was not, only other numbers"
        )
    return Distance(0.0, "")


def _outside_words(entry: Entry, question: Question, name: str, above: bool) -> str:
    """By how much a size or an array exceeds the largest measured, of the same dtype where there is one."""
    model = entry.model
    by_axis = dict(zip(model.axes, question.sizes))
    value = float(np.prod([float(by_axis[axis]) for axis in name.split("*")]))
    own = model.hull_of(question.itemsize)
    low, high = (own or model.hull)[name]
    bound = high if above else low
    ratio = value / bound if above else bound / value
    what = "largest" if above else "smallest"
    where = f" in {_float_words(question)}" if own else ""
    how = f"{ratio:.3g} times the {what}" if above else f"{ratio:.3g} times smaller than the {what}"
    return f"outside what was measured{where}: {name} = {value:,.0f} is {how} ({bound:,.0f})"


def _float_words(question: Question) -> str:
    return f"float{8 * question.itemsize}"
