"""A worker process: takes block specifications on standard input, gives events and results on standard output.

Started by `process.Worker` as ``python -m benchmarks.protocol.worker``. One worker lives through one session
(imports are paid once) unless a strategy kills it. It dies with its parent, so that a killed run leaves nobody
behind who goes on computing.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import signal
import sys
import traceback
from typing import Any, Dict, List, TextIO

from benchmarks import trajectories
from benchmarks.protocol import devices, machine, memory, noise
from benchmarks.protocol.block import run_block
from benchmarks.protocol.compiling import forget_compiled
from benchmarks.protocol.expected import expectations, require_versions
from benchmarks.protocol.plan import Budget, block_from

PR_SET_PDEATHSIG = 1
FOLLOW_LIMIT_S = 60.0  # to load a strategy, compile it and run it a few times
BLOCKS_KEPT = 32  # compiled code is kept for so many blocks: stages of one cell may share it


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent goes (Linux; elsewhere the closed pipe ends it)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def claim_stdout() -> TextIO:
    """Keep the real standard output for events and send whatever libraries print to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def settle(cores: List[int]) -> None:
    """Stay on the given cores: then every thread pool that sizes itself by the cores it sees obeys the plan."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def main() -> None:
    """Serve blocks until standard input ends."""
    die_with_parent()
    faulthandler.enable()
    events = claim_stdout()

    def emit(event: str, **facts: Any) -> None:
        events.write(json.dumps(dict(facts, event=event)) + "\n")
        events.flush()

    hello: Dict[str, Any] = json.loads(sys.stdin.readline())
    settle(hello["cores"])
    require_versions(expectations())
    emit("ready", pid=os.getpid(), blas=machine.blas(), cores=machine.usable_cores())
    for number, text in enumerate(sys.stdin, start=1):
        spec = json.loads(text)
        if number % BLOCKS_KEPT == 0:
            forget_compiled()
        try:
            if spec["do"] == "limits":
                emit("done", **noise.measured_limits())
            elif spec["do"] == "devices":
                emit("done", devices=devices.loaded())
            elif spec["do"] == "predict":
                blocks = [block_from(block) for block in spec["blocks"]]
                emit("done", bytes={impl: memory.predict(blocks, impl, emit) for impl in spec["impls"]})
            elif spec["do"] == "weigh":
                block, budget = block_from(spec["block"]), Budget(**spec["budget"])
                emit("done", peaks=memory.weigh(block, spec["impls"], budget, spec["seed"], emit))
            elif spec["do"] == "follow":
                block, impl = block_from(spec["block"]), spec["impl"]
                emit("begin", impl=impl, doing="following its points", limit_s=FOLLOW_LIMIT_S)
                emit("done", told=trajectories.followed(block, impl, spec["seed"]))
            else:
                emit("done", **_measure(spec, emit))
        except Exception as problem:
            traceback.print_exc()
            emit("broken", reason=f"{type(problem).__name__}: {problem}")


def _measure(spec: Dict[str, Any], emit: Any) -> Dict[str, Any]:
    return run_block(
        block_from(spec["block"]),
        spec["impls"],
        Budget(**spec["budget"]),
        (spec["seed"], spec["order_seed"]),
        spec["kept"],
        emit,
    )


if __name__ == "__main__":
    main()
