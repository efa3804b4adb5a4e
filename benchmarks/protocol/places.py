"""Where results live: the folder asv writes to, and in it one journal per machine, commit and environment."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Optional

from benchmarks import ROOT
from benchmarks.protocol import asv_conf, machine


def results_dir() -> str:
    """``CROSSOVER_RESULTS`` if set, else ``results_dir`` of asv.conf.json; ValueError where that cannot be read."""
    chosen = os.environ.get("CROSSOVER_RESULTS")
    if chosen:
        return os.path.abspath(chosen)
    configured = asv_conf.read(os.path.join(ROOT, "asv.conf.json")).get("results_dir", "results")
    return os.path.join(ROOT, str(configured))


def safe_name(name: str) -> str:
    """Turn a name into one that every file system takes, and that names no other folder."""
    safe = re.sub(r"[^A-Za-z0-9._+-]", "_", name)
    return safe.replace(".", "_") if not safe.strip(".") else safe


def commit(git: Dict[str, Any]) -> Optional[str]:
    """Full commit hash the results belong to: asv's when it runs us, else the working tree's."""
    return os.environ.get("ASV_COMMIT") or git["sha"]


def journal_path(sha: Optional[str], environment: str) -> str:
    """``<results_dir>/<machine>/<commit8>-<env>.jsonl``."""
    name = "{}-{}.jsonl".format((sha or "no-commit")[:8], environment)
    return os.path.join(results_dir(), safe_name(machine.machine_name()), safe_name(name))
