"""Threads over images: Python's own, for code that holds no interpreter lock, with BLAS held to one thread each."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Callable, Iterator, List, Sequence, Tuple

import numba
from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_held: List[Any] = []
_depth = [0]


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


def blas_threads() -> int:
    """Return how many threads a call may take: what numba and BLAS are both allowed."""
    allowed = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    with _lock:
        now = _held[0] if _held else _now()
    return max(1, min(allowed, now))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the BLAS of this thread to one thread; where that holds for all, the last one out lets go."""
    if not _shared():
        with _libraries().limit(limits=1):
            yield
        return
    with _lock:
        if not _depth[0]:
            before = _now()
            _held[:] = [before, _libraries().limit(limits=1) if before > 1 else None]
        _depth[0] += 1
    try:
        yield
    finally:
        with _lock:
            _depth[0] -= 1
            if not _depth[0]:
                limiter = _held[1]
                _held.clear()
                if limiter is not None:
                    limiter.restore_original_limits()


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
