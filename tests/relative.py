"""CPU times as multiples of a piece of reference work done in the same process at the same moment.

A limit in seconds fails on a slow machine and passes anything on a fast one; a ratio to work of the same kind (an
interpreter's calls of small NumPy functions) means the same on both.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

CALLS = 2000  # of two small functions: 2 ms of CPU time on a cloud core of 2026


def reference_work() -> None:
    """Call two NumPy functions on an array of 64 numbers, again and again."""
    numbers = np.linspace(0.0, 1.0, 64)
    for _ in range(CALLS):
        np.exp(numbers).sum()


def cpu_seconds(call: Callable[[], object], tries: int = 5) -> float:
    """Least CPU time of a call."""
    times = []
    for _ in range(tries):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)


def in_reference_works(call: Callable[[], object], tries: int = 5) -> float:
    """Least CPU time of a call divided by that of the reference work, measured before and after it."""
    before = cpu_seconds(reference_work)
    taken = cpu_seconds(call, tries)
    return 2 * taken / (before + cpu_seconds(reference_work))
