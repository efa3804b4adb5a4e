"""Strategies that with a single thread are another one: measured twice, they would be each other's closest rival."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reports.load.model import SETTING, Workload
from reports.sources import sources

#: What a line says of its own measurement, without a time: all of it is taken back.
NUMBERS = ("best", "median", "first_call_s", "compile_s", "error", "peak_extra_bytes", "log_half_width")


def without_twins(workload: Workload) -> Workload:
    """The workload with one of two equal strategies skipped, where both were measured with one thread.

    The strategy's file says which one it is then (`SAME_AT_ONE_THREAD`). Where only one of them was measured, it stays.

    Parameters
    ----------
    workload : Workload
    """
    lines = workload.lines
    files = sources(map(str, lines["impl"].unique()), workload.name)
    others = {impl: _other(impl, file.same_at_one_thread) for impl, file in files.items()}
    other = lines["impl"].map(others)
    candidate = (lines["threads"] == 1) & (lines["status"] == "ok") & (other != "")
    if not candidate.any():
        return workload
    place = [*SETTING, *workload.axes]
    there = lines.loc[lines["status"] == "ok", [*place, "impl"]].drop_duplicates()
    asked = lines.loc[candidate, place].assign(impl=other[candidate])
    found = asked.merge(there, on=[*place, "impl"], how="left", indicator=True)["_merge"] == "both"
    twin = np.zeros(len(lines), dtype=bool)
    twin[np.flatnonzero(candidate)] = found.to_numpy()
    told = lines.copy()
    told.loc[twin, "status"] = "skipped"
    told.loc[twin, "reason"] = "there is one thread here: it is " + other[twin]
    told.loc[twin, list(NUMBERS)] = np.nan
    return replace(workload, lines=told)


def _other(impl: str, same: str) -> str:
    """The name of the equal strategy, with the same setting of knobs; empty without one."""
    _, colon, setting = impl.partition(":")
    return f"{same}{colon}{setting}" if same else ""
