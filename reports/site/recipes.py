"""Code to copy, by strategy: what `impls.recipes` holds, as text."""

from __future__ import annotations

from collections.abc import Iterable

try:
    from impls import recipes
except ImportError:
    recipes = None


def recipes_of(names: Iterable[str]) -> tuple[dict[str, dict[str, str]], str]:
    """Return kind and text by strategy, and what makes a group sum residual sums."""
    if recipes is None:
        return {}, ""
    found = {name: recipes.recipe(name) for name in names}
    return {n: {"kind": r.kind, "text": r.text} for n, r in found.items() if r}, recipes.ADAPTER
