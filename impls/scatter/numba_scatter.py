"""The plain double loop, compiled: for each row, add its F values to its bucket.

What NumPy cannot say in one call is four lines of C-like code, and the compiler makes the inner loop over features
vector instructions. As a VLAD strategy the centroid is subtracted in the same pass, so that nothing is read twice
and no temporary exists.

Cost: N*F additions (and subtractions), one pass. Extra memory: none.
Error: each bucket is summed in order of its rows; residuals are formed before they are summed.
Source: the obvious kernel.
"""

from __future__ import annotations

import numba
import numpy as np

REQUIRES = ("numba",)


@numba.njit(nogil=True)
def _bucket_sums(rows, bucket, sums):  # type: ignore[no-untyped-def]
    N, F = rows.shape
    for i in range(N):
        b = bucket[i]
        for f in range(F):
            sums[b, f] += rows[i, f]


@numba.njit(nogil=True)
def _residual_sums(descriptors, labels, centers, sums):  # type: ignore[no-untyped-def]
    T, L, F = descriptors.shape
    for t in range(T):
        for i in range(L):
            k = labels[t, i]
            for f in range(F):
                sums[t, k, f] += descriptors[t, i, f] - centers[k, f]


def read_only(array: np.ndarray) -> np.ndarray:
    """Return the array as contiguous and read-only: one compiled version for each dtype, whatever comes in."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    sums = np.zeros((n_buckets, rows.shape[1]), rows.dtype)
    _bucket_sums(read_only(rows), read_only(bucket), sums)
    return sums


def residual_sums(descriptors: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    sums = np.zeros((len(descriptors), *centers.shape), descriptors.dtype)
    _residual_sums(read_only(descriptors), read_only(labels), read_only(centers), sums)
    return sums


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return 0: nothing but the result is allocated."""
    return 0


def residual_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return 0: nothing but the result is allocated."""
    return 0
