"""Print the entries of a lock that this environment lacks of some packages and of all that they need.

``python requirements/missing.py LOCK NAME...`` is for environments that bring packages of their own, such as Colab's,
or a machine with a build of torch on its disk: what is there stays, and the rest is installed from the lock, resolving
nothing (``pip install --no-deps --require-hashes -r``). Prints nothing where nothing is missing. ``pip check`` says
afterwards whether what was there fits the rest.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path
from typing import NamedTuple

try:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name
except ImportError:  # every pip brings its own copy
    from pip._vendor.packaging.requirements import Requirement  # type: ignore[assignment]
    from pip._vendor.packaging.utils import canonicalize_name  # type: ignore[assignment]


class Entry(NamedTuple):
    """One version of a package in a lock.

    Attributes
    ----------
    requirement : Requirement
        Name, exact version and marker.
    text : str
        Its lines, hashes included, as pip reads them.
    wanted_by : frozenset of str
        Packages of the same lock that need it.
    """

    requirement: Requirement
    text: str
    wanted_by: frozenset[str]

    @property
    def name(self) -> str:
        """The distribution, in the one spelling that names are compared in."""
        return str(canonicalize_name(self.requirement.name))

    @property
    def applies(self) -> bool:
        """Whether its marker holds for this interpreter and platform."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate()


def entries(lock: Path) -> list[Entry]:
    """Read a lock as uv writes it.

    Raises
    ------
    ValueError
        If an entry has no exact version or no hash.
    """
    found = []
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8")):
        rows = [row for row in block.splitlines() if row and not row.startswith("#")]
        pinned = [row for row in rows if not row.lstrip().startswith("#")]
        if not pinned:
            continue
        text = "\n".join(pinned)
        requirement = Requirement(text.split("\\\n")[0].split(" --hash=")[0].strip().rstrip("\\"))
        if not re.fullmatch(r"==[^,*]+", str(requirement.specifier)) or "--hash=sha256:" not in text:
            raise ValueError(f"{lock}: {requirement} has no exact version with hashes: run make pins")
        said = " ".join(row.strip("# ") for row in rows if row.lstrip().startswith("#"))
        wanted_by = frozenset(
            canonicalize_name(name) for name in re.sub(r"\(.*?\)|-c \S+|via", "", said).split()
        )
        found.append(Entry(requirement, text, wanted_by))
    return found


def needs_of_installed(name: str) -> list[str]:
    """Names of what an installed distribution needs here, without extras."""
    wanted = [Requirement(text) for text in importlib.metadata.requires(name) or []]
    active = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    return [str(canonicalize_name(each.name)) for each in active]


def is_installed(name: str) -> bool:
    """Tell whether this environment has any version of a distribution."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def missing(lock: list[Entry], names: list[str]) -> list[Entry]:
    """Entries to install so that the named packages and all that they need are here.

    Raises
    ------
    ValueError
        If something is neither here nor in the lock.
    """
    here = [entry for entry in lock if entry.applies]
    chosen: dict[str, Entry] = {}
    seen: set[str] = set()
    queue = [str(canonicalize_name(name)) for name in names]
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        if is_installed(name):
            queue += needs_of_installed(name)
            continue
        own = [entry for entry in here if entry.name == name]
        if not own:
            raise ValueError(f"{name} is neither installed nor in the lock: name another lock, or install it")
        chosen[name] = own[0]
        queue += [entry.name for entry in here if name in entry.wanted_by]
    return [entry for entry in here if entry.name in chosen]


def main(words: list[str]) -> int:
    """Print the entries; returns an exit code."""
    if len(words) < 2:
        print("usage: python requirements/missing.py LOCK NAME...", file=sys.stderr)
        return 2
    try:
        for entry in missing(entries(Path(words[0])), words[1:]):
            print(entry.text)
    except (OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
