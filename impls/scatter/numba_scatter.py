"""The plain double loop, compiled: for each row, add its F values to its bucket.

What NumPy cannot say in one call is four lines of C-like code, and the compiler makes the inner loop over features
vector instructions. As a VLAD strategy the centroid is subtracted in the same pass, so that nothing is read twice
and no temporary exists.

Cost: N*F additions (and subtractions), one pass. Extra memory: sums in float64 (M*F) where rows are float32; as a
VLAD strategy K*F.
Error: bucket sums in float64. Residuals are formed before they are summed; float32 is summed for some hundred
descriptors at a time, which keeps it from drifting in long clusters.
Source: the obvious kernel.
"""

from __future__ import annotations

import os

import numba
import numpy as np

REQUIRES = ("numba",)
#: Rows of a bucket up to which float32 residuals do not drift: they are added up in parts, and those in order.
STRAIGHT_ROWS = 65536
#: Compiled code is kept only where a folder for it is named: elsewhere it could outlive a change of another file.
KEPT = bool(os.environ.get("NUMBA_CACHE_DIR"))


@numba.njit(nogil=True, cache=KEPT)
def _bucket_sums(rows, bucket, sums):  # type: ignore[no-untyped-def]
    N, F = rows.shape
    if F == 1:
        for i in range(N):
            sums[bucket[i], 0] += rows[i, 0]
        return
    for i in range(N):
        b = bucket[i]
        for f in range(F):
            sums[b, f] += rows[i, f]


@numba.njit(nogil=True, cache=KEPT)
def add_image(image, label, centers, sums, part, rows):  # type: ignore[no-untyped-def]
    """Add residuals to sums (K, F), `rows` at a time; part (K, F) is scratch and must come as zeros."""
    L, F = image.shape
    for start in range(0, L, rows):
        target = part if start else sums
        for i in range(start, min(L, start + rows)):
            k = label[i]
            for f in range(F):
                target[k, f] += image[i, f] - centers[k, f]
        if start:
            sums += part
            part[:] = 0


@numba.njit(nogil=True, cache=KEPT)
def _residual_sums(descriptors, labels, centers, sums, rows):  # type: ignore[no-untyped-def]
    part = np.zeros_like(centers)
    for t in range(len(descriptors)):
        add_image(descriptors[t], labels[t], centers, sums[t], part, rows)


def read_only(array: np.ndarray) -> np.ndarray:
    """Return the array as contiguous and read-only: one compiled version for each dtype, whatever comes in."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def rows_of_part(K: int, dtype: np.dtype) -> int:
    """Return how many descriptors to add up before starting anew: all in float64, which does not drift."""
    return 1 << 62 if dtype == np.float64 else max(256, 8 * K)


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    sums = np.zeros((n_buckets, rows.shape[1]))
    _bucket_sums(read_only(rows), read_only(bucket), sums)
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


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of the float64 sums, where the result is float32."""
    return 0 if itemsize == 8 else 8 * M * F


def residual_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one part of an image."""
    return K * F * itemsize
