"""Names as people type them: another case is taken, a near miss is answered with what was probably meant."""

from __future__ import annotations

import difflib
from typing import Iterable


def meant(name: str, known: Iterable[str], what: str) -> str:
    """Return the known name that is meant: the same one, or the only one that differs in case alone.

    Raises
    ------
    ValueError
        If there is none: with the nearest names, or all of them where none is near.
    """
    names = list(known)
    if name in names:
        return name
    alike = [each for each in names if each.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    by_case = {each.lower(): each for each in names}
    near = [by_case[each] for each in difflib.get_close_matches(name.lower(), by_case, n=3, cutoff=0.6)]
    hint = f"did you mean {' or '.join(near)}?" if near else "there are " + ", ".join(names)
    raise ValueError(f"no {what} named {name}: {hint}" if near else f"no {what} named {name}; {hint}")
