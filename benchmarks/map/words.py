"""What a person reads while a map is measured, and at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional, Sequence

import numpy as np

from benchmarks.map.box import numbers
from benchmarks.map.plan import Cell
from benchmarks.protocol.plan import MIB
from benchmarks.protocol.progress import duration

NAMES: Mapping[str, str] = {
    "numpy": "NumPy",
    "scipy": "+ SciPy",
    "jax": "+ JAX",
    "numba": "+ numba",
    "everything": "everything",
}
LARGE = 32 * MIB  # arrays from which a cell takes seconds, and is announced


def named(package_set: str) -> str:
    """The name of a package set for people."""
    return NAMES.get(package_set, package_set)


def percent(share: float) -> str:
    """A share as people say it."""
    return f"{100 * share:.1f} %"


@dataclass(frozen=True)
class Batch:
    """What is said after a batch of cells.

    Attributes
    ----------
    seconds : float
        Since the start.
    stage : str
    cells, most : int
        Measured of this stage, and at most.
    strategies : float
        Timed in a cell, on the average.
    regret : dict of str to float, optional
        Expected, by package set; None while nothing is fitted.
    done : dict of str to str
        Package sets that need no further cells.
    coming : list of Cell
    left : float
        Seconds to the end, at most.
    """

    seconds: float
    stage: str
    cells: int
    most: int
    strategies: float
    regret: Optional[Mapping[str, float]]
    done: Mapping[str, str]
    coming: Sequence[Cell]
    left: float

    def line(self) -> str:
        """One line for the terminal."""
        stage = "" if self.stage == "aggregate" else f" {self.stage}"
        parts = [
            f"  {self.seconds:>4.0f} s  {self.cells} cells of at most {self.most}{stage}, "
            f"{self.strategies:.1f} strategies a cell",
            self._regret(),
        ]
        if self.coming:
            large = sum(
                numbers(cell.block) * np.dtype(cell.block.dtype).itemsize > LARGE for cell in self.coming
            )
            parts.append(
                f"next: {len(self.coming)} cells" + (f", {large} of them over 32 MiB" if large else "")
            )
        return "  ".join([*parts, f"at most {duration(self.left)} left"])

    def _regret(self) -> str:
        if self.regret is None:
            return "all strategies first"
        told = (
            f"{named(name)} {percent(value)}" + (" (done)" if name in self.done else "")
            for name, value in self.regret.items()
        )
        return "expected regret: " + ", ".join(told)
