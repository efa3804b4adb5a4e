"""The set MeanShift as asv sees it: params n, d, impl; the update rule and the data are in the class's name."""

from __future__ import annotations

from typing import Any

from benchmarks import mean_shift_sets as sets
from benchmarks.protocol.asv_class import SET_TIMEOUT_S, ReadOut, parameters
from benchmarks.protocol.readout import Table, measured


class _MeanShift(ReadOut):
    param_names = ("n", "d", "impl")

    def setup_cache(self) -> Any:
        """Measure the set MeanShift."""
        return measured(sets.MEAN_SHIFT)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]

    def track_seconds(self, cache: Table, n: int, d: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, n, d, impl)


class MeanShiftStepN(_MeanShift):
    """One step, more and fewer points."""

    grid = sets.STEP_N
    params = parameters(grid)


class MeanShiftStepD(_MeanShift):
    """One step, more and fewer dimensions."""

    grid = sets.STEP_D
    params = parameters(grid)


class MeanShiftStepLarge(_MeanShift):
    """One step at the size where memory decides."""

    grid = sets.STEP_LARGE
    params = parameters(grid)


class MeanShiftLessonStep(_MeanShift):
    """One step on the lesson's points, in their own precision."""

    grid = sets.LESSON_STEP
    params = parameters(grid)


class MeanShiftLessonStepFloat64(_MeanShift):
    """One step on the lesson's points."""

    grid = sets.LESSON_STEP_FLOAT64
    params = parameters(grid)


class MeanShiftLessonJ(_MeanShift):
    """Five simultaneous iterations on the lesson's points."""

    grid = sets.LESSON_J
    params = parameters(grid)


class MeanShiftLessonGS(_MeanShift):
    """Five iterations in place, row by row."""

    grid = sets.LESSON_GS
    params = parameters(grid)


class MeanShiftLessonBGS(_MeanShift):
    """Five iterations in place, batch by batch."""

    grid = sets.LESSON_BGS
    params = parameters(grid)


class MeanShiftLessonNB(_MeanShift):
    """Five iterations of queries over data that stay."""

    grid = sets.LESSON_NB
    params = parameters(grid)


class MeanShiftManyStep(_MeanShift):
    """One step on many small clusters."""

    grid = sets.MANY_STEP
    params = parameters(grid)
