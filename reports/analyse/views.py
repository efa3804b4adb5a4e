"""One view = one setting (benchmark, stage, machine, environment, dtype, labels, threads): the unit of the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from reports.analyse.control import control_table
from reports.analyse.crossovers import crossover_table
from reports.analyse.cube import Cube, build_cube
from reports.analyse.fronts import front_table
from reports.analyse.limits import limit_table, without_faults
from reports.analyse.maps import longest_line
from reports.analyse.questions import Answer, answers
from reports.analyse.quiet import Quiet, quiet_by_setting
from reports.analyse.speedups import speedup_table
from reports.analyse.twins import without_twins
from reports.analyse.winners import winner_table
from reports.load.model import SETTING, Workload


@dataclass(frozen=True)
class Analysis:
    """Everything computed for one workload; the frames are those of the functions of the same names."""

    cube: Cube
    speedups: pd.DataFrame
    winners: pd.DataFrame
    crossovers: pd.DataFrame
    control: pd.DataFrame
    answers: list[Answer]
    limits: pd.DataFrame
    fronts: pd.DataFrame
    error_measure: str
    quiet: dict[tuple[object, ...], Quiet] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """One setting's share of an analysis.

    Attributes
    ----------
    workload : str
    setting : dict
        Value by `SETTING` column.
    cells : pandas.DataFrame
        Rows of `cube.cells` (their index is the position in the cube).
    baseline : str
    """

    workload: str
    setting: dict[str, object]
    axes: tuple[str, ...]
    baseline: str
    cells: pd.DataFrame
    speedups: pd.DataFrame
    winners: pd.DataFrame
    crossovers: pd.DataFrame
    control: pd.DataFrame
    limits: pd.DataFrame
    fronts: pd.DataFrame
    quiet: Quiet = field(kw_only=True)

    @cached_property
    def lines(self) -> dict[str, tuple[str, dict[str, float], pd.DataFrame] | None]:
        """The longest line of cells along each axis, as `reports.analyse.maps.longest_line` finds it."""
        return {axis: longest_line(self.cells, self.axes, axis) for axis in self.axes}


def analyse(workload: Workload, limits: pd.DataFrame | None = None) -> Analysis:
    """Run the whole analysis of one workload.

    Parameters
    ----------
    workload : Workload
    limits : pandas.DataFrame, optional
        `Results.limits`, for the distance from the machine's limit; times that beat it are faults and take part in
        nothing else.
    """
    workload = without_twins(workload)
    cube = build_cube(workload)
    speedups = speedup_table(cube)
    distance = limit_table(workload, cube, speedups, pd.DataFrame() if limits is None else limits)
    if len(distance) and distance["fault"].any():
        cube = without_faults(cube, distance)
        speedups = speedup_table(cube)
    return Analysis(
        cube,
        speedups,
        winner_table(cube),
        crossover_table(cube),
        control_table(cube),
        answers(cube),
        distance,
        front_table(workload, cube, speedups),
        workload.error_measure,
        quiet_by_setting(workload.lines, workload.axes),
    )


def views_of(analysis: Analysis) -> list[View]:
    """The views of a workload: the setting with most cells first, then fewer threads, then the wider dtype."""
    setting = list(SETTING)
    cube = analysis.cube
    sizes = cube.cells.groupby(setting, dropna=False).size().rename("n").reset_index()
    names = ["n", "stage", "threads", "dtype", "labels", "benchmark", "machine", "env"]
    order = sizes.sort_values(names, ascending=[False, True, True, False, True, True, True, True])
    frames = [
        *(analysis.speedups, analysis.winners, analysis.crossovers),
        *(analysis.control, analysis.limits, analysis.fronts),
    ]
    grouped = [_by_setting(frame) for frame in frames]
    cells = _by_setting(cube.cells)
    views = []
    for row in order[setting].itertuples(index=False, name=None):
        own = cells[row]
        parts = [parts.get(row, frame.iloc[:0]) for parts, frame in zip(grouped, frames, strict=True)]
        views.append(
            View(
                cube.workload,
                dict(zip(setting, row, strict=True)),
                cube.axes,
                str(own["baseline"].iloc[0]),
                own,
                *parts,
                quiet=analysis.quiet.get(row, Quiet()),
            )
        )
    return views


def _by_setting(frame: pd.DataFrame) -> dict[tuple[object, ...], pd.DataFrame]:
    if frame.empty:
        return {}
    return dict(list(frame.groupby(list(SETTING), dropna=False)))
