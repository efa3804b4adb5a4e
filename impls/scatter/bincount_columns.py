"""One weighted `np.bincount` for each feature, on a block of features laid out contiguously.

No indices are made: `bucket` serves every feature. What costs is that a feature is a strided column of `rows`, so a
few columns at a time are transposed into contiguous float64, which bincount wants anyway.

Cost: N*F additions in F calls, and one transposition. Extra memory: a block of columns and of sums in float64.
Error: float64 throughout, rounded at the end for float32.
Source: the other usual advice before NumPy 1.25, better than the flat form where N*F indices are dear.
"""

from __future__ import annotations

import numpy as np

COLUMNS = 8  # a cache line of float64


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    N, F = rows.shape
    if F == 1:
        return np.bincount(bucket, weights=rows[:, 0], minlength=n_buckets).astype(rows.dtype, copy=False)[
            :, None
        ]
    sums = np.empty((n_buckets, F), rows.dtype)
    columns, totals = np.empty((min(F, COLUMNS), N)), np.empty((min(F, COLUMNS), n_buckets))
    for start in range(0, F, COLUMNS):
        width = min(COLUMNS, F - start)
        np.copyto(columns[:width], rows[:, start : start + width].T)
        for column, total in zip(columns[:width], totals):
            total[:] = np.bincount(bucket, weights=column, minlength=n_buckets)
        sums[:, start : start + width] = totals[:width].T
    return sums


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of a block of columns and totals, and of one bincount's result."""
    if F == 1:
        return 0 if itemsize == 8 else 8 * (N + M)
    return 8 * (min(F, COLUMNS) * (N + M) + M)
