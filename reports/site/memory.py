"""Extra memory of strategies by size, as a table that the index looks up: what `workspace_bytes` says on a grid.

Between the places of the grid, logs are interpolated along each axis. Most strategies need a sum of products of
sizes, which that follows closely; where one works in blocks, it is off by less than `MOST_OFF`.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from impls.choosers import CHOOSERS
from impls.cost.profile import Entry
from reports.analyse.package_maps import MAPPED

#: Octaves at which memory is asked, by axis; sizes beyond are those of the edge.
GRID = {
    "T": (0, 2, 4, 6, 8, 10, 12),
    "L": (0, 3, 5, 7, 9, 11, 13, 15),
    "F": (0, 2, 4, 6, 8, 10, 12),
    "K": (1, 3, 5, 7, 9, 11, 13),
}
#: Logs to the base 2 are sent as whole numbers of this step.
STEP = 0.1
MOST_OFF = 2.0


def memory_table(entry: Entry) -> dict[str, Any]:
    """Bytes by strategy on the grid.

    Returns
    -------
    dict
        ``grid``: octaves by axis; ``step``; ``bytes``: by strategy and itemsize a flat list of log2(1 + bytes) in
        steps, the last axis fastest; strategies that cannot be asked here are not in it. ``factor``: by strategy and
        label distribution what was measured over what was predicted.
    """
    found: dict[str, dict[str, list[int]]] = {}
    for name in entry.model.strategies:
        try:
            strategy = CHOOSERS[MAPPED[0]].strategy(name)
            found[name] = {str(size): _asked(strategy, size, entry.model.encode) for size in (4, 8)}
        except (ImportError, ValueError, LookupError):  # a package that is not here; a strategy that is gone
            continue
    factors = {name: entry.strategies[name].memory_factor for name in found if name in entry.strategies}
    return {"grid": [list(GRID[axis]) for axis in GRID], "step": STEP, "bytes": found, "factor": factors}


def _asked(strategy: Any, itemsize: int, encoding: bool) -> list[int]:
    ask = strategy.encode_workspace_bytes if encoding else strategy.workspace_bytes
    places = itertools.product(*(GRID[axis] for axis in "TLFK"))
    return [
        round(math.log2(1 + ask(*(1 << octave for octave in place), itemsize)) / STEP) for place in places
    ]


def looked_up(table: dict[str, Any], name: str, sizes: tuple[int, ...], itemsize: int) -> float:
    """Return the bytes that the table gives at some sizes, as the index's script does it."""
    values = np.array(table["bytes"][name][str(itemsize)], dtype=float) * table["step"]
    cube = values.reshape([len(octaves) for octaves in table["grid"]])
    for octaves, size in zip(table["grid"], sizes, strict=True):
        at = min(max(math.log2(size), octaves[0]), octaves[-1])
        upper = next((i for i in range(1, len(octaves)) if octaves[i] >= at), len(octaves) - 1)
        share = (at - octaves[upper - 1]) / (octaves[upper] - octaves[upper - 1])
        cube = (1 - share) * cube[upper - 1] + share * cube[upper]
    return float(2.0**cube - 1)
