"""The base of the classes asv sees: they time nothing, they hand out what the protocol measured.

``setup_cache`` runs the sessions once for all classes of a set (asv shares it among classes that inherit it);
each ``track_seconds`` then looks one number up.
"""

from __future__ import annotations

from typing import Any, ClassVar, List, Tuple

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.protocol.readout import Table, reading

#: asv's limit for ``setup_cache``: a full set takes over an hour on a slow machine
SET_TIMEOUT_S = 6 * 3600.0


def parameters(grid: Grid) -> List[Any]:
    """Asv's ``params`` for a grid: the values on each axis, then the strategies (installed or not)."""
    return [*(list(values) for values in grid.sizes.values()), workloads.get(grid.workload).strategies()]


class ReadOut:
    """Look-up of one strategy on one cell; subclasses give the grid and a ``setup_cache``."""

    grid: ClassVar[Grid]
    version = "1"
    unit = "seconds"
    timeout = 60.0

    def setup(self, cache: Table, *point: Any) -> None:
        """Tell asv to skip what was skipped or over a budget (not installed, too much memory, too much time).

        Wrong answers, exceptions and crashes are failures: asv then ends with its exit code 2.
        """
        found = self._reading(cache, point)
        if found.status in ("skipped", "timeout"):
            raise NotImplementedError(found.reason)

    def _reading(self, cache: Table, point: Tuple[Any, ...]) -> Any:
        return reading(cache, self.grid.block(point[:-1]), point[-1])

    def _seconds(self, cache: Table, *point: Any) -> float:
        found = self._reading(cache, point)
        if found.seconds is None:
            raise RuntimeError(f"{found.status}: {found.reason}")
        return float(found.seconds)
