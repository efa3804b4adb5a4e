"""Makes every bucket strategy a VLAD strategy: bucket = image * K + label, then minus count * center.

What is common to all bucket strategies is this code, the same for all, so that their times differ only by
what they do differently.
"""

from __future__ import annotations

from typing import Callable, Iterator, Tuple

import numpy as np

from ..inputs import Descriptors, Labels
from ._conditioning import parts_of_images, subtract_first

BucketSums = Callable[[np.ndarray, np.ndarray, int], np.ndarray]

#: Bytes of residuals formed at a time: they stay in cache, and there are few enough calls. Measured.
RESIDUAL_BYTES = 1 << 21
#: Bytes of ``count * center`` made at a time, in the fast way.
PRODUCT_BYTES = 1 << 20


def residual_sums(
    bucket_sums: BucketSums,
    descriptors: Descriptors,
    labels: Labels,
    centers: np.ndarray,
    residuals_first: bool = False,
) -> np.ndarray:
    """Return the (T, K, F) residual sums, computed with the given bucket sums.

    Parameters
    ----------
    bucket_sums : callable
        (rows (N, F), bucket (N,), n_buckets) -> (n_buckets, F), as NumPy arrays.
    descriptors : (T, L, F) array, or list of T arrays (L_t, F)
    labels : (T, L) intp, or list of T arrays (L_t,)
    centers : (K, F) array
    residuals_first : bool
        Always subtract before summing: for bucket sums that lose digits where others do not. By default
        that is decided by the data.
    """
    T, (K, F) = len(descriptors), centers.shape
    rows, label, bucket = flatten(descriptors, labels, K)
    counts = np.bincount(bucket, minlength=T * K).reshape(T, K)
    parts = parts_of_images(counts, rows.dtype)
    if parts > 1:
        bucket = split_images(bucket, counts, parts)
        counts = np.bincount(bucket, minlength=T * parts * K).reshape(T * parts, K)
    if residuals_first or subtract_first(rows, label, centers, counts):
        sums = _subtract_then_sum(bucket_sums, rows, label, bucket, counts, centers)
    else:
        sums = np.asarray(bucket_sums(rows, bucket, counts.size)).reshape(-1, K, F)
        sums = sums if sums.flags.writeable else sums.copy()
        subtract_centers(sums, counts, centers)
    return sums if parts == 1 else sums.reshape(T, parts, K, F).sum(axis=1)


def flatten(descriptors: Descriptors, labels: Labels, K: int) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows (N, F), label (N,) and bucket (N,) of a dense or ragged batch."""
    if isinstance(descriptors, list):
        lengths = [len(image) for image in descriptors]
        label = np.concatenate(labels)
        bucket = np.repeat(np.arange(len(lengths), dtype=np.intp) * K, lengths)
        bucket += label
        return np.concatenate(descriptors), label, bucket
    descriptors, labels = np.asarray(descriptors), np.asarray(labels)
    T, L, F = descriptors.shape
    bucket = (labels + (np.arange(T, dtype=np.intp) * K)[:, None]).reshape(-1)
    return descriptors.reshape(T * L, F), labels.reshape(-1), bucket


def split_images(bucket: np.ndarray, counts: np.ndarray, parts: int) -> np.ndarray:
    """Return buckets (N,) as if each image were `parts` images, each with a contiguous share of its rows."""
    T, K = counts.shape
    lengths = counts.sum(axis=1)
    if (lengths == lengths[0]).all():
        L = int(lengths[0])
        shift = np.arange(T)[:, None] * (parts - 1) + np.arange(L) * parts // L
        return (bucket.reshape(T, L) + K * shift).reshape(-1)
    image = np.repeat(np.arange(T), lengths)
    position = np.arange(len(bucket)) - (np.cumsum(lengths) - lengths)[image]
    return bucket + K * (image * (parts - 1) + position * parts // lengths[image])


def subtract_centers(sums: np.ndarray, counts: np.ndarray, centers: np.ndarray) -> None:
    """Subtract ``counts[t, k] * centers[k]`` from ``sums[t, k]`` in place, a cache-sized block at a time."""
    T, K, F = sums.shape
    images = images_per_chunk(K * F * sums.itemsize, PRODUCT_BYTES)
    counts = counts.astype(sums.dtype)
    product = np.empty((min(images, T), K, F), sums.dtype)
    for start in range(0, T, images):
        block = sums[start : start + images]
        part = np.multiply(counts[start : start + images, :, None], centers, out=product[: len(block)])
        block -= part


def product_bytes(T: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes that `subtract_centers` allocates: the counts, and a block of products."""
    return T * K * itemsize + min(T, images_per_chunk(K * F * itemsize, PRODUCT_BYTES)) * K * F * itemsize


def images_per_chunk(bytes_per_image: int, chunk_bytes: int) -> int:
    """Return how many images fit in `chunk_bytes`, at least one."""
    return max(1, chunk_bytes // max(1, bytes_per_image))


def _subtract_then_sum(
    bucket_sums: BucketSums,
    rows: np.ndarray,
    label: np.ndarray,
    bucket: np.ndarray,
    counts: np.ndarray,
    centers: np.ndarray,
) -> np.ndarray:
    """Form residuals in a reused buffer and sum them, some images at a time: the accurate way, one pass more."""
    K, F = centers.shape
    ends = np.cumsum(counts.sum(axis=1))
    result = np.empty((len(counts), K, F), rows.dtype)
    buffer = np.empty((0, F), rows.dtype)
    for first, last in image_chunks(ends, F * rows.itemsize):
        start, stop = int(ends[first - 1]) if first else 0, int(ends[last - 1])
        if len(buffer) < stop - start:
            buffer = np.empty((stop - start, F), rows.dtype)
        residuals = buffer[: stop - start]
        np.take(centers, label[start:stop], axis=0, out=residuals, mode="clip")
        np.subtract(rows[start:stop], residuals, out=residuals)
        sums = bucket_sums(residuals, bucket[start:stop] - first * K, (last - first) * K)
        result[first:last] = np.asarray(sums).reshape(last - first, K, F)
    return result


def image_chunks(ends: np.ndarray, row_bytes: int) -> Iterator[Tuple[int, int]]:
    """Yield (first, last) ranges of images of about `RESIDUAL_BYTES` of rows, at least one image each."""
    rows_per_chunk = max(1, RESIDUAL_BYTES // row_bytes)
    first = 0
    while first < len(ends):
        start = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, start + rows_per_chunk, side="right")))
        yield first, last
        first = last


def workspace_bytes(
    own: Callable[[int, int, int, int], int], T: int, L: int, F: int, K: int, itemsize: int
) -> int:
    """Return the predicted extra bytes of a bucket strategy as a VLAD strategy: its own and the adapter's."""
    # Half as many rows again as on average stand for the fullest bucket: the labels are not known here.
    counts = np.array([[1.5 * L / K] + [L / K] * (K - 1)])
    parts = parts_of_images(counts, np.dtype(f"f{itemsize}"))
    images = T * parts
    index = 8 * (T * L + images * K) + (0 if parts == 1 else 32 * T * L + images * K * F * itemsize)
    product = product_bytes(images, F, K, itemsize)
    share = min(images, images_per_chunk(L * F * itemsize // parts, RESIDUAL_BYTES))
    rows = share * L // parts
    chunk = rows * F * itemsize + own(rows, F, share * K, itemsize) + share * K * F * itemsize
    return index + max(own(T * L, F, images * K, itemsize), product, chunk)
