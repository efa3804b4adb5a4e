"""One of asv's result files, in any format since version 1 -> a plain record per benchmark."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.load.bounds import facts, short_name, shown
from reports.load.files import BrokenFile

#: Names of the statistics that are used, as the columns of version 2 call them.
STATISTICS = ("stats_ci_99_a", "stats_ci_99_b")
#: The end of the year 9999, in milliseconds: what lies beyond is no date.
LATEST = 253_402_300_800_000


@dataclass(frozen=True)
class AsvFile:
    """A result file.

    Attributes
    ----------
    commit, env, machine : str
        Empty when the file does not say.
    date : float
        Time of the commit, milliseconds; NaN when unknown.
    versions : dict
        Python and the pinned requirements.
    benchmarks : dict
        Benchmark name -> dict with `result`, `params`, `version`, `samples` and `STATISTICS`, None where absent.
        Lists run over the product of the parameters, the last fastest.
    """

    commit: str
    env: str
    machine: str
    date: float
    versions: dict[str, str]
    benchmarks: dict[str, dict[str, Any]]


def read_json(path: Path, shown_as: str) -> Any:
    """JSON as asv writes it, bare NaN included; `BrokenFile` names the file and the fault."""
    try:
        return json.loads(path.read_bytes().decode("utf-8"))
    except OSError as problem:
        raise BrokenFile(f"{shown_as} cannot be read: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise BrokenFile(f"{shown_as} is not JSON ({problem})") from problem


def read_asv_file(path: Path, shown_as: str) -> AsvFile:
    """Read a result file.

    Raises
    ------
    BrokenFile
        It is not JSON, or not a result file of asv.
    """
    data = read_json(path, shown_as)
    if not isinstance(data, dict) or not isinstance(data.get("results"), dict):
        raise BrokenFile(f"{shown_as} is not a result file of asv (it has no results)")
    columns = data.get("result_columns")
    if isinstance(columns, list):
        benchmarks = {
            name: dict(zip(map(str, columns), row, strict=False))
            for name, row in data["results"].items()
            if isinstance(row, list)
        }
    else:
        versions = data.get("benchmark_version")
        benchmarks = {
            name: _from_version_1(value, versions.get(name) if isinstance(versions, dict) else None)
            for name, value in data["results"].items()
        }
    params, requirements = data.get("params"), data.get("requirements")
    pinned = {"python": data.get("python"), **(requirements if isinstance(requirements, dict) else {})}
    date, stem = data.get("date"), shown(Path(path.stem))
    return AsvFile(
        commit=short_name(str(data.get("commit_hash") or stem.partition("-")[0])),
        env=short_name(str(data.get("env_name") or stem.partition("-")[2])),
        machine=short_name(str(params.get("machine") or "")) if isinstance(params, dict) else "",
        date=float(date) if isinstance(date, (int, float)) and 0 < date < LATEST else math.nan,
        versions={name: str(version) for name, version in facts(pinned).items() if version},
        benchmarks=benchmarks,
    )


def _from_version_1(value: Any, version: Any) -> dict[str, Any]:
    """A version 1 entry (a number, or a dict with params, result and statistics) in the names of version 2."""
    if not isinstance(value, dict):
        return {"result": [value], "params": [], "version": version}
    stats = value.get("stats")
    stats = stats if isinstance(stats, list) else [stats] if stats else []
    intervals = [s.get("ci_99") if isinstance(s, dict) else None for s in stats]
    ends = [pair if isinstance(pair, list) and len(pair) == 2 else (None, None) for pair in intervals]
    result = value.get("result")
    return {
        "result": result if isinstance(result, list) or result is None else [result],
        "params": value.get("params") or [],
        "version": version,
        "samples": value.get("samples"),
        "stats_ci_99_a": [low for low, _ in ends] or None,
        "stats_ci_99_b": [high for _, high in ends] or None,
    }
