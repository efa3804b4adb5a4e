"""A loop over images and clusters that asks the clustering once for every image: what the post started from.

The call that assigns descriptors sits inside the loop, so the published time holds one call an image, each with its
own checks and threads to wake. Rows of a cluster are selected by a mask, and centred, and summed.

Cost: T calls of ``predict``, T*K selections of O(L), T*L*F subtractions and additions. Extra memory: one cluster's
rows. Error: residuals are formed before they are summed. An image without residuals divides by zero, as published.
Source: the post's `looping`, its rewriting of the Stack Overflow question.
"""

from __future__ import annotations

from typing import Any, Iterable

import numpy as np

REQUIRES = ("sklearn",)


def as_published(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings; ``predict`` is called for each image when its turn comes."""
    return fair(descriptors, map(kmeans.predict, descriptors), kmeans.cluster_centers_)


def fair(descriptors: np.ndarray, labels: Iterable[np.ndarray], centers: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    encodings = np.zeros((len(descriptors), *centers.shape))
    for sums, image, label in zip(encodings, descriptors, labels):
        for k in range(len(centers)):
            sums[k] = np.sum(image[label == k] - centers[k], axis=0)
        row = sums.ravel()
        row = np.sign(row) * np.sqrt(np.abs(row))
        row /= np.linalg.norm(row)
        sums[:, :] = row.reshape(centers.shape)
    return encodings.reshape(len(descriptors), -1)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one cluster's rows and residuals (all of an image's, at worst) and one image's row."""
    return L * (2 * F * itemsize + 9) + 4 * K * F * 8
