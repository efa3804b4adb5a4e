"""Peak memory of one call, taken outside the timed repetitions.

Two witnesses, and the larger one counts: tracemalloc sees every NumPy buffer exactly (also those that reuse
freed pages); the process's high-water mark sees what compiled code and accelerator runtimes allocate.
"""

from __future__ import annotations

import ctypes
import sys
import tracemalloc
from typing import Any, Callable, Optional


def _status_kib(field: str) -> Optional[int]:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as handle:
            for line in handle:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
    except OSError:
        return None
    return None


def _return_free_pages() -> None:
    """Ask the C library to give freed memory back, so that the next high-water mark starts low."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):  # glibc only
            libc.malloc_trim(0)


def _reset_high_water() -> bool:
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as handle:
            handle.write("5")
    except OSError:
        return False
    return True


def peak_extra_bytes(call: Callable[[], Any]) -> int:
    """Bytes that `call` holds at its peak beyond its inputs and its result.

    Parameters
    ----------
    call : callable
        Takes nothing and returns an array (its ``nbytes`` are subtracted).

    Returns
    -------
    int
        Peak bytes, never negative. Where the system hides the high-water mark this is tracemalloc's view
        alone, which does not see memory taken by compiled code.
    """
    _return_free_pages()
    watched = _reset_high_water()
    before = _status_kib("VmRSS")
    result = call()
    high = _status_kib("VmHWM")
    result_bytes = int(getattr(result, "nbytes", 0))
    del result
    resident = 1024 * (high - before) if watched and high and before else 0

    tracemalloc.start()
    try:
        base = tracemalloc.get_traced_memory()[0]
        result = call()
        traced = tracemalloc.get_traced_memory()[1] - base
        del result
    finally:
        tracemalloc.stop()
    return max(0, max(traced, resident) - result_bytes)
