"""Journal files on disk, plain or packed: finding them, and reading them line by line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from reports.load.bounds import shown
from reports.load.xz import Unpacking

PLAIN = ".jsonl"
#: In this order the same journal is looked for: a plain file is the one that a run may still be writing.
SUFFIXES = (PLAIN, f"{PLAIN}.xz", f"{PLAIN}.gz")
BUFFER = 1 << 20
#: The longest that a run writes is a trajectory of 16 MiB in letters.
LONGEST_LINE = 32 << 20


class BrokenFile(Exception):
    """A result file that cannot be used at all; the message says why in one sentence."""


class TornFile(Exception):
    """A packed file whose data end early or are damaged; what was read until then is sound."""


def stem_of(path: Path) -> str:
    """The name of a journal without any of its suffixes: `<commit8>-<env>`."""
    suffix = next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), path.suffix)
    return path.name.removesuffix(suffix)


def journal_files(folder: Path, warnings: list[str]) -> list[Path]:
    """Every journal below a folder, each once, by name.

    Parameters
    ----------
    folder : Path
    warnings : list of str
        Gets a sentence for each file that is left out because the same journal lies beside it, less packed.

    Returns
    -------
    list of Path
    """
    found: dict[tuple[Path, str], Path] = {}
    for suffix in SUFFIXES:
        for path in sorted(folder.rglob(f"*{suffix}")):
            if not path.is_file():
                continue
            kept = found.setdefault((path.parent, stem_of(path)), path)
            if kept != path:
                warnings.append(
                    f"{shown(path.relative_to(folder))} was not read: {shown(Path(kept.name))} is beside it"
                )
    return sorted(found.values())


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a journal, with their line ends; what is longer than `LONGEST_LINE` comes cut.

    Raises
    ------
    OSError
        The file cannot be opened or read.
    TornFile
        Behind the last sound line of a packed file that is cut off or damaged.
    """
    rest = b""
    for part in _parts(path):
        if part is None:
            rest = b""
            continue
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line[:LONGEST_LINE] + b"\n"
        rest = rest[:LONGEST_LINE]
    if rest:
        yield rest


def _parts(path: Path) -> Iterator[bytes | None]:
    """The bytes of a journal in order, unpacked; None where some are missing."""
    if path.name.endswith(".xz"):
        unpacking = Unpacking(path.read_bytes())
        yield from unpacking.parts()
        if unpacking.trouble:
            raise TornFile(unpacking.trouble)
        return
    with gzip.GzipFile(path) if path.name.endswith(".gz") else path.open("rb") as file:
        try:
            # what is sound comes before the fault is raised, unlike from read()
            while chunk := file.read1(BUFFER):
                yield chunk
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise TornFile(str(problem)) from problem
