"""The environment variables a measuring process starts with: threads, caches of compiled code, memory of devices."""

from __future__ import annotations

import os
from typing import Dict

from benchmarks import ROOT
from benchmarks.protocol import memory
from benchmarks.protocol.machine import usable_cores
from benchmarks.protocol.plan import KEPT

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
# JAX writes to its cache only what took long to compile, unless told otherwise.
COMPILED_ONCE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
# JAX takes most of a GPU's memory when it starts, unless told otherwise; torch works in the same process.
SHARED_DEVICE = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def worker_environment(threads: int, kept: str, weighing: bool) -> Dict[str, str]:
    """Return the environment of a worker; the parameters are those of `process.Worker`."""
    count = str(threads or usable_cores())
    environment = dict(SHARED_DEVICE, **os.environ)
    environment.update(dict.fromkeys(THREAD_VARIABLES, count), PYTHONHASHSEED="0")
    environment.update(COMPILED_ONCE, JAX_COMPILATION_CACHE_DIR=kept, NUMBA_CACHE_DIR=kept)
    environment[KEPT] = kept
    if weighing:
        environment.update(memory.ENVIRONMENT)
    paths = [ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment
