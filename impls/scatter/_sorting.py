"""What the sorting strategies share: the order of rows by bucket, and blocks of whole buckets that fit in cache."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

import numpy as np

#: Bytes of sorted rows handled at a time: half of a common L2 cache.
BLOCK_BYTES = 1 << 19


def bucket_order(bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (N,) intp order that sorts `bucket` stably.

    NumPy's stable sort is a radix sort for 16-bit integers only, several times faster than its comparison sorts;
    more than 65536 buckets take two such passes, low half first.
    """
    order = np.argsort(bucket.astype(np.uint16), kind="stable")
    if n_buckets > 1 << 16:
        high = (bucket >> 16).astype(np.uint16 if n_buckets <= 1 << 32 else np.intp)
        order = order[np.argsort(high[order], kind="stable")]
    return order


def order_bytes(N: int, M: int) -> int:
    """Return the bytes at work while `bucket_order` sorts N buckets below M, the order itself included.

    The radix sort takes as much again as the order that it makes. NumPy tells tracemalloc of that from 2.5 on only;
    the memory is taken in every version.
    """
    one_pass = 8 + 8 + 2  # the order, the sort's own copy of it, 16-bit keys
    first = 8 + 2 if M > 1 << 16 else 0  # order and keys of the first of two passes
    return N * (first + one_pass)


def bucket_blocks(ends: np.ndarray, row_bytes: int) -> Iterator[Tuple[int, int, int, int]]:
    """Yield (first bucket, last bucket, first row, last row), the lasts excluded, in blocks of whole buckets.

    Parameters
    ----------
    ends : (n_buckets,) intp
        Where each bucket ends among the sorted rows.
    row_bytes : int
        Bytes of a row; a block has `BLOCK_BYTES` of them, or one bucket if that is more, and no more buckets
        than rows fit (many may be empty).
    """
    rows = max(1, BLOCK_BYTES // row_bytes)
    first = start = 0
    while first < len(ends):
        last = max(first + 1, int(np.searchsorted(ends, start + rows, side="right")))
        last = min(last, first + rows)
        stop = int(ends[last - 1])
        yield first, last, start, stop
        first, start = last, stop


def longest_block(N: int, M: int, row_bytes: int, longest: Optional[int] = None) -> int:
    """Return the predicted number of rows in the longest block; without the longest bucket, for similar buckets."""
    longest = -(-N // max(1, M)) if longest is None else longest
    return min(N, max(BLOCK_BYTES // row_bytes, longest))
