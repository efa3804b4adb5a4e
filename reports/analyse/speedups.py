"""Times and speedups against the baseline, one row per (cell, strategy)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.analyse.cube import WORST, Cube
from reports.analyse.intervals import Estimate, over_sessions

COLUMNS_BEHIND_AXES = [
    "impl",
    "seconds",
    "seconds_low",
    "seconds_high",
    "baseline",
    "speedup",
    "speedup_low",
    "speedup_high",
    "error",
    "peak_extra_bytes",
    "status",
    "reason",
    "bucket_error",
    "adapter_share",
]


def speedup_table(cube: Cube) -> pd.DataFrame:
    """Absolute times and speedups of everything that was tried.

    Returns
    -------
    pandas.DataFrame
        Setting and axes, then `COLUMNS_BEHIND_AXES`, then `median_speedup` (the same ratio from medians, for
        comparison), `median_seconds`, `first_call_s`, `compile_s`, `longest_first_s`, `accuracy`, `cell` and
        `impl_position`. Sorted as `cube.cells`.
    """
    seconds = over_sessions(cube.log_best, half_width=cube.log_half_width)
    ratio = against_baseline(cube)
    medians = over_sessions(cube.log_median)
    median_ratio = over_sessions(_baseline_times(cube, cube.log_median) - cube.log_median)
    cell = cube.outcome.index.get_level_values("cell").to_numpy()
    impl = cube.outcome.index.get_level_values("impl_position").to_numpy()
    table = cube.cells.iloc[cell].reset_index(drop=True)
    table["impl"] = np.array(cube.impls, dtype=object)[impl]
    for name, estimate in (("seconds", seconds), ("speedup", ratio)):
        table[name] = np.exp(estimate.mean[cell, impl])
        table[f"{name}_low"] = np.exp(estimate.low[cell, impl])
        table[f"{name}_high"] = np.exp(estimate.high[cell, impl])
    table["median_seconds"] = np.exp(medians.mean[cell, impl])
    table["median_speedup"] = np.exp(median_ratio.mean[cell, impl])
    outcome = cube.outcome.reset_index(drop=True)
    calls = ("first_call_s", "compile_s", "longest_first_s")
    for name in (*WORST, *calls, "tolerance", "status", "reason", "accuracy"):
        table[name] = outcome[name]
    table["cell"], table["impl_position"] = cell, impl
    return table


def against_baseline(cube: Cube) -> Estimate:
    """Log of (baseline time / time), paired by session; (cells, impls). NaN where the baseline has no time."""
    base = cube.baseline_position
    width = cube.log_half_width
    base_width = np.where(
        base[:, None] >= 0, np.take_along_axis(width, np.maximum(base, 0)[:, None], axis=1), np.nan
    )
    both = np.hypot(width, base_width)
    itself = np.arange(len(cube.impls))[None, :] == base[:, None]
    return over_sessions(
        _baseline_times(cube, cube.log_best) - cube.log_best, half_width=np.where(itself, 0.0 * width, both)
    )


def _baseline_times(cube: Cube, logs: np.ndarray) -> np.ndarray:
    """The baseline's column of each cell; (cells, sessions, 1), NaN where the cell has none."""
    base = cube.baseline_position
    taken = np.take_along_axis(logs, np.maximum(base, 0)[:, None, None], axis=2)
    return np.where(base[:, None, None] >= 0, taken, np.nan)
