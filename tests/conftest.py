"""What every test needs: Ctrl-C is heard, and what JAX and numba compile is cached from one run to the next.

Ctrl-C is heard also where the suite was started in the background and told to ignore it. Compiling takes half of the
time of the strategies' tests; the folder is named by what decides whether a compiled function fits.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPILERS = ("jax", "jaxlib", "numba", "llvmlite", "numpy")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # child processes inherit it, and tests interrupt some
    signal.signal(signal.SIGINT, signal.default_int_handler)


def version_of(name: str) -> str:
    """The version of an installed distribution, or none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def compiled_folder() -> Path:
    """Where compiled functions of these versions are cached."""
    versions = "-".join(f"{name}{version_of(name)}" for name in COMPILERS)
    python = f"{sys.implementation.cache_tag}-{platform.machine()}"
    return ROOT / ".pytest_cache" / "compiled" / f"{python}-{versions}"


# Set before anything imports them; child processes of the tests share it. Who sets them otherwise is obeyed.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(compiled_folder() / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
os.environ.setdefault("NUMBA_CACHE_DIR", str(compiled_folder() / "numba"))
