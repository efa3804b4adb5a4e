"""A sparse one-hot matrix times the rows."""

import numpy as np
from scipy.sparse import csc_matrix


def group_sum(rows, label, n):
    """Sums of rows (N, F) by label (N,) -> (n, F)."""
    N = len(rows)
    ones = np.ones(N, rows.dtype)
    return csc_matrix((ones, label, np.arange(N + 1)), shape=(n, N)) @ rows
