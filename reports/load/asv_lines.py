"""One benchmark's entry in an asv result file -> tidy lines, one per point of its parameters.

asv measures one parameter combination after the other, so these lines hold one session and asv's own interval;
ratios from them are not paired, and their intervals are as wide as both times' intervals together.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Any

import numpy as np
from scipy import stats

from reports.load.asv_file import AsvFile
from reports.load.asv_params import Combination, NotUsed, combinations
from reports.load.bounds import short_name
from reports.load.model import LONGEST_S

SKIPPED = "asv recorded no value: skipped, or never run"
FAILED = "asv recorded a failure; it keeps no reason"
#: asv's 99 % interval as a 95 % one, for a normal distribution.
TO_95 = float(stats.norm.ppf(0.975) / stats.norm.ppf(0.995))
#: Points of a benchmark that failed as a whole: unlike times, they take no room in a file, which may ask for millions.
MOST_FAILED = 5_000
#: Columns that asv's files have nothing for.
NOT_THERE: dict[str, Any] = {
    **{
        "stage": "",
        "accuracy": "",
        "family": "",
        "device": "",
        "knobs": (),
        "spread": None,
        "quantities": {},
    },
    **dict.fromkeys(("first_call_s", "compile_s", "error", "tolerance", "peak_extra_bytes"), math.nan),
    **dict.fromkeys(("bucket_error", "adapter_share", "least_bytes", "least_flops"), math.nan),
    **{"core_share": math.nan, "exposure": math.nan, "first_call_cold": True},
}


def lines_of(
    name: str, record: dict[str, Any], known: dict[str, Any], file: AsvFile, machine: str, strategy: str
) -> list[dict[str, Any]]:
    """Lines of one benchmark from one file.

    Parameters
    ----------
    name : str
        Of the benchmark.
    record : dict
        Its entry in the file.
    known : dict
        Its entry in benchmarks.json, which names its parameters, the one that is compared among them.
    file : AsvFile
    machine : str
    strategy : str
        The parameter whose values are compared.

    Raises
    ------
    NotUsed
        The entry is of another version of the benchmark, or does not fit its parameters.
    """
    version = record.get("version")
    if version is not None and known.get("version") is not None and str(version) != str(known["version"]):
        raise NotUsed("it is of another version of the benchmark than the one in benchmarks.json")
    result = record.get("result")
    if isinstance(result, list) and all(value is None for value in result):
        result = None  # everything failed: asv's files say so in either way, with or without the parameters
    names = [str(name) for name in known["param_names"]]
    length = len(result) if isinstance(result, list) else None
    points = combinations(names, record.get("params") or known.get("params"), strategy, length)
    if result is None and len(points) > MOST_FAILED:
        raise NotUsed("it failed as a whole, and has more combinations than can be shown")
    results = _column(result, len(points))
    if results is None:
        raise NotUsed("its values do not fit its parameters")
    # without statistics a time is still a time
    further = [
        _column(record.get(key), len(points)) or [None] * len(points)
        for key in ("samples", "stats_ci_99_a", "stats_ci_99_b")
    ]
    common = NOT_THERE | {
        **{"workload": short_name(name), "benchmark": short_name(name.rpartition(".")[2])},
        **{"machine": machine, "env": file.env, "commit": file.commit, "run": file.commit},
        **{"session": 0, "started_at": file.date, "versions": file.versions, "foreign": True},
    }
    values = zip(points, results, *further, strict=True)
    return [common | _place(point) | _outcome(*rest) for point, *rest in values]


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
    if not isinstance(result, (int, float)) or result != result:
        return nothing | {"status": "skipped", "reason": SKIPPED}
    if not _is_time(result):
        told = short_name(repr(result), 20)
        return nothing | {"status": "failed", "reason": f"asv recorded {told}, expected a positive time"}
    times = [float(s) for s in samples if _is_time(s)] if isinstance(samples, list) else []
    return {
        **{"status": "ok", "reason": "", "best": float(result), "samples": len(times)},
        "median": float(median(times)) if times else float(result),
        "log_half_width": _half_width(times, low, high),
    }


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= LONGEST_S


def _half_width(times: list[float], low: Any, high: Any) -> float:
    """Half width of the 95 % interval of the log time: from asv's interval, else from its samples, else NaN."""
    ends = [float(e) for e in (low, high) if _is_time(e)]
    if len(ends) == 2 and ends[0] <= ends[1]:
        return TO_95 * (math.log(ends[1]) - math.log(ends[0])) / 2
    if len(times) < 2:
        return math.nan
    spread = np.std(np.log(times), ddof=1) / math.sqrt(len(times))
    return float(spread * stats.t.ppf(0.975, len(times) - 1))
