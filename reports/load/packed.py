"""A packed result file -> its journals, read within fixed bounds and checked line by line.

The file may come from anybody: it is a compressed stream of journals, each beginning with its machine's record, and
holds no names of files. What does not pass is refused in one sentence.
"""

from __future__ import annotations

import io
import json
import lzma
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports.load.bounds import MOST_VALUES
from reports.load.journal import Journal, add_record
from reports.load.journal import decoded as record_in
from reports.load.xz import MAGIC, MOST_MEMORY

MIB = 1 << 20
#: Bounds of a packed file. Measured: a Quick run has 1300 lines of 1.1 kB each and is packed to a twentieth.
MOST_PACKED, MOST_UNPACKED, MOST_LINES, LONGEST_LINE = 32 * MIB, 512 * MIB, 500_000, MIB
BOM = b"\xef\xbb\xbf"


class Refused(ValueError):
    """The file cannot be merged; the message says why and, where there is one, the way out."""


@dataclass
class Incoming:
    """One journal of the file: its rows as they came, and what they say.

    Attributes
    ----------
    rows : list of bytes
        Without their newlines; the first is the machine's.
    journal : Journal
        The records.
    """

    rows: list[bytes] = field(default_factory=list)
    journal: Journal = field(default_factory=lambda: Journal(Path()))

    @property
    def text(self) -> bytes:
        """The journal as it is to stand in the results folder."""
        return b"\n".join(self.rows) + b"\n"

    @property
    def file_name(self) -> str:
        """``<commit8>-<env>.jsonl``, as the first measurement says, in letters that every file system takes."""
        line = self.journal.lines[0]
        commit = line["commit"][:8] if re.fullmatch("[0-9a-f]{8,64}", line["commit"]) else "no-commit"
        env = re.sub(r"[^A-Za-z0-9._+-]", "_", str(line["env"] or "unknown"))[:80]
        return f"{commit}-{env}.jsonl"


def unpacked(file: Path) -> bytes:
    """The lines of a packed file or of a bare journal, within the bounds of this module."""
    shown = file.name
    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    try:
        with file.open("rb") as handle:
            packed = handle.read(len(MAGIC)) == MAGIC
            bound = MOST_PACKED if packed else MOST_UNPACKED
            handle.seek(0)
            raw = handle.read(bound + 1)
    except OSError as problem:
        raise Refused(f"{file} cannot be read: {problem.strerror}.") from problem
    if len(raw) > bound:
        raise Refused(f"{shown} is larger than {bound:,} bytes, more than any run writes.")
    if packed:
        return decompressed(raw, shown)
    if raw.removeprefix(BOM).lstrip()[:1] != b"{":
        raise Refused(f"{shown} is no result file: expected what `python -m benchmarks pack` writes.")
    return raw


def decompressed(raw: bytes, shown: str) -> bytes:
    """The xz streams of a file, neither longer than the bound, nor torn, nor with anything else behind them."""
    parts: list[bytes] = []
    left = MOST_UNPACKED + 1
    while raw:
        reader = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)
        try:
            parts.append(reader.decompress(raw, max_length=left))
        except lzma.LZMAError as problem:
            raise Refused(f"{shown} is damaged ({problem}): get it once more.") from problem
        left -= len(parts[-1])
        if left <= 0:
            raise Refused(f"{shown} unpacks to over {MOST_UNPACKED:,} bytes, more than any run writes.")
        if not reader.eof:
            raise Refused(f"{shown} ends too early: get it once more.")
        raw = reader.unused_data
        if raw and not raw.startswith(MAGIC):
            raise Refused(
                f"{shown} has something behind its end that does not belong there: get it once more."
            )
    return b"".join(parts)


def parsed(text: bytes, shown: str) -> list[Incoming]:
    """The journals of the file, every line of them checked as the report checks it."""
    found: list[Incoming] = []
    for number, row in enumerate(io.BytesIO(text), start=1):
        try:
            if number > MOST_LINES:
                raise ValueError(f"more than {MOST_LINES:,} lines, more than any run writes")
            record = decoded(row)
            if record.get("kind") == "machine":
                found.append(Incoming())
            elif not found:
                raise ValueError("a journal begins with its machine's record")
            found[-1].rows.append(row.rstrip(b"\n"))
            add_record(found[-1].journal, record)
        except ValueError as problem:
            raise Refused(f"{shown} line {number}: {problem}. Nothing of the file was used.") from problem
    if not found:
        raise Refused(f"{shown} is empty.")
    if not all(part.journal.lines for part in found):
        raise Refused(f"{shown} has a journal without a single measurement.")
    require_small_tables(found, shown)
    return found


def decoded(row: bytes) -> dict[str, Any]:
    """One line as a record; ValueError says what is wrong with it."""
    if len(row) > LONGEST_LINE:
        raise ValueError(f"longer than {LONGEST_LINE:,} bytes")
    return record_in(row)


def require_small_tables(found: list[Incoming], shown: str) -> None:
    """Refuse lines so scattered that the report's table of cells, sessions and strategies would not fit."""
    seen: dict[str, tuple[set[str], set[int], set[str]]] = {}
    for part in found:
        for line in part.journal.lines:
            cells, sessions, impls = seen.setdefault(line["workload"], (set(), set(), set()))
            setting = [line[key] for key in ("benchmark", "stage", "env", "dtype", "labels", "threads")]
            cells.add(json.dumps([setting, line["cell"]], sort_keys=True))
            sessions.add(line["session"])
            impls.add(line["impl"])
    for workload, (cells, sessions, impls) in seen.items():
        if len(cells) * len(sessions) * len(impls) > MOST_VALUES:
            raise Refused(
                f"{shown}: {len(cells):,} cells in {len(sessions):,} sessions with {len(impls):,} strategies of "
                f"{workload[:40]!r} are more than any run measures."
            )
