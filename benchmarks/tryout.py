"""One cell at a time, for people who write a strategy or doubt a number: measured like any block, printed, not kept."""

from __future__ import annotations

import re
import tempfile
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from benchmarks import workloads
from benchmarks.protocol import faults, machine, quiet
from benchmarks.protocol.machine import available_bytes, usable_cores
from benchmarks.protocol.plan import CONTROL_SUFFIX, Block, Budget
from benchmarks.protocol.progress import size
from benchmarks.protocol.spelling import meant
from benchmarks.protocol.state import SEED
from benchmarks.protocol.supervisor import Supervisor
from impls import discovery

COLUMNS = "{:<26} {:>8} {:>12} {:>{}} {:>10} {:>12}  {}"


class Measured(NamedTuple):
    """What one block came to.

    Attributes
    ----------
    lines : list of dict
        One for each strategy, as in a journal.
    noise : dict
        What the machine was doing meanwhile.
    """

    lines: List[Dict[str, Any]]
    noise: Dict[str, Any]


def block_of(workload: str, sizes: Sequence[str], stage: str, dtype: str, labels: str, threads: int) -> Block:
    """Build a block from words such as ``T=256``.

    Raises
    ------
    ValueError
        If an axis is missing, unknown, or its size no positive whole number, or there are no such threads.
    """
    axes = workloads.get(workload).axes
    example = f"a cell of {workload} is given as {' '.join(f'{axis}=16' for axis in axes)}"
    given: Dict[str, int] = {}
    for word in sizes:
        axis, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"{word} is no AXIS=SIZE: {example}")
        if axis not in axes:
            like = next((each for each in axes if each.lower() == axis.lower()), None)
            raise ValueError(
                f"{workload} has no axis {axis}" + (f", but {like}: " if like else ": ") + example
            )
        if axis in given:
            raise ValueError(f"{axis} is given twice: {example}")
        given[axis] = size_of(axis, value)
    missing = [axis for axis in axes if axis not in given]
    if missing:
        raise ValueError(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: {example}")
    if not 0 <= threads <= usable_cores():
        raise ValueError(
            f"this machine has {usable_cores()} cores: --threads is 1 to that, or 0 for all; got {threads}"
        )
    return Block(workload, stage, dtype, labels, threads, tuple((axis, given[axis]) for axis in axes))


def size_of(axis: str, value: str) -> int:
    """Read one size; a ValueError says which number is wrong, and why."""
    if not re.fullmatch(r"[0-9]{1,18}", value) or not int(value):
        raise ValueError(f"{axis} is {value[:40] or 'empty'}: expected a whole number of 1 or more")
    return int(value)


def require_room(block: Block) -> None:
    """Weigh the inputs before anything is made.

    Raises
    ------
    ValueError
        If this machine has not the memory for them and the oracle.
    """
    need, there = workloads.get(block.workload).input_bytes(block), available_bytes()
    if there is not None and need > there:
        raise ValueError(
            f"{block.describe()}: the inputs and the check against the oracle need about {size(need)} of memory, and "
            f"{size(there)} are free here: choose smaller sizes"
        )


def chosen_from(block: Block, impls: Sequence[str]) -> List[str]:
    """Strategies that are to be measured: those named and the baseline, or all.

    Raises
    ------
    ValueError
        If one is unknown; the message has what was probably meant, or what a file of that name lacks.
    """
    workload = workloads.get(block.workload)
    known = workload.strategies()
    for name in impls:
        lacking = [said for said in discovery.passed_over() if f"/{name}.py " in said]
        if name not in known and lacking:
            raise ValueError(f"{name} is no strategy: impls/{lacking[0]}")
    named = {meant(name, known, "strategy") for name in impls}
    return [name for name in known if not named or name in named or name == workload.baseline]


def measure_cell(block: Block, impls: Sequence[str], budget: Budget) -> Measured:
    """Measure one block in a fresh worker; all strategies when `impls` is empty, the baseline always.

    Raises
    ------
    ValueError
        If a strategy is unknown, or the memory too small for the inputs.
    NotMeasuredError
        If the inputs cannot be made.
    """
    workload = workloads.get(block.workload)
    chosen = chosen_from(block, impls)
    require_room(block)
    reasons = {name: workload.why_not(name) for name in chosen}
    able = [name for name in chosen if reasons[name] is None]
    with tempfile.TemporaryDirectory() as kept:
        supervisor = Supervisor(block.threads, kept)
        try:
            reasons.update(too_large(block, supervisor.predict([block], able)))
            able = [name for name in able if reasons[name] is None]
            lines, noise = supervisor.measure(block, able, budget, SEED, SEED)
        finally:
            supervisor.close()
        timed = [line["impl"] for line in lines if line["status"] == "ok" and line["impl"] in able]
        scales = Supervisor(block.threads, kept, weighing=True)
        try:
            peaks = scales.weigh(block, timed, budget, SEED)
        finally:
            scales.close()
    lines = [dict(line, peak_extra_bytes=peaks.get(line["impl"])) for line in lines]
    skipped = [
        {"impl": name, "status": "skipped", "reason": reasons[name]} for name in chosen if name not in able
    ]
    return Measured(lines + skipped, noise)


def too_large(block: Block, needs: Mapping[str, Sequence[Optional[int]]]) -> Dict[str, str]:
    """Reasons, by strategy, not to start what is predicted to need more memory than is free beside the inputs."""
    there = available_bytes()
    if there is None:
        return {}
    left = there - workloads.get(block.workload).input_bytes(block)
    found = {}
    for name, (need,) in needs.items():
        if need is not None and need > left:
            found[name] = (
                f"predicted to need {size(need)} of memory, and {size(left)} are left beside the inputs"
            )
    return found


def known_faults(block: Block, impls: Sequence[str]) -> List[str]:
    """Return what is known to be at fault with the packages that `measure_cell` would measure."""
    return faults.sentences([block], chosen_from(block, impls), machine.versions())


def as_text(block: Block, measured: Measured) -> str:
    """Lay the lines of a block out as a table, fastest first; one session, so no intervals.

    Below it stands what speaks against believing it: a busy machine, samples that lasted unequally long.
    """
    lines = measured.lines
    baseline = workloads.get(block.workload).baseline
    fastest = {
        line["impl"]: min(line["seconds"]) for line in lines if line["status"] == "ok" and line["seconds"]
    }
    over = f"speedup over {baseline}"
    rows = [
        block.describe(),
        COLUMNS.format("strategy", "status", "ms", over, len(over), "error", "extra", "").rstrip(),
    ]
    for line in sorted(lines, key=lambda line: fastest.get(line["impl"], float("inf"))):
        name = line["impl"]
        if name in fastest:
            ratio = f"{fastest[baseline] / fastest[name]:.3g}" if baseline in fastest else "-"
            extra = "-" if line["peak_extra_bytes"] is None else size(line["peak_extra_bytes"])
            note = "the A/A control" if name.endswith(CONTROL_SUFFIX) else ""
            cells = (f"{1e3 * fastest[name]:.4g}", ratio, len(over), f"{line['error']:.1e}", extra, note)
        else:
            cells = ("-", "-", len(over), "-", "-", str(line["reason"]))
        rows.append(COLUMNS.format(name, line["status"], *cells).rstrip())
    return "\n".join(rows + quiet.warnings_of_block(measured.noise))
