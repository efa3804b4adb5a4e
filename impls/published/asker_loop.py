"""The loop of the person who asked on Stack Overflow: empty clusters are skipped, and rows get unit length only.

It counts a cluster's members before it selects them, so every mask is made twice. There is no square root: its
encodings are not those of the other pipelines, and it is checked against an oracle without one.

Cost: T calls of ``predict``, up to 2*T*K masks of O(L), T*L*F subtractions and additions. Extra memory: one cluster's
rows. Error: residuals are formed before they are summed. An image without residuals divides by zero, as published.
Source: the Stack Overflow question 69085744.
"""

from __future__ import annotations

from typing import Any, Iterable

import numpy as np

REQUIRES = ("sklearn",)
NORMALIZATION = ("l2",)


def as_published(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings; ``predict`` is called for each image when its turn comes."""
    return fair(descriptors, map(kmeans.predict, descriptors), kmeans.cluster_centers_)


def fair(descriptors: np.ndarray, labels: Iterable[np.ndarray], centers: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    encodings = []
    for image, label in zip(descriptors, labels):
        sums = np.zeros(centers.shape)
        for k in range(len(centers)):
            if np.sum(label == k) > 0:
                sums[k] = np.sum(image[label == k, :] - centers[k], axis=0)
        row = sums.flatten()
        encodings.append(row / np.sqrt(np.dot(row, row)))
    return np.array(encodings)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one cluster's rows (all of an image's, at worst) and the list of encodings."""
    return L * (2 * F * itemsize + 9) + (T + 3) * K * F * 8
