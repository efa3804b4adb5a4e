"""The profiles of machines that `python -m benchmarks map` leaves beside the journals."""

from __future__ import annotations

from pathlib import Path

from impls.cost.profile import Profile
from reports.load.bounds import require_name, shown, told
from reports.load.journal import decoded

PROFILE = "profile.json"
#: What reading a file that anybody wrote can end in: numbers out of range, lists where objects should be, and the like.
DAMAGED = (ValueError, OSError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError)


def profiles_in(folder: Path, warnings: list[str]) -> list[Profile]:
    """Profiles of the machines below a results folder; for one that cannot be read, a warning says why."""
    found = []
    for path in sorted(folder.glob(f"*/{PROFILE}")):
        if not path.is_file():
            continue
        try:
            profile = Profile.from_json(decoded(path.read_bytes()), path.name)
            require_name(profile.machine, "its machine")
            found.append(profile)
        except DAMAGED as problem:
            warnings.append(f"{shown(path.relative_to(folder))} was left out: {told(str(problem), 200)}")
    return found
