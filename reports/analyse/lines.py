"""Lines of cells: everything fixed but one axis, along which strategies are followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reports.analyse.cube import Cube
from reports.load.model import SETTING

#: A gap this many times the usual step of an otherwise regular grid is a missing tooth, not a coarser grid.
MISSING_TOOTH = 1.6


@dataclass(frozen=True)
class Line:
    """Cells along one axis.

    Attributes
    ----------
    axis : str
    cells : ndarray of int, (n,)
        Positions in `cube.cells`, by rising size.
    sizes : ndarray of float64, (n,)
        The sizes along the axis, all different and positive.
    """

    axis: str
    cells: np.ndarray
    sizes: np.ndarray

    @property
    def gap_behind(self) -> np.ndarray:
        """Whether a value is missing between a cell and the next one; (n - 1,), bool."""
        steps = np.diff(np.log(self.sizes))
        if len(steps) < 3:
            return np.zeros(len(steps), dtype=bool)
        usual = np.median(steps)
        regular = np.mean(np.abs(steps / usual - 1) < 0.35) >= 0.6
        return (steps > MISSING_TOOTH * usual) & regular


def lines_along(cube: Cube, axis: str, at_least: int = 2) -> Iterator[Line]:
    """All lines of `at_least` cells along an axis, in the order of the cells."""
    others = [*SETTING, *(name for name in cube.axes if name != axis)]
    for _, part in cube.cells.groupby(others, sort=False, dropna=False):
        part = part[part[axis] > 0]  # logs are taken; a size of 0, or none, is on no line
        sizes = part[axis].to_numpy(dtype=float)
        order = np.argsort(sizes, kind="stable")
        sizes = sizes[order]
        if len(sizes) >= at_least:
            yield Line(axis, part.index.to_numpy()[order], sizes)
