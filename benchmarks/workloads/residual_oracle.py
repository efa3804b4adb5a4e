"""The oracle's residual sums for many images at a time, and the rounding that honest sums are granted, in one pass.

`vlad.oracle` takes one image after the other, which is obviously right and slow where images are many and small: with
checks of arrays of 64 MiB most of a run would be spent on it. Here blocks of images share one call, the buckets of an
image lying behind those of the one before; what is summed and how exactly is the same (`exact_bucket_sums`).
"""

from __future__ import annotations

from typing import Any, Iterator, Tuple

import numpy as np

from benchmarks.workloads.base import LONG_BUCKET, Reference
from impls.scatter._oracle import exact_bucket_sums

NUMBERS = 1 << 19  # of a block of images: 4 MiB of residuals in float64, and as much of sums


def image_blocks(T: int, L: int, F: int, K: int) -> Iterator[slice]:
    """Slices of images whose descriptors, and sums, are at most `NUMBERS`; one image at least."""
    step = max(1, NUMBERS // max(1, F * max(L, K)))
    for start in range(0, T, step):
        yield slice(start, min(T, start + step))


def residual_reference(descriptors: Any, labels: Any, centers: Any) -> Reference:
    """Return the raw residual sums, and how exactly they can be asked for.

    Parameters
    ----------
    descriptors : ndarray, shape (T, L, F), float32 or float64
    labels : ndarray of intp, shape (T, L)
    centers : ndarray, shape (K, F)

    Returns
    -------
    Reference
        ``result``: (T, K, F) float64. ``allowance``: as `base.rounding_allowance` grants it.
    """
    (T, L, F), K = descriptors.shape, len(centers)
    wide, result, worst = centers.astype(np.float64), np.zeros((T, K, F)), 0.0
    for part in image_blocks(T, L, F, K):
        columns, bucket = _residual_columns(descriptors[part], labels[part], wide)
        buckets = K * (part.stop - part.start)
        result[part] = exact_bucket_sums(columns.T, bucket, buckets).reshape(-1, K, F)
        worst = max(worst, _worst_sum(columns, bucket, buckets))
    rms = float(np.sqrt(np.mean(np.square(result)))) if result.size else 0.0
    unit = float(np.finfo(descriptors.dtype).eps) / 2
    return Reference(result, unit * worst / rms if rms else 0.0)


def _residual_columns(descriptors: Any, labels: Any, wide: Any) -> Tuple[Any, Any]:
    """Residuals of some images in float64, (F, n): one feature after the other in memory; and their buckets, (n,)."""
    images, _, F = descriptors.shape
    residuals = descriptors.reshape(-1, F) - wide[labels.ravel()]
    bucket = (labels + len(wide) * np.arange(images)[:, None]).ravel()
    return np.ascontiguousarray(residuals.T), bucket


def _worst_sum(columns: Any, bucket: Any, n_buckets: int) -> float:
    """Largest square root of a bucket's length times its sum of absolute values; 0 where no bucket is long."""
    counts = np.bincount(bucket, minlength=n_buckets)
    if not len(counts) or counts.max() < LONG_BUCKET:
        return 0.0
    growth, worst = np.sqrt(counts), 0.0
    for column in columns:
        sums = np.bincount(bucket, weights=np.abs(column), minlength=n_buckets)
        worst = max(worst, float((growth * sums).max()))
    return worst
