"""Distance from the machine's own limit: the least time that a cell's bytes and products can take on it.

A journal names for each cell the bytes that any implementation must read and write once, and the flops of the products
it must do; each run measures how fast its machine copies and reads working sets from cache to memory, and how fast it
multiplies matrices. The larger of both times is the bound. Two bounds are told apart: the *limit*, from the copy
rate, is what speed is compared with; the *floor*, from the faster of copying and reading, is what nothing can beat.
A time below `FAULT` of the floor is a fault of the timing, is named, and takes part in nothing. All rates are the
host's: what was computed on another device has no bound here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import numpy as np
import pandas as pd

from reports import words
from reports.analyse.cube import Cube
from reports.load.model import HOST, LARGEST, SETTING, Workload

#: Times below this share of the floor are faults: the rates themselves are known to some percent.
FAULT = 0.9
#: Working set of `copy_bytes_per_s` in journals that have no ladder.
LONE_BYTES = 64 << 20
COLUMNS_BEHIND_AXES = [
    "impl",
    "least_bytes",
    "least_flops",
    "bound_by",
    "bound_seconds",
    "floor_seconds",
    "seconds",
    "share",
    "fault",
]


@dataclass(frozen=True)
class Rates:
    """What a machine can do with a number of threads, the best of all sessions of a run.

    Attributes
    ----------
    sizes : ndarray, (n,), float64
        Working sets in bytes, rising.
    copy, read : ndarray, (n,), float64
        Bytes a second at these; `read` is NaN where it was not measured.
    flops : dict
        Floating-point operations a second of a matrix product, by dtype.
    """

    sizes: np.ndarray
    copy: np.ndarray
    read: np.ndarray
    flops: dict[str, float] = field(default_factory=dict)

    @property
    def ladder(self) -> bool:
        """Whether caches were measured too; from memory's rate alone nothing follows for what fits a cache."""
        return len(self.sizes) > 1

    def at(self, least_bytes: np.ndarray, rate: np.ndarray) -> np.ndarray:
        """A rate at some working sets: linear in the logs between the measured ones, constant beyond them."""
        return np.exp(np.interp(np.log(np.maximum(least_bytes, 1.0)), np.log(self.sizes), np.log(rate)))


def rates_of(limits: pd.DataFrame) -> dict[tuple[str, str, int], Rates]:
    """Rates by (machine, run, threads) from the `limits` records of journals.

    Parameters
    ----------
    limits : pandas.DataFrame
        `Results.limits`: a row per record; what is no positive number in it is passed over.
    """
    if limits.empty:
        return {}
    found = {}
    groups: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for record in limits.to_dict("records"):
        threads = record.get("threads") or record.get("cores")  # 0 threads: all cores that there are
        if isinstance(threads, (int, float)) and threads == threads:
            key = (str(record["machine"]), str(record.get("run")), int(threads))
            groups.setdefault(key, []).append({str(name): value for name, value in record.items()})
    for key, records in groups.items():
        best = _best(records)
        if best is not None:
            found[key] = best
    return found


def _best(records: list[dict[str, Any]]) -> Rates | None:
    """The highest rate at each working set over several records: noise only ever lowers one."""
    steps = [step for r in records for step in _steps(r)]
    if not steps:
        return None
    sizes = sorted({size for size, _, _ in steps})
    copy = [max(c for s, c, _ in steps if s == size) for size in sizes]
    read = [max((r for s, _, r in steps if s == size and r == r), default=np.nan) for size in sizes]
    flops: dict[str, float] = {}
    for record in records:
        gemm = record.get("gemm_flops_per_s")
        for dtype, rate in gemm.items() if isinstance(gemm, dict) else ():
            if is_positive(rate):
                flops[str(dtype)] = max(flops.get(str(dtype), 0.0), float(rate))
    return Rates(np.array(sizes, dtype=float), np.array(copy), np.array(read), flops)


def _steps(record: dict[str, Any]) -> list[tuple[float, float, float]]:
    """(working set, copy rate, read rate or NaN) of one record; the lone copy rate where it has no ladder."""
    rates = record.get("rates")
    steps = []
    for step in rates if isinstance(rates, list) else ():
        if (
            isinstance(step, dict)
            and is_positive(step.get("bytes"))
            and is_positive(step.get("copy_bytes_per_s"))
        ):
            read = step.get("read_bytes_per_s")
            size, copy = float(step["bytes"]), float(step["copy_bytes_per_s"])
            steps.append((size, copy, float(read) if is_positive(read) else np.nan))
    lone = record.get("copy_bytes_per_s")
    if not steps and is_positive(lone):
        steps.append((float(LONE_BYTES), float(lone), np.nan))
    return steps


def is_positive(value: Any) -> TypeGuard[float]:
    """Whether a value from a file is a positive, finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < np.inf


def limit_table(workload: Workload, cube: Cube, speedups: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """The bound of every cell and how near each strategy comes to it.

    Parameters
    ----------
    workload : Workload
        Its lines hold `least_bytes`, `least_flops` and `device`.
    cube : Cube
    speedups : pandas.DataFrame
        From `speedup_table`.
    limits : pandas.DataFrame
        `Results.limits`.

    Returns
    -------
    pandas.DataFrame
        Rows of the speedup table whose cell has a bound, those of other devices left out: setting, axes,
        `COLUMNS_BEHIND_AXES`, and `share_low`, `share_high`, `status`, `cell`, `impl_position`, `ladder`. `bound_by`
        is bytes or flops, `share` is the bound over the time (NaN without a time). Empty when the journals carry no
        limits.
    """
    cells = _bounds(workload, cube, rates_of(limits))
    if cells.empty:
        return pd.DataFrame(columns=[*SETTING, *cube.axes, *COLUMNS_BEHIND_AXES])
    own = speedups[~_on_devices(workload, speedups)]
    table = own.merge(cells, left_on="cell", right_index=True, validate="many_to_one").reset_index(drop=True)
    table["share"] = table["bound_seconds"] / table["seconds"]
    table["share_low"] = table["bound_seconds"] / table["seconds_high"]
    table["share_high"] = table["bound_seconds"] / table["seconds_low"]
    table["fault"] = table["ladder"] & (table["seconds"] < FAULT * table["floor_seconds"])
    return table


def _on_devices(workload: Workload, speedups: pd.DataFrame) -> np.ndarray:
    """Whether each row of the speedup table was computed elsewhere than on the host; (rows,), bool."""
    place = [*SETTING, *workload.axes, "impl"]
    device = workload.lines["device"]
    away = workload.lines.loc[(device != "") & ~device.str.endswith(HOST), place].drop_duplicates()
    found = speedups[place].merge(away, on=place, how="left", indicator=True)
    return np.asarray(found["_merge"] == "both")


def _bounds(workload: Workload, cube: Cube, rates: dict[tuple[str, str, int], Rates]) -> pd.DataFrame:
    """One row per cell with known least work and rates, indexed by its place in the cube."""
    place = [*SETTING, *cube.axes]
    least = workload.lines.groupby(place, dropna=False)[["least_bytes", "least_flops", "run"]].max()
    cells = cube.cells[place].join(least, on=place)
    parts = []
    for (machine, run, threads, dtype), part in cells.groupby(["machine", "run", "threads", "dtype"]):
        known = rates.get((str(machine), str(run), int(str(threads))))
        if known is not None:
            parts.append(_bounds_at(part[["least_bytes", "least_flops"]], known, str(dtype)))
    if not parts:
        return pd.DataFrame()
    found = pd.concat(parts)
    return found[found["bound_seconds"] > 0]


def _bounds_at(least: pd.DataFrame, rates: Rates, dtype: str) -> pd.DataFrame:
    """`least` with the bounds that some rates set; NaN where nothing is known of what must be done."""
    moved, flops = (_sound(least[name].to_numpy(dtype=float)) for name in ("least_bytes", "least_flops"))
    product = flops / rates.flops[dtype] if dtype in rates.flops else np.zeros_like(flops)
    copying = moved / rates.at(moved, rates.copy)
    fastest = moved / rates.at(moved, np.fmax(rates.copy, rates.read))
    return least.assign(
        bound_by=np.where(product > copying, "flops", "bytes"),
        bound_seconds=np.maximum(copying, product),
        floor_seconds=np.maximum(fastest, product),
        ladder=rates.ladder,
    )


def _sound(values: np.ndarray) -> np.ndarray:
    """Amounts of work, 0 in the place of what cannot be one."""
    return np.where((values > 0) & (values <= LARGEST), values, 0.0)


def without_faults(cube: Cube, table: pd.DataFrame) -> Cube:
    """The cube with no time where the limit table found a fault; the reason says what was wrong with it."""
    faults = table[table["fault"].astype(bool)]
    if faults.empty:
        return cube
    cell, impl = (faults[name].to_numpy(dtype=int) for name in ("cell", "impl_position"))
    best, median, outcome = cube.log_best.copy(), cube.log_median.copy(), cube.outcome.copy()
    best[cell, :, impl] = median[cell, :, impl] = np.nan
    reasons = [fault_words(row) for row in faults.to_dict("records")]
    places = pd.MultiIndex.from_arrays([cell, impl], names=outcome.index.names)
    outcome.loc[places, "status"] = "invalid"
    outcome.loc[places, "reason"] = reasons
    return replace(cube, log_best=best, log_median=median, outcome=outcome)


def fault_words(row: Any) -> str:
    """Why a time cannot be right."""
    return (
        f"timing fault: {words.seconds(row['seconds'])} is below {FAULT:g} of the "
        f"{words.seconds(row['floor_seconds'])} that this machine needs at least to "
        + ("move the bytes" if row["bound_by"] == "bytes" else "do the products")
    )


def fault_warnings(workload: str, table: pd.DataFrame) -> list[str]:
    """A warning with the count of the timing faults of a workload and the first of them; empty without any."""
    faults = table[table["fault"].astype(bool)] if len(table) else table
    if faults.empty:
        return []
    first = faults.iloc[0].to_dict()
    noun = "time is" if len(faults) == 1 else "times are"
    return [
        f"{workload}: {len(faults)} {noun} faster than the machine can be, and left out; {first['impl']}, "
        f"{fault_words(first)}"
    ]
