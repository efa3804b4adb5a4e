"""Mean shift with a Gaussian kernel: every point moves to the weighted mean about it. Strategies are files.

A file defines ``shift(queries, points, bandwidth)``, kernel means of points about queries, and then serves several
update rules; or ``iterate(points, bandwidth, iterations)``, a whole run of the one rule it declares in `SEMANTICS`.
It may declare `ACCURACY` (exact, bounded, approximate), `VARIANTS` (named settings of its knobs, each a strategy
``file:setting``), `RANDOM` (it takes a seed) and `MOST_DIMENSIONS`.

>>> from impls import mean_shift
>>> mean_shift.run(points, bandwidth=2.5, iterations=5)  # doctest: +SKIP
"""

from __future__ import annotations

from ._api import bandwidth_for, centred, oracle, run, step
from ._semantics import BATCH, RULES
from ._strategy import ShiftStrategy, get, strategies

__all__ = [
    "BATCH",
    "RULES",
    "ShiftStrategy",
    "bandwidth_for",
    "centred",
    "get",
    "oracle",
    "run",
    "step",
    "strategies",
]
