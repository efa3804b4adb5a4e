"""Sort by bucket, cumulative sum, differences at the bucket ends: the post's fastest, edge-bucket fault included.

Ends are found where the sorted bucket number jumps, repeated once for every bucket that the jump passes. That counts
wrong at both edges: with the last bucket of the last image empty there are too few ends and the assertion fails; with
the first bucket of the first image empty, its end is position -1, which NumPy reads as the last, and the whole total
lands in it without a word. (`impls.scatter.ragged_cumsum` does it right.) The rows are sorted as columns of a
transpose, so the cumulative sum along them is strided, not contiguous as intended.

Cost: a sort of N buckets, a gather, N*F dependent additions. Extra memory: a sorted copy of the descriptors.
Error: a difference of running sums over the whole batch keeps their rounding: where a cluster's only descriptor is its
centroid, some 1e-14 is left of 0, and the square root makes 1e-7 of it. An image without residuals divides by zero, as
published.
Source: the post's `optvec`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._steps import bucket_of, predict_all, rooted_and_scaled, row_bytes

REQUIRES = ("sklearn",)
ERROR_BOUND = {"float64": 1e-11}


def as_published(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings; ``predict`` is called once."""
    return fair(descriptors, predict_all(kmeans, descriptors), kmeans.cluster_centers_)


def fair(descriptors: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    T, (K, F) = len(descriptors), centers.shape
    bucket = bucket_of(labels, K)
    order = np.argsort(bucket)
    running = descriptors.reshape(-1, F).T[:, order]
    bucket = bucket[order]

    jumps = np.diff(bucket, prepend=0)
    ends = np.flatnonzero(jumps)
    ends = np.append(np.repeat(ends, jumps[ends]), len(bucket)) - 1
    assert len(ends) == T * K, f"found {len(ends)} ends of {T * K} buckets"

    np.cumsum(running, axis=1, out=running)
    sums = np.diff(running[:, ends], axis=1, prepend=np.zeros((F, 1)))
    sums = sums.T.reshape(T, K, F)
    sums -= np.diff(ends, prepend=-1).reshape(T, K, 1) * centers
    return rooted_and_scaled(sums)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the sorted copy, order, jumps and ends, and the larger of differences and rows."""
    return T * L * (F * itemsize + 24) + 16 * T * K + row_bytes(T, F, K) + T * K * F * 8
