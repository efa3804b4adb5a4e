"""Measures the sets of the time machine in every environment, session by session, and keeps a record of the round.

A *round* is all sessions of all environments: the first session of each, then the second of each, and so on. A machine
drifts while it measures; taken in turns, its drift lies in every environment's interval instead of between the
environments. The record, ``eras.json`` beside the journals, says of every environment whether it was measured, failed,
or is not available here and why. Interrupted, the same command goes on with the same round: finished sessions are left
alone, and one that was interrupted is resumed from its journal. A round that came to its end is never resumed; the
next call measures anew, and only a set that failed is taken up where it failed: what its journal holds is kept.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from benchmarks import ROOT
from benchmarks.protocol import machine, places
from benchmarks.protocol.expected import VARIABLE
from benchmarks.protocol.plan import source_digest
from benchmarks.protocol.progress import duration
from benchmarks.sets import SETS as SETS_BY_NAME
from benchmarks.timemachine import config, environments
from benchmarks.timemachine.config import Environment, Eras

SETS = ("Eras", "ErasMeant", "ErasStrategies", "ErasRegions", "ErasRegionsToday")
RECORD = "eras.json"
MEASURED, FAILED, ABSENT, UNDER_WAY = "measured", "failed", "not available here", "under way"
INTERRUPTED_CODE = 130

Record = Dict[str, Any]
Say = Callable[[str], None]
Keep = Callable[[], None]


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


def measure_set(python: str, environment: Environment, name: str, session: int) -> str:
    """Run one set in an environment, up to a session (from 1); returns the reason why it failed, or nothing."""
    variables = dict(environments.clean_variables(), CROSSOVER_ENV=environment.name)
    variables[VARIABLE] = json.dumps(environment.expected)
    words = [python, "-m", "benchmarks", "run", name, "--until-session", str(session)]
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


def prepare(environment: Environment, folder: str, entry: Record, say: Say) -> Optional[str]:
    """Make one environment; returns its interpreter, or nothing, with the reason in its entry of the record."""
    started = time.monotonic()
    try:
        python = environments.obtain(environment, os.path.join(folder, environment.name))
    except environments.NotAvailableError as problem:
        entry.update(status=ABSENT, reason=str(problem))
        say(f"  not available here: {problem}")
        return None
    entry["made_s"] = round(time.monotonic() - started, 1)
    entry.update(status=UNDER_WAY, reason="")
    return python


def left(entry: Record, sets: Mapping[str, int], session: int) -> List[str]:
    """Sets of which a session up to this one (from 1) is still to be measured in an environment."""
    return [name for name, count in sets.items() if entry["sessions"].get(name, 0) < min(session, count)]


def visit(
    python: str, environment: Environment, entry: Record, sets: Mapping[str, int], session: int, keep: Keep
) -> None:
    """Measure one session of every set that has one left up to it; notes what came of it in the entry.

    Parameters
    ----------
    sets : mapping of str to int
        Names of sets, and how many sessions each has.
    session : int
        From 1.
    keep : callable
        Saves the record.
    """
    for name in left(entry, sets, session):
        began = time.monotonic()
        reason = measure_set(python, environment, name, session)
        if reason:
            entry.update(status=FAILED, reason=reason)
            return
        entry["sessions"][name] = session
        entry["sets"][name] = round(entry["sets"].get(name, 0.0) + time.monotonic() - began, 1)
        keep()


def drive(eras: Eras, sets: Mapping[str, int], only: Sequence[str], say: Say) -> int:
    """Measure all environments (or those named); returns an exit code: 0 if any was measured, else 1.

    Parameters
    ----------
    eras : Eras
    sets : mapping of str to int
        Names of measurement sets, and how many sessions each has.
    only : sequence of str
        Names of environments; all if empty. The round is over when all of the configuration have been measured.
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
    chosen = [each for each in eras.environments if not only or each.name in only]
    ready = _prepared(eras, chosen, entries, say)
    _take_turns(ready, entries, sets, say, lambda: save(path, record))
    planned = identity["environments_planned"]
    if all(name in entries and entries[name]["status"] != UNDER_WAY for name in planned):
        current["finished_at"] = time.time()
    save(path, record)
    return _close(entries, path, time.monotonic() - started, say)


def _prepared(
    eras: Eras, chosen: Sequence[Environment], entries: Record, say: Say
) -> List[Tuple[Environment, str]]:
    """Environments that can be had and are not measured yet, with their interpreters."""
    ready = []
    for number, environment in enumerate(chosen, start=1):
        new = {"status": UNDER_WAY, "reason": "", "sets": {}, "sessions": {}}
        entry = entries.setdefault(environment.name, new)
        entry["expected"] = environment.expected
        say(f"[{number}/{len(chosen)}] {environment.name}: {environment.describe()}")
        if entry["status"] == MEASURED:
            say("  measured already in this round")
            continue
        python = prepare(environment, eras.folder, entry, say)
        if python:
            ready.append((environment, python))
    return ready


def _take_turns(
    ready: Sequence[Tuple[Environment, str]], entries: Record, sets: Mapping[str, int], say: Say, keep: Keep
) -> None:
    """Measure the first session of every environment, then the second of every one, and so on."""
    most, spent_s, taken = max(sets.values()), 0.0, 0
    for session in range(1, most + 1):
        began = time.monotonic()
        able = [(each, python) for each, python in ready if entries[each.name]["status"] != FAILED]
        anything = any(left(entries[environment.name], sets, session) for environment, _ in able)
        for environment, python in able:
            entry = entries[environment.name]
            visit(python, environment, entry, sets, session, keep)
            if entry["status"] == FAILED:
                say(f"  {environment.name} failed: {entry['reason']}")
            elif session == most:
                entry["status"] = MEASURED
            keep()
        if anything:  # sessions of an interrupted round say nothing of the time that the others take
            spent_s, taken = spent_s + time.monotonic() - began, taken + 1
            to_go = f", about {duration(spent_s / taken * (most - session))} left" if session < most else ""
            say(f"session {session} of {most} done{to_go}")


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
        counts = {name: SETS_BY_NAME[name].sessions for name in sets}
        return drive(eras, counts, only, lambda text: print(text, flush=True))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
