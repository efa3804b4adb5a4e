"""Measures the sets of the time machine in every environment, one after the other, and keeps a record of the round.

A *round* is one sweep over all environments. The record, ``eras.json`` beside the journals, says of every environment
whether it was measured, failed, or is not available here and why. Interrupted, the same command goes on with the same
round: finished environments and finished sets are left alone, and a set that was interrupted is resumed from its
journal. A round that came to its end is never resumed; the next call measures anew.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from typing import Any, Callable, Dict, List, Optional, Sequence

from benchmarks import ROOT
from benchmarks.protocol import machine, places
from benchmarks.protocol.expected import VARIABLE
from benchmarks.protocol.plan import source_digest
from benchmarks.protocol.progress import duration
from benchmarks.timemachine import config, environments
from benchmarks.timemachine.config import Environment, Eras

SETS = ("Eras", "ErasMeant", "ErasStrategies")
RECORD = "eras.json"
MEASURED, FAILED, ABSENT, UNDER_WAY = "measured", "failed", "not available here", "under way"
INTERRUPTED_CODE = 130

Record = Dict[str, Any]
Say = Callable[[str], None]


def record_path() -> str:
    """Where the record of all machines' rounds is."""
    return os.path.join(places.results_dir(), RECORD)


def load(path: str) -> Record:
    """Return the record, empty when there is none; a broken one is an error that names the file."""
    if not os.path.exists(path):
        return {"schema": 1, "machines": {}}
    with open(path, encoding="utf-8") as handle:
        try:
            found: Record = json.load(handle)
        except ValueError as problem:
            raise ValueError(f"{path} is not JSON ({problem}); move it away and start again") from problem
    return found


def save(path: str, record: Record) -> None:
    """Write the record whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "w", encoding="utf-8") as handle:
        json.dump(record, handle, indent=1)
        handle.write("\n")
    os.replace(path + ".part", path)


def open_round(record: Record, name: str, identity: Dict[str, Any]) -> Record:
    """The machine's unfinished round of the same commit, code and environments, or a new one."""
    machines = record.setdefault("machines", {})
    last: Optional[Record] = machines.get(name)
    if last is None or last.get("finished_at") or any(last.get(key) != identity[key] for key in identity):
        last = dict(identity, round=uuid.uuid4().hex[:12], started_at=time.time(), environments={})
        machines[name] = last
    return last


def measure_set(python: str, environment: Environment, name: str) -> str:
    """Run one set in an environment; returns the reason why it failed, or nothing."""
    variables = dict(environments.clean_variables(), CROSSOVER_ENV=environment.name)
    variables[VARIABLE] = json.dumps(environment.expected)
    words = [python, "-m", "benchmarks", "run", name]
    with subprocess.Popen(
        words, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as child:
        assert child.stderr is not None
        said: List[str] = []
        try:
            said = [line.strip() for line in child.stderr if line.strip()]
            code = child.wait()
        except KeyboardInterrupt:
            hush(child)
            raise
    if code == INTERRUPTED_CODE:
        raise KeyboardInterrupt
    return "" if code == 0 else f"{name} ended with code {code}: {said[-1] if said else 'no word'}"


def hush(child: subprocess.Popen[Any], patience_s: float = 5.0) -> None:
    """Wait for a child that was interrupted from the keyboard as well; one that did not hear it is told."""
    try:
        child.wait(timeout=patience_s)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
        child.wait()


def visit(
    environment: Environment, folder: str, entry: Record, sets: Sequence[str], say: Say, keep: Any
) -> None:
    """Make one environment and measure what is left of its sets; fills its entry of the record."""
    started = time.monotonic()
    try:
        python = environments.obtain(environment, os.path.join(folder, environment.name))
    except environments.NotAvailableError as problem:
        entry.update(status=ABSENT, reason=str(problem))
        say(f"  not available here: {problem}")
        return
    entry["made_s"] = round(time.monotonic() - started, 1)
    entry.update(status=UNDER_WAY, reason="")
    for name in sets:
        if name in entry["sets"]:
            continue
        began = time.monotonic()
        reason = measure_set(python, environment, name)
        if reason:
            entry.update(status=FAILED, reason=reason)
            say(f"  failed: {reason}")
            return
        entry["sets"][name] = round(time.monotonic() - began, 1)
        keep()
    entry["status"] = MEASURED


def drive(eras: Eras, sets: Sequence[str], only: Sequence[str], say: Say) -> int:
    """Measure all environments (or those named); returns an exit code: 0 if any was measured, else 1.

    Parameters
    ----------
    eras : Eras
    sets : sequence of str
        Names of measurement sets.
    only : sequence of str
        Names of environments; all if empty. The round is over when all of the configuration have been visited.
    say : callable
        Takes a line for people.
    """
    path, started = record_path(), time.monotonic()
    record = load(path)
    identity = {
        "commit": machine.git_state()["sha"],
        "code": source_digest(),
        "environments_planned": [environment.name for environment in eras.environments],
        "sets": list(sets),
    }
    current = open_round(record, machine.machine_name(), identity)
    entries = current["environments"]
    for number, environment in enumerate(eras.environments, start=1):
        if only and environment.name not in only:
            continue
        entry = entries.setdefault(environment.name, {"status": UNDER_WAY, "reason": "", "sets": {}})
        entry["expected"] = environment.expected
        say(f"[{number}/{len(eras.environments)}] {environment.name}: {environment.describe()}")
        if entry["status"] == MEASURED:
            say("  measured already in this round")
            continue
        visit(environment, eras.folder, entry, sets, say, lambda: save(path, record))
        save(path, record)
    if all(
        name in entries and entries[name]["status"] != UNDER_WAY for name in identity["environments_planned"]
    ):
        current["finished_at"] = time.time()
        save(path, record)
    return _close(entries, path, time.monotonic() - started, say)


def _close(entries: Record, path: str, wall_s: float, say: Say) -> int:
    say(f"\nthe time machine took {duration(wall_s)}:")
    for name, entry in entries.items():
        told = entry["reason"] or f"{', '.join(entry['sets'])} in {duration(sum(entry['sets'].values()))}"
        say(f"  {name}: {entry['status']}: {told}")
    say(f"the record is {os.path.relpath(path, ROOT)}; verdicts: python -m reports claims")
    return 0 if any(entry["status"] == MEASURED for entry in entries.values()) else 1


def main(only: Sequence[str], sets: Sequence[str] = SETS) -> int:
    """Read the configuration and drive; returns an exit code."""
    try:
        eras = config.read()
        unknown = sorted(set(only) - {environment.name for environment in eras.environments})
        if unknown:
            known = ", ".join(environment.name for environment in eras.environments)
            raise ValueError(f"no environment named {', '.join(unknown)}; {config.FILE} has {known}")
        return drive(eras, sets, only, lambda text: print(text, flush=True))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
