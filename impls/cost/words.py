"""What is said beside a choice: whose machine it rests on, and why it is the one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Optional, Sequence

from .profile import Profile

if TYPE_CHECKING:
    from .choose import Option, Question


def whose_words(profile: Profile) -> str:
    """Return whose machine a profile is of, and that it is another's where it is."""
    cpu, cores = profile.key.get("cpu"), profile.key.get("cores")
    told = f"{profile.machine} ({cpu}, {cores} cores)" if cpu else profile.machine
    return told if profile.is_of_this_machine else f"{told}, another machine than this one"


def why_words(told: Sequence[Option], quickest: Optional[Option], question: Question, outside: str) -> str:
    """Return why the first of some options is named: by how much, what would be faster still, how far outside."""
    best, second = told[0], told[1] if len(told) > 1 else None
    parts = [outside] if outside else []
    if second is None:
        parts.append(f"{best.name} is the only strategy allowed")
    else:
        ratio = second.total_s / best.total_s
        word = "about as fast as" if ratio < 1.005 else f"{ratio:.2f} times as fast as"
        calls = "" if question.calls == 1 else f" over {question.calls:,} calls"
        parts.append(f"{best.name} is predicted {word} {second.name}{calls}")
    if quickest is not None and quickest.name != best.name and quickest.seconds < 0.95 * best.seconds:
        more = quickest.first_s - best.first_s
        calls_needed = math.ceil(more / (best.seconds - quickest.seconds))
        parts.append(
            f"{quickest.name} would take {quickest.seconds / best.seconds:.2g} of the time a call, but its first costs "
            f"{more:.2g} s more, so it pays from {calls_needed:,} calls on"
        )
    return sentence("; ".join(parts) + ".")


def sentence(text: str) -> str:
    """Return a text that begins as a sentence does; a strategy's name keeps its small letter."""
    return "O" + text[1:] if text.startswith("outside") else text
