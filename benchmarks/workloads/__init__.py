"""The computations that can be timed. A workload is a module here with one `Workload` subclass, named in `NAMES`."""

from __future__ import annotations

from importlib import import_module
from typing import Dict

from benchmarks.workloads.base import Task, Workload

#: workload name -> module and class; a new workload is one file and one line here
NAMES: Dict[str, str] = {
    "vlad": "benchmarks.workloads.vlad:VladWorkload",
    "published": "benchmarks.workloads.published:PublishedWorkload",
    "scatter1d": "benchmarks.workloads.scatter1d:Scatter1DWorkload",
    "mean_shift": "benchmarks.workloads.mean_shift:MeanShiftWorkload",
    "kmeans": "benchmarks.workloads.kmeans:KMeansWorkload",
    "dbscan": "benchmarks.workloads.further:DbscanWorkload",
    "truncated_svd": "benchmarks.workloads.further:TruncatedSvdWorkload",
    "nearest": "benchmarks.workloads.further:NearestWorkload",
}

__all__ = ["NAMES", "Task", "Workload", "get"]


def get(name: str) -> Workload:
    """The workload of that name.

    Raises
    ------
    ValueError
        If there is none, naming those there are.
    """
    if name not in NAMES:
        raise ValueError("no workload named {!r}; there are {}".format(name, ", ".join(sorted(NAMES))))
    module, _, attribute = NAMES[name].partition(":")
    workload: Workload = getattr(import_module(module), attribute)()
    return workload
