"""The profiles of machines that `python -m benchmarks map` leaves beside the journals."""

from __future__ import annotations

from pathlib import Path

from impls.cost.profile import Profile
from reports.load.bounds import shown, told

PROFILE = "profile.json"


def profiles_in(folder: Path, warnings: list[str]) -> list[Profile]:
    """Profiles of the machines below a results folder; for one that cannot be read, a warning says why."""
    found = []
    for path in sorted(folder.glob(f"*/{PROFILE}")):
        try:
            found.append(Profile.load(path))
        except (ValueError, OSError) as problem:
            warnings.append(f"{shown(path.relative_to(folder))} was left out: {told(str(problem), 200)}")
    return found
