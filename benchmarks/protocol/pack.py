"""All that this machine measured as one small file: its journals one behind the other, compressed.

Each journal begins with its machine line, so no names or folders are stored beside them, and nothing in the file
says where to write. ``python -m reports merge FILE`` brings it into somebody else's results.
"""

from __future__ import annotations

import glob
import lzma
import os
from typing import List, Optional

from benchmarks.protocol import machine, places


def whole_lines(raw: bytes) -> bytes:
    """Everything up to the last newline: a run that still writes, or was killed, may leave a torn line."""
    return raw[: raw.rfind(b"\n") + 1]


def journals_here() -> List[str]:
    """Paths of this machine's journals, sorted.

    Raises
    ------
    ValueError
        There is none; the message names the folder.
    """
    folder = os.path.join(places.results_dir(), places.safe_name(machine.machine_name()))
    found = sorted(glob.glob(os.path.join(glob.escape(folder), "*.jsonl")))
    if not found:
        raise ValueError(
            f"there is no journal in {folder}: measure first (python -m benchmarks report Quick), then pack"
        )
    return found


def pack(out: Optional[str] = None) -> str:
    """Write this machine's journals as one file.

    Parameters
    ----------
    out : str, optional
        The file; by default ``crossover-<machine>.jsonl.xz`` in the current folder.

    Returns
    -------
    str
        The file's path.
    """
    paths = journals_here()
    out = out or f"crossover-{places.safe_name(machine.machine_name())}.jsonl.xz"
    with lzma.open(out, "wb", preset=6) as packed:
        for path in paths:
            with open(path, "rb") as journal:
                packed.write(whole_lines(journal.read()))
    return out
