"""What the machine was doing meanwhile: a sentinel kernel, steal time, load; and its own speed limits.

Everything is recorded and nothing is filtered on: in the pilot, dropping samples by any of these signals
did not make the comparison better (facts behind the protocol: README, "How it measures").
"""

from __future__ import annotations

import os
from typing import Any, Dict, Optional, Tuple

import numpy as np

from benchmarks.protocol.clock import perf_counter

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_SENTINEL = np.arange(1 << 15, dtype=np.float64)[::-1].copy()


def sentinel_seconds() -> float:
    """Best of five timings, in seconds, of a fixed sort: slow when the core is shared or throttled."""
    best = float("inf")
    for _ in range(5):
        started = perf_counter()
        np.sort(_SENTINEL)
        best = min(best, perf_counter() - started)
    return best


def involuntary_switches() -> Optional[int]:
    """How often the kernel took the processor from this process so far; None where the system does not tell."""
    return None if resource is None else int(resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw)


def cpu_jiffies() -> Optional[Tuple[int, int]]:
    """(stolen, total) clock ticks since boot over all cores, or None where the system does not tell."""
    try:
        with open("/proc/stat", encoding="ascii") as handle:
            ticks = [int(word) for word in handle.readline().split()[1:9]]
    except (OSError, ValueError):
        return None
    return ticks[7], sum(ticks)


def noise_between(before: Optional[Tuple[int, int]], sentinel_s: float) -> Dict[str, Any]:
    """Noise record of a block: sentinel seconds, share of stolen time since `before`, load average."""
    after = cpu_jiffies()
    steal = None
    if before and after and after[1] > before[1]:
        steal = round((after[0] - before[0]) / (after[1] - before[1]), 4)
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {"sentinel_s": sentinel_s, "steal": steal, "load": load}


def _best_seconds(call: Any, repeats: int = 5) -> float:
    best = float("inf")
    for _ in range(repeats):
        started = perf_counter()
        call()
        best = min(best, perf_counter() - started)
    return best


LADDER_BYTES = tuple(
    1 << power for power in range(14, 28)
)  # 16 KiB, inside every L1, to 128 MiB, beyond most L3


def memory_rates(working_set: int) -> Dict[str, float]:
    """Bytes a second that this process copies and reads when it goes over and over so many bytes.

    Parameters
    ----------
    working_set : int
        Bytes in all: source and target of the copy together, or the one vector that is read.

    Returns
    -------
    dict
        ``bytes``: the working set. ``copy_bytes_per_s``: bytes read plus bytes written by `numpy.copyto`.
        ``read_bytes_per_s``: bytes of a vector that BLAS multiplies by itself (it is read once, nothing is
        written), which is the faster of the two where writing costs extra.
    """
    values = np.ones(working_set // 8)
    source, target = values[: len(values) // 2], values[len(values) // 2 :]
    loops = max(1, (1 << 22) // working_set)  # a sample of 4 MiB or more: far above the clock's resolution

    def copy() -> None:
        for _ in range(loops):
            np.copyto(target, source)

    def read() -> None:
        for _ in range(loops):
            np.dot(values, values)

    moved = float(values.nbytes * loops)
    return {
        "bytes": working_set,
        "copy_bytes_per_s": moved / _best_seconds(copy, 3),
        "read_bytes_per_s": moved / _best_seconds(read, 3),
    }


def measured_limits() -> Dict[str, Any]:
    """Speed limits of this process on this machine, with the threads it was given.

    Returns
    -------
    dict
        ``rates``: `memory_rates` for working sets from cache to memory. ``copy_bytes_per_s``: that of the
        largest. ``gemm_flops_per_s``: by dtype, 2 n^3 over the time of an n = 512 matrix product.
    """
    rates = [memory_rates(size) for size in LADDER_BYTES]
    flops = {}
    for dtype in ("float64", "float32"):
        a = np.full((512, 512), 0.5, dtype=dtype)
        out = np.empty_like(a)
        np.matmul(a, a, out=out)
        flops[dtype] = 2 * 512.0**3 / _best_seconds(lambda a=a, out=out: np.matmul(a, a, out=out))
    return {"rates": rates, "copy_bytes_per_s": rates[-1]["copy_bytes_per_s"], "gemm_flops_per_s": flops}
