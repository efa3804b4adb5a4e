"""Long buckets cut into parts, so that float32 sums do not drift; short buckets are left as they are.

Adding n float32 numbers in order can err by n/2 units in the last place of the sum: 10**5 equal numbers by 1e-4, and
beyond 2**24 ones nothing is added any more. So a bucket of more than `LONG_ROWS` rows is cut, by the order of its
rows, into parts of no more than that. The first part stays in the bucket, the others go to rows behind the M buckets
and are added up afterwards in float64: a few rows, and any way of summing buckets serves as it is.
"""

from __future__ import annotations

from typing import Callable, Iterable, NamedTuple, Optional, Tuple

import numpy as np

from ._sorting import bucket_order, order_bytes

BucketSums = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
#: (first bucket, last bucket, first row, last row), the lasts excluded: rows whose buckets are all among these.
Span = Tuple[int, int, int, int]

#: Rows added up in float32 one after the other: each of 127 additions errs by 2**-24 of the sum of absolute values.
LONG_ROWS = 128
#: Rows of a part where no bucket is very long: so few that what remains is the rounding of the result.
PART_ROWS = 32
#: Long buckets in a span up to which each looks for its own rows; beyond, all rows are sorted. Measured.
LOOKED_FOR = 4
#: Features up to which it is cheaper to add up in float64 than to cut. Measured.
NARROW = 4


class Parts(NamedTuple):
    """How buckets were cut.

    Attributes
    ----------
    n_buckets : int
        How many buckets there are now: M, and the further parts behind them.
    long : (B,) intp
        The buckets that were cut, ascending.
    first : (B,) intp
        Where their further parts begin, counted from the M-th bucket.
    """

    n_buckets: int
    long: np.ndarray
    first: np.ndarray


def sum_in_parts(
    bucket_sums: BucketSums,
    rows: np.ndarray,
    bucket: np.ndarray,
    n_buckets: int,
    limit: int,
    own: bool = False,
) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,), no more than `limit` rows in one go.

    Parameters
    ----------
    bucket_sums : callable
        As `BucketSums`; it gets `rows` as they are, and buckets that are cut where they are long.
    limit : int
        At least 1.
    own : bool
        Whether `bucket` may be changed.
    """
    if len(rows) <= limit:
        return np.asarray(bucket_sums(rows, bucket, n_buckets))
    counts = np.bincount(bucket, minlength=n_buckets)
    if counts.max() <= limit:
        return np.asarray(bucket_sums(rows, bucket, n_buckets))
    bucket = bucket if own else bucket.copy()
    parts = cut_long(bucket, counts, limit)
    assert parts is not None
    sums = np.asarray(bucket_sums(rows, bucket, parts.n_buckets))
    sums = sums if sums.flags.writeable else sums.copy()
    sums[parts.long] = totals(sums, n_buckets, parts)
    return sums[:n_buckets]


def rows_of_part(longest: int) -> int:
    """Return the rows of a part; more in a very long bucket, so that its parts are not too many to be added up."""
    return min(LONG_ROWS, max(PART_ROWS, longest >> 7))


def bytes_of_cutting(counts: np.ndarray, rows: int, limit: int) -> Tuple[int, int]:
    """Return how many further parts `cut_long` makes, and the bytes at work while it looks through so many rows."""
    long = counts[counts > limit]
    if len(long) == 0:
        return 0, 0
    size = min(limit, rows_of_part(int(long.max())))
    moved = int((long - size).sum())
    # A mask and positions, or the order and its sort; then positions and new numbers of what is moved.
    search = rows + 16 * moved if len(long) <= LOOKED_FOR else order_bytes(rows, len(counts)) + 8 * moved
    return int(((long - 1) // size).sum()), max(search, 24 * moved) + 16 * len(long)


def cut_long(
    bucket: np.ndarray,
    counts: np.ndarray,
    limit: int,
    size: Optional[int] = None,
    spans: Optional[Iterable[Span]] = None,
) -> Optional[Parts]:
    """Cut the buckets of more than `limit` rows; None where there is none.

    Parameters
    ----------
    bucket : (N,) intp
        Changed in place: rows of a further part get its number.
    counts : (M,) intp
        How many rows each bucket has.
    limit : int
        At least 1.
    size : int, optional
        Rows of a part, `limit` where that is less; by default as `rows_of_part` says.
    spans : iterable of (first bucket, last bucket, first row, last row), optional
        Groups of buckets in order and the rows that they are in, where that is known: the search stays in cache.
    """
    long = np.flatnonzero(counts > limit)
    if len(long) == 0:
        return None
    held = counts[long]
    size = min(limit, size or rows_of_part(int(held.max())))
    further = (held - 1) // size
    ends = np.cumsum(further)
    M, total = len(counts), int(ends[-1])
    lengths = np.full(total, size)
    lengths[ends - 1] = held - further * size
    number = np.repeat(np.arange(M, M + total), lengths)
    done = 0
    for first, last, start, stop in [(0, M, 0, len(bucket))] if spans is None else spans:
        low, high = (0, len(long)) if last - first == M else np.searchsorted(long, (first, last))
        if low < high:
            found = _rows_behind(size, bucket[start:stop], first, counts[first:last], long[low:high])
            found += start
            bucket[found] = number[done : done + len(found)]
            done += len(found)
    return Parts(M + total, long, ends - further)


def totals(sums: np.ndarray, n_buckets: int, parts: Parts) -> np.ndarray:
    """Return the (B, F) float64 totals of the buckets that were cut, from the sums of buckets and further parts."""
    total = sums[parts.long].astype(np.float64)
    starts = parts.first + n_buckets
    ends = np.append(starts[1:], parts.n_buckets)
    most = int((ends - starts).max())
    if most < len(starts):  # part by part of all buckets; a reduceat of wide rows takes five times as long
        for part in range(most):
            held = np.flatnonzero(ends - starts > part)
            total[held] += sums[starts[held] + part]
    else:
        for bucket_total, start, end in zip(total, starts.tolist(), ends.tolist()):
            bucket_total += np.add.reduce(sums[start:end], axis=0, dtype=np.float64)
    return total


def _rows_behind(
    size: int, bucket: np.ndarray, base: int, counts: np.ndarray, long: np.ndarray
) -> np.ndarray:
    """Return the positions in `bucket` of the rows of each long bucket but its first `size`, bucket after bucket."""
    if len(long) <= LOOKED_FOR:
        return np.concatenate([np.flatnonzero(bucket == b)[size:] for b in long.tolist()])
    order = bucket_order(bucket - base if base else bucket, len(counts))
    ends = np.cumsum(counts)[long - base]
    starts = ends - counts[long - base] + size
    return np.concatenate([order[a:b] for a, b in zip(starts.tolist(), ends.tolist())])
