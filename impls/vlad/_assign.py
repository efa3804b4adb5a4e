"""Nearest centroid by matrix product, in cache-sized chunks."""

from __future__ import annotations

import numpy as np

CHUNK_BYTES = 1 << 19


def nearest_centroid(rows: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the (N,) intp index of the nearest of the (K, F) centers to each of the (N, F) rows.

    The nearest center maximises ``x.c - |c|^2 / 2``. Both are taken relative to the centers' mean, so that an
    offset common to data and centers, which would cancel in float32, is gone before the products. A column
    of ones carries ``-|c|^2 / 2`` through the same product. Ties go to the lowest index.
    """
    N, F = rows.shape
    K = len(centers)
    # Rounded before it is used: data and centers must be shifted by the very same numbers.
    mean = centers.mean(axis=0, dtype=np.float64).astype(rows.dtype)
    shifted = centers.astype(np.float64) - mean
    weights = np.empty((F + 1, K), rows.dtype)
    weights[:F] = shifted.T
    weights[F] = -0.5 * np.square(shifted).sum(axis=1)
    size = min(max(1, N), max(64, CHUNK_BYTES // ((F + 1 + K) * rows.itemsize)))
    chunk, scores = np.empty((size, F + 1), rows.dtype), np.empty((size, K), rows.dtype)
    chunk[:, F] = 1
    labels = np.empty(N, np.intp)
    for start in range(0, N, size):
        block = rows[start : start + size]
        n = len(block)
        np.subtract(block, mean, out=chunk[:n, :F])
        np.matmul(chunk[:n], weights, out=scores[:n])
        np.argmax(scores[:n], axis=1, out=labels[start : start + n])
    return labels
