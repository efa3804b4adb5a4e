"""The rooms whose strategies can be asked for by size: what each is asked, and what its strategies need."""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Tuple

from . import scatter, vlad


class Chooser(NamedTuple):
    """A room that answers by itself: its axes, its `choose`, `options` and strategies, and whether it has stages."""

    axes: Tuple[str, ...]
    choose: Callable[..., Any]
    options: Callable[..., Any]
    strategy: Callable[[str], Any]
    staged: bool


CHOOSERS: Dict[str, Chooser] = {
    "vlad": Chooser(("T", "L", "F", "K"), vlad.choose, vlad.options, vlad.get, True),
    "scatter": Chooser(("N", "F", "M"), scatter.choose, scatter.options, scatter.get, False),
}


def needs() -> Dict[str, Tuple[str, ...]]:
    """Return the import names beyond NumPy of every strategy of these rooms."""
    found = {name: scatter.get(name).requires for name in scatter.strategies()}
    found.update({name: vlad.get(name).requires for name in vlad.strategies()})
    return found
