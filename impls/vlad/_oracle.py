"""The reference for residual sums: float64, compensated, independent of every strategy."""

from __future__ import annotations

import numpy as np

from ..inputs import Descriptors, Labels
from ..scatter._oracle import exact_bucket_sums


def exact_residual_sums(descriptors: Descriptors, labels: Labels, centers: np.ndarray) -> np.ndarray:
    """Return the (T, K, F) float64 residual sums: for each image, subtract in float64, then sum without error.

    One image at a time needs no bucket arithmetic: the buckets are the labels.
    """
    K, F = centers.shape
    wide = centers.astype(np.float64)
    result = np.zeros((len(descriptors), K, F))
    for t, (image, label) in enumerate(zip(descriptors, labels)):
        result[t] = exact_bucket_sums(image.astype(np.float64) - wide[label], label, K)
    return result
