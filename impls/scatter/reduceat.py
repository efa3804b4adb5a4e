"""Sort rows by bucket, then `np.add.reduceat` over the runs, a cache-sized block of buckets at a time.

After a stable sort every bucket is a run of rows, and reduceat adds up runs. It cannot express an empty run (it
returns the row at that place instead of zero), so only the buckets that have rows are given to it. Sorting is the
cheap part; gathering all rows at once is the dear one, which is why it is done by blocks.

Cost: one sort of N buckets (radix, 16 bits), one gather and one reduction of N*F. Extra memory: the order, and
a block of gathered rows (half a megabyte, or the longest bucket).
Error: each bucket is summed in order of its rows, so float32 drifts with the square root of their number: beyond
some ten thousand rows to a bucket it leaves the contract (the VLAD adapter splits long images and stays in it).
Source: the sort-based answers to the Stack Overflow question; NumPy's manual for reduceat's empty runs.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from ._sorting import bucket_blocks, bucket_order, longest_block, order_bytes

ERROR_BOUND = {"float32": 1e-4}
#: What its memory depends on beside the shape: the fullest bucket is gathered in one piece.
KNOWS_LONGEST = True


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    F = rows.shape[1]
    order = bucket_order(bucket, n_buckets)
    counts = np.bincount(bucket, minlength=n_buckets)
    ends = np.cumsum(counts)
    blocks = list(bucket_blocks(ends, F * rows.itemsize))
    buffer = np.empty((max(stop - start for _, _, start, stop in blocks), F), rows.dtype)
    sums = np.zeros((n_buckets, F), rows.dtype)
    for first, last, start, stop in blocks:
        filled = first + np.flatnonzero(counts[first:last])
        if len(filled) == 0:
            continue
        runs = np.take(rows, order[start:stop], axis=0, out=buffer[: stop - start], mode="clip")
        sums[filled] = np.add.reduceat(runs, ends[filled] - counts[filled] - start, axis=0)
    return sums


def workspace_bytes(N: int, F: int, M: int, itemsize: int, longest: Optional[int] = None) -> int:
    """Return the bytes of order, sort keys, counts and ends, and one block of rows with its sums."""
    block = longest_block(N, M, F * itemsize, longest)
    return max(order_bytes(N, M), 8 * N + 16 * M + (block + min(block, M)) * F * itemsize)
