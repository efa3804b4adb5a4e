"""What CITATION.cff and LICENSE say of the suite: title, authors, version and licence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Author(NamedTuple):
    """A person, or a group of them, by name."""

    name: str
    person: bool


@dataclass(frozen=True)
class Citation:
    """How the suite wants to be cited.

    Attributes
    ----------
    title, version : str
    authors : tuple of Author
    licence : str
        Its identifier in the list of SPDX, such as MIT.
    licence_name, copyright : str
        The first line of the licence's text, and the line that says whose it is.
    """

    title: str
    version: str
    authors: tuple[Author, ...]
    licence: str
    licence_name: str
    copyright: str


def read_citation(root: Path = ROOT) -> Citation:
    """Read CITATION.cff and LICENSE; what a file does not say is empty.

    Parameters
    ----------
    root : Path
        The folder with the two files.
    """
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    licence = (root / "LICENSE").read_text(encoding="utf-8").splitlines()
    return Citation(
        _value(text, "title"),
        _value(text, "version"),
        tuple(_authors(text)),
        _value(text, "license"),
        licence[0].strip(),
        next((line.strip() for line in licence if line.startswith("Copyright")), ""),
    )


def _value(text: str, key: str) -> str:
    """The value of a key of the file's first level that stands in the key's own line."""
    found = re.search(rf"(?m)^{key}:[ ]*(.+)$", text)
    return _bare(found[1]) if found else ""


def _authors(text: str) -> list[Author]:
    """The authors: groups have a name, persons a given and a family name."""
    block = re.search(r"(?m)^authors:\n((?:[ -].*\n?)+)", text)
    found = []
    for entry in re.split(r"(?m)^\s*- ", block[1] if block else "")[1:]:
        told = {key: _bare(value) for key, value in re.findall(r"(?m)^\s*([\w-]+):[ ]*(.+)$", entry)}
        person = " ".join(told[key] for key in ("given-names", "family-names") if key in told)
        found.append(Author(told.get("name", person), "name" not in told))
    return [author for author in found if author.name]


def _bare(value: str) -> str:
    return value.strip().strip("\"'")
