"""What a strategy may not change in the process that measures: its cores, limits, clocks, signals, folder, children.

The next strategy would be measured in another process than the plan says, so the worker is replaced and the culprit
named. What loading a library brings along (idle threads, variables of its own) is no change.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

import numpy as np

from benchmarks.protocol import clock

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

BURNING = (
    0.05  # of the time that passes: a thread that computes while nothing is asked for, on a busy machine
)
LOOK_S = 0.02
SETTLING_S = 0.4  # thread pools spin a while before they sleep (libomp: 200 ms)


class ChangedProcessError(Exception):
    """A strategy changed the process that measures.

    Attributes
    ----------
    impl : str
    reason : str
    """

    def __init__(self, impl: str, reason: str) -> None:
        super().__init__(reason)
        self.impl, self.reason = impl, reason


def limits() -> Dict[str, Any]:
    """Soft and hard resource limits of this process by name."""
    if resource is None:
        return {}
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    found = {}
    for name in names:
        try:
            found[name] = resource.getrlimit(getattr(resource, name))
        except (ValueError, OSError):  # this kernel has no such limit
            continue
    return found


def handlers() -> Dict[int, Any]:
    """What this process does at each signal, as far as Python knows."""
    return {number: signal.getsignal(number) for number in range(1, signal.NSIG)}


def clocks() -> Tuple[Any, ...]:
    """The clocks as a module sees them that looks them up now."""
    return (time.perf_counter, time.process_time, time.monotonic, time.time, time.sleep)


def folder() -> Optional[str]:
    """Where relative paths begin; None where that folder is gone."""
    try:
        return os.getcwd()
    except OSError:
        return None


ASPECTS: Dict[str, Callable[[], Any]] = {
    "the cores it runs on": lambda: os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None,
    "its resource limits": limits,
    "the clocks of the module time": clocks,
    "what it does at signals": handlers,
    "its working folder": folder,
    "how NumPy treats floating-point errors": np.geterr,
    "its priority": lambda: os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else None,
    "who traces it": lambda: (sys.gettrace(), sys.getprofile()),
}


def has_children() -> bool:
    """Tell whether this process has children, ended ones that nobody waited for included; False where unknown."""
    if not hasattr(os, "waitid"):
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def tasks() -> int:
    """Threads of this process as the kernel counts them, or as Python does."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


class Surroundings:
    """Remembers what this process is like, and tells who changed it.

    A variable that is changed or removed counts, one that a library adds does not.
    """

    def __init__(self) -> None:
        self.remember()

    def remember(self) -> None:
        """Take what this process is like now for the measure of what follows."""
        self._first = {what: ask() for what, ask in ASPECTS.items()}
        self._variables = dict(os.environ)
        self._tasks = tasks()
        self._had_children = has_children()

    def changes(self) -> List[str]:
        """What is not as it was, in words."""
        found = [what for what, ask in ASPECTS.items() if ask() != self._first[what]]
        lost = sorted(name for name, value in self._variables.items() if os.environ.get(name) != value)
        if lost:
            found.append("its environment ({})".format(", ".join(lost)))
        return found

    def burns(self) -> bool:
        """Tell whether threads that were not there before go on computing while nothing is asked of them."""
        grown, self._tasks = tasks() > self._tasks, max(tasks(), self._tasks)
        if not grown:
            return False
        deadline = clock.monotonic() + SETTLING_S
        while clock.monotonic() < deadline:
            started, used = clock.perf_counter(), clock.process_time()
            clock.sleep(LOOK_S)
            if clock.process_time() - used < BURNING * (clock.perf_counter() - started):
                return False
        return True

    def inspect(self, impl: str) -> None:
        """Look around behind a call of a strategy.

        Raises
        ------
        ChangedProcessError
            If the process is not what it was.
        """
        if has_children() and not self._had_children:
            raise ChangedProcessError(
                impl, "it left a process of its own behind, which disturbs what is measured"
            )
        changed = self.changes()
        if changed:
            raise ChangedProcessError(impl, "it changed the measuring process: " + "; ".join(changed))
        if self.burns():
            raise ChangedProcessError(impl, "it left threads behind that go on computing")


def members(group: Optional[int], mark: str) -> Set[int]:
    """Processes of a process group, and those that carry a mark in their environment; empty where unknown.

    Parameters
    ----------
    group : int, optional
    mark : str
        ``NAME=value``, as the first process was started with it: a process that left the group still has it.
    """
    found: Set[int] = set()
    for pid in _processes():
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
                state, _, its_group = handle.read().rpartition(")")[2].split()[:3]
            if state == "Z":
                continue
            with open(f"/proc/{pid}/environ", "rb") as handle:
                marked = mark.encode() in handle.read().split(b"\0")
        except (OSError, ValueError):
            continue  # it ended meanwhile, or is another user's
        if marked or int(its_group) == group:
            found.add(pid)
    return found


def _processes() -> Iterator[int]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if name.isdigit():
            yield int(name)
