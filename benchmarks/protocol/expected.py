"""Whether the measuring process runs what it was meant to run: versions as loaded, not as installed.

The time machine names them in ``CROSSOVER_EXPECT``, a JSON object of distribution names to versions. An environment
may hold another version than its name says (a later requirement pulled it up, a path put another copy in front);
then nothing is measured.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
from typing import Dict, List, Mapping

VARIABLE = "CROSSOVER_EXPECT"
#: distribution -> module, where the names differ
MODULES = {"scikit-learn": "sklearn"}


class WrongVersionError(RuntimeError):
    """The process loads another version than it was meant to; the message names all that differ."""


def expectations() -> Dict[str, str]:
    """What the starter of this process expects, by distribution; empty when it expects nothing."""
    return dict(json.loads(os.environ.get(VARIABLE) or "{}"))


def loaded(distribution: str) -> str:
    """Version of a distribution as its module says when imported here; ``python`` is the interpreter."""
    if distribution == "python":
        return platform.python_version()
    try:
        module = importlib.import_module(MODULES.get(distribution, distribution))
    except ImportError as problem:
        return f"nothing ({problem})"
    return str(getattr(module, "__version__", "one that does not tell its version"))


def require_versions(expected: Mapping[str, str]) -> None:
    """Import every distribution and compare; a version may be given by its first numbers, such as ``3.8``.

    Raises
    ------
    WrongVersionError
        If anything differs.
    """
    wrong: List[str] = []
    for name, version in expected.items():
        found = loaded(name)
        if found != version and not found.startswith(version + "."):
            wrong.append(f"{name} {found} in place of {version}")
    if wrong:
        raise WrongVersionError("the measuring process loads " + ", ".join(wrong))
