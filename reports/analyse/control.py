"""The noise floor: what the analysis says of a strategy measured against itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.analyse.cube import Cube
from reports.analyse.intervals import folded
from reports.analyse.winners import pair_estimate, verdicts
from reports.load.model import CONTROL_SUFFIX, SETTING


def control_table(cube: Cube) -> pd.DataFrame:
    """The two copies of the A/A control in every cell where both have a time.

    Returns
    -------
    pandas.DataFrame
        Setting and axes, `impl`, `ratio` (>= 1, the slower copy over the faster), `ratio_low`, `ratio_high`,
        `verdict`: *win* would be a false one.
    """
    parts = []
    for copy in np.flatnonzero(cube.is_control):
        name = cube.impls[copy].removesuffix(CONTROL_SUFFIX)
        original = cube.position(name)
        if original < 0:
            continue
        everywhere = np.ones(len(cube.cells), dtype=int)
        apart = folded(pair_estimate(cube, copy * everywhere, original * everywhere))
        table = cube.cells.drop(columns="baseline").assign(impl=name, ratio=np.exp(apart.mean))
        table["ratio_low"], table["ratio_high"] = np.exp(apart.low), np.exp(apart.high)
        table["verdict"] = verdicts(apart, table.groupby(list(SETTING), dropna=False).ngroup().to_numpy())
        parts.append(table[~np.isnan(apart.mean)])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
