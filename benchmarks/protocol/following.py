"""Where points go, stored with the results: once a run, behind its first session, for what the plan names.

In a worker process of its own, so that a strategy that crashes costs its line only; the line then says why. A resumed
run stores what is missing.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Callable, Dict, List, Tuple

from benchmarks import trajectories
from benchmarks.protocol.journal import Journal, Line
from benchmarks.protocol.plan import Block
from benchmarks.protocol.progress import Progress, duration
from benchmarks.protocol.state import SEED, Run, followed_key, screen
from benchmarks.protocol.supervisor import Supervisor


def left(run: Run) -> List[Tuple[Block, str]]:
    """Blocks and strategies whose points are to be stored and are not yet."""
    return [
        (block, impl)
        for block, impls in run.plan.follow
        for impl in impls
        if followed_key(trajectories.line(block, impl, SEED, {})) not in run.followed
    ]


def unable(run: Run, block: Block) -> Dict[str, str]:
    """Reasons, by strategy, not to follow it on a block: those of `screen`, but time-outs.

    What is too slow to be timed again and again is not too slow to be run a few times, within a limit of its own.
    """
    killed = {
        impl: [line for line in lines if line["status"] == "killed"] for impl, lines in run.given_up.items()
    }
    return screen(replace(run, given_up=killed), block)


def store(run: Run, journal: Journal, progress: Progress, still_wanted: Callable[[], None]) -> None:
    """Append a line for each strategy and block that the plan follows and the journal has not.

    Parameters
    ----------
    still_wanted : callable
        Raises when nobody waits for this run any more.
    """
    todo = left(run)
    if not todo:
        return
    started, stored, supervisor = time.monotonic(), 0, Supervisor(1, run.kept)
    try:
        for block, impl in todo:
            still_wanted()
            reason = unable(run, block).get(impl)
            told = {"status": "skipped", "reason": reason} if reason else supervisor.follow(block, impl, SEED)
            added = trajectory_line(run, block, impl, told)
            journal.append(added)
            run.remember([added])
            stored += told["status"] == "ok"
            if told["status"] != "ok":
                progress.say(f"  the points of {impl} were not followed: {told['reason']}")
    finally:
        supervisor.close()
    took = duration(time.monotonic() - started)
    progress.say(f"  points followed for the page's animation: {stored} of {len(todo)} strategies, {took}")


def trajectory_line(run: Run, block: Block, impl: str, told: Any) -> Line:
    """Dress a record for the journal."""
    head = {name: run.identity[name] for name in ("schema", "run", "benchmark", "env", "commit")}
    return {**head, **trajectories.line(block, impl, SEED, told)}
