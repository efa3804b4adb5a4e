"""Whose times a profile holds, told cheaply: what a process can see of its own machine without importing anything."""

from __future__ import annotations

import os
import platform
import re
from typing import Any, Dict, Mapping, Optional

#: Packages whose versions change times.
PACKAGES = ("numpy", "scipy", "jax", "numba", "torch", "pandas")


def processor() -> str:
    """Return the processor's name as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as handle:
            for line in handle:
                if line.lower().startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "unknown"


def cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> Optional[int]:
    """Return the machine's memory, or None where the system does not tell."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return None


def minor(version: Optional[str]) -> Optional[str]:
    """Return the first two numbers of a version: ``2.4`` of ``2.4.6``."""
    found = re.match(r"\d+(\.\d+)?", version or "")
    return found.group(0) if found else None


def key(machine: Mapping[str, Any], versions: Mapping[str, Any], threads: int = 1) -> Dict[str, Any]:
    """Return the key of a profile, from a journal's machine record and the versions its lines tell.

    Parameters
    ----------
    machine : mapping
        ``{"machine": name, "cpu": ..., "facts": {"cores": ..., "caches": {...}, "blas": [...]}}``.
    versions : mapping of str to str
    threads : int

    Returns
    -------
    dict
        cpu, cores, caches, blas, versions (major.minor), threads.
    """
    facts = machine.get("facts") or {}
    libraries = [
        f"{each.get('internal_api')} {minor(each.get('version'))} {each.get('architecture')}"
        for each in facts.get("blas") or []
        if each.get("user_api") == "blas"
    ]
    return {
        "cpu": machine.get("cpu"),
        "cores": facts.get("cores"),
        "caches": dict(facts.get("caches") or {}),
        "blas": libraries[0] if libraries else None,
        "versions": {name: minor(versions[name]) for name in PACKAGES if versions.get(name)},
        "threads": threads,
    }


def is_here(profile_key: Mapping[str, Any]) -> bool:
    """Return whether a profile's times are of a machine like this one: processor, cores and NumPy's version."""
    import numpy

    told = profile_key.get("versions") or {}
    return (
        profile_key.get("cpu") == processor()
        and profile_key.get("cores") == cores()
        and told.get("numpy") == minor(numpy.__version__)
    )
