"""The reference: float64, one row at a time, one function for all update rules.

Every weight comes from a difference of two rows, and every mean is taken of such differences, so that an offset
common to all points cancels before anything is rounded.
"""

from __future__ import annotations

import numpy as np

from ._semantics import batch_rows


def exact_run(points: np.ndarray, bandwidth: float, iterations: int, rule: str, batch: int) -> np.ndarray:
    """Return the (n, d) float64 positions of points (n, d) after some iterations under a rule."""
    moved = points.astype(np.float64)
    data = moved.copy() if rule == "NB" else moved
    size = batch_rows(rule, len(moved), batch)
    for _ in range(iterations):
        for start in range(0, len(moved), size):
            rows = range(start, min(start + size, len(moved)))
            moved[start : rows.stop] = [kernel_mean(moved[i], data, bandwidth) for i in rows]
    return moved


def kernel_mean(query: np.ndarray, data: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the (d,) mean of data (n, d), weighted by a Gaussian about the query (d,)."""
    away = data - query
    weight = np.exp(-0.5 * np.square(away / bandwidth).sum(axis=1))
    # Nothing is near a stray query: its weights have all underflowed, and it stays where it is.
    return query + (weight @ away) / weight.sum() if weight.any() else query
