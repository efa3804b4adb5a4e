"""The journal: one JSON object a line, appended and flushed at once, so that an interrupted run keeps what it has.

Only one process writes a journal at a time (an advisory lock on a file beside it says so). Opening it for
writing mends what a ``kill -9`` can leave behind: a torn last line, and the trailing lines of a block that was
not finished.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, suppress
from typing import Any, Dict, Iterator, List, TextIO, Tuple

try:
    import fcntl
except ImportError:  # Windows: no advisory lock, the rest works the same
    fcntl = None  # type: ignore[assignment]

SCHEMA = 1
Line = Dict[str, Any]


class JournalBusyError(RuntimeError):
    """Another process is writing the journal."""


class JournalBrokenError(ValueError):
    """A line of a journal, not the torn last one, is none that this suite writes."""


def read_lines(path: str) -> Iterator[Tuple[int, Line]]:
    """Yield (byte offset of its end, object) for every whole line of a journal; a torn last line is left out.

    Raises
    ------
    JournalBrokenError
        If a line that is not the last one is no JSON object, naming the file and the line.
    """
    with open(path, "rb") as handle:
        raw = handle.read()
    end = 0
    for number, text in enumerate(raw.split(b"\n")[:-1], start=1):
        end += len(text) + 1
        if text.strip():
            try:
                line = json.loads(text.decode("utf-8"))
            except (ValueError, RecursionError) as error:
                raise broken(path, number, str(error)) from None
            if not isinstance(line, dict):
                raise broken(path, number, f"it is {str(line)[:40]}")
            yield end, line


def broken(path: str, number: int, why: str) -> JournalBrokenError:
    """The error of a line that cannot be used, and what to do about it."""
    return JournalBrokenError(
        f"{path} line {number} is not a JSON object ({why}); move the file away or mend that line"
    )


class Journal:
    """An append-only file of JSON lines under an exclusive lock.

    Parameters
    ----------
    path : str
        The file; its folder is made when missing.
    machine_line : dict
        First line of a new file (``kind`` "machine").
    patience_s : float
        How long to wait for another writer to finish before raising `JournalBusyError`.
    """

    def __init__(self, path: str, machine_line: Line, patience_s: float = 30.0) -> None:
        self.path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._lock = self._acquire(patience_s)
        try:
            self._mend()
            self._file: TextIO = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed by close()
            if self._file.tell() == 0:
                self.append(machine_line)
        except BaseException:
            self._lock.close()
            raise

    def _acquire(self, patience_s: float) -> TextIO:
        lock = open(self.path + ".lock", "a+", encoding="utf-8")  # noqa: SIM115 - held as long as the journal
        deadline = time.monotonic() + patience_s
        while fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    lock.close()
                    raise JournalBusyError(
                        f"another run is writing {self.path}; wait for it to end, or stop it, and start again"
                    ) from None
                time.sleep(0.2)
        return lock

    def _mend(self) -> None:
        """Cut off what a killed writer left half done: a torn line, or the first lines of a block."""
        if not os.path.exists(self.path):
            return
        keep = 0
        for end, line in read_lines(self.path):
            if "kind" in line or line.get("block_end"):
                keep = end
        if keep < os.path.getsize(self.path):
            os.truncate(self.path, keep)

    def lines(self) -> List[Line]:
        """Every line written so far."""
        return [line for _, line in read_lines(self.path)]

    def append(self, line: Line) -> None:
        """Write one line and hand it to the operating system at once; an OSError names the file."""
        with self._named():
            self._file.write(json.dumps(line, sort_keys=False, allow_nan=False) + "\n")
            self._file.flush()

    def append_block(self, lines: List[Line]) -> None:
        """Write the lines of one finished block; the last one is marked, so that a torn block is known as such."""
        for line in lines[:-1]:
            self.append(line)
        if lines:
            self.append(dict(lines[-1], block_end=True))
        with self._named():
            os.fsync(self._file.fileno())

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say which file it was that the system could not write to."""
        try:
            yield
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror, self.path) from None

    def close(self) -> None:
        """Release the file and the lock; what a full disk did not take is lost, and was reported before."""
        with suppress(OSError):
            self._file.close()
        self._lock.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
