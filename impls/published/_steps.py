"""What the vectorized pipelines share: one assignment for all images, and the normalisation of all rows."""

from __future__ import annotations

from typing import Any

import numpy as np


def predict_all(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return the (T, L) labels of descriptors (T, L, F) from a single call; int32, as scikit-learn gives them."""
    T, L, F = descriptors.shape
    return kmeans.predict(descriptors.reshape(-1, F)).reshape(T, L)


def bucket_of(labels: np.ndarray, K: int) -> np.ndarray:
    """Return image * K + label for labels (T, L), as (T*L,), in the labels' own integer type."""
    return (labels + np.arange(len(labels), dtype=labels.dtype)[:, np.newaxis] * K).ravel()


def rooted_and_scaled(sums: np.ndarray) -> np.ndarray:
    """Return (T, K*F): signed square root and unit length of each image's row; unguarded, as published."""
    rows = sums.reshape(len(sums), -1)
    rows = np.sign(rows) * np.sqrt(np.abs(rows))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def row_bytes(T: int, F: int, K: int) -> int:
    """Return the bytes of `rooted_and_scaled` beyond its result: the sums, signs and magnitudes."""
    return 3 * T * K * F * 8
