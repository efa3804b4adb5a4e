"""Speed against error: who can be bettered in one only by losing in the other, cell by cell.

Strategies are exact, bounded (wrong by at most what they promise) or approximate on purpose. A cell has one stage,
so all its errors are distances from one reference. Errors within rounding (not above the largest of an exact
strategy of the cell) count as equal: who is exact is not beaten by a luckier last bit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.analyse.cube import Cube
from reports.analyse.intervals import over_sessions
from reports.analyse.tradeoffs import pareto_front
from reports.load.facts import Knobs, Spread
from reports.load.model import APPROXIMATE, BOUNDED, CONTROL_SUFFIX, SETTING, Workload

EXACT = "exact"
COLUMNS_BEHIND_AXES = [
    *("impl", "family", "setting", "accuracy", "seconds", "seconds_low", "seconds_high"),
    *(
        "baseline",
        "speedup",
        "speedup_low",
        "speedup_high",
        "over_exact",
        "over_exact_low",
        "over_exact_high",
    ),
    *("error", "error_low", "error_high", "seeds", "rand_index", "rand_index_low", "rand_index_high"),
    *("finite_rows", "unmoved_rows", "floor", "on_front"),
]


def front_table(workload: Workload, cube: Cube, speedups: pd.DataFrame) -> pd.DataFrame:
    """Everything that has a time, in the cells where something that is not exact has one.

    Parameters
    ----------
    workload : Workload
    cube : Cube
        Of the workload.
    speedups : pandas.DataFrame
        From `speedup_table`.

    Returns
    -------
    pandas.DataFrame
        Setting and axes, `COLUMNS_BEHIND_AXES`, `knobs` (as in the lines) and `cell`; by cell, then family, then
        knobs, so that the rows of a family are its curve. `over_exact` is the time of the cell's fastest exact
        strategy over this one's, paired by session. `error` is the median over seeds, `error_low` and `error_high`
        the lowest and highest, where there were any; the same for `rand_index`. `floor` is the largest error of an
        exact strategy. A strategy that leaves rows without an answer is never `on_front`.
    """
    timed = speedups[(speedups["status"] == "ok") & ~speedups["impl"].str.endswith(CONTROL_SUFFIX)]
    rough = timed["cell"][timed["accuracy"].isin((APPROXIMATE, BOUNDED))]
    table = timed[timed["cell"].isin(rough)]
    if table.empty:
        return pd.DataFrame(columns=[*SETTING, *workload.axes, *COLUMNS_BEHIND_AXES, "knobs", "cell"])
    table = _with_facts(table, workload)
    table["accuracy"] = table["accuracy"].where(table["accuracy"].isin((APPROXIMATE, BOUNDED)), EXACT)
    parts = [_judged(part, cube) for _, part in table.groupby("cell", sort=True)]
    return pd.concat(parts, ignore_index=True)


def _with_facts(table: pd.DataFrame, workload: Workload) -> pd.DataFrame:
    """Family, knobs and what was found over seeds, from the lines of the same cell and strategy."""
    place = [*SETTING, *workload.axes, "impl"]
    lines = workload.lines[workload.lines["status"] == "ok"]
    told = lines.assign(known=lines["spread"].notna()).sort_values("known", kind="stable")
    facts = told.drop_duplicates(place, keep="last")[[*place, "family", "knobs", "spread"]]
    table = table.merge(facts, on=place, how="left")
    table["family"] = table["family"].where(table["family"] != "", table["impl"])
    table["setting"] = [setting_words(knobs) for knobs in table["knobs"]]
    seen = pd.DataFrame([_over_seeds(s) for s in table["spread"]], index=table.index)
    table["error"] = seen["error"].fillna(table["error"]).where(~(seen["finite_rows"] == 0))
    return table.drop(columns="spread").join(seen.drop(columns="error"))


def setting_words(knobs: Knobs) -> str:
    """`radius 6`, `tables 2, bits 8`; empty for a strategy without knobs."""
    return ", ".join(f"{name} {value:g}" for name, value in knobs)


def _over_seeds(spread: Spread | None) -> dict[str, float]:
    """Middle, lowest and highest of what one strategy did with each seed; NaN where nothing is known."""
    found: dict[str, float] = {}
    errors = spread.errors if spread else ()
    for name, values in (("error", errors), ("rand_index", spread.rand_index if spread else ())):
        known = np.array([value for value in values if not np.isnan(value)])
        told = (np.median(known), known.min(), known.max()) if known.size else (np.nan,) * 3
        found |= dict(zip((name, f"{name}_low", f"{name}_high"), map(float, told), strict=True))
    return found | {
        "seeds": float(len(errors)) if errors else np.nan,
        "finite_rows": spread.finite_rows if spread else np.nan,
        "unmoved_rows": spread.unmoved_rows if spread else np.nan,
    }


def _judged(part: pd.DataFrame, cube: Cube) -> pd.DataFrame:
    """One cell: its rows by family and knobs, the fastest exact strategy as a second base, and the front."""
    order = sorted(range(len(part)), key=lambda i: (part["family"].iloc[i], part["knobs"].iloc[i]))
    part = part.iloc[order].copy()
    exact = part[part["accuracy"] == EXACT]
    part["floor"] = exact["error"].max() if len(exact) else np.nan
    logs = cube.log_best[int(part["cell"].iloc[0])][:, part["impl_position"].to_numpy(dtype=int)]
    fastest = fastest_exact(part)
    base = logs[:, [part.index.get_loc(fastest.name)]] if fastest is not None else np.nan
    gain = over_sessions(base - logs, axis=0)
    for suffix, values in (("", gain.mean), ("_low", gain.low), ("_high", gain.high)):
        part[f"over_exact{suffix}"] = np.exp(values)
    complete = ~(part["finite_rows"] < 1)
    error = part["error"].clip(lower=part["floor"].fillna(-np.inf)).where(complete)
    part["on_front"] = pareto_front(part["seconds"].to_numpy(dtype=float), error.to_numpy(dtype=float))
    return part


def fastest_exact(part: pd.DataFrame) -> pd.Series | None:
    """The row of the fastest exact strategy among rows of one cell, None where there is none."""
    exact = part[part["accuracy"] == EXACT].sort_values("seconds", kind="stable")
    return exact.iloc[0] if len(exact) else None


def within_rounding(part: pd.DataFrame) -> pd.Series:
    """Whether the error of each row is not above its cell's floor; bool, False where either is unknown."""
    return part["error"] <= part["floor"]
