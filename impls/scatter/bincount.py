"""One weighted `np.bincount` over n_buckets * F flat bins: bin = bucket * F + feature.

Cost: N*F additions and as many indices to make. Extra memory: N*F indices of 8 bytes, the n_buckets*F sums in
float64 (bincount knows no other type) and, for float32 rows, a float64 copy of them.
Error: float64 throughout, rounded at the end for float32.
Source: the usual advice before NumPy 1.25, when `np.add.at` was slow.
"""

from __future__ import annotations

import numpy as np

#: Bins and weights take five times the bytes of float32 rows: as a VLAD strategy it is given what fits in cache.
SUMS_IN_BLOCKS = True


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    F = rows.shape[1]
    bins = bucket if F == 1 else (bucket[:, None] * F + np.arange(F)).reshape(-1)
    sums = np.bincount(bins, weights=rows.reshape(-1), minlength=n_buckets * F)
    return sums.reshape(n_buckets, F).astype(rows.dtype, copy=False)


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of the bins, and of the float64 copies of rows and sums where rows are float32."""
    bins = 0 if F == 1 else 8 * N * F
    made = 0 if F == 1 else 8 * N  # where each row's bins begin, while they are made
    if itemsize == 8:
        return bins + made
    # The copy of the rows goes before the result comes.
    return bins + max(made, 8 * M * F + max(0, 8 * N * F - itemsize * M * F))
