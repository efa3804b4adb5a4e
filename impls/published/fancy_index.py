"""`sums[bucket] += rows`: the line that looks right, and keeps one row of every bucket instead of their sum.

``x[[1, 1, 2, 2]] += 1`` on five zeros gives 0 1 1 0 0: the right-hand side is made from what was there before, and
the last of the repeated positions wins. It is here to be caught by the check against the oracle in every NumPy.

Cost: N*F additions. Extra memory: two copies of the gathered rows. Error: wrong wherever a bucket has two rows.
Source: the post's warning, after which it turns to `np.add.at`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._steps import bucket_of, predict_all, rooted_and_scaled, row_bytes

REQUIRES = ("sklearn",)


def as_published(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return encodings (T, K*F), wrong ones; ``predict`` is called once."""
    return fair(descriptors, predict_all(kmeans, descriptors), kmeans.cluster_centers_)


def fair(descriptors: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return encodings (T, K*F) in which each bucket has lost all of its rows but one."""
    T, (K, F) = len(descriptors), centers.shape
    bucket = bucket_of(labels, K)
    sums = np.zeros((T, K, F))
    sums.reshape(-1, F)[bucket] += descriptors.reshape(-1, F)
    counts = np.bincount(bucket, minlength=T * K)
    sums -= counts.reshape(T, K, 1) * centers
    return rooted_and_scaled(sums)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the gathered rows, the index, the counts and the rows of the output."""
    return 2 * T * L * F * itemsize + 12 * T * L + 8 * T * K + row_bytes(T, F, K)
