"""The plain double loop, compiled at its first call."""

import numba
import numpy as np


@numba.njit
def group_sum(rows, label, n):
    """Sums of rows (N, F) by label (N,) -> (n, F)."""
    out = np.zeros((n, rows.shape[1]), rows.dtype)
    for i in range(len(rows)):
        for f in range(rows.shape[1]):
            out[label[i], f] += rows[i, f]
    return out
