"""Somebody's packed results -> one more machine in the local results folder.

The file may come from anybody. Nothing in it names a place to write to: a journal is filed under the names of its
machine, commit and environment, which must be plain words. Everything is read and checked (`load.packed`)
before the first byte is written; what does not pass is one sentence, and the results stay as they were.

A name proves nothing: results that were measured here are never joined by a file that claims to be of this machine. A
list in the machine's folder says which of its journals came by merging; beside any other, nothing is added.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.load.files import PLAIN, TornFile, journal_files, lines_of, stem_of
from reports.load.packed import Incoming, Refused, decoded, parsed, unpacked

#: In the folder of a machine: names of the journals that came by merging, one a line.
MERGED = "merged.txt"
#: Names that Windows keeps for itself.
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Merged:
    """What was done.

    Attributes
    ----------
    machine : str
        The name that the report will show.
    written : list of Path
        Journals that are new or have grown.
    known : list of Path
        Journals that held all of it already.
    lines : int
        Measurements in the file.
    """

    machine: str
    written: list[Path]
    known: list[Path]
    lines: int


def merge(file: Path, results: Path, name: str | None = None) -> Merged:
    """Bring a packed file into a results folder.

    Parameters
    ----------
    file : Path
        Made by ``python -m benchmarks pack``; a bare journal is taken as well.
    results : Path
        asv's `results_dir`; made when it does not exist.
    name : str, optional
        File the machine under this name in place of its own.

    Raises
    ------
    Refused
        The file is unusable, or its machine's name is taken by another machine. Nothing was written.
    """
    shown = file.name
    incoming = parsed(unpacked(file), shown)
    machine = one_machine(incoming, shown) if name is None else name
    require_plain(machine, "the name of its machine" if name is None else "the new name", shown)
    if name is not None:
        for part in incoming:
            part.rows[0] = json.dumps({**part.journal.machine, "machine": name}).encode()
    folder = results / machine
    require_same_machine(folder, incoming, machine, shown)
    texts = distinct_texts(incoming, shown)
    todo = {path: text for path, text in planned(folder, texts, shown).items() if text}
    known = [folder / file_name for file_name in texts if folder / file_name not in todo]
    if todo:
        require_merged_only(folder, machine, shown)
        names = merged_names(folder) | {path.name for path in todo}
        write_whole(folder / MERGED, "".join(f"{one}\n" for one in sorted(names)).encode())
    for path, text in todo.items():
        write_whole(path, text)
    return Merged(machine, list(todo), known, sum(len(part.journal.lines) for part in incoming))


def one_machine(incoming: list[Incoming], shown: str) -> str:
    """The name of the machine that measured all of the file."""
    names = {str(part.journal.machine.get("machine") or "") for part in incoming}
    if len(names) > 1:
        raise Refused(f"{shown} holds {len(names)} machines; pack and merge them one by one.")
    return names.pop()


def require_plain(machine: str, what: str, shown: str) -> None:
    """Refuse a name that is not a plain word: it becomes a folder, here and on other systems."""
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,62}[A-Za-z0-9]|[A-Za-z0-9]", machine)
    if not plain or RESERVED.fullmatch(machine):
        raise Refused(
            f"{shown}: {what}, {machine[:60]!r}, is not 1 to 64 letters, digits and . _ + - between them; "
            "give it one with --as NAME."
        )


def require_same_machine(folder: Path, incoming: list[Incoming], machine: str, shown: str) -> None:
    """Refuse to add to a folder whose journals come from other hardware."""
    for path in journal_files(folder, []):
        try:
            known = identity(decoded(next(lines_of(path), b"")))
        except (OSError, ValueError, TornFile):
            continue  # not a journal that anybody can read; the report says so when it is built
        for part in incoming:
            if known != identity(part.journal.machine):
                raise Refused(
                    f"{shown}: there is another machine called {machine!r} in {folder.parent}; "
                    "give this one a name of its own with --as NAME."
                )


def require_merged_only(folder: Path, machine: str, shown: str) -> None:
    """Refuse to add to a folder with a journal that no merge brought: it was measured here, and stays the owner's."""
    merged = merged_names(folder)
    own = [path.name for path in journal_files(folder, []) if f"{stem_of(path)}{PLAIN}" not in merged]
    if own:
        raise Refused(
            f"{shown}: {folder} holds results of {machine!r} that were measured here ({own[0]}), and newer ones would "
            "take their place in the report; give these a name of their own with --as NAME."
        )


def merged_names(folder: Path) -> set[str]:
    """Names of the journals in a machine's folder that came by merging."""
    path = folder / MERGED
    try:
        return set(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else set()
    except (OSError, ValueError) as problem:
        raise Refused(f"{path} cannot be read ({problem}): move {folder} away.") from problem


def identity(record: dict[str, Any]) -> tuple[str, ...]:
    """What two journals of one machine have in common whatever was measured."""
    facts = record.get("facts")
    known = facts if isinstance(facts, dict) else {}
    return tuple(str(value) for value in (record.get("cpu"), known.get("cores"), known.get("arch")))


def distinct_texts(incoming: list[Incoming], shown: str) -> dict[str, bytes]:
    """File name -> text; two journals of one name are a fault of whoever packed them."""
    texts: dict[str, bytes] = {}
    for part in incoming:
        if texts.setdefault(part.file_name, part.text) != part.text:
            raise Refused(f"{shown} holds two different journals of the name {part.file_name}.")
    return texts


def planned(folder: Path, texts: dict[str, bytes], shown: str) -> dict[Path, bytes]:
    """Path -> what to write there, empty where it stands there already; refuses to replace other results."""
    todo = {}
    for file_name, text in texts.items():
        path = folder / file_name
        plain, packed = held(path), held(path.with_name(file_name + ".xz"))
        there = plain or packed
        # A journal may have grown since; beside a packed one the grown one would be a second of that name.
        if there and not (there.startswith(text) or (plain and text.startswith(plain))):
            raise Refused(
                f"{shown}: {path} exists and holds other results; merge under another name with --as NAME."
            )
        todo[path] = text if len(text) > len(there) else b""
    return todo


def held(path: Path) -> bytes:
    """The lines of a journal, packed or not; nothing where there is none."""
    try:
        return b"".join(lines_of(path)) if path.is_file() else b""
    except (OSError, TornFile) as problem:
        raise Refused(f"{path} is in the way and cannot be read ({problem}): move it away.") from problem


def write_whole(path: Path, text: bytes) -> None:
    """Write a file so that it is there entirely or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as drafts:
            draft = Path(drafts) / path.name
            with draft.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
    except OSError as problem:
        raise Refused(f"{path} cannot be written: {problem.strerror}.") from problem
