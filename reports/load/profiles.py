"""The profiles of machines that `python -m benchmarks map` leaves beside the journals."""

from __future__ import annotations

from pathlib import Path

from impls.cost import machine
from impls.cost.profile import SHIPPED, Profile
from reports.load.bounds import require_name, shown, told
from reports.load.journal import decoded
from reports.load.model import Run

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


def with_shipped(profiles: list[Profile], runs: list[Run]) -> list[Profile]:
    """Profiles, and the one that is shipped with the suite where its machine is among the runs and left none itself."""
    shipped = Profile.load(SHIPPED)
    known = {profile.machine for profile in profiles}
    there = shipped.machine not in known and any(_is_of(shipped, run) for run in runs)
    return [*profiles, shipped] if there else profiles


def _is_of(profile: Profile, run: Run) -> bool:
    """Whether a run is one of those that a profile was made of: its machine, and all the versions that it tells."""
    told = profile.key.get("versions") or {}
    same = all(machine.minor(run.versions.get(name, "")) == version for name, version in told.items())
    return run.machine == profile.machine and run.benchmark == "Map" and same
