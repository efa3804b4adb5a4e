"""Result folders of any asv suite: benchmarks with an `impl` parameter and numeric ones -> tidy lines.

asv measures one parameter combination after the other, so these lines hold one session and asv's own interval;
ratios from them are not paired, and their intervals are as wide as both times' intervals together.
"""

from __future__ import annotations

import math
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy import stats

from reports.load.asv_file import AsvFile, read_asv_file, read_json
from reports.load.asv_params import IMPL, Combination, combinations
from reports.load.files import BrokenFile
from reports.load.model import LONGEST_S, Machine

#: Files of a results folder that are not results.
OTHER_FILES = ("benchmarks.json", "machine.json")
SKIPPED = "asv recorded no value: skipped, or never run"
FAILED = "asv recorded a failure; it keeps no reason"
#: asv's 99 % interval as a 95 % one, for a normal distribution.
TO_95 = float(stats.norm.ppf(0.975) / stats.norm.ppf(0.995))


def read_folder(
    folder: Path, journals: dict[Path, set[str]], machines: dict[str, Machine]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Tidy lines of all asv result files below a folder.

    Parameters
    ----------
    folder : Path
    journals : dict
        `<machine>/<commit8>` -> the sets that its journals hold. A benchmark of that commit whose class is named
        after one of them is read from the journal, which has more to tell (asv may call the environment differently).
    machines : dict
        Machines known so far, by name; new ones are added.

    Returns
    -------
    tuple
        Lines (as `reports.load.folder` makes them from journals) and warnings.
    """
    rows: list[dict[str, Any]] = []
    warnings: list[str] = []
    known, left_out = _benchmark_list(folder, warnings), 0
    for path in sorted(folder.rglob("*.json")):
        if path.name in OTHER_FILES or path.parent == folder:
            continue
        shown_as = path.relative_to(folder).as_posix()
        try:
            file = read_asv_file(path, shown_as)
        except BrokenFile as problem:
            warnings.append(f"{problem}; the file was left out")
            continue
        machine = file.machine or path.parent.name
        own = journals.get(path.parent / path.stem.partition("-")[0], set())
        for name, record in file.benchmarks.items():
            if any(part.startswith(tuple(own)) for part in name.split(".")):
                continue
            found = _lines(name, record, known.get(name), file, machine)
            left_out += found is None
            rows += found or []
        machines.setdefault(machine, _machine(path.parent / "machine.json", machine))
    warnings += _not_used(left_out)
    return rows, warnings


def _not_used(count: int) -> list[str]:
    """A warning for results that are there but cannot be used."""
    if not count:
        return []
    noun = "result of asv is" if count == 1 else "results of asv are"
    why = "gone from benchmarks.json, changed since, or has values that do not fit its parameters"
    return [f"{count} {noun} not used: the benchmark is {why}"]


def _benchmark_list(folder: Path, warnings: list[str]) -> dict[str, dict[str, Any]]:
    """Benchmarks by name from benchmarks.json, which alone knows the names of the parameters."""
    path = folder / "benchmarks.json"
    if not path.is_file():
        return {}
    try:
        data = read_json(path, path.name)
    except BrokenFile as problem:
        warnings.append(f"{problem}; results without a journal cannot be used")
        return {}
    return (
        {name: value for name, value in data.items() if isinstance(value, dict)}
        if isinstance(data, dict)
        else {}
    )


def _lines(
    name: str, record: dict[str, Any], known: dict[str, Any] | None, file: AsvFile, machine: str
) -> list[dict[str, Any]] | None:
    """Lines of one benchmark; empty if it is not a comparison of times, None if it should be but cannot be used."""
    if known is None:
        return None if record.get("params") else []
    names = known.get("param_names")
    if not isinstance(names, list) or IMPL not in names or not _is_time(name, known):
        return []
    version = record.get("version")
    if version is not None and known.get("version") is not None and str(version) != str(known["version"]):
        return None
    points = combinations([str(n) for n in names], record.get("params"))
    if points is None:
        return None
    if points and not points[0].cell:
        return []
    columns = {
        key: _column(record.get(key), len(points))
        for key in ("result", "samples", "stats_ci_99_a", "stats_ci_99_b")
    }
    if any(column is None for column in columns.values()):
        return None
    common = {
        **{
            "workload": name,
            "benchmark": name.rpartition(".")[2],
            "stage": "",
            "machine": machine,
            "env": file.env,
        },
        **{
            "commit": file.commit,
            "run": file.commit,
            "accuracy": "",
            "family": "",
            "device": "",
            "knobs": (),
            "spread": None,
            "quantities": {},
            "session": 0,
            "started_at": file.date,
            "versions": file.versions,
        },
        **{"first_call_s": math.nan, "error": math.nan, "tolerance": math.nan, "peak_extra_bytes": math.nan},
        **{"least_bytes": math.nan, "least_flops": math.nan, "core_share": math.nan, "exposure": math.nan},
    }
    values = zip(points, *(column or [] for column in columns.values()), strict=True)
    return [common | _place(point) | _outcome(*rest) for point, *rest in values]


def _is_time(name: str, known: dict[str, Any]) -> bool:
    unit = known.get("unit")
    return unit == "seconds" or (unit is None and name.rpartition(".")[2].startswith("time_"))


def _column(value: Any, length: int) -> list[Any] | None:
    """A column of a result as a list; all null is stored as null. None when it does not fit."""
    if value is None:
        return [None] * length
    return value if isinstance(value, list) and len(value) == length else None


def _place(point: Combination) -> dict[str, Any]:
    return {
        **{"cell": point.cell, "impl": point.impl, "dtype": point.dtype, "threads": point.threads},
        "labels": point.labels,
    }


def _outcome(result: Any, samples: Any, low: Any, high: Any) -> dict[str, Any]:
    """Status, time and interval of one point."""
    nothing = {"best": math.nan, "median": math.nan, "samples": 0, "log_half_width": math.nan}
    if result is None:
        return nothing | {"status": "failed", "reason": FAILED}
    if not isinstance(result, (int, float)) or math.isnan(result):
        return nothing | {"status": "skipped", "reason": SKIPPED}
    if not 0 < result <= LONGEST_S:
        return nothing | {"status": "failed", "reason": f"asv recorded {result!r}, expected a positive time"}
    times = (
        [s for s in samples if isinstance(s, (int, float)) and 0 < s <= LONGEST_S]
        if isinstance(samples, list)
        else []
    )
    return {
        **{"status": "ok", "reason": "", "best": float(result), "samples": len(times)},
        "median": float(median(times)) if times else float(result),
        "log_half_width": _half_width(times, low, high),
    }


def _half_width(times: list[float], low: Any, high: Any) -> float:
    """Half width of the 95 % interval of the log time: from asv's interval, else from its samples, else NaN."""
    ends = [e for e in (low, high) if isinstance(e, (int, float)) and 0 < e <= LONGEST_S]
    if len(ends) == 2 and ends[0] <= ends[1]:
        return TO_95 * (math.log(ends[1]) - math.log(ends[0])) / 2
    if len(times) < 2:
        return math.nan
    spread = np.std(np.log(times), ddof=1) / math.sqrt(len(times))
    return float(spread * stats.t.ppf(0.975, len(times) - 1))


def _machine(path: Path, name: str) -> Machine:
    """Machine facts from asv's machine.json; only the name when there is none or it cannot be read."""
    try:
        data = read_json(path, path.name) if path.is_file() else {}
    except BrokenFile:
        data = {}  # the card then shows the name alone; no number of the report rests on this file
    facts = data if isinstance(data, dict) else {}
    shown = {key: facts[key] for key in ("num_cpu", "ram", "os", "arch") if facts.get(key)}
    return Machine(name, str(facts.get("cpu") or ""), shown)
