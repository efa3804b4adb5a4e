"""Numbers brought into the range in which squares neither overflow nor vanish, without changing who is near whom.

Distances keep their order when everything is multiplied by one power of two, and that multiplication is exact.
"""

from __future__ import annotations

import math
from typing import Tuple

import numpy as np

#: Within these, sums of squares of differences stay finite and normal numbers, by dtype name.
SAFE = {"float32": (1e-15, 1e15), "float64": (1e-120, 1e140)}


def is_safe(array: np.ndarray, *further: float) -> bool:
    """Return whether squares of an array's values, and of some positive numbers, may be used as they are."""
    low, high = SAFE[array.dtype.name]
    largest = float(max(array.max(), -array.min())) if array.size else 0.0
    return largest <= high and all(low <= number <= high for number in further)


def power_near(largest: float) -> int:
    """Return the exponent of the power of two that a number is divided by to come to about 1."""
    return math.frexp(largest)[1] if largest > 0 else 0


def scaled(array: np.ndarray, exponent: int) -> np.ndarray:
    """Return the array in float64, divided by ``2**exponent``; what grows beyond the range is infinite."""
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(array.astype(np.float64), -exponent)


def about_radius(points: np.ndarray, radius: float) -> Tuple[np.ndarray, float]:
    """Return points (n, d) and a radius such that the same pairs are within it, and no square leaves the range.

    The radius comes to about 1. Gaps along an axis that are wider than twice that are brought down to it: nobody
    reaches across them, before or after.
    """
    if is_safe(points, radius):
        return points, radius
    exponent = power_near(radius)
    near = scaled(points, exponent)
    if not is_safe(near):
        half = np.ldexp(points.astype(np.float64), -1)  # so that differences stay finite
        for axis in range(points.shape[1]):
            order = np.argsort(half[:, axis], kind="stable")
            gaps = np.minimum(scaled(np.diff(half[order, axis]), exponent - 1), 4.0)
            near[order, axis] = np.concatenate([[0.0], np.cumsum(gaps)])
    return near, math.ldexp(radius, -exponent)


def distances(points: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Return numbers (n,) in the order of the distances of points (n, d) from a query (d,), wherever they lie."""
    wide, about = points.astype(np.float64), query.astype(np.float64)
    if max(np.abs(wide).max(), np.abs(about).max()) > 1e300:
        wide, about = scaled(wide, 64), scaled(about, 64)
    away = np.abs(wide - about)
    largest = away.max(axis=1)
    unit = np.where(largest > 0, largest, 1.0)
    return largest * np.sqrt(np.square(away / unit[:, None]).sum(axis=1))


def vanishing(points: np.ndarray, query: np.ndarray, exponent: int = 0) -> bool:
    """Return whether squares of differences between points (n, d) and a query (d,) may vanish that should not.

    Meant are the differences divided by ``2**exponent``. Two numbers differ by next to nothing only where both are
    next to nothing.
    """
    low = SAFE[points.dtype.name][0]
    small = scaled(np.abs(query), exponent) < 1e8 * low
    if not small.any():
        return False
    away = np.abs(points[:, small] - query[small])
    return bool(((away > 0) & (scaled(away, exponent) < low)).any())
