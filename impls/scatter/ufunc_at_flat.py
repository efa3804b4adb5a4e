"""`np.add.at` on a flat array: index = bucket * F + feature, one scalar addition an element.

A one-dimensional target, aligned and of the values' own type, is the one case for which NumPy 1.25 has a tight
loop. The indices are made for a block of rows at a time, so that they stay in cache and cost no memory.

Cost: N*F additions and as many indices to make. Extra memory: one block of indices.
Error: each bucket is summed in order of its rows, so float32 drifts with the square root of their number: beyond
some ten thousand rows to a bucket it leaves the contract (the VLAD adapter splits long images and stays in it).
Source: NumPy pull requests 22889 and 23136; question in issue 23176.
"""

from __future__ import annotations

import numpy as np

ERROR_BOUND = {"float32": 1e-4}
BLOCK = 1 << 18  # indices made at a time: 2 MiB


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    N, F = rows.shape
    sums = np.zeros(n_buckets * F, rows.dtype)
    if F == 1:
        np.add.at(sums, bucket, rows[:, 0])
        return sums[:, None]
    size = min(max(1, N), max(1, BLOCK // F))
    feature, index = np.arange(F), np.empty((size, F), np.intp)
    for start in range(0, N, size):
        block = rows[start : start + size]
        flat = np.add(bucket[start : start + size, None] * F, feature, out=index[: len(block)])
        np.add.at(sums, flat.reshape(-1), block.reshape(-1))
    return sums.reshape(n_buckets, F)


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of one block of indices."""
    return 0 if F == 1 else 8 * min(N, max(1, BLOCK // F)) * (F + 1) + 8 * F
