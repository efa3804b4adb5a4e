"""Grids of sizes: products over the axes of a workload under one choice of factors."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Iterable, List, Mapping, Sequence, Tuple

from benchmarks.protocol.plan import Block

Sizes = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Grid:
    """A product of sizes under one choice of factors.

    Attributes
    ----------
    workload : str
    sizes : dict
        Axis name to the values on that axis, in the workload's axis order.
    stage, dtype, labels : str
    threads : int
        0 = all cores.
    most_elements : int, optional
        Cells whose product of sizes along `bounded` exceeds this are left out.
    bounded : tuple of tuple of str
        Groups of axes whose product is bounded.
    """

    workload: str
    sizes: Sizes
    stage: str
    dtype: str = "float64"
    labels: str = "uniform"
    threads: int = 1
    most_elements: int = 0
    bounded: Tuple[Tuple[str, ...], ...] = ()

    def block(self, cell: Sequence[int]) -> Block:
        """The block of one cell, given as values in axis order."""
        axes = tuple(zip(self.sizes, (int(value) for value in cell)))
        return Block(self.workload, self.stage, self.dtype, self.labels, self.threads, axes)

    def holds(self, cell: Sequence[int]) -> bool:
        """Tell whether the cell is small enough for this grid."""
        values = dict(zip(self.sizes, cell))
        for group in self.bounded:
            product = 1
            for axis in group:
                product *= values[axis]
            if product > self.most_elements:
                return False
        return True

    def blocks(self) -> List[Block]:
        """All blocks of the grid."""
        return [self.block(cell) for cell in itertools.product(*self.sizes.values()) if self.holds(cell)]


def union(grids: Iterable[Grid]) -> Tuple[Block, ...]:
    """Blocks of all grids, each once."""
    return tuple(dict.fromkeys(block for grid in grids for block in grid.blocks()))


def half_octaves(low: int, high: int) -> List[int]:
    """Sizes from `low` to `high` in steps of the square root of two, rounded to whole numbers."""
    values, step = [low], 1
    while values[-1] < high:
        values.append(min(high, round(low * 2 ** (step / 2))))
        step += 1
    return sorted(set(values))
