"""Journal files on disk, plain or packed: finding them, and reading them line by line."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path

PLAIN = ".jsonl"
#: In this order the same journal is looked for: a plain file is the one that a run may still be writing.
SUFFIXES = (PLAIN, f"{PLAIN}.xz", f"{PLAIN}.gz")
BUFFER = 1 << 20


def _opened(path: Path) -> gzip.GzipFile | lzma.LZMAFile | io.BufferedReader:
    """A journal for reading, unpacked on the way; whoever calls closes it."""
    if path.name.endswith(".xz"):
        return lzma.LZMAFile(path)
    if path.name.endswith(".gz"):
        return gzip.GzipFile(path)
    return path.open("rb")


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
                    f"{path.relative_to(folder).as_posix()} was not read: {kept.name} is beside it"
                )
    return sorted(found.values())


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a journal, with their line ends.

    Raises
    ------
    OSError
        The file cannot be opened or read.
    TornFile
        Behind the last sound line of a packed file that is cut off or damaged.
    """
    with _opened(path) as file:
        rest = b""
        try:
            while chunk := file.read1(
                BUFFER
            ):  # what is sound comes before the fault is raised, unlike from read()
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield line + b"\n"
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as problem:
            raise TornFile(str(problem)) from problem
    if rest:
        yield rest
