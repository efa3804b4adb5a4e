"""The reference for all bucket sums: float64, compensated, independent of every strategy.

Each value x is split into x = high + low without error. The high parts of a column are multiples of one
power of two so coarse that any sum of them fits in 53 bits: they add up exactly, in any order. What the low
parts lose is their own rounding, about 2^-53 of 2^-53. So the sum has the accuracy of twice the working
precision, rounded once at the end. (The splitting is the "extraction" of Rump, Ogita and Oishi, Accurate
floating-point summation, SIAM J. Sci. Comput. 31 (2008).)
"""

from __future__ import annotations

import numpy as np


def exact_bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) float64 sums of rows (N, F) by bucket (N,) intp, each correctly rounded or nearly."""
    N, F = rows.shape
    sums = np.zeros((n_buckets, F))
    if N == 0:
        return sums
    for f in range(F):
        column = rows[:, f].astype(np.float64)
        high = _high_part(column)
        exact = np.bincount(bucket, weights=high, minlength=n_buckets)
        rest = np.bincount(bucket, weights=column - high, minlength=n_buckets)
        sums[:, f] = exact + rest
    return sums


def _high_part(column: np.ndarray) -> np.ndarray:
    """Return each value rounded to a multiple of ulp(splitter), where N such multiples add up exactly."""
    largest = float(np.abs(column).max())
    if largest == 0:
        return column
    # splitter >= 2 * N * largest, so |sum of high parts| stays below it and their common unit is its last bit.
    splitter = 2.0 ** (np.frexp(largest)[1] + int(np.ceil(np.log2(len(column)))) + 1)
    return (splitter + column) - splitter
