"""Known faults of packages that were at work: what a reader must know before believing a time that they touch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impls import known_faults
from impls.known_faults import Case, Fault
from reports.load.model import Results


def faults_at_work(
    results: Results, faults: Sequence[Fault] | None = None, only: str = ""
) -> list[dict[str, Any]]:
    """Return the faults that touch times of these results, one entry for each fault, version, machine and environment.

    Parameters
    ----------
    results : Results
    faults : sequence of Fault, optional
        Those of `known_faults.toml` by default.
    only : str, optional
        Workload of which the times have to be; any by default.

    Returns
    -------
    list of dict
        ``package``, ``version``, ``machine``, ``env``, ``happens``, ``link`` and ``strategies``, a list of names.
    """
    faults = known_faults.read() if faults is None else faults
    found: dict[tuple[Fault, str, str, str], set[str]] = {}
    for run, cases in _cases(results, only):
        for fault, names in known_faults.at_work(faults, run.versions, cases).items():
            key = (fault, run.versions[fault.package], run.machine, run.env)
            found[key] = found.get(key, set()) | set(names)
    return [
        {
            **{"package": fault.package, "version": version, "machine": machine, "env": env},
            **{"happens": fault.happens, "link": fault.link, "strategies": sorted(names)},
        }
        for (fault, version, machine, env), names in found.items()
    ]


def _cases(results: Results, only: str) -> list[tuple[Any, set[Case]]]:
    """Each run with what of it has a time."""
    runs = {(run.machine, run.env, run.run, run.workload): run for run in results.runs}
    found = []
    for workload in (each for each in results.workloads if only in ("", each.name)):
        timed = workload.lines[workload.lines["best"].notna()]
        for (machine, env, name), rows in timed.groupby(["machine", "env", "run"], sort=False):
            run = runs.get((str(machine), str(env), str(name), workload.name))
            told = rows[["impl", "dtype", "device"]].drop_duplicates().to_numpy().tolist()
            if run is not None:
                found.append((run, {Case(str(i).partition("@")[0], str(d), _where(v)) for i, d, v in told}))
    return found


def _where(device: object) -> str:
    """A device as the list of faults names it: nothing for the host's own processor of a strategy without a runtime."""
    return device if isinstance(device, str) else ""
