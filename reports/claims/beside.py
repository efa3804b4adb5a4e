"""What changes between the environments of a story beside its package: the interpreter, BLAS and its kernel, others.

A verdict is headed by one package's version, and the environments differ in more than that. Versions are those of the
processes that measured; BLAS library and kernel are from the machine record of the environment's own journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports import words
from reports.claims.model import Story
from reports.claims.paths import flips

#: Distribution to the name that people know it by, in the order in which they are shown.
NAMES = {"python": "Python", "numpy": "NumPy", "scipy": "SciPy", "scikit-learn": "scikit-learn"}
BLAS, KERNEL = "BLAS", "BLAS kernel"


def stack(versions: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what an environment computes with, by name: packages, BLAS library, and the kernel that it chose.

    Parameters
    ----------
    versions : dict
        Version by distribution.
    facts : dict
        Of the machine record of the environment's journal; its `blas` lists libraries.
    """
    found = {name: versions[key] for key, name in NAMES.items() if versions.get(key)}
    listed = facts.get("blas")
    libraries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    for name, keys in ((BLAS, ("internal_api", "version")), (KERNEL, ("architecture",))):
        told = (" ".join(str(each[key]) for key in keys if each.get(key)) for each in libraries)
        text = ", ".join(dict.fromkeys(filter(None, told)))
        if text:
            found[name] = text
    return found


@dataclass(frozen=True)
class Changes:
    """A table of environments, and sentences on what else changed where a line changes sides."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]


def changes(
    story: Story, rows: pd.DataFrame, stacks: Mapping[tuple[str, str], Mapping[str, str]]
) -> Changes | None:
    """Return what the environments of a story differ in, on one machine; None where nothing differs but its package.

    Parameters
    ----------
    story : Story
    rows : pandas.DataFrame
        The story's table for one machine, in the order of versions.
    stacks : dict
        What an environment computes with, as `stack` gives it, by machine and environment.
    """
    envs = rows.drop_duplicates("env")[["machine", "env"]].itertuples(index=False, name=None)
    found = [stacks.get((str(machine), str(env)), {}) for machine, env in envs]
    names = [name for name in (*NAMES.values(), BLAS, KERNEL) if any(name in each for each in found)]
    names = [story.version_name, *(name for name in names if name != story.version_name)]
    others = [name for name in names[1:] if len({each.get(name) for each in found}) > 1]
    if not others:
        return None
    table = tuple(tuple(each.get(name, "?") for name in names) for each in found)
    return Changes(tuple(names), table, tuple(_sentences(story, rows, found, names[1:])))


def _sentences(
    story: Story, rows: pd.DataFrame, found: Sequence[Mapping[str, str]], names: Sequence[str]
) -> Iterable[str]:
    """Yield a sentence for every pair of versions between which a line changes sides."""
    by_version = {each.get(story.version_name): each for each in found}
    pairs = [pair for impl in story.lines for pair in flips(rows[rows["impl"] == impl])]
    for before, after in dict.fromkeys(pairs):
        old, new = by_version.get(before, {}), by_version.get(after, {})
        kept = [name for name in names if name in old and old.get(name) == new.get(name)]
        moved = [
            f"{name} ({old.get(name, '?')} to {new.get(name, '?')})"
            for name in names
            if old.get(name) != new.get(name)
        ]
        told = f"Between {story.version_name} {before} and {after} other things change, too: {words.listing(moved)}"
        if not moved:
            told = f"Between {story.version_name} {before} and {after} nothing else changes"
        yield (
            f"{told}; {words.listing(kept)} {'stays' if len(kept) == 1 else 'stay'}." if kept else f"{told}."
        )
