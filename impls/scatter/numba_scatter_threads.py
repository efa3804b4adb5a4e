"""The compiled double loop, on all the threads numba may use: over images, or over ranges of buckets.

The buckets of different images are different, so threads that take different images never write to the same place:
no locks, no atomics, and the same order of additions whatever the number of threads. Without images to share out,
every thread owns a range of buckets and skips the rows of the others.

Cost: N*F additions shared among threads; for plain buckets each thread also reads all N buckets, which is why few
features gain little. Extra memory: sums in float64 (M*F) where rows are float32; as a VLAD strategy K*F a thread.
Error: as `numba_scatter`; each bucket is summed by one thread, so any number of threads gives the same bits.
Processes: not with `fork`. Once it has run, numba's threads do not survive in a forked child: with OpenMP numba ends
the child, with others it may hang. Use ``multiprocessing.get_context("spawn")``, or call it in the children only.
Source: the block-diagonal structure of VLAD's buckets. Threads: numba.set_num_threads, NUMBA_NUM_THREADS.
"""

from __future__ import annotations

from typing import Optional

import numba
import numpy as np

from .numba_scatter import KEPT, add_image, read_only, rows_of_part

REQUIRES = ("numba",)
#: Rows of a bucket up to which float32 residuals do not drift: they are added up in parts, and those in order.
STRAIGHT_ROWS = 65536
#: With one thread this is that strategy: a report counts them as one.
SAME_AT_ONE_THREAD = "numba_scatter"


@numba.njit(parallel=True, nogil=True, cache=KEPT)
def _bucket_sums(rows, bucket, sums, parts):  # type: ignore[no-untyped-def]
    (N, F), M = rows.shape, sums.shape[0]
    for part in numba.prange(parts):
        low, high = part * M // parts, (part + 1) * M // parts
        for i in range(N):
            b = bucket[i]
            if low <= b < high:
                for f in range(F):
                    sums[b, f] += rows[i, f]


@numba.njit(parallel=True, nogil=True, cache=KEPT)
def _residual_sums(descriptors, labels, centers, sums, rows):  # type: ignore[no-untyped-def]
    for t in numba.prange(len(descriptors)):
        add_image(descriptors[t], labels[t], centers, sums[t], np.zeros_like(centers), rows)


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    sums = np.zeros((n_buckets, rows.shape[1]))
    _bucket_sums(read_only(rows), read_only(bucket), sums, numba.get_num_threads())
    return sums.astype(rows.dtype, copy=False)


def residual_sums(descriptors: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    sums = np.zeros((len(descriptors), *centers.shape), descriptors.dtype)
    _residual_sums(
        read_only(descriptors),
        read_only(labels),
        read_only(centers),
        sums,
        rows_of_part(len(centers), descriptors.dtype),
    )
    return sums


def not_timed(dtype: str) -> Optional[str]:
    """Return why its time would say nothing: on one thread it does what `numba_scatter` does."""
    return None if numba.get_num_threads() > 1 else "there is one thread here: it is numba_scatter"


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of the float64 sums, where the result is float32."""
    return 0 if itemsize == 8 else 8 * M * F


def residual_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one part of an image in each thread."""
    return int(numba.get_num_threads()) * K * F * itemsize
