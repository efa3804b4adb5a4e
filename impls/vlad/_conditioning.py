"""What accuracy asks of a sum of residuals: up to which length of a bucket centers may be subtracted after it."""

from __future__ import annotations

from typing import Callable, Optional

import numpy as np

from .. import accuracy

SAMPLE_VALUES = 8192
#: Predicted error, as a share of the contract, above which residuals are formed first. Measured: over thousands
#: of random cases the true error was at most three times the prediction, typically equal to it.
LIMIT = 0.35


def subtract_first(rows: np.ndarray, labels: np.ndarray, centers: np.ndarray, counts: np.ndarray) -> bool:
    """Return whether residuals must be formed before summing, where buckets are summed as they are.

    Parameters as in `rows_of_late_sums`.
    """
    return int(counts.max(initial=0)) > rows_of_late_sums(rows, labels, centers, counts)


def rows_of_late_sums(
    rows: np.ndarray,
    labels: np.ndarray,
    centers: np.ndarray,
    counts: np.ndarray,
    worthwhile: Optional[Callable[[int], bool]] = None,
) -> int:
    """Return how many rows may be summed before their centroid is subtracted, to keep the accuracy contract.

    ``sum(x) - n * c`` needs no pass over the residuals, but it cancels. A bucket's partial sums grow to ``n * |c|``
    and each of n additions rounds at that size; the roundings add up like a random walk, to about
    ``eps/2 * |c| * n**1.5``. Errors are measured against the rms of the result, which for residuals of spread s
    and mean m (not 0 where centers are not fitted) is ``sqrt(n * s**2 + n**2 * m**2)`` over all buckets. Data
    with a large common offset must subtract first; long buckets in float32 may be summed in parts.

    Parameters
    ----------
    rows : (N, F) array
        All descriptors.
    labels : (N,) intp
        The centroid of each.
    centers : (K, F) array
    counts : (T, K) integers
        Descriptors in each bucket; empty buckets count, they lower the rms that errors are measured in.
    worthwhile : callable, optional
        Asked with at least as many rows as the answer will be; where it says no, the answer is 0.

    Returns
    -------
    int
        N or more where nothing is to be cut. Deterministic: a strided sample of some
        `SAMPLE_VALUES` values (32 to 128 rows) stands for all.
    """
    N, longest = len(rows), counts.max(axis=0)
    if N == 0:
        return 0
    sizes = _typical_size(centers)
    growth = sizes * longest**1.5
    worst = float(growth.max())
    unit = LIMIT * accuracy.tolerance(rows.dtype) / (float(np.finfo(rows.dtype).eps) / 2)
    sample = slice(None, None, max(1, N // min(128, max(32, SAMPLE_VALUES // rows.shape[1]))))
    label = labels[sample]
    residuals = np.subtract(rows[sample], centers.take(label, axis=0), dtype=np.float64)
    square = float(np.einsum("nf,nf->", residuals, residuals)) / residuals.size
    if worst <= unit * np.sqrt(square * N / counts.size):
        return N
    squared_count = float(np.square(counts, dtype=np.float64).sum()) / counts.size
    # No mean is larger than the root mean square: where even that would not do, the mean need not be known.
    at_most = _rows_allowed(unit * np.sqrt(square * (N / counts.size + squared_count)), sizes, growth)
    if at_most == 0 or (worthwhile is not None and not worthwhile(at_most)):
        return 0
    bias = _squared_mean(residuals, label)
    return _rows_allowed(unit * np.sqrt(square * N / counts.size + bias * squared_count), sizes, growth)


def _rows_allowed(allowed: float, sizes: np.ndarray, growth: np.ndarray) -> int:
    """Return up to how many rows ``sizes * rows ** 1.5`` is `allowed`; at the longest buckets it is `growth`."""
    beyond = growth > allowed
    if not beyond.any():
        return int(np.iinfo(np.intp).max)
    return int((allowed / float(sizes[beyond].max())) ** (2 / 3))


def _typical_size(centers: np.ndarray) -> np.ndarray:
    """Return the size of each centroid's features that the worst rounding goes with, (K,).

    The rms, which the limit was measured with on Gaussian centroids, whose largest feature is about three times
    that. Centroids of whitened photographs have single features ten times their rms: those count by their largest.
    """
    largest = np.maximum(centers.max(axis=1), -centers.min(axis=1)).astype(np.float64)
    with np.errstate(over="ignore"):
        rms = np.sqrt(np.einsum("kf,kf->k", centers, centers) / centers.shape[1])
    return np.maximum(rms, largest / 3)


def _squared_mean(residuals: np.ndarray, labels: np.ndarray) -> float:
    """Return the squared mean residual of a cluster, per feature and without bias: from products of pairs only."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.append(0, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)
    sizes = np.append(starts[1:], len(labels)) - starts
    pairs = int((sizes * (sizes - 1)).sum()) * residuals.shape[1]
    if pairs == 0:
        return 0.0
    # Not by a product of pairs: BLAS would wake its threads for this.
    sums = np.add.reduceat(residuals[order], starts, axis=0)
    squares = np.einsum("kf,kf->", sums, sums) - np.einsum("nf,nf->", residuals, residuals)
    return max(0.0, float(squares) / pairs)
