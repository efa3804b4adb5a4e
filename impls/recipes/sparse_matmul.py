"""A sparse one-hot matrix times the rows."""

import numpy as np
from scipy.sparse import csc_matrix


def group_sum(rows, label, n):
    """Sums of rows (N, F) by label (N,) -> (n, F)."""
    N = len(rows)
    onehot = csc_matrix((np.ones(N, rows.dtype), label, np.arange(N + 1)), shape=(n, N))
    return onehot @ rows
