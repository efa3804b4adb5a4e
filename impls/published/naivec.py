"""Every descriptor minus every centroid in one 4-D array, times a mask, summed: vectorized, and slower than the loop.

K differences are made for each descriptor and K - 1 of them multiplied away; both the differences and the product are
arrays of T*L*K*F numbers, which are written to memory and read again.

Cost: 3*T*L*K*F operations. Extra memory: 2*T*L*K*F numbers, which at K = 512 the post's own sizes cannot afford.
Error: residuals are formed before they are summed. An image without residuals divides by zero, as published.
Source: the post's `naivec`, after the first answer on Stack Overflow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._steps import predict_all, rooted_and_scaled, row_bytes

REQUIRES = ("sklearn",)


def as_published(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings; ``predict`` is called once."""
    return fair(descriptors, predict_all(kmeans, descriptors), kmeans.cluster_centers_)


def fair(descriptors: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    mask = labels[..., np.newaxis] == np.arange(len(centers))
    differences = descriptors[..., np.newaxis, :] - centers
    return rooted_and_scaled((differences * mask[..., np.newaxis]).sum(axis=1))


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the differences, their masked copy and the mask, or of the rows afterwards."""
    return T * L * K * (2 * F * itemsize + 1) + row_bytes(T, F, K)
