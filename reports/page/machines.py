"""The machine cards: what each machine and environment is, what it can do at most, and what was run there."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from reports import words
from reports.analyse.quiet import quiet_of
from reports.load.model import Results, Run


def machine_cards(results: Results) -> list[dict[str, Any]]:
    """One card per machine and environment: what it is, and what was run there."""
    cards: dict[tuple[str, str], dict[str, Any]] = {}
    for run in results.runs:
        card = cards.setdefault((run.machine, run.env), _card(results, run.machine, run.env))
        card["versions"] |= run.versions
        row = _run_row(run.benchmark, run.workload, run.commit, run.finished, run.plan, run.end)
        told = _quiet(results, run)
        card["runs"].append({**row, "told": ", ".join(filter(None, [row["told"], told]))})
    return list(cards.values())


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


def _card(results: Results, name: str, env: str) -> dict[str, Any]:
    machine = results.machines.get(name)
    facts = {} if machine is None else {"cpu": machine.cpu, **machine.facts}
    rows = [
        (key.replace("_", " "), _fact(key, value))
        for key, value in facts.items()
        if value not in (None, "", [], {})
    ]
    rows += _measured_limits(results, name)
    return {"machine": name, "env": env, "rows": rows, "versions": {}, "runs": []}


def _measured_limits(results: Results, name: str) -> list[tuple[str, str]]:
    """The copy bandwidth and the matrix product rates that the runs measured themselves: the best of each."""
    limits = results.limits
    if limits.empty or "copy_bytes_per_s" not in limits:
        return []
    limits = limits[limits["machine"] == name]
    rows = []
    copy = pd.to_numeric(limits["copy_bytes_per_s"], errors="coerce").max()
    if np.isfinite(copy):
        rows.append(("copy bandwidth, measured", f"{words.in_bytes(float(copy))}/s"))
    rates: dict[str, float] = {}
    for found in limits.get("gemm_flops_per_s", []):
        for dtype, rate in found.items() if isinstance(found, dict) else ():
            if isinstance(rate, (int, float)) and rate > 0:
                rates[str(dtype)] = max(rates.get(str(dtype), 0.0), float(rate))
    rows += [
        (f"matrix product, {dtype}, measured", f"{rate / 1e9:,.3g} GFlop/s") for dtype, rate in rates.items()
    ]
    return rows


def _fact(key: str, value: Any) -> str:
    """One fact in words; sizes in bytes where the key says so, nested values as `key value` lists."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and ("bytes" in key or key in ("L1d", "L1i", "L2", "L3")):
        return words.in_bytes(float(value))
    if isinstance(value, dict):
        return ", ".join(f"{k} {_fact(k, v)}" for k, v in value.items() if v not in (None, ""))
    if isinstance(value, list):
        return "; ".join(_fact(key, item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)


def _run_row(
    benchmark: str, workload: str, commit: str, finished: bool, plan: dict[str, Any], end: dict[str, Any]
) -> dict[str, str]:
    planned = plan.get("planned")
    cells = planned.get("cells") if isinstance(planned, dict) else None
    # a run that was taken up again notes the time of its last piece only
    wall, overhead = (None if end.get("resumed") else end.get(key) for key in ("wall_s", "overhead"))
    told = [
        f"commit {commit[:8]}" if commit else "",
        f"{cells} cells planned" if cells is not None else "",
        f"{plan['sessions']} sessions" if plan.get("sessions") is not None else "",
        f"{wall:,.0f} s in all" if isinstance(wall, (int, float)) else "",
        f"{overhead:.0%} of it outside timed calls" if isinstance(overhead, (int, float)) else "",
        "" if finished else "interrupted",
    ]
    return {"name": f"{benchmark} ({workload})", "told": ", ".join(part for part in told if part)}
