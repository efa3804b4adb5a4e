"""Finds an interpreter of a version that really runs: on the PATH, beside this one, or where pyenv and uv keep them.

A pyenv shim has the right name and fails when it is called, and a distribution's Python may lack what makes virtual
environments; so every candidate is asked, and what it answers is kept as the reason if none will do.
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from typing import Iterator, List, NamedTuple, Optional

QUESTION = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
ANSWER_LIMIT_S = 30.0


class Search(NamedTuple):
    """The interpreter found, or the reason why none was."""

    path: Optional[str]
    reason: str


def candidates(version: str) -> Iterator[str]:
    """Paths that may be a Python of that version, the likelier first, each once."""
    seen = set()
    for path in _places(version):
        real = os.path.realpath(path)
        if os.access(path, os.X_OK) and real not in seen:
            seen.add(real)
            yield path


def _places(version: str) -> Iterator[str]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield os.path.join(folder, "python" + version)
    yield os.path.join(sys.base_prefix, "bin", "python" + version)
    home = os.path.expanduser("~")
    pyenv = os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv"))
    uv = os.environ.get("UV_PYTHON_INSTALL_DIR", os.path.join(home, ".local", "share", "uv", "python"))
    for pattern in (f"{pyenv}/versions/{version}.*/bin/python", f"{uv}/cpython-{version}.*/bin/python3"):
        yield from sorted(glob.glob(pattern), reverse=True)


def why_unfit(path: str, version: str) -> Optional[str]:
    """Ask a candidate for its version and for what makes virtual environments; None if it will do."""
    try:
        done = subprocess.run(
            [path, "-I", "-c", QUESTION], capture_output=True, text=True, timeout=ANSWER_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"does not run ({type(problem).__name__})"
    if done.returncode:
        said = done.stderr.strip().splitlines()
        return f"fails: {said[-1] if said else 'no word'}"
    found = done.stdout.strip()
    return None if found == version else f"is Python {found}"


def find(version: str) -> Search:
    """Look for a Python of that version, such as ``3.8``."""
    unfit: List[str] = []
    for path in candidates(version):
        reason = why_unfit(path, version)
        if reason is None:
            return Search(path, "")
        unfit.append(f"{os.path.basename(path)} {'of a pyenv shim ' if 'shims' in path else ''}{reason}")
    told = f" ({'; '.join(unfit)})" if unfit else ""
    return Search(None, f"no working Python {version} on the PATH, with pyenv or with uv{told}")
