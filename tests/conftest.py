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
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

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

# Choices rest on the profile that is shipped, not on one that whoever runs the tests has measured.
os.environ["CROSSOVER_PROFILE"] = str(Path(__file__).resolve().parents[1] / "impls" / "cost" / "shipped.json")


@pytest.fixture(autouse=True)
def alone_where_files_are_dropped(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no test run beside one that drops files into the real folders of strategies (``drops_files``).

    Of two locks the first is held while one waits for the second: who waits for all others to end is not overtaken.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        yield
        return
    import fcntl

    alone = request.node.get_closest_marker("drops_files") is not None
    folder = Path(tempfile.gettempdir())
    with (folder / f"{run}.queue").open("w") as queue, (folder / f"{run}.running").open("w") as running:
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(running, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        yield
