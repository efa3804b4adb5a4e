"""Makes every bucket strategy a VLAD strategy: bucket = image * K + label, then minus count * center.

What is common to all bucket strategies is this code, the same for all, so that their times differ only by
what they do differently; `share_of_time` tells how much of a time it is. Centroids are subtracted after the sum where
that is accurate, from descriptors in their place; else before it, some images at a time. Either way the strategy gets
rows and buckets, and long buckets are cut (`impls.scatter._parts`).
"""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator, List, NamedTuple, Tuple

import numpy as np

from ..inputs import Descriptors, Labels
from ..scatter._parts import LONG_ROWS, PART_ROWS, BucketSums, Span, cut_long, sum_in_parts, totals
from ._conditioning import rows_of_late_sums

#: Most bytes of residuals formed at a time: few enough calls, and what was formed is still in cache. Measured.
RESIDUAL_BYTES = 3 << 20
#: Bytes beyond which a single image is summed in pieces, each of which has its own fixed cost. Measured.
IMAGE_BYTES = 12 << 20
#: Most bytes of descriptors at a time, and of a piece, where bucket sums want blocks. Measured.
BLOCK_BYTES = 1 << 20
#: Bytes of descriptors up to which residuals are formed first without a question: asking costs more. Measured.
SMALL_BYTES = 3 << 19
#: Bytes of ``count * center`` made at a time, in the fast way.
PRODUCT_BYTES = 1 << 20
#: Rows whose buckets are looked through at a time for long ones.
SEARCHED_ROWS = 1 << 15
#: Rows to a sum that a part of an image has at least.
ROWS_TO_A_SUM = 4
#: Features from which it costs next to nothing to cut buckets of half of `LONG_ROWS`, which halves the error. Measured.
WIDE = 128
#: The shortest parts that are worth cutting so that centroids may be subtracted late.
SHORTEST_PART = 8


class Batch(NamedTuple):
    """Images as rows and buckets.

    Attributes
    ----------
    rows : (N, F)
    label : (N,) intp
    bucket : (N,) intp
        ``image * K + label``, in memory of its own.
    ends : (T,) intp
        Where each image ends among the rows.
    """

    rows: np.ndarray
    label: np.ndarray
    bucket: np.ndarray
    ends: np.ndarray


def residual_sums(
    bucket_sums: BucketSums,
    descriptors: Descriptors,
    labels: Labels,
    centers: np.ndarray,
    residuals_first: bool = False,
    in_blocks: bool = False,
) -> np.ndarray:
    """Return the (T, K, F) residual sums, computed with the given bucket sums.

    Parameters
    ----------
    bucket_sums : callable
        (rows (N, F), bucket (N,), n_buckets) -> (n_buckets, F), as NumPy arrays.
    descriptors : (T, L, F) array, or list of T arrays (L_t, F)
    labels : (T, L) intp, or list of T arrays (L_t,)
    centers : (K, F) array
    residuals_first : bool
        Always subtract before summing: for bucket sums that lose digits where others do not. By default
        that is decided by the data.
    in_blocks : bool
        Sum some images at a time in any case: for bucket sums that make arrays larger than their input.
    """
    batch = flatten(descriptors, labels, len(centers))
    if not residuals_first and batch.rows.nbytes > SMALL_BYTES:
        counts = np.bincount(batch.bucket, minlength=len(batch.ends) * len(centers))
        limit, size = late_parts(batch, centers, counts)
        if limit:
            return _sum_then_subtract(bucket_sums, batch, counts, centers, (limit, size), in_blocks)
    return _subtract_then_sum(bucket_sums, batch, centers, in_blocks)


def share_of_time(
    bucket_sums: BucketSums,
    descriptors: Descriptors,
    labels: Labels,
    centers: np.ndarray,
    residuals_first: bool = False,
    in_blocks: bool = False,
    calls: int = 3,
) -> float:
    """Return the adapter's share of a call's time, 0 to 1: what is not spent inside `bucket_sums`.

    The fastest of some calls counts, after one that is not counted; parameters as in `residual_sums`.
    """
    inside = 0.0

    def timed(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
        nonlocal inside
        started = time.perf_counter()
        sums = bucket_sums(rows, bucket, n_buckets)
        inside += time.perf_counter() - started
        return sums

    found = []
    for _ in range(calls + 1):
        inside = 0.0
        started = time.perf_counter()
        residual_sums(timed, descriptors, labels, centers, residuals_first, in_blocks)
        whole = time.perf_counter() - started
        found.append((whole, 1.0 - inside / whole))
    return min(found[1:])[1]


def flatten(descriptors: Descriptors, labels: Labels, K: int) -> Batch:
    """Return rows, labels, buckets and ends of a dense or ragged batch."""
    if isinstance(descriptors, list):
        lengths = [len(image) for image in descriptors]
        label = np.concatenate(labels)
        bucket = np.repeat(np.arange(len(lengths), dtype=np.intp) * K, lengths)
        bucket += label
        return Batch(np.concatenate(descriptors), label, bucket, np.cumsum(lengths, dtype=np.intp))
    descriptors, labels = np.asarray(descriptors), np.asarray(labels)
    T, L, F = descriptors.shape
    bucket = np.add(labels, np.arange(0, T * K, K)[:, None], order="C").reshape(-1)
    ends = np.arange(L, T * L + 1, L) if L else np.zeros(T, np.intp)
    return Batch(descriptors.reshape(T * L, F), labels.reshape(-1), bucket, ends)


def late_parts(batch: Batch, centers: np.ndarray, counts: np.ndarray) -> Tuple[int, int]:
    """Return how long buckets may be, and their parts where they are longer, for centroids to be subtracted late.

    (0, 0) where residuals are better formed first. A long bucket of n rows in parts of p errs by ``p * sqrt(n)`` in
    the units of `rows_of_late_sums`, in which an uncut one of p rows errs by ``p ** 1.5``.
    """
    longest = int(counts.max(initial=0))
    single = batch.rows.dtype == np.float32

    def parts(accurate: int) -> Tuple[int, int]:
        limit = min(accurate, LONG_ROWS) if single else accurate
        if longest <= limit:
            return longest, 0
        size = int(min(PART_ROWS if single else limit, accurate * (accurate / longest) ** 0.5))
        return (limit, size) if size >= SHORTEST_PART and cutting_pays(batch, counts, limit) else (0, 0)

    def worthwhile(accurate: int) -> bool:
        return parts(accurate)[0] > 0

    by_image = counts.reshape(-1, len(centers))
    return parts(rows_of_late_sums(batch.rows, batch.label, centers, by_image, worthwhile))


def cutting_pays(batch: Batch, counts: np.ndarray, limit: int) -> bool:
    """Return whether cutting and subtracting late is less work than forming the residuals, in nanoseconds measured."""
    N, row_bytes = len(batch.rows), batch.rows.itemsize * batch.rows.shape[1]
    late = 1500 * np.count_nonzero(counts > limit) + 12 * N + 0.1 * len(counts) * row_bytes
    return bool(late < 0.05 * N * row_bytes)


def blocks(ends: np.ndarray, row_bytes: int, K: int, small: bool) -> List[Span]:
    """Return (first image, last image, first row, last row) of blocks of images, the lasts excluded.

    Several images or a part of one, which then has more rows than sums.
    """
    found: List[Span] = []
    rows = max(1, (BLOCK_BYTES if small else RESIDUAL_BYTES) // row_bytes)
    most = max(1, (BLOCK_BYTES if small else IMAGE_BYTES) // row_bytes, ROWS_TO_A_SUM * K)
    first = start = 0
    while first < len(ends):
        last = int(np.searchsorted(ends, start + rows, side="right"))
        if last > first:
            stop = int(ends[last - 1])
            found.append((first, last, start, stop))
        else:
            last, stop = first + 1, int(ends[first])
            pieces = -(-(stop - start) // most)
            edges = [start + (stop - start) * piece // pieces for piece in range(pieces + 1)]
            found += [(first, last, low, high) for low, high in zip(edges, edges[1:])]
        first, start = last, stop
    return found


def straight_rows(dtype: np.dtype, F: int, L: int) -> int:
    """Return how many residuals of images of up to L rows may be added up in order: float64 has digits to spare."""
    limit = LONG_ROWS if F < WIDE else LONG_ROWS // 2
    return limit if dtype == np.float32 and limit < L else int(np.iinfo(np.intp).max)


def largest_block(T: int, N: int, L: int, K: int, row_bytes: int, small: bool) -> Tuple[int, int]:
    """Return the most (rows, images) that `blocks` puts in one of T images of at most L rows, N in all."""
    rows = max(1, (BLOCK_BYTES if small else RESIDUAL_BYTES) // row_bytes)
    if rows < L:
        most = max(1, (BLOCK_BYTES if small else IMAGE_BYTES) // row_bytes, ROWS_TO_A_SUM * K)
        return max(min(N, rows), -(-L // -(-L // most))), max(1, min(T, T * rows // max(1, N)))
    images = T if rows >= N else max(1, min(T, rows * T // max(1, N)))
    return min(N, images * L), images


def subtract_centers(sums: np.ndarray, counts: np.ndarray, centers: np.ndarray) -> None:
    """Subtract ``counts[t, k] * centers[k]`` from ``sums[t, k]`` in place, a cache-sized block at a time."""
    T, K, F = sums.shape
    images = images_per_chunk(K * F * sums.itemsize, PRODUCT_BYTES)
    counts = counts.astype(sums.dtype)
    product = np.empty((min(images, T), K, F), sums.dtype)
    for start in range(0, T, images):
        block = sums[start : start + images]
        part = np.multiply(counts[start : start + images, :, None], centers, out=product[: len(block)])
        block -= part


def product_bytes(T: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes that `subtract_centers` allocates: the counts, and a block of products."""
    return T * K * itemsize + min(T, images_per_chunk(K * F * itemsize, PRODUCT_BYTES)) * K * F * itemsize


def images_per_chunk(bytes_per_image: int, chunk_bytes: int) -> int:
    """Return how many images fit in `chunk_bytes`, at least one."""
    return max(1, chunk_bytes // max(1, bytes_per_image))


def _blockwise(
    one: Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray],
    batch: Batch,
    shape: Tuple[int, int, int],
    spans: List[Span],
) -> np.ndarray:
    """Return the (T, K, F) sums of `one` (rows, label, bucket, n_buckets) over blocks of images, or of parts of one."""
    T, K, F = shape
    if len(spans) == 1:
        return one(batch.rows, batch.label, batch.bucket, T * K).reshape(T, K, F)
    result = np.empty(shape, batch.rows.dtype) if spans else np.zeros(shape, batch.rows.dtype)
    done = 0
    for first, last, start, stop in spans:
        bucket = batch.bucket[start:stop]
        bucket -= first * K
        sums = one(batch.rows[start:stop], batch.label[start:stop], bucket, (last - first) * K)
        sums, target = sums.reshape(last - first, K, F), result[first:last]
        if first < done:
            target += sums
        else:
            target[...] = sums
        done = last
        del sums  # else it would still be there while the next block is summed
    return result


def _subtract_then_sum(
    bucket_sums: BucketSums, batch: Batch, centers: np.ndarray, in_blocks: bool
) -> np.ndarray:
    """Form residuals in a reused buffer and sum them, some images at a time: the accurate way, one pass more."""
    rows, (K, F) = batch.rows, centers.shape
    lengths = np.append(batch.ends[:1], batch.ends[1:] - batch.ends[:-1])
    limit = straight_rows(rows.dtype, F, int(lengths.max(initial=0)))
    spans = blocks(batch.ends, F * rows.itemsize, K, in_blocks)
    buffer = np.empty((max((stop - start for _, _, start, stop in spans), default=0), F), rows.dtype)

    def one(block: np.ndarray, label: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
        residuals = buffer[: len(block)]
        np.take(centers, label, axis=0, out=residuals, mode="clip")
        np.subtract(block, residuals, out=residuals)
        # Rows are read-only to a strategy, whoever made them, and a view of it no longer knows how to change that.
        shown: Any = residuals
        given = np.asarray(memoryview(shown).toreadonly())
        sums = sum_in_parts(bucket_sums, given, bucket, n_buckets, limit, own=True)
        return sums if sums.flags.writeable else sums.copy()

    return _blockwise(one, batch, (len(batch.ends), K, F), spans)


def _sum_then_subtract(
    bucket_sums: BucketSums,
    batch: Batch,
    all_counts: np.ndarray,
    centers: np.ndarray,
    parts_asked: Tuple[int, int],
    in_blocks: bool,
) -> np.ndarray:
    """Sum descriptors where they lie, and subtract ``count * center`` from the sums: the fast way."""
    K, F = centers.shape
    T, N = len(batch.ends), len(batch.rows)
    limit, size = parts_asked
    spans = blocks(batch.ends, F * batch.rows.itemsize, K, True) if in_blocks else [(0, T, 0, N)]

    def one(block: np.ndarray, label: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
        whole_batch = len(block) == N
        counts = all_counts if whole_batch else np.bincount(bucket, minlength=n_buckets)
        searched = search_spans(batch.ends, K) if whole_batch else None
        parts = cut_long(bucket, counts, limit, size, searched) if size else None
        sums = np.asarray(bucket_sums(block, bucket, parts.n_buckets if parts else n_buckets))
        if not sums.flags.writeable or np.may_share_memory(sums, block):
            sums = sums.copy()  # a strategy may return its input, or a view of another library's array
        whole = sums[:n_buckets]
        if parts:
            long = totals(sums, n_buckets, parts)
            long -= counts[parts.long, None] * centers[parts.long % K].astype(np.float64)
        subtract_centers(whole.reshape(-1, K, F), counts.reshape(-1, K), centers)
        if parts:
            whole[parts.long] = long
        return whole

    return _blockwise(one, batch, (T, K, F), spans)


def search_spans(ends: np.ndarray, K: int) -> Iterator[Span]:
    """Yield (first bucket, last bucket, first row, last row) of some images, to search for long buckets."""
    first = start = 0
    while first < len(ends):
        last = max(first + 1, int(np.searchsorted(ends, start + SEARCHED_ROWS, side="right")))
        stop = int(ends[last - 1])
        yield first * K, last * K, start, stop
        first, start = last, stop
