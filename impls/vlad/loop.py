"""A Python loop over images and clusters: select the descriptors of one cluster, subtract, sum.

The code of the Stack Overflow question, and the baseline of every speedup. It does T*K small NumPy calls, each
on rows that are still in cache; nothing is computed twice and no large temporary is made.

Cost: T*K selections of O(L) and T*L*F additions. Extra memory: one cluster's residuals, at most L*F, and its
mask. Error: residuals are formed before they are summed, in order, so offsets do not cancel.
Source: the Stack Overflow question that the post answers; only `np.sum`'s bookkeeping is avoided.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

RAGGED = True


def residual_sums(
    descriptors: Sequence[np.ndarray], labels: Sequence[np.ndarray], centers: np.ndarray
) -> np.ndarray:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    K, F = centers.shape
    result = np.zeros((len(descriptors), K, F), centers.dtype)
    for t, (image, label) in enumerate(zip(descriptors, labels)):
        for k in range(K):
            np.add.reduce(image[label == k] - centers[k], axis=0, out=result[t, k])
    return result


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one image's rows in one cluster, twice (selected, and as residuals), and the mask."""
    return L * (2 * F * itemsize + 1)
