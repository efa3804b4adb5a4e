"""A Python loop over images and clusters: select a cluster's descriptors, subtract the centroid, sum.

The code of the Stack Overflow question, and the baseline of every speedup: what people have before they vectorize.
It makes T*K rounds of four small NumPy calls, each on rows that are still in cache; there is no large temporary.
It is written as one would write it, with care (one mask a cluster, no test for empty ones), but not tuned:
`loop_residuals` is the fastest loop we found, and stands beside it in every table.

Cost: T*K selections of O(L), then T*L*F subtractions and additions. Extra memory: one cluster's rows and their
residuals, at most 2*L*F, and a mask of L.
Error: residuals are formed before they are summed, so a common offset does not cancel. The sum is a product with
ones: BLAS adds in blocks, which is no slower than `np.sum` and keeps float32 from drifting in long clusters.
Source: the Stack Overflow question behind the post.
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
        for k, center in enumerate(centers):
            residuals = image[label == k] - center
            np.dot(ones[: len(residuals)], residuals, out=out[k])
    return sums


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one cluster's rows and residuals (all of an image's, at worst), their indices, the ones."""
    return L * (2 * F * itemsize + itemsize + 9)
