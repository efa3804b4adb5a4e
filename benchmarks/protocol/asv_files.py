"""What asv is about to replace: its result files are named by commit and Python, and know of no device.

The journals' names do (`devices.suffix`), and so does the report. A set measured on the host and then, with the same
Python at the same commit, on a GPU leaves two journals, but asv's own file and site keep the second alone: that is
worth a word beforehand.
"""

from __future__ import annotations

import glob
import json
import os
import re
import sys
from typing import Optional

from benchmarks.protocol.journal import read_lines
from benchmarks.protocol.progress import Progress

DEVICE = re.compile(r"-(jax|torch)[^-]*-[a-z]+\Z")


def warn(journal: str, benchmark: str, progress: Progress) -> None:
    """Say it where asv would lose numbers; the parameters are those of `about_to_be_replaced`."""
    other = about_to_be_replaced(journal, benchmark)
    if other:
        progress.say(
            f"  asv will replace what it holds of {benchmark} measured in {other}: its files know of no device. The "
            "journals and the report keep both; so does asv where Python has another name (README, On a GPU or TPU)"
        )


def about_to_be_replaced(journal: str, benchmark: str) -> Optional[str]:
    """Environment of another device whose numbers asv holds under the name that it will write to.

    Parameters
    ----------
    journal : str
        Path of the journal of the run that asv has asked for: ``<machine>/<commit8>-<env>.jsonl``.
    benchmark : str
        Name of its set; asv's classes for it are named after it.

    Returns
    -------
    str or None
        None where asv's file holds nothing of the set, or no other device measured it at this commit.
    """
    folder, name = os.path.split(journal)
    if not _asv_holds(folder, name.partition("-")[0], benchmark):
        return None
    own = name[: -len(".jsonl")]
    host = DEVICE.sub("", own)
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), glob.escape(host) + "*.jsonl"))):
        other = os.path.basename(path)[: -len(".jsonl")]
        if other != own and DEVICE.sub("", other) == host and _measured(path, benchmark):
            return other.partition("-")[2]
    return None


def _asv_holds(folder: str, commit: str, benchmark: str) -> bool:
    """Tell whether asv has results of the set at that commit from this very Python, which names its file."""
    for path in glob.glob(os.path.join(glob.escape(folder), commit + "-*.json")):
        try:
            with open(path, encoding="utf-8") as handle:
                held = json.load(handle)
        except ValueError:
            continue  # asv will say so itself: it reads the file before it writes
        ours = held.get("python") == sys.executable or held.get("env_name") == os.environ.get("ASV_ENV_NAME")
        names = (part for name in held.get("results", {}) for part in name.split("."))
        if ours and any(part.startswith(benchmark) for part in names):
            return True
    return False


def _measured(path: str, benchmark: str) -> bool:
    """Tell whether a journal has a run of the set."""
    try:
        return any(
            line.get("kind") == "run" and line.get("benchmark") == benchmark for _, line in read_lines(path)
        )
    except ValueError:
        return False  # another device's journal, which this run does not touch; the report names what is wrong in it
