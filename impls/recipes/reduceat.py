"""Sort by label, then add up runs; a group without rows has no run."""

import numpy as np


def group_sum(rows, label, n):
    """Sums of rows (N, F) by label (N,) -> (n, F)."""
    order, counts = np.argsort(label, kind="stable"), np.bincount(label, minlength=n)
    filled = np.flatnonzero(counts)
    out = np.zeros((n, rows.shape[1]), rows.dtype)
    if len(rows):
        out[filled] = np.add.reduceat(rows[order], (counts.cumsum() - counts)[filled], axis=0)
    return out
