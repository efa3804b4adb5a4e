"""`python -m reports profile`: the profile that published journals give, for the package to ship, or anybody's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from impls.choosers import needs
from impls.cost.build import build
from impls.cost.profile import SHIPPED, Profile
from reports.load.files import lines_of

MAP = "Map"


def make_profile(folder: Path) -> Profile:
    """Return the profile of the journals in one machine's folder.

    Runs of other environments, and runs with another least time of a sample, do not mix with the largest one of all,
    and are left out: a few cells measured by another protocol make a model worse. Where a workload has a map, whose
    cells are made for a model, the newest one stands for it, and versions are told from it.

    Parameters
    ----------
    folder : Path
        Such as ``reports/published/<machine>``; journals may be packed.

    Raises
    ------
    ValueError
        The folder has no journal of a run, or its runs have too few cells.
    """
    records = [json.loads(row) for path in _journals(folder) for row in lines_of(path) if row.strip()]
    runs = [record for record in records if record.get("kind") == "run"]
    if not runs:
        raise ValueError(f"{folder} has no journal of a run: nothing to make a profile of.")
    maps = [run for run in runs if run.get("benchmark") == MAP]
    newest = max(maps, key=lambda run: float(run.get("started_at") or 0.0)) if maps else {}
    rest = [run for run in runs if not maps or run.get("workload") != newest.get("workload")]
    chosen = _of_one_kind(rest) if rest else set()
    used = [record for record in records if newest and record.get("run") == newest["run"]]
    used += [record for record in records if record.get("kind") == "machine" or record.get("run") in chosen]
    return build(used, requires=needs())


def write_profile(folder: Path, to: Path | None = None) -> tuple[Path, Profile]:
    """Write the profile of a machine's folder; as the one that is shipped by default."""
    profile = make_profile(folder)
    return profile.save(to or SHIPPED), profile


def _journals(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.xz")])


def _of_one_kind(runs: list[dict[str, Any]]) -> set[str]:
    """The runs with the environment and the least sample of the one that has the most cells."""

    def kind(run: dict[str, Any]) -> tuple[Any, Any]:
        return run.get("env"), (run.get("budget") or {}).get("min_sample_s")

    largest = max(runs, key=lambda run: (run.get("planned") or {}).get("cells") or 0)
    return {str(run["run"]) for run in runs if kind(run) == kind(largest)}
