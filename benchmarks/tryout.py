"""One cell at a time, for people who write a strategy or doubt a number: measured like any block, printed, not kept."""

from __future__ import annotations

import tempfile
from typing import Any, Dict, List, Sequence

from benchmarks import workloads
from benchmarks.protocol import faults, machine
from benchmarks.protocol.machine import usable_cores
from benchmarks.protocol.plan import CONTROL_SUFFIX, Block, Budget
from benchmarks.protocol.progress import size
from benchmarks.protocol.state import SEED
from benchmarks.protocol.supervisor import Supervisor
from benchmarks.workloads import Workload

COLUMNS = "{:<26} {:>8} {:>12} {:>12} {:>10} {:>12}  {}"


def block_of(workload: str, sizes: Sequence[str], stage: str, dtype: str, labels: str, threads: int) -> Block:
    """Build a block from words such as ``T=256``.

    Raises
    ------
    ValueError
        If an axis is missing, unknown, or its size no positive whole number, or there are no such threads.
    """
    axes = workloads.get(workload).axes
    given: Dict[str, str] = dict(word.partition("=")[::2] for word in sizes)
    if set(given) != set(axes) or not all(value.isdigit() and int(value) > 0 for value in given.values()):
        example = " ".join(f"{axis}=16" for axis in axes)
        raise ValueError(
            f"a cell of {workload} is given as {example}, with whole numbers; got {' '.join(sizes) or 'nothing'}"
        )
    if not 0 <= threads <= usable_cores():
        raise ValueError(
            f"this machine has {usable_cores()} cores: --threads is 1 to that, or 0 for all; got {threads}"
        )
    return Block(workload, stage, dtype, labels, threads, tuple((axis, int(given[axis])) for axis in axes))


def measure_cell(block: Block, impls: Sequence[str], budget: Budget) -> List[Dict[str, Any]]:
    """Measure one block in a fresh worker; all strategies when `impls` is empty, the baseline always."""
    workload = workloads.get(block.workload)
    chosen = chosen_of(workload, impls)
    able = [name for name in chosen if workload.why_not(name) is None]
    with tempfile.TemporaryDirectory() as kept:
        supervisor = Supervisor(block.threads, kept)
        try:
            lines, _ = supervisor.measure(block, able, budget, SEED, SEED)
        finally:
            supervisor.close()
        timed = [line["impl"] for line in lines if line["status"] == "ok" and line["impl"] in able]
        scales = Supervisor(block.threads, kept, weighing=True)
        try:
            peaks = scales.weigh(block, timed, budget, SEED)
        finally:
            scales.close()
    lines = [dict(line, peak_extra_bytes=peaks.get(line["impl"])) for line in lines]
    absent = [name for name in chosen if name not in able]
    return lines + [{"impl": name, "status": "skipped", "reason": workload.why_not(name)} for name in absent]


def chosen_of(workload: Workload[Any], impls: Sequence[str]) -> List[str]:
    """Return the strategies to measure: those named, or all, and the baseline.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    known = workload.strategies()
    unknown = sorted(set(impls) - set(known))
    if unknown:
        raise ValueError(f"no strategy named {', '.join(unknown)}; there are {', '.join(known)}")
    return [name for name in known if not impls or name in impls or name == workload.baseline]


def known_faults(block: Block, impls: Sequence[str]) -> List[str]:
    """Return what is known to be at fault with the packages that `measure_cell` would measure."""
    return faults.sentences([block], chosen_of(workloads.get(block.workload), impls), machine.versions())


def as_text(block: Block, lines: List[Dict[str, Any]]) -> str:
    """Lay the lines of a block out as a table, fastest first; one session, so no intervals."""
    baseline = workloads.get(block.workload).baseline
    fastest = {
        line["impl"]: min(line["seconds"]) for line in lines if line["status"] == "ok" and line["seconds"]
    }
    rows = [
        block.describe(),
        COLUMNS.format("strategy", "status", "ms", f"x {baseline}", "error", "extra", "").rstrip(),
    ]
    for line in sorted(lines, key=lambda line: fastest.get(line["impl"], float("inf"))):
        name = line["impl"]
        if name in fastest:
            ratio = f"{fastest[baseline] / fastest[name]:.3g}" if baseline in fastest else "-"
            extra = "-" if line["peak_extra_bytes"] is None else size(line["peak_extra_bytes"])
            note = "the A/A control" if name.endswith(CONTROL_SUFFIX) else ""
            cells = (f"{1e3 * fastest[name]:.4g}", ratio, f"{line['error']:.1e}", extra, note)
        else:
            cells = ("-", "-", "-", "-", str(line["reason"]))
        rows.append(COLUMNS.format(name, line["status"], *cells).rstrip())
    return "\n".join(rows)
