"""What the tests of mean shift share: a reference of their own, small data sets, and the contract."""

from __future__ import annotations

import math

import numpy as np

from impls import mean_shift

BANDWIDTH = 2.5


def brute_force(points, bandwidth, iterations, rule, batch=mean_shift.BATCH):
    """Mean shift in Python floats, each sum exactly rounded: shares nothing with impls."""
    rows = np.asarray(points, dtype=float).tolist()
    n = len(rows)
    size = {"J": n, "NB": n, "GS": 1, "bGS": batch}[rule]
    data = [list(row) for row in rows]
    for _ in range(iterations):
        for start in range(0, n, size):
            seen = data if rule == "NB" else [list(row) for row in rows]
            for i in range(start, min(start + size, n)):
                rows[i] = _mean(list(rows[i]), seen, bandwidth)
    return np.array(rows).reshape(np.shape(points))


def _mean(query, seen, bandwidth):
    away = [[p - q for p, q in zip(row, query, strict=True)] for row in seen]
    weights = [math.exp(-math.fsum(x * x for x in row) / (2 * bandwidth**2)) for row in away]
    total = math.fsum(weights)
    return [
        query[f] + math.fsum(w * row[f] for w, row in zip(weights, away, strict=True)) / total
        for f in range(len(query))
    ]


def clusters(n, d, dtype="float64", seed=0, groups=6, offset=0.0):
    """Groups of points as in the lesson, in d dimensions (the bandwidth that suits them grows with d)."""
    rng = np.random.default_rng(seed)
    centers = rng.random((groups, d)) * 70 - 35
    points = centers[rng.integers(0, groups, n)] + rng.standard_normal((n, d)) * math.sqrt(5)
    return (points + offset).astype(dtype)


def errors(result, reference, bandwidth=BANDWIDTH):
    """Root mean square and largest error, in bandwidths."""
    wrong = np.asarray(result, dtype=float) - reference
    return math.sqrt(np.mean(wrong**2)) / bandwidth, np.abs(wrong).max() / bandwidth


def assert_contract(strategy, result, reference, bandwidth=BANDWIDTH, iterations=1):
    """Hold a result to what its strategy promises; float32 cannot be finer than its own spacing."""
    spacing = float(np.spacing(np.abs(result).max())) / bandwidth
    rms, largest = strategy.bounds(result.dtype, len(result), iterations)
    found = errors(result, reference, bandwidth)
    assert found[0] <= rms + spacing, f"{strategy.name}: {found} in {result.dtype}, promised {rms, largest}"
    assert found[1] <= largest + spacing, (
        f"{strategy.name}: {found} in {result.dtype}, promised {rms, largest}"
    )
