"""The set ThreadClaims: what a forum's thread claims of mean shift and the set MeanShift does not hold.

Two clusters of 683 points in 9 dimensions (the size of the thread's data, which is not here) at four distances, for
what sampling keeps; the loop and its window at a size and four times that size; the lesson's points with a bandwidth
that is ten times theirs.
"""

from __future__ import annotations

from benchmarks.grids import Grid, union
from benchmarks.mean_shift_sets import LESSON_SIZE, MEAN_SHIFT, points
from benchmarks.protocol.plan import MeasurementSet

GROWTH = Grid("mean_shift", points([750, 3000], [2]), "run_GS")
WIDE = Grid("mean_shift", LESSON_SIZE, "step", "float32", "lesson_wide")
PAIRS = [
    Grid("mean_shift", points([683], [9]), "run_J", labels=f"pair_{percent}") for percent in (30, 40, 57, 70)
]
PAIR_30, PAIR_40, PAIR_57, PAIR_70 = PAIRS

THREAD_CLAIMS = MeasurementSet("ThreadClaims", 3, union([GROWTH, WIDE, *PAIRS]), MEAN_SHIFT.budget)
