"""Threads over images: Python's own, for code that holds no interpreter lock, with BLAS held to one thread each."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any, Callable, ContextManager, List, Sequence, Tuple

import numba
from threadpoolctl import ThreadpoolController


@lru_cache(maxsize=None)
def _libraries() -> Any:
    """The BLAS libraries of this process, SciPy's among them: numba's products use that."""
    import scipy.linalg.cython_blas  # noqa: F401

    return ThreadpoolController().select(user_api="blas")


def _now() -> int:
    return max((each.num_threads or 1 for each in _libraries().lib_controllers), default=1)


@lru_cache(maxsize=None)
def _shared() -> bool:
    """Whether a limit that one thread sets holds on the others: BLAS libraries differ, and so do threadpoolctl's."""
    before = _now()
    seen: List[int] = []
    with _libraries().limit(limits=1):
        thread = threading.Thread(target=lambda: seen.append(_now()))
        thread.start()
        thread.join()
    return before < 2 or seen == [1]


class _Hold:
    """Holds BLAS to one thread while calls from any number of threads are inside; the last one out lets go."""

    def __init__(self) -> None:
        self.lock, self.inside, self.before = threading.Lock(), 0, 0
        self.limiter: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.before = _now()
                self.limiter = _libraries().limit(limits=1)
            self.inside += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.limiter.restore_original_limits()

    def threads(self) -> int:
        """Return how many threads BLAS has, or had before it was held."""
        with self.lock:
            return self.before if self.inside else _now()


_hold = _Hold()


def blas_threads() -> int:
    """Return how many threads a call may take: what numba and BLAS are both allowed."""
    return max(1, min(int(numba.config.NUMBA_NUM_THREADS), _hold.threads()))  # type: ignore[attr-defined]


def one_blas_thread() -> ContextManager[Any]:
    """Return a context in which this thread's BLAS has one thread; others' too, where a limit holds for all."""
    return _hold if _shared() else _libraries().limit(limits=1)


@lru_cache(maxsize=1)
def _pool(process: int) -> ThreadPoolExecutor:
    """Threads of this process that wait for work; a forked child has none of its parent's and gets its own."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "encode")


def each_on_a_thread(call: Callable[[int, int], int], ranges: Sequence[Tuple[int, int]]) -> List[int]:
    """Return what `call` returns for each range: the last on this thread, the others on threads that are kept.

    Each has one BLAS thread.
    """

    def run(low: int, high: int) -> int:
        with one_blas_thread():
            return call(low, high)

    others = [_pool(os.getpid()).submit(run, *each) for each in ranges[:-1]]
    try:
        last = run(*ranges[-1])
    finally:
        wait(others)  # they write to what the caller may take back
    return [*(each.result() for each in others), last]
