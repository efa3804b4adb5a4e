"""The public functions of `impls.mean_shift`: checked input in, NumPy arrays of the points' dtype out."""

from __future__ import annotations

import math
from typing import Any, Optional, Tuple

import numpy as np

from .. import inputs, ranges
from ._oracle import exact_run
from ._semantics import BATCH, RULES
from ._strategy import ShiftStrategy, get

DEFAULT_STRATEGY = "gemm_one_product"
#: Largest extent in bandwidths at which an expanded square in float32 keeps the contract.
WIDEST_FLOAT32 = 64.0
#: Beyond this extent in bandwidths no two points that differ visibly are neighbours, and squares overflow.
WIDEST = 1e8


def bandwidth_for(d: int) -> float:
    """Return the bandwidth that behaves in d dimensions as 2.5 does in 2: distances grow with the root of d."""
    return 2.5 * math.sqrt(inputs.positive_integer(d, "d") / 2)


def step(
    points: Any,
    bandwidth: Any,
    strategy: str = DEFAULT_STRATEGY,
    seed: int = 0,
    memory_limit: Optional[int] = None,
) -> np.ndarray:
    """Return the points after one simultaneous step: `run` with one iteration."""
    return run(points, bandwidth, 1, "J", strategy, seed=seed, memory_limit=memory_limit)


def run(
    points: Any,
    bandwidth: Any,
    iterations: int = 5,
    semantics: str = "J",
    strategy: str = DEFAULT_STRATEGY,
    batch: int = BATCH,
    seed: int = 0,
    memory_limit: Optional[int] = None,
) -> np.ndarray:
    """Return where mean shift with a Gaussian kernel takes the points.

    Parameters
    ----------
    points : (n, d) array, float32 or float64
        Finite values, in any memory layout; never written to.
    bandwidth : float
        Standard deviation of the kernel, above 0, in the units of the points.
    iterations : int
        At least 1.
    semantics : {"J", "GS", "bGS", "NB"}
        Who sees whose new position: simultaneous, in place row by row, in place batch by batch, non-blurring.
    strategy : str
        One of `strategies()`.
    batch : int
        Rows that move at once under bGS.
    seed : int
        For strategies that draw at random.
    memory_limit : int, optional
        Refuse to start where the strategy is predicted to need more bytes than this.

    Returns
    -------
    (n, d) array of the dtype of `points`

    Raises
    ------
    ValueError, TypeError
        Wrong input, said in one sentence, before any work; also where the strategy computes other semantics.
    MemoryBudgetError
        The prediction exceeds `memory_limit`.
    StrategyUnavailable
        The strategy's packages are not installed.
    """
    chosen = get(strategy)
    points, bandwidth, iterations = _checked(points, bandwidth, iterations)
    batch = inputs.positive_integer(batch, "batch")
    seed = inputs.seed_number(seed)
    _require_rule(semantics)
    n, d = points.shape
    why_not = chosen.why_not_for(semantics, d)
    if why_not:
        raise ValueError(f"Strategy {strategy!r} does not fit: {why_not}.")
    if memory_limit is not None:
        inputs.require_memory(strategy, _predicted_bytes(chosen, points, bandwidth, iterations), memory_limit)
    if n == 0:
        return points.copy()
    return _run(chosen, points, (bandwidth, iterations, semantics, batch, seed))


def _predicted_bytes(chosen: ShiftStrategy, points: np.ndarray, bandwidth: float, iterations: int) -> int:
    """Return what a strategy is predicted to need for these points, with the copies that are made for it."""
    n, d = points.shape
    wide = 8 if chosen.expands else points.itemsize
    copies = n * d * (wide + (wide if wide > points.itemsize else 0))
    return copies + chosen.workspace_for(points, bandwidth, iterations)


def _run(chosen: ShiftStrategy, points: np.ndarray, how: Tuple[Any, ...]) -> np.ndarray:
    bandwidth, wide = how[0], points
    with np.errstate(over="ignore"):
        extent = np.ptp(points, axis=0).max()
    if chosen.expands and points.dtype == np.float32 and extent > WIDEST_FLOAT32 * bandwidth:
        wide = points.astype(np.float64)
    rows, center = centred(wide)
    low, high = ranges.SAFE[points.dtype.name]
    exponent = 0 if low <= bandwidth <= high else ranges.power_near(bandwidth)
    if exponent:  # or the square of the bandwidth leaves the range
        rows, bandwidth = ranges.scaled(rows, exponent).astype(rows.dtype), math.ldexp(bandwidth, -exponent)
    (placed,) = chosen.put(rows)
    moved = chosen.to_numpy(chosen.wait(chosen.run(placed, bandwidth, *how[1:])))
    moved = np.ldexp(moved, exponent) if exponent else moved
    return (moved + center).astype(points.dtype, copy=False)


def centred(points: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the points about their mean as a C-ordered copy, and the mean (d,), rounded to their dtype first.

    Every strategy gets its points like this. Mean shift does not care where the origin is, but arithmetic does:
    without it an offset of 1e5 leaves float32 nothing of the distances that an expanded square gives.
    """
    points = np.ascontiguousarray(points)  # or the mean would depend on the layout, in its last bit
    with np.errstate(over="ignore", invalid="ignore"):
        center = points.mean(axis=0, dtype=np.float64)
        if not np.isfinite(center).all():  # the sum overflowed
            center = np.ldexp(np.ldexp(points.astype(np.float64), -64).mean(axis=0), 64)
        center = center.astype(points.dtype)
    return points - center, center


def oracle(
    points: Any, bandwidth: Any, iterations: int = 5, semantics: str = "J", batch: int = BATCH
) -> np.ndarray:
    """Return where mean shift takes the points, in float64: the reference for the strategies of those semantics.

    Takes what `run` takes; see `impls.mean_shift._oracle` for the method.
    """
    points, bandwidth, iterations = _checked(points, bandwidth, iterations)
    _require_rule(semantics)
    return exact_run(points, bandwidth, iterations, semantics, inputs.positive_integer(batch, "batch"))


def _require_rule(semantics: Any) -> None:
    if semantics not in RULES:
        raise ValueError(f"semantics is {semantics!r}, expected one of {', '.join(RULES)}.")


def _checked(points: Any, bandwidth: Any, iterations: Any) -> Tuple[np.ndarray, float, int]:
    points = inputs.point_array(points)
    if isinstance(bandwidth, bool) or not isinstance(bandwidth, (int, float, np.integer, np.floating)):
        raise TypeError(f"bandwidth is {bandwidth!r}, expected one number.")
    width = float(bandwidth)
    if not (0 < width < math.inf):
        raise ValueError(f"bandwidth is {width}, expected a finite number above 0.")
    if len(points):
        with np.errstate(over="ignore"):
            extent = float(np.subtract(points.max(axis=0), points.min(axis=0), dtype=np.float64).max())
        if extent > WIDEST * width:
            raise ValueError(
                f"The points span {extent:.3g}, more than {WIDEST:.0g} times the bandwidth of {width:.3g}: "
                "remove outliers or choose a larger bandwidth."
            )
    return points, width, inputs.positive_integer(iterations, "iterations")
