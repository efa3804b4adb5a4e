"""The set MeanShift: one step along n and d, the lesson's data under every update rule, and many small clusters."""

from __future__ import annotations

from typing import Sequence

from benchmarks.grids import Grid, Sizes, union
from benchmarks.protocol.plan import Budget, MeasurementSet


def points(n: Sequence[int], d: Sequence[int]) -> Sizes:
    """Sizes of the axes in their order."""
    return {"n": n, "d": d}


LESSON_SIZE = points([1500], [2])
STEP_N = Grid("mean_shift", points([400, 1500, 5000], [2]), "step")
STEP_D = Grid("mean_shift", points([1500], [2, 8, 32]), "step")
STEP_LARGE = Grid("mean_shift", points([5000], [8]), "step")
LESSON_STEP = Grid("mean_shift", LESSON_SIZE, "step", "float32", "lesson")
LESSON_STEP_FLOAT64 = Grid("mean_shift", LESSON_SIZE, "step", "float64", "lesson")
LESSON_J = Grid("mean_shift", LESSON_SIZE, "run_J", "float64", "lesson")
LESSON_GS = Grid("mean_shift", LESSON_SIZE, "run_GS", "float64", "lesson")
LESSON_BGS = Grid("mean_shift", LESSON_SIZE, "run_bGS", "float64", "lesson")
LESSON_NB = Grid("mean_shift", LESSON_SIZE, "run_NB", "float64", "lesson")
# Trees and sparse graphs lose on few large clusters; they need many small ones to win.
MANY_STEP = Grid("mean_shift", points([6000], [2]), "step", labels="many")

#: What the page lets the points move by: each rule's exact result, and approximations that can be told from it.
FOLLOWED = (
    (LESSON_J, ("loop", "sampled:10", "lsh_forum", "lsh_pstable:2", "grid:2")),
    (LESSON_GS, ("loop_in_place", "forum_window")),
    (LESSON_BGS, ("lesson_batches",)),
    (LESSON_NB, ("loop",)),
)

MEAN_SHIFT = MeasurementSet(
    name="MeanShift",
    sessions=5,
    blocks=union(
        [
            *(STEP_N, STEP_D, STEP_LARGE),
            *(LESSON_STEP, LESSON_STEP_FLOAT64, LESSON_J, LESSON_GS, LESSON_BGS, LESSON_NB),
            MANY_STEP,
        ]
    ),
    # a limit above the loop's five iterations, so that every stage has its baseline
    budget=Budget(min_sample_s=0.005, strategy_s=0.03, min_reps=2, max_reps=6, call_limit_s=2.5),
    follow=tuple((block, impls) for grid, impls in FOLLOWED for block in grid.blocks()),
)
