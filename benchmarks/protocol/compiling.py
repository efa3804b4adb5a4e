"""What JAX and numba compile in this process, and when: so that a sample never hides a compilation.

And so that no first call is shown as cold that found its code compiled: by an earlier block, or in a cache on disk.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Callable, Dict, Hashable, List, Optional, Sequence, Tuple

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
    fetched : int
        Those fetched from a cache.
    """

    def __init__(self) -> None:
        self.count = 0
        self.fetched = 0
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
        self.fetched += event == FETCHED

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
        count, fetched, started = self.count, self.fetched, perf_counter()
        self._spans.clear()  # what was heard before is told already
        result = call()
        if self.count == count:
            return result, self._paid.get(key, 0.0)
        if self.fetched > fetched:
            return result, self._paid.get(key)
        self._paid[key] = self.seconds_since(started)
        return result, self._paid[key]


class NumbaCompilations:
    """Listens to numba, once it is loaded: it tells of what it compiles, and not of what it takes from a cache.

    Attributes
    ----------
    count : int or None
        Compilations so far; None where this numba tells of none (before 0.53).
    """

    def __init__(self) -> None:
        self.count: Optional[int] = 0
        self._listening = False

    def listen(self) -> None:
        """Begin to listen, if numba is loaded and this was not done before."""
        if self._listening or "numba" not in sys.modules:
            return
        self._listening = True
        try:
            event = import_module("numba.core.event")
        except ImportError:
            self.count = None
            return
        heard = type(
            "Heard", (event.Listener,), {"on_start": self._heard, "on_end": lambda self, event: None}
        )
        event.register("numba:compile", heard())

    def _heard(self, *_: Any) -> None:
        self.count = (self.count or 0) + 1


COMPILATIONS = Compilations()
NUMBA = NumbaCompilations()


class Compilers:
    """Tells of one call whether all that it needed compiled was compiled in it.

    Parameters
    ----------
    packages : sequence of str
        What the strategy requires; one that requires no compiler is as cold in every first call as in any.
    """

    def __init__(self, packages: Sequence[str]) -> None:
        NUMBA.listen()
        names = {name.split(".")[0] for name in packages}
        self._jax, self._numba = "jax" in names, "numba" in names
        self._before = (COMPILATIONS.count, COMPILATIONS.fetched, NUMBA.count)

    def cold(self) -> bool:
        """Whether nothing came from a cache or an earlier call."""
        count, fetched, by_numba = self._before
        if self._jax and (COMPILATIONS.count == count or COMPILATIONS.fetched > fetched):
            return False
        return not (self._numba and NUMBA.count == by_numba)


def forget_compiled() -> None:
    """Let go of what JAX compiled: it keeps every shape it ever saw, gigabytes in a sweep over hundreds of cells."""
    if "jax" in sys.modules:
        import_module("jax").clear_caches()
