"""Scatter every descriptor into its (image, cluster) row with `np.add.at`, then subtract count times centroid.

`np.add.at` is the in-place addition that does not lose repeated indices. No array grows beyond the output but the
index; in the NumPy of its day each scattered row took the general path for indexed operations.

Cost: N*F additions through ``add.at``. Extra memory: the index, counts, and a few arrays as large as the output.
Error: descriptors are summed before centroids are subtracted. An image without residuals divides by zero, as published.
Source: the post's `truvec`. Labels keep scikit-learn's int32 there, and so here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._steps import bucket_of, predict_all, rooted_and_scaled, row_bytes

REQUIRES = ("sklearn",)


def as_published(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings; ``predict`` is called once."""
    return fair(descriptors, predict_all(kmeans, descriptors), kmeans.cluster_centers_)


def fair(descriptors: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    T, (K, F) = len(descriptors), centers.shape
    bucket = bucket_of(labels, K)
    sums = np.zeros((T, K, F))
    np.add.at(sums.reshape(-1, F), bucket, descriptors.reshape(-1, F))
    counts = np.bincount(bucket, minlength=T * K)
    sums -= counts.reshape(T, K, 1) * centers
    return rooted_and_scaled(sums)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the index (twice: `np.add.at` wants its own type), the counts and the rows."""
    return 12 * T * L + 8 * T * K + row_bytes(T, F, K)
