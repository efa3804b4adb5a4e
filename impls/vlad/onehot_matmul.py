"""A one-hot matrix product for each image: (K, L) zeros and ones times (L, F) descriptors.

Selecting and summing is a matrix product with a matrix of zeros and ones, and matrix products are what BLAS is
fastest at: K times the work of a scatter, at many times the speed. The one-hot matrices are built as (K, L), so that
BLAS reads both factors along memory, for as many images at a time as fit in cache.

Cost: 2*T*L*K*F flops, T*L*K comparisons. Extra memory: one block of one-hot matrices (half a megabyte).
Error: BLAS's order of summation. Centers are subtracted after the product where that is accurate, else before it.
Source: NetVLAD's soft assignment, with hard labels; VLFeat's C code does the same with an assignment matrix.
"""

from __future__ import annotations

import numpy as np

from ._adapter import images_per_chunk, product_bytes, subtract_centers
from ._conditioning import subtract_first

BLOCK_BYTES = 1 << 19


def residual_sums(descriptors: np.ndarray, labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    (T, L, F), K = descriptors.shape, len(centers)
    bucket = labels + (np.arange(T, dtype=np.intp) * K)[:, None]
    counts = np.bincount(bucket.reshape(-1), minlength=T * K).reshape(T, K)
    early = subtract_first(descriptors.reshape(T * L, F), labels.reshape(-1), centers, counts)
    images = min(T, images_per_chunk(L * (F + K) * descriptors.itemsize, BLOCK_BYTES))
    onehot = np.empty((images, K, L), descriptors.dtype)
    residuals = np.empty((images, L, F) if early else 0, descriptors.dtype)
    clusters = np.arange(K)[:, None]
    sums = np.empty((T, K, F), descriptors.dtype)
    for start in range(0, T, images):
        block, label = descriptors[start : start + images], labels[start : start + images]
        selector = np.equal(label[:, None, :], clusters, out=onehot[: len(block)])
        if early:
            nearest = np.take(centers, label, axis=0, out=residuals[: len(block)], mode="clip")
            block = np.subtract(block, nearest, out=nearest)
        np.matmul(selector, block, out=sums[start : start + images])
    if not early:
        subtract_centers(sums, counts, centers)
    return sums


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of buckets, counts, a block of one-hot matrices, and one of residuals or of products."""
    images = min(T, images_per_chunk(L * (F + K) * itemsize, BLOCK_BYTES))
    late = product_bytes(T, F, K, itemsize)
    return 8 * T * (L + K) + images * L * K * itemsize + max(images * L * F * itemsize, late)
