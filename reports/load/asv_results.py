"""Result folders of any asv suite: benchmarks with an `impl` parameter and numeric ones -> tidy lines.

asv measures one parameter combination after the other, so these lines hold one session and asv's own interval;
ratios from them are not paired, and their intervals are as wide as both times' intervals together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy import stats

from reports.load.asv_file import AsvFile, read_asv_file, read_json
from reports.load.asv_params import IMPL, Combination, combinations
from reports.load.bounds import facts, short_name, shown
from reports.load.files import BrokenFile
from reports.load.model import LONGEST_S, Machine
from reports.load.profiles import PROFILE

#: Files of a results folder that are not results.
OTHER_FILES = ("benchmarks.json", "machine.json", PROFILE)
SKIPPED = "asv recorded no value: skipped, or never run"
FAILED = "asv recorded a failure; it keeps no reason"
#: asv's 99 % interval as a 95 % one, for a normal distribution.
TO_95 = float(stats.norm.ppf(0.975) / stats.norm.ppf(0.995))


@dataclass
class Foreign:
    """What asv's own files of a folder hold.

    Attributes
    ----------
    rows : list of dict
        Tidy lines, as `reports.load.folder` makes them from journals.
    warnings : list of str
    machines : dict
        Machines that the files come from, by name.
    others : dict
        Benchmarks with times that no parameter compares: name -> names of their parameters.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    machines: dict[str, Machine] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)


def read_folder(folder: Path, journals: dict[Path, set[str]], strategy: str = IMPL) -> Foreign:
    """Tidy lines of all asv result files below a folder.

    Parameters
    ----------
    folder : Path
    journals : dict
        `<machine>/<commit8>` -> the sets that its journals hold. A benchmark of that commit whose class is named
        after one of them is read from the journal, which has more to tell (asv may call the environment differently).
    strategy : str
        The parameter whose values are compared.
    """
    found, left_out = Foreign(), 0
    known = _benchmark_list(folder, found.warnings)
    for path in sorted(folder.rglob("*.json")):
        if path.name in OTHER_FILES or path.parent == folder or not path.is_file():
            continue
        try:
            file = read_asv_file(path, shown(path.relative_to(folder)))
        except BrokenFile as problem:
            found.warnings.append(f"{problem}; the file was left out")
            continue
        machine = file.machine or shown(Path(path.parent.name))
        own = journals.get(path.parent / path.stem.partition("-")[0], set())
        for name, record in file.benchmarks.items():
            if any(part.startswith(tuple(own)) for part in name.split(".")):
                continue
            about = known.get(name)
            if about is not None and _is_other(name, about, strategy):
                found.others[short_name(name)] = [short_name(str(n)) for n in about["param_names"]]
                continue
            lines = _lines(name, record, about, file, machine, strategy)
            left_out += lines is None
            found.rows += lines or []
        found.machines.setdefault(machine, _machine(path.parent / "machine.json", machine))
    found.warnings += _not_used(left_out)
    return found


def _is_other(name: str, known: dict[str, Any], strategy: str) -> bool:
    """Whether a benchmark has times over parameters, none of which is the one that is compared."""
    names = known.get("param_names")
    return isinstance(names, list) and bool(names) and strategy not in names and _is_time(name, known)


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
    name: str,
    record: dict[str, Any],
    known: dict[str, Any] | None,
    file: AsvFile,
    machine: str,
    strategy: str,
) -> list[dict[str, Any]] | None:
    """Lines of one benchmark; empty if it is not a comparison of times, None if it should be but cannot be used."""
    if known is None:
        return None if record.get("params") else []
    names = known.get("param_names")
    if not isinstance(names, list) or strategy not in names or not _is_time(name, known):
        return []
    version = record.get("version")
    if version is not None and known.get("version") is not None and str(version) != str(known["version"]):
        return None
    result = record.get("result")
    if isinstance(result, list) and all(value is None for value in result):
        result = None  # everything failed: asv's files say so in either way, with or without the parameters
    params = record.get("params") or known.get("params")
    length = len(result) if isinstance(result, list) else None
    points = combinations([str(n) for n in names], params, strategy, length)
    if points is None:
        return None
    if points and not points[0].cell:
        return []
    results = _column(result, len(points))
    if results is None:
        return None
    # without statistics a time is still a time
    further = [
        _column(record.get(key), len(points)) or [None] * len(points)
        for key in ("samples", "stats_ci_99_a", "stats_ci_99_b")
    ]
    common = {
        **{
            "workload": short_name(name),
            "benchmark": short_name(name.rpartition(".")[2]),
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
            "foreign": True,
        },
        **{"first_call_s": math.nan, "error": math.nan, "tolerance": math.nan, "peak_extra_bytes": math.nan},
        **{"bucket_error": math.nan, "adapter_share": math.nan},
        **{"least_bytes": math.nan, "least_flops": math.nan, "compile_s": math.nan, "first_call_cold": True},
        **{"core_share": math.nan, "exposure": math.nan},
    }
    values = zip(points, results, *further, strict=True)
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
    known = facts(data) if isinstance(data, dict) else {}
    told = {key: known[key] for key in ("num_cpu", "ram", "os", "arch") if known.get(key)}
    return Machine(name, str(known.get("cpu") or ""), told)
