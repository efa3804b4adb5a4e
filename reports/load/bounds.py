"""What a result file may hold: length and letters of its texts, size of its numbers, depth of its facts.

Files come from anybody. What lies outside these bounds cannot be drawn or listed, so it is stopped where it is read:
a measurement with such a name or number is left out with its reason, words that only tell something are shortened.
"""

from __future__ import annotations

import hashlib
import math
import os
import unicodedata
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

#: Letters of a name (a strategy, a set, an environment), of the name of an axis, of a reason or another fact.
LONGEST_NAME, LONGEST_AXIS, LONGEST_TEXT = 120, 32, 2_000
#: Axes of a workload, and values in its table of cells, sessions and strategies: ten lines can ask for a huge one.
MOST_AXES, MOST_VALUES = 12, 5_000_000
#: An error or a tolerance beyond this is no error any more.
LARGEST_ERROR = 1e60
#: Facts of a machine or a run: levels of nesting, and entries on each.
DEEPEST, MOST_FACTS = 6, 200
#: Kinds of characters that no name holds: controls, halves of pairs, and what is not assigned (XML has no room for it).
CONTROLS = ("Cc", "Cs", "Cn")
#: Line and paragraph separators, and the marks that reverse the direction of what follows them.
SEPARATORS = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_plain(text: str) -> bool:
    """Whether a text has no control character, of any script."""
    return (text.isascii() and text.isprintable()) or not any(map(_is_control, text))


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in CONTROLS or letter in SEPARATORS


def require_name(text: str, what: str, most: int = LONGEST_NAME) -> str:
    """The text, if it can be shown as a name; ValueError says what is wrong with it."""
    if len(text) > most:
        raise ValueError(f"{what} has {len(text):,} letters ({text[:20]!r}...), expected at most {most}")
    if not is_plain(text):
        raise ValueError(f"{what} {text!r} holds a control character")
    return text


def told(text: str, most: int = LONGEST_TEXT) -> str:
    """Words for a reader: control characters become spaces, and what is too long is cut."""
    if len(text) > most:
        text = text[: most - 1] + "…"
    return text if is_plain(text) else "".join(" " if _is_control(letter) else letter for letter in text)


def short_name(text: str, most: int = LONGEST_NAME) -> str:
    """A name that other programs chose: as it is where it can be shown, else cut, with a mark that keeps it apart."""
    if len(text) <= most and is_plain(text):
        return text
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return told(text[: most - len(mark) - 1]) + "~" + mark


def facts(value: Any, level: int = 0) -> Any:
    """A record as it came, with every text within bounds and what is nested too deeply left out."""
    if isinstance(value, str):
        return told(value)
    if isinstance(value, Mapping) and level < DEEPEST:
        items = list(value.items())[:MOST_FACTS]
        return {told(str(key), LONGEST_NAME): facts(item, level + 1) for key, item in items}
    if isinstance(value, list) and level < DEEPEST:
        return [facts(item, level + 1) for item in value[:MOST_FACTS]]
    return value if value is None or isinstance(value, (bool, int, float)) else None


def require_within(value: float, key: str, low: float, high: float) -> float:
    """The number, if it is NaN or lies between two bounds; ValueError names it where it does not."""
    if not (math.isnan(value) or low <= value <= high):
        raise ValueError(f"{key} is {value:g}, expected {low:g} to {high:g}")
    return value


def shown(path: PurePath) -> str:
    """A path as it can be printed, whatever bytes its name is made of."""
    return told(os.fsencode(path.as_posix()).decode("utf-8", "replace"))
