"""The shape that every loader brings its files into: tidy lines per workload, and what is known of the runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from impls.cost.profile import Profile
from reports.load.trajectories import Trajectory

#: What, beside the axes of the workload, tells one measured cell from another.
SETTING = ("benchmark", "stage", "machine", "env", "dtype", "labels", "threads")
#: A suffix on a strategy's name marks the second copy of the A/A control.
CONTROL_SUFFIX = "@control"
STATUSES = ("ok", "skipped", "failed", "killed", "timeout", "invalid")
#: What a time and a size may be at most: beyond it a file is at fault, and logs and products stay finite.
LONGEST_S, LARGEST = 1e9, 2.0**53
#: The accuracy of a strategy that promises nothing of its result: measured and drawn, but no answer to the question.
APPROXIMATE = "approximate"
#: The accuracy of a strategy whose result may be wrong by at most a bound that it states; all others are exact.
BOUNDED = "bounded"
#: The host's own processor, in the names of devices.
HOST = "cpu"
#: Columns of `Workload.lines`, the axes of the workload come in addition.
LINE_COLUMNS = (
    *SETTING,
    "commit",
    "run",
    "baseline",
    "session",
    "impl",
    "status",
    "reason",
    "accuracy",
    "family",
    "device",
    "knobs",
    "spread",
    "quantities",
    "best",
    "median",
    "samples",
    "log_half_width",
    "first_call_s",
    "first_call_cold",
    "compile_s",
    "core_share",
    "exposure",
    "error",
    "tolerance",
    "bucket_error",
    "adapter_share",
    "peak_extra_bytes",
    "least_bytes",
    "least_flops",
)
#: Names that columns of tables have already: an axis of such a name gets an underscore behind it.
TAKEN = {
    *LINE_COLUMNS,
    *(
        "cell",
        "impl_position",
        "axis",
        "seconds",
        "speedup",
        "winner",
        "runner_up",
        "margin",
        "verdict",
        "at",
        "kind",
    ),
    *("share", "share_low", "share_high", "fault", "ladder", "bound_by", "bound_seconds", "floor_seconds"),
    *("faster_below", "faster_above", "leading", "ratio", "workload", "order", "started_at", "versions"),
    *("over_exact", "setting", "seeds", "rand_index", "finite_rows", "unmoved_rows", "floor", "on_front"),
}


@dataclass(frozen=True)
class Workload:
    """All lines that are used of one workload.

    Attributes
    ----------
    name : str
    axes : tuple of str
        Names of the size parameters, in the order in which they are to be shown.
    lines : pandas.DataFrame
        One row per (setting, axes, session, impl); columns `LINE_COLUMNS` and one per axis. `best` and `median`
        are seconds per call (float64, NaN unless status is ok). `first_call_s` is NaN where the call was not cold.
        `core_share` and `exposure` are those of the line's block (`reports.analyse.quiet`). `log_half_width` is the
        half width of the 95 % interval of log(best) where a file brings intervals in place of sessions, else NaN.
        `knobs`, `spread` and `quantities` are those of `reports.load.facts`.
    error_measure : str
        What the column `error` counts, in words; empty when the files do not say.
    """

    name: str
    axes: tuple[str, ...]
    lines: pd.DataFrame
    error_measure: str = ""


@dataclass(frozen=True)
class Machine:
    """What a result file says about the machine that it comes from."""

    name: str
    cpu: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One run of one set of measurements: what was planned, and whether it came to its end.

    Attributes
    ----------
    on : Machine
        The machine as the run's own file describes it: what Python and which BLAS kernel an environment has stands
        there, and differs between the environments of one machine.
    started_at : float
        Of its first measurement, seconds since 1970 (for asv's files, of the commit); NaN when unknown.
    foreign : bool
        Whether asv wrote it, without sessions, reference and blocks.
    reference : bool
        Whether it comes from the results that are there for comparison.
    """

    machine: str
    env: str
    commit: str
    run: str
    workload: str
    benchmark: str
    finished: bool
    plan: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    on: Machine = Machine("", "")
    started_at: float = math.nan
    foreign: bool = False
    reference: bool = False


@dataclass
class Results:
    """Everything that was read from a results folder. What is known of a machine stands with its runs."""

    workloads: list[Workload] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    limits: pd.DataFrame = field(default_factory=pd.DataFrame)
    trajectories: list[Trajectory] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
