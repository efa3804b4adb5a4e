"""Sort rows by bucket, take the cumulative sum, and subtract at the bucket ends: the post's fastest NumPy idea.

The sum of a run of sorted rows is the difference of two entries of the cumulative sum. Written down as published
it fails when the last bucket is empty and is silently wrong when the first is; here the ends come from counting, so
an empty bucket is the difference of an entry and itself. Two changes make it fast: the sums run along contiguous
memory (features x rows; NumPy's cumulative sum down the columns is strided), and restart for every cache-sized
block of buckets.

Cost: one sort of N buckets (radix, 16 bits), a gather, a transposition and N*F dependent additions, which no vector
unit can speed up. Extra memory: the order, and a block of sums in float64 (half a megabyte, or the longest bucket).
Error: float64 sums, so float32 input loses nothing. A difference keeps the rounding of running sums that are larger
than itself: they restart with every block and leave out the block's mean, and as a VLAD strategy residuals are
formed first, else well separated centroids would cost digits. (The published version sums the whole batch.) Still
the buckets of a block are mixed: a sum errs by a rounding of the largest running sum before it, so that rows of 1e16
in one bucket leave 4 of the sum 1 + 2 in the next. That is the idea itself; sums that restart at each bucket are
`reduceat`.
Source: `optvec` of the post.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from ._sorting import BLOCK_BYTES, bucket_blocks, bucket_order, longest_block, order_bytes

RESIDUALS_FIRST = True
MIXES_BUCKETS = True
#: What its memory depends on beside the shape: the fullest bucket is gathered in one piece.
KNOWS_LONGEST = True


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    F = rows.shape[1]
    order = bucket_order(bucket, n_buckets)
    counts = np.bincount(bucket, minlength=n_buckets)
    ends = np.cumsum(counts)
    blocks = list(bucket_blocks(ends, F * 8))
    longest = max(stop - start for _, _, start, stop in blocks)
    gathered = np.empty((longest, F), rows.dtype)
    running = np.zeros((F, longest + 1))
    sums = np.empty((n_buckets, F), rows.dtype)
    for first, last, start, stop in blocks:
        if start == stop:
            sums[first:last] = 0
            continue
        runs = np.take(rows, order[start:stop], axis=0, out=gathered[: stop - start], mode="clip")
        mean = runs.mean(axis=0, dtype=np.float64)
        block = running[:, 1 : stop - start + 1]
        np.subtract(runs.T, mean[:, None], out=block)
        np.cumsum(block, axis=1, out=block)
        totals = running.T[ends[first:last] - start]
        totals[1:] -= totals[:-1].copy()
        totals += counts[first:last, None] * mean
        sums[first:last] = totals
    return sums


def workspace_bytes(N: int, F: int, M: int, itemsize: int, longest: Optional[int] = None) -> int:
    """Return the bytes of order, sort keys, counts and ends, and one block of rows and running sums."""
    block = longest_block(N, M, F * 8, longest)
    totals = min(BLOCK_BYTES // (8 * F), M) * F * 8
    return max(order_bytes(N, M), 8 * N + 16 * M + block * F * (itemsize + 8) + 2 * totals)
