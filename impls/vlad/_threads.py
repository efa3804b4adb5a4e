"""Threads over images: Python's own, for code that holds no interpreter lock, with BLAS held to one thread each."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

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


def blas_threads() -> int:
    """Return how many threads a call may take: what numba and BLAS are both allowed."""
    allowed = int(numba.config.NUMBA_NUM_THREADS)
    libraries = _libraries().lib_controllers
    with _lock:
        now = _held[0] if _depth[0] else max((each.num_threads or 1 for each in libraries), default=1)
    return max(1, min(allowed, now))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread; calls from several threads may overlap, and the last one out lets go."""
    libraries = _libraries()
    with _lock:
        if not _depth[0]:
            before = max((each.num_threads or 1 for each in libraries.lib_controllers), default=1)
            _held[:] = [before, libraries.limit(limits=1) if before > 1 else None]
        _depth[0] += 1
    try:
        yield
    finally:
        with _lock:
            _depth[0] -= 1
            if not _depth[0]:
                limiter: Optional[Any] = _held[1]
                _held.clear()
                if limiter is not None:
                    limiter.restore_original_limits()


def each_on_a_thread(call: Callable[[int, int], int], ranges: Sequence[Tuple[int, int]]) -> List[int]:
    """Return what `call` returns for each range: the last on this thread, the others on threads of their own."""
    found: List[Any] = [None] * len(ranges)

    def run(place: int) -> None:
        try:
            found[place] = call(*ranges[place])
        except BaseException as error:
            found[place] = error

    others = [threading.Thread(target=run, args=(place,)) for place in range(len(ranges) - 1)]
    for thread in others:
        thread.start()
    run(len(ranges) - 1)
    for thread in others:
        thread.join()
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return found
