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
from typing import Any, Dict, Iterator, List

from benchmarks import trajectories
from benchmarks.protocol import devices, machine, memory, noise
from benchmarks.protocol.block import WrittenInputsError, run_block
from benchmarks.protocol.compiling import forget_compiled
from benchmarks.protocol.expected import expectations, require_versions
from benchmarks.protocol.plan import Budget, block_from, shortened
from benchmarks.protocol.surroundings import ChangedProcessError, Surroundings

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
FOLLOW_LIMIT_S = 60.0  # to load a strategy, compile it and run it a few times
BLOCKS_KEPT = 32  # compiled code is kept for so many blocks: stages of one cell may share it


def settle_in_family() -> None:
    """Die with the parent, and become the parent of what one's children leave behind.

    Both on Linux; elsewhere the closed pipe ends this process, and grandchildren are not seen.
    """
    if sys.platform.startswith("linux"):
        kernel = ctypes.CDLL(None)
        kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Pipe:
    """Requests come in and answers go out here, numbered; a copy of this process that a strategy made has none.

    Attributes
    ----------
    request : int
        Number of the request under way; every answer carries it, and this process's identifier.
    """

    def __init__(self) -> None:
        self.request, self._pid = 0, os.getpid()
        # the real standard streams; what libraries read or print goes elsewhere
        self._in = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        quiet = os.open(os.devnull, os.O_RDONLY)
        os.dup2(quiet, 0)
        os.close(quiet)
        os.dup2(2, 1)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._left)

    def _left(self) -> None:
        """Close the streams in a copy of this process: it must neither take requests nor hold the pipe open."""
        for stream in (self._in, self._out):
            quiet = os.open(os.devnull, os.O_RDWR)
            os.dup2(quiet, stream.fileno())
            os.close(quiet)

    def requests(self) -> Iterator[Dict[str, Any]]:
        """Yield requests until there are no more."""
        for text in self._in:
            spec: Dict[str, Any] = json.loads(text)
            self.request = spec["request"]
            yield spec

    def emit(self, event: str, **facts: Any) -> None:
        """Send an event; a copy of this process ends here instead."""
        if os.getpid() != self._pid:
            os._exit(0)
        self._out.write(json.dumps(dict(facts, event=event, request=self.request, pid=self._pid)) + "\n")
        self._out.flush()


def settle(cores: List[int]) -> None:
    """Stay on the given cores: then every thread pool that sizes itself by the cores it sees obeys the plan."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def main() -> None:
    """Serve requests until there are no more."""
    settle_in_family()
    faulthandler.enable()
    pipe = Pipe()
    requests = pipe.requests()
    settle(next(requests)["cores"])
    require_versions(expectations())
    pipe.emit("ready", blas=machine.blas(), cores=machine.usable_cores())
    for number, spec in enumerate(requests, start=1):
        if number % BLOCKS_KEPT == 0:
            forget_compiled()
        try:
            pipe.emit("done", **serve(spec, pipe.emit))
        except ChangedProcessError as change:
            pipe.emit("changed", impl=change.impl, reason=shortened(change.reason))
        except WrittenInputsError as problem:
            pipe.emit("written", reason=str(problem))
        except Exception as problem:
            traceback.print_exc()
            pipe.emit("broken", reason=shortened(f"{type(problem).__name__}: {problem}"))


def serve(spec: Dict[str, Any], emit: Any) -> Dict[str, Any]:
    """Do what a request asks for; returns what is to be told of it."""
    do = spec["do"]
    if do == "limits":
        return noise.measured_limits()
    if do == "devices":
        return {"devices": devices.loaded()}
    if do == "threads":
        return {"threads": machine.realised_threads()}
    if do == "predict":
        blocks = [block_from(block) for block in spec["blocks"]]
        return {"bytes": {impl: memory.predict(blocks, impl, emit) for impl in spec["impls"]}}
    block = block_from(spec["block"])
    if do == "weigh":
        budget = Budget(**spec["budget"])
        return {"peaks": memory.weigh(block, spec["impls"], budget, spec["seed"], emit)}
    if do == "follow":
        emit("begin", impl=spec["impl"], doing="following its points", limit_s=FOLLOW_LIMIT_S)
        return {"told": trajectories.followed(block, spec["impl"], spec["seed"])}
    return measured(spec, emit)


def measured(spec: Dict[str, Any], emit: Any) -> Dict[str, Any]:
    """Measure a block, looking around behind every call."""
    surroundings, ours = Surroundings(), False

    def watched(event: str, **facts: Any) -> None:
        nonlocal ours
        if (
            ours and facts["impl"] is not None
        ):  # what inputs and the oracle brought along is no strategy's doing
            surroundings.remember()
        ours = facts["impl"] is None
        emit(event, **facts)

    return run_block(
        block_from(spec["block"]),
        spec["impls"],
        Budget(**spec["budget"]),
        (spec["seed"], spec["order_seed"]),
        spec["kept"],
        watched,
        surroundings.inspect,
        spec["watchful"],
    )


if __name__ == "__main__":
    main()
