"""Sets measured by asv, which asks the protocol for them: its process, its log, and what is heard meanwhile.

asv prints nothing while a set is measured; the protocol's words come through a file that is followed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from typing import Dict, List, Optional

from benchmarks import ROOT, sets
from benchmarks.map.command import measure_map
from benchmarks.map.plan import Options, made
from benchmarks.protocol.machine import git_state
from benchmarks.protocol.plan import STOPPED, MeasurementSet
from benchmarks.protocol.process import NotMeasuredError
from benchmarks.protocol.run import run_set

ASV_LOG = os.path.join(".asv", "run.log")
#: Results that the pages show beside one's own.
REFERENCE = os.path.join("reports", "published")
REPORT = os.path.join(".asv", "html", "report", "index.html")
STOPPED_CODE = 3  # a set was not measured: no page is made that would not show it
ASV_FAILED_BENCHMARKS = 2  # asv's exit code when a benchmark failed: recorded, and no reason to stop


def _follow(path: str, ended: threading.Event) -> None:
    """Copy what is appended to a file to standard output until told that it ended."""
    with open(path, encoding="utf-8") as handle:
        while True:
            last = ended.wait(0.3)
            for line in handle:
                print(line, end="", flush=True)
            if last:
                return


def _run_asv(*words: str, environment: Optional[Dict[str, str]] = None) -> int:
    """Run asv of this Python environment in the repository's root, its words going to a log; gives its exit code."""
    path = os.path.join(ROOT, ASV_LOG)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a", encoding="utf-8") as log:
        command = [sys.executable, "-m", "asv", *words]
        return subprocess.call(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def _last_words(count: int = 25) -> str:
    """Return the end of asv's log."""
    with open(os.path.join(ROOT, ASV_LOG), encoding="utf-8") as log:
        return "".join(log.readlines()[-count:])


def _measured_by_asv(plans: List[MeasurementSet]) -> int:
    """Run the classes of the sets through asv in this environment, showing the protocol's progress."""
    _run_asv("machine", "--yes")
    named = os.environ.get("CROSSOVER_MACHINE")  # asv's files and the journal belong in one folder
    if named:
        _run_asv("machine", "--machine", named, "--yes")
    chosen = "|".join(sets.asv_pattern(plan.name) for plan in plans)
    words = ["run", "-E", "existing:" + sys.executable, "--set-commit-hash", "HEAD", "--bench", chosen]
    words += ["--machine", named] if named else []
    if hasattr(os, "fork"):
        words += ["--launch-method", "forkserver"]  # the read-outs cost 7 ms each instead of 160
    with tempfile.TemporaryDirectory() as folder:
        heard = os.path.join(folder, "progress")
        with open(heard, "w", encoding="utf-8"):
            ended = threading.Event()
        follower = threading.Thread(target=_follow, args=(heard, ended))
        follower.start()
        stopped = os.path.join(folder, "stopped")
        variables = {"CROSSOVER_PROGRESS": heard, STOPPED: stopped}
        try:
            code = _run_asv(*words, environment=dict(os.environ, **variables))
        finally:
            ended.set()
            follower.join()
        if os.path.exists(stopped):
            with open(stopped, encoding="utf-8") as handle:
                print(handle.read(), end="", file=sys.stderr)
            return STOPPED_CODE
        return code


def measure(
    plans: List[MeasurementSet], mapped: Optional[Options] = None, answers: Optional[List[str]] = None
) -> int:
    """Measure through asv, or without it where there is no commit for it to file results under; then the map.

    A map goes past asv: its cells are on no grid. Its answer is added to `answers`.
    """
    code = _measure_sets(plans)
    if mapped and not code:
        try:
            measure_map(made(mapped), sys.stdout, answers=answers)
        except (NotMeasuredError, ValueError) as problem:  # the sets have their page all the same
            print(problem, file=sys.stderr)
            return 0 if plans else 1
    return code


def _measure_sets(plans: List[MeasurementSet]) -> int:
    """Measure through asv; without it where there is no commit to file results under, or no class of a set for it."""
    known = [plan for plan in plans if sets.asv_classes(plan.name)]
    if git_state()["sha"] is None:
        print("no git commit here, and asv needs one: measuring without asv")
        known = []
    for plan in plans:
        if plan not in known:
            run_set(plan, sys.stdout)
    code = _measured_by_asv(known) if known else 0
    if code == ASV_FAILED_BENCHMARKS:
        print(f"some strategies failed; the page gives their reasons, {ASV_LOG} has asv's words")
        return 0
    if code and code != STOPPED_CODE:
        print(
            f"{_last_words()}\nasv run ended with code {code}; the whole of its words is in {ASV_LOG}",
            file=sys.stderr,
        )
    return code


def report(plans: List[MeasurementSet], mapped: Optional[Options] = None) -> int:
    """Measure and publish; the last words are the answer and where the pages are. Returns the exit code."""
    answers: List[str] = []
    code = measure(plans, mapped, answers)
    if code:
        return code
    if git_state()["sha"] is None:
        code = subprocess.call([sys.executable, "-m", "reports", "build", "--compare", REFERENCE], cwd=ROOT)
    elif not plans:  # asv may have nothing at all
        code = subprocess.call([sys.executable, "-m", "reports", "publish"], cwd=ROOT)
    else:
        code = _published()
    if not code and answers:
        print("\n" + "\n".join(answers))
    return code


def _published() -> int:
    """Let asv publish; returns the exit code."""
    code = _run_asv("publish", "--no-pull")
    if code:
        print(f"{_last_words()}\nasv publish ended with code {code}", file=sys.stderr)
        return code
    print(
        f"\nThe page is at {os.path.join(ROOT, REPORT)}\n(asv's own site needs a server: .venv/bin/asv preview)"
    )
    return 0
