"""`np.add.at` on rows: what `out[bucket] += rows` would mean if it did not lose repeated buckets.

One call, no index arithmetic, nothing sorted. NumPy treats each row as an item of a general indexed loop, which
is why the post found it no faster than the Python loop; the fast path of NumPy 1.25 covers one-dimensional
operands only.

Cost: N*F additions, each row through NumPy's general iterator. Extra memory: none to speak of.
Error: each bucket is summed in order of its rows, so float32 drifts with the square root of their number: beyond
some ten thousand rows to a bucket it leaves the contract (the VLAD adapter splits long images and stays in it).
Source: `truvec` of the post.
"""

from __future__ import annotations

import numpy as np

ERROR_BOUND = {"float32": 1e-4}


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    sums = np.zeros((n_buckets, rows.shape[1]), rows.dtype)
    if rows.shape[1] == 1:
        np.add.at(sums[:, 0], bucket, rows[:, 0])  # one dimension: the fast path
    else:
        np.add.at(sums, bucket, rows)
    return sums


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of the iterator's buffers, an upper guess."""
    return 64 * 1024
