"""What accuracy asks of a sum: when centers may be subtracted after it, and in how many parts to take it."""

from __future__ import annotations

import numpy as np

from .. import accuracy

SAMPLE_VALUES = 8192
#: Predicted error, as a share of the contract, above which residuals are formed first. Measured: over thousands
#: of random cases the true error was at most three times the prediction, typically equal to it.
LIMIT = 0.35
#: Rows that may be added up in float32, one after the other, where buckets are equally full. Measured.
STRAIGHT_ROWS = 2000


def parts_of_images(counts: np.ndarray, dtype: np.dtype) -> int:
    """Return in how many parts each image's descriptors should be summed, for counts (T, K).

    Adding n float32 values in order drifts by about ``sqrt(n)`` roundings of the sum; measured against the rms
    over all buckets it is worse the fuller the fullest bucket is beside the average one. Sums of parts, added up
    afterwards, drift only as far as a part goes. float64 has digits to spare: one part.
    """
    longest, average = float(counts.max(initial=0)), float(counts.mean())
    if dtype == np.float64 or longest <= 32:
        return 1
    return int(np.ceil(longest / max(32.0, STRAIGHT_ROWS * average / longest)))


def subtract_first(rows: np.ndarray, labels: np.ndarray, centers: np.ndarray, counts: np.ndarray) -> bool:
    """Return whether residuals must be formed before summing, to keep the accuracy contract.

    ``sum(x) - n * c`` needs no pass over the residuals, but it cancels. A bucket's partial sums grow to ``n * |c|``
    and each of n additions rounds at that size; the roundings add up like a random walk, to about
    ``eps/2 * |c| * n**1.5``. Errors are measured against the rms of the result, which for residuals of spread s
    and mean m (not 0 where centers are not fitted) is ``sqrt(n * s**2 + n**2 * m**2)`` over all buckets. Data
    with a large common offset, and float32 in long buckets, must subtract first.

    Parameters
    ----------
    rows : (N, F) array
        All descriptors.
    labels : (N,) intp
        The centroid of each.
    centers : (K, F) array
    counts : (T, K) integers
        Descriptors in each bucket; empty buckets count, they lower the rms that errors are measured in.

    Returns
    -------
    bool
        Deterministic: a strided sample of some `SAMPLE_VALUES` values (32 to 128 rows) stands for all.
    """
    N = len(rows)
    if N == 0:
        return False
    longest = counts.max(axis=0)
    sizes = _typical_size(centers)
    rounding = float(np.finfo(rows.dtype).eps) / 2 * float((sizes * longest**1.5).max())
    sample = slice(None, None, max(1, N // min(128, max(32, SAMPLE_VALUES // rows.shape[1]))))
    residuals = rows[sample] - centers[labels[sample]]
    variance = float(np.einsum("nf,nf->", residuals, residuals, dtype=np.float64)) / residuals.size
    allowed = LIMIT * accuracy.tolerance(rows.dtype)
    if rounding <= allowed * np.sqrt(variance * N / counts.size):
        return False
    bias = _squared_mean(residuals.astype(np.float64), labels[sample])
    mean_square = variance * N / counts.size + bias * float(np.mean(np.square(counts, dtype=np.float64)))
    return bool(rounding > allowed * np.sqrt(mean_square))


def _typical_size(centers: np.ndarray) -> np.ndarray:
    """Return the size of each centroid's features that the worst rounding goes with, (K,).

    The rms, which the limit was measured with on Gaussian centroids, whose largest feature is about three times
    that. Centroids of whitened photographs have single features ten times their rms: those count by their largest.
    """
    rms = np.sqrt(np.einsum("kf,kf->k", centers, centers, dtype=np.float64) / centers.shape[1])
    return np.maximum(rms, np.abs(centers).max(axis=1) / 3)


def _squared_mean(residuals: np.ndarray, labels: np.ndarray) -> float:
    """Return the squared mean residual of a cluster, per feature and without bias: from products of pairs only."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    sums = np.add.reduceat(residuals[order], starts, axis=0)
    sizes = np.diff(starts, append=len(labels))
    pairs = float(np.sum(sizes * (sizes - 1))) * residuals.shape[1]
    return max(0.0, float(np.sum(sums**2) - np.sum(residuals**2)) / pairs) if pairs else 0.0
