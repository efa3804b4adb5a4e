"""What JAX compiles in this process, and when: so that a sample never hides a compilation."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Callable, Dict, Hashable, List, Optional, Tuple

from benchmarks.protocol.clock import perf_counter

#: every step from a Python function to something that runs
STEPS = "/jax/core/compile/"
#: the last of them, once for each thing compiled (or fetched from the cache of compiled things)
DONE = "/jax/core/compile/backend_compile_duration"
#: heard in addition where it was fetched
FETCHED = "/jax/compilation_cache/cache_retrieval_time_sec"


class Compilations:
    """Listens to JAX, once it is loaded.

    Attributes
    ----------
    count : int
        Compilations so far, those fetched from a cache included.
    """

    def __init__(self) -> None:
        self.count = 0
        self._fetched = 0
        self._paid: Dict[Hashable, float] = {}
        self._spans: List[Tuple[float, float]] = []
        self._listening = False

    def listen(self) -> None:
        """Begin to listen, if JAX is loaded and this was not done before."""
        if not self._listening and "jax" in sys.modules:
            import_module("jax.monitoring").register_event_duration_secs_listener(self.heard)
            self._listening = True

    def heard(self, event: str, duration: float, **_: Any) -> None:
        """Take note of a step that has just ended after `duration` seconds."""
        if event.startswith(STEPS):
            now = perf_counter()
            self._spans.append((now - duration, now))
            self.count += event == DONE
        self._fetched += event == FETCHED

    def seconds_since(self, start: float) -> float:
        """Seconds since `start` (of `time.perf_counter`) in which some step went on; steps may contain others."""
        total, until = 0.0, start
        for begin, end in sorted(self._spans):
            if end > until:
                total += end - max(begin, until)
                until = end
        return total

    def watched(self, call: Callable[[], Any], key: Hashable) -> Tuple[Any, Optional[float]]:
        """Call, and tell what compiling cost.

        Parameters
        ----------
        call : callable
        key : hashable
            What is compiled: when it was compiled by an earlier call, that is what it cost.

        Returns
        -------
        result, seconds
            Seconds of compiling (0 where nothing ever had to be); None where it came from a cache that another
            process filled, which tells nothing of the cost.
        """
        count, fetched, started = self.count, self._fetched, perf_counter()
        self._spans.clear()  # what was heard before is told already
        result = call()
        if self.count == count:
            return result, self._paid.get(key, 0.0)
        if self._fetched > fetched:
            return result, self._paid.get(key)
        self._paid[key] = self.seconds_since(started)
        return result, self._paid[key]


COMPILATIONS = Compilations()


def forget_compiled() -> None:
    """Let go of what JAX compiled: it keeps every shape it ever saw, gigabytes in a sweep over hundreds of cells."""
    if "jax" in sys.modules:
        import_module("jax").clear_caches()
