"""Journals -> the same lines, packed, where published results lie. Loss-free, and never over other results."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from reports.load.files import PLAIN, BrokenFile, TornFile, lines_of, stem_of
from reports.load.journal import read_journal
from reports.load.xz import packed_streams

PACKED = f"{PLAIN}.xz"


class CannotPack(ValueError):
    """A journal that must not be published as it is; the message says why and what to do."""


@dataclass(frozen=True)
class Packed:
    """A packed journal: where it is, its size before and after in bytes, and whether it was there already."""

    path: Path
    lines_bytes: int
    packed_bytes: int
    known: bool


def pack(journals: list[Path], to: Path) -> list[Packed]:
    """Write `<name>.jsonl.xz` into a folder for each journal, with exactly its lines.

    Parameters
    ----------
    journals : list of Path
        Plain or packed journals.
    to : Path
        The folder; made when it does not exist.

    Raises
    ------
    CannotPack
        A journal is missing, broken or torn, or another one of its name is there. Nothing was written for it.
    """
    for path in journals:
        _require_sound(path)
    to.mkdir(parents=True, exist_ok=True)
    return [_pack_one(path, to / f"{stem_of(path)}{PACKED}") for path in journals]


def _require_sound(path: Path) -> None:
    """Refuse what the report would read with a warning: published results are whole."""
    if not path.is_file():
        raise CannotPack(f"There is no journal {path}.")
    try:
        warnings = read_journal(path, path.name).warnings
    except BrokenFile as problem:
        raise CannotPack(f"{problem}: it was not packed.") from problem
    if warnings:
        raise CannotPack(f"{warnings[0]}: finish the run (or mend the file) before packing it.")


def _pack_one(path: Path, target: Path) -> Packed:
    if target.exists():
        if target.resolve() != path.resolve() and not same_lines(path, target):
            raise CannotPack(
                f"{target} exists and holds other results than {path}: remove it, or choose another folder with --to."
            )
        return Packed(target, _length(path), target.stat().st_size, known=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as drafts:
        draft = Path(drafts) / target.name
        with draft.open("wb") as packed:
            packed.writelines(packed_streams(lines_of(path)))
        if not same_lines(path, draft):
            raise CannotPack(f"{path} changed while it was packed: wait until the run has ended.")
        os.replace(draft, target)
    return Packed(target, _length(path), target.stat().st_size, known=False)


def same_lines(one: Path, other: Path) -> bool:
    """Whether two journals, packed or not, hold the same bytes; a torn one is like no other."""
    try:
        return all(a == b for a, b in zip_longest(lines_of(one), lines_of(other)))
    except TornFile:
        return False


def _length(path: Path) -> int:
    return sum(map(len, lines_of(path)))
