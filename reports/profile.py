"""`python -m reports profile`: the profile that published journals give, for the package to ship, or anybody's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from impls import scatter, vlad
from impls.cost.build import build
from impls.cost.profile import SHIPPED, Profile
from reports.load.files import lines_of

#: Sets whose cells spread over sizes; the few of other sets were measured by other budgets, which do not mix.
SETS = ("Map", "Laptop", "Real", "Scatter1D")


def make_profile(folder: Path, sets: tuple[str, ...] = SETS) -> Profile:
    """Return the profile of the journals in one machine's folder.

    Parameters
    ----------
    folder : Path
        Such as ``reports/published/<machine>``; journals may be packed.
    sets : tuple of str
        Benchmarks whose cells are taken.

    Raises
    ------
    ValueError
        The folder has no journal with any of them, or they have too few cells.
    """
    records = list(_records(folder, sets))
    if not any(record.get("kind") is None for record in records):
        raise ValueError(f"{folder} has no journal of {', '.join(sets)}: nothing to make a profile of.")
    needs = {name: scatter.get(name).requires for name in scatter.strategies()}
    needs.update({name: vlad.get(name).requires for name in vlad.strategies()})
    return build(records, requires=needs)


def write_profile(folder: Path, to: Path | None = None, sets: tuple[str, ...] = SETS) -> tuple[Path, Profile]:
    """Write the profile of a machine's folder; as the one that is shipped by default."""
    profile = make_profile(folder, sets)
    return profile.save(to or SHIPPED), profile


def _records(folder: Path, sets: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Records of the journals of a folder that are about one of the sets, or about the machine."""
    journals = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.xz")])
    for path in journals:
        found = [json.loads(row) for row in lines_of(path) if row.strip()]
        runs = {record["run"] for record in found if record.get("benchmark") in sets}
        for record in found:
            if record.get("run") in runs or record.get("kind") == "machine":
                yield record
