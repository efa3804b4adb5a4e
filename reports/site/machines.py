"""The machine cards: what each machine and environment is, what it can do at most, and what was run there."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from reports import words
from reports.analyse.limits import LONE_BYTES, is_positive
from reports.analyse.quiet import quiet_of
from reports.load.model import Results, Run

#: Size of the matrix products that runs time, and the year 2200.
PRODUCT, LATEST = "512 × 512", 7.3e9


def machine_cards(results: Results) -> list[dict[str, Any]]:
    """One card per machine and environment: what it is, and what was run there.

    Facts are those that the newest run of the environment noted: another environment of the same machine has another
    Python and, mostly, another BLAS with another kernel.
    """
    grouped: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(results.runs, key=lambda run: 0.0 if math.isnan(run.started_at) else run.started_at):
        grouped.setdefault((run.machine, run.env), []).append(run)
    return [
        {
            "machine": machine,
            "env": env,
            "reference": any(run.reference for run in runs),
            "rows": _facts(runs[-1]) + _measured_limits(results, machine, {run.run for run in runs}),
            "versions": {name: version for run in runs for name, version in run.versions.items()},
            "runs": [_run_row(run, _quiet(results, run)) for run in runs],
        }
        for (machine, env), runs in sorted(grouped.items())
    ]


def _quiet(results: Results, run: Run) -> str:
    """Whether the machine was quiet during a run; empty where nothing is known."""
    found = next((workload for workload in results.workloads if workload.name == run.workload), None)
    if found is None:
        return ""
    lines = found.lines
    own = lines[
        (lines["machine"] == run.machine) & (lines["env"] == run.env) & (lines["benchmark"] == run.benchmark)
    ]
    return quiet_of(own, found.axes).sentence()


def _facts(run: Run) -> list[tuple[str, str]]:
    """What the file of a run says of the machine and its environment."""
    return [
        (key.replace("_", " "), _fact(key, value))
        for key, value in {"cpu": run.on.cpu, **run.on.facts}.items()
        if value not in (None, "", [], {})
    ]


def _measured_limits(results: Results, machine: str, runs: set[str]) -> list[tuple[str, str]]:
    """The copy bandwidth and the matrix product rates that runs measured themselves, the best of their sessions.

    Each stands with what it rests on: threads, and the working set or the size of the matrices.
    """
    limits = results.limits
    if limits.empty or "run" not in limits:
        return []
    found: dict[str, float] = {}

    def note(what: str, rate: Any) -> None:
        if is_positive(rate):
            found[what] = max(found.get(what, 0.0), float(rate))

    for record in limits[(limits["machine"] == machine) & limits["run"].isin(runs)].to_dict("records"):
        threads = record.get("threads") or record.get("cores")
        told = words.count(int(threads), "thread") if is_positive(threads) else "all threads"
        size = words.in_bytes(_largest_working_set(record.get("rates")))
        note(f"copy, {told}, working set of {size}", record.get("copy_bytes_per_s"))
        gemm = record.get("gemm_flops_per_s")
        for dtype, rate in gemm.items() if isinstance(gemm, dict) else ():
            note(f"matrix product {PRODUCT}, {told}, {dtype}", rate)
    return [
        (f"{what}, measured", f"{words.in_bytes(rate)}/s" if what[0] == "c" else f"{rate / 1e9:,.3g} GFlop/s")
        for what, rate in sorted(found.items())
    ]


def _largest_working_set(rates: Any) -> float:
    """Bytes of the working set at which `copy_bytes_per_s` of a record was measured."""
    steps = [step.get("bytes") for step in rates if isinstance(step, dict)] if isinstance(rates, list) else []
    return max((float(size) for size in steps if is_positive(size)), default=float(LONE_BYTES))


def _fact(key: str, value: Any) -> str:
    """One fact in words; sizes in bytes where the key says so, nested values as `key value` lists."""
    if key == "blas" and isinstance(value, list):
        return "; ".join(_blas(one) if isinstance(one, dict) else _fact("", one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and ("bytes" in key or key in ("L1d", "L1i", "L2", "L3")):
        return words.in_bytes(float(value))
    if isinstance(value, dict):
        return ", ".join(f"{k} {_fact(k, v)}" for k, v in value.items() if v not in (None, ""))
    if isinstance(value, list):
        return "; ".join(_fact(key, item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)


def _blas(one: dict[str, Any]) -> str:
    """A BLAS library and its kernel. Its threads at the start of a run tell nothing: each measurement sets them."""
    name = " ".join(str(one[key]) for key in ("internal_api", "version") if one.get(key)) or "unknown"
    kernel = f", kernel {one['architecture']}" if one.get("architecture") else ""
    return f"{name}{kernel} (each measurement sets its threads)"


def _run_row(run: Run, quiet: str) -> dict[str, str]:
    """What was run, from which commit and when, as far as its file says, and whether the machine was quiet."""
    plan, end = run.plan, run.end
    planned = plan.get("planned")
    cells = planned.get("cells") if isinstance(planned, dict) else None
    # a run that was taken up again notes the time of its last piece only
    wall, overhead = (None if end.get("resumed") else end.get(key) for key in ("wall_s", "overhead"))
    day = date(run.started_at)
    told = [
        f"commit {run.commit[:8]}" if run.commit else "",
        f"{'of' if run.foreign else 'begun on'} {day}" if day else "",
        f"{cells} cells planned" if cells is not None else "",
        f"{plan['sessions']} sessions planned" if plan.get("sessions") is not None else "",
        f"{wall:,.0f} s in all" if isinstance(wall, (int, float)) else "",
        f"{overhead:.0%} of it outside timed calls" if isinstance(overhead, (int, float)) else "",
        "" if run.finished else "interrupted",
        "from asv's own result file" if run.foreign else "",
        quiet,
    ]
    return {"name": f"{run.benchmark} ({run.workload})", "told": ", ".join(part for part in told if part)}


def date(started_at: float) -> str:
    """The day of a time in seconds since 1970, in UTC; empty where it is none that a run can have."""
    if math.isnan(started_at) or not 0 < started_at < LATEST:
        return ""
    return datetime.fromtimestamp(started_at, UTC).strftime("%Y-%m-%d")
