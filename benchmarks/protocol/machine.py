"""Who measured: the machine's identity, its caches and limits, and the versions that were at work."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from importlib import metadata
from typing import Any, Dict, List, Optional

from benchmarks import ROOT

PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "jax",
    "jaxlib",
    "numba",
    "torch",
    "threadpoolctl",
    "asv",
    "asv_runner",
)


def _read(path: str) -> Optional[str]:
    """Text of a small system file, or None where the system has no such file or does not show it."""
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read().strip()
    except OSError:
        return None


def _bytes_of(size: Optional[str]) -> Optional[int]:
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    if not size:
        return None
    return int(size[:-1]) * units[size[-1]] if size[-1] in units else int(size)


def caches() -> Dict[str, int]:
    """Sizes in bytes of the caches of the first core, such as ``{"L1d": 32768, "L2": ...}``; empty if unknown."""
    found: Dict[str, int] = {}
    for folder in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        level, kind = _read(folder + "/level"), _read(folder + "/type")
        size = _bytes_of(_read(folder + "/size"))
        if level and size and kind != "Instruction":
            found["L" + level + ("d" if kind == "Data" else "")] = size
    return found


def cpu_model() -> str:
    """The processor's name as the system gives it."""
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        if line.lower().startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine() or "unknown"


#: Instruction sets that decide which kernels a library takes.
ISA_FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")


def cpu_facts() -> Dict[str, Any]:
    """What tells processors of one name apart, as Linux on x86 or Arm tells it; empty elsewhere."""
    told: Dict[str, str] = {}
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        told.setdefault(name.strip().lower(), value.strip())
    flags = (told.get("flags") or told.get("features") or "").split()
    facts = {"family": told.get("cpu family"), "model": told.get("model"), "stepping": told.get("stepping")}
    facts["isa"] = " ".join(flag for flag in ISA_FLAGS if flag in flags)
    return {name: value for name, value in facts.items() if value}


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> Optional[int]:
    """Physical memory in bytes, or None where it cannot be read."""
    for line in (_read("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None


def available_bytes() -> Optional[int]:
    """Memory that a new process can have, within the control group's limit; None where it cannot be read."""
    found = [
        int(line.split()[1]) * 1024
        for line in (_read("/proc/meminfo") or "").splitlines()
        if line.startswith("MemAvailable:")
    ]
    for limit, usage in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        most, used = _read(limit), _read(usage)
        if most and used and most.isdigit() and used.isdigit():
            found.append(max(0, int(most) - int(used)))
    return min(found) if found else None


def cgroup_quota() -> Optional[float]:
    """Cores that the control group grants, or None without a limit."""
    version2 = _read("/sys/fs/cgroup/cpu.max")
    if version2 and not version2.startswith("max"):
        quota, period = version2.split()
        return int(quota) / int(period)
    quota1, period1 = (
        _read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
        _read("/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
    )
    if quota1 and period1 and int(quota1) > 0:
        return int(quota1) / int(period1)
    return None


def blas() -> List[Dict[str, Any]]:
    """The BLAS and OpenMP libraries loaded here with the threads they really use; empty without threadpoolctl."""
    import numpy  # noqa: F401 - loads the BLAS that is to be seen

    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    keys = ("user_api", "internal_api", "version", "num_threads", "threading_layer", "architecture")
    return [{key: info.get(key) for key in keys if info.get(key) is not None} for info in threadpool_info()]


def realised_threads() -> Dict[str, Any]:
    """Threads that the libraries loaded here would use now, and the cores that this process may run on.

    Returns
    -------
    dict
        ``cores``; ``pools``, as `blas`; ``numba`` and ``torch`` where they are loaded.
    """
    found: Dict[str, Any] = {"cores": usable_cores(), "pools": blas()}
    for name in ("numba", "torch"):
        ask = getattr(sys.modules.get(name), "get_num_threads", None)
        if ask:
            found[name] = int(ask())
    return found


def beyond_plan(found: Dict[str, Any], threads: int) -> List[str]:
    """Libraries that would use more threads than planned, in words, such as ``openblas: 8``."""
    pools = [
        (str(pool.get("internal_api", "a pool")), pool.get("num_threads")) for pool in found.get("pools", [])
    ]
    asked = [*pools, *((name, found[name]) for name in ("numba", "torch") if name in found)]
    return sorted({f"{name}: {count}" for name, count in asked if isinstance(count, int) and count > threads})


def versions() -> Dict[str, Optional[str]]:
    """Versions of Python and of every package that may be at work; None = not installed."""
    found: Dict[str, Optional[str]] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def git_state() -> Dict[str, Any]:
    """Commit and dirty flag of the working tree (asv attributes a dirty tree to HEAD silently: we say so)."""

    def ask(*words: str) -> Optional[str]:
        try:
            done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    status = ask("status", "--porcelain", "--untracked-files=normal")
    return {"sha": ask("rev-parse", "HEAD"), "dirty": None if status is None else bool(status)}


def machine_name() -> str:
    """The name asv files this machine's results under.

    `CROSSOVER_MACHINE` overrides it. Else, as asv does, the single entry of ``~/.asv-machine.json`` or the
    entry of this host, and at last the host's name.

    Raises
    ------
    ValueError
        If `CROSSOVER_MACHINE` is no name for a folder.
    """
    chosen = os.environ.get("CROSSOVER_MACHINE")
    host = platform.uname()[1] or "unknown"
    if chosen:
        if not re.fullmatch(r"[^/\\\x00-\x1f\x7f]{1,100}", chosen) or not chosen.strip(". "):
            raise ValueError(
                f"CROSSOVER_MACHINE is {chosen[:100]!r}: expected the name of a folder for this machine's results, up "
                "to 100 characters without slashes"
            )
        return chosen
    text = _read(os.path.expanduser("~/.asv-machine.json"))
    try:
        known = [name for name in json.loads(text or "{}") if name != "version"]
    except ValueError:
        known = []
    return known[0] if len(known) == 1 and host not in known else host


def environment_name(found: Dict[str, Optional[str]]) -> str:
    """Asv's environment name, or for an existing environment one that says what is in it and no path."""
    given = os.environ.get("CROSSOVER_ENV") or os.environ.get("ASV_ENV_NAME")
    if given:
        # asv names long environments by hash as well; a file name must stay short
        return given if len(given) <= 80 else "env-" + hashlib.sha256(given.encode()).hexdigest()[:12]
    return "py{}.{}-numpy{}".format(sys.version_info[0], sys.version_info[1], found.get("numpy"))


def machine_line() -> Dict[str, Any]:
    """First line of a journal: the machine and its facts."""
    hypervisor = " hypervisor " in " " + (_read("/proc/cpuinfo") or "").replace("\n", " ") + " "
    facts = {
        "cores": usable_cores(),
        "memory_bytes": memory_bytes(),
        "os": platform.platform(),
        "arch": platform.machine(),
        "processor": cpu_facts(),
        "caches": caches(),
        "cgroup_quota": cgroup_quota(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "virtual": hypervisor,
        "python": platform.python_version(),
        "blas": blas(),
    }
    return {"schema": 1, "kind": "machine", "machine": machine_name(), "cpu": cpu_model(), "facts": facts}
