"""What JAX compiles in this process, and when: so that a sample never hides a compilation."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any, List, Tuple

#: every step from a Python function to something that runs
STEPS = "/jax/core/compile/"
#: the last of them, once for each thing compiled (or fetched from the cache of compiled things)
DONE = "/jax/core/compile/backend_compile_duration"


class Compilations:
    """Listens to JAX, once it is loaded.

    Attributes
    ----------
    count : int
        Compilations so far.
    """

    def __init__(self) -> None:
        self.count = 0
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
            now = time.perf_counter()
            self._spans.append((now - duration, now))
            self.count += event == DONE

    def seconds_since(self, start: float) -> float:
        """Seconds since `start` (of `time.perf_counter`) in which some step went on; steps may contain others."""
        total, until = 0.0, start
        for begin, end in sorted(self._spans):
            if end > until:
                total += end - max(begin, until)
                until = end
        return total


COMPILATIONS = Compilations()
