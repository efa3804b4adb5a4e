"""The same cells on several machines or environments: side by side, never in one ranking."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reports.analyse.views import View

#: What two views must share to be compared.
SHARED = ("benchmark", "stage", "dtype", "labels", "threads")


@dataclass(frozen=True)
class Comparison:
    """Winners of the same cells in several places.

    Attributes
    ----------
    setting : dict
        What they share, by `SHARED` column.
    places : list of tuple
        (machine, environment) by column.
    rows : list of tuple
        (sizes of the cell, one row of the winner table or None per place).
    agree : int
        Cells in which the same strategy wins everywhere.
    decided : int
        Cells with a winner everywhere.
    common : int
        Cells measured everywhere.
    """

    setting: dict[str, object]
    axes: tuple[str, ...]
    places: list[tuple[str, str]]
    rows: list[tuple[tuple[float, ...], list[dict[str, object] | None]]]
    agree: int
    decided: int
    common: int


def comparisons(views: list[View]) -> list[Comparison]:
    """One comparison per setting that was measured on more than one machine or environment."""
    groups: dict[tuple[object, ...], list[View]] = {}
    for view in views:
        if len(view.winners):
            groups.setdefault(tuple(view.setting[key] for key in SHARED), []).append(view)
    return [
        _compare(dict(zip(SHARED, key, strict=True)), group)
        for key, group in groups.items()
        if len(group) > 1
    ]


def _compare(setting: dict[str, object], group: list[View]) -> Comparison:
    axes = group[0].axes
    tables = [_by_sizes(view.winners, axes) for view in group]
    sizes = sorted({size for table in tables for size in table})
    rows = [(size, [table.get(size) for table in tables]) for size in sizes]
    everywhere = [found for _, found in rows if all(found)]
    decided = [found for found in everywhere if all(row and row["verdict"] == "win" for row in found)]
    agree = sum(len({row["winner"] for row in found if row}) == 1 for found in decided)
    places = [(str(view.setting["machine"]), str(view.setting["env"])) for view in group]
    return Comparison(setting, axes, places, rows, agree, len(decided), len(everywhere))


def _by_sizes(winners: pd.DataFrame, axes: tuple[str, ...]) -> dict[tuple[float, ...], dict[str, object]]:
    return {tuple(row[axis] for axis in axes): row for row in winners.to_dict("records")}  # type: ignore[misc]
