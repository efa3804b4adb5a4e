"""When may centers be subtracted after summing? The one decision that every sum-minus-count*center shares."""

from __future__ import annotations

import numpy as np

from .. import accuracy

SAMPLE = 128
#: Share of the contract that the cancellation may use up; the rest is for the strategy's own rounding.
SAFE_SHARE = 0.3
#: Measured: error of (sum - count * center) in units of the model below. See tests/impls/test_conditioning.py.
GROWTH = 0.5


def subtract_first(
    rows: np.ndarray, labels: np.ndarray, centers: np.ndarray, longest: int, n_buckets: int
) -> bool:
    """Return whether residuals must be formed before summing, to keep the accuracy contract.

    ``sum(x) - n * c`` needs no pass over the residuals, but it cancels: a bucket's partial sums grow to
    ``n * |c|``, each addition rounds at that size (the roundings add up like a random walk, ``n ** 0.5``),
    and what remains has the size of the summed residuals, about ``n ** 0.5`` residuals. Data with a large
    common offset, and float32 in long buckets, must subtract first.

    Parameters
    ----------
    rows : (N, F) array
        All descriptors.
    labels : (N,) intp
        The centroid of each.
    centers : (K, F) array
    longest : int
        Number of rows in the fullest bucket.
    n_buckets : int
        Number of buckets, empty ones included: they lower the rms that errors are measured in.

    Returns
    -------
    bool
        Deterministic: a strided sample of `SAMPLE` rows stands for all.
    """
    N = len(rows)
    if N == 0:
        return False
    step = max(1, N // SAMPLE)
    residuals = rows[::step].astype(np.float64)
    residuals -= centers[labels[::step]]
    spread = np.sqrt(np.mean(np.square(residuals)))
    size = float(max(centers.max(), -centers.min()))
    rounding = float(np.finfo(rows.dtype).eps) / 2
    error = GROWTH * rounding * size * longest**1.5
    allowed = SAFE_SHARE * accuracy.tolerance(rows.dtype) * spread * np.sqrt(N / n_buckets)
    return bool(error > allowed)
