"""A sparse one-hot matrix times the rows: column i of a CSC matrix has its single 1 in row bucket[i].

No sorting and no index arithmetic is needed to build it: `bucket` itself is the list of row indices, the column
pointers are 0, 1, 2, ..., N. SciPy's C loop then adds row i to its bucket, F values at a time.

Cost: N*F additions, one pass over the rows. Extra memory: N ones, 2N int32 indices.
Error: each bucket is summed in order of its rows, so float32 drifts with the square root of their number: beyond
some ten thousand rows to a bucket it leaves the contract (the VLAD adapter splits long images and stays in it).
Source: the standard sparse answer to group sums; scikit-learn's `incr_mean` and flox's engines use the same trick.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ("scipy",)
ERROR_BOUND = {"float32": 1e-4}


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    from scipy.sparse import csc_matrix

    N = len(rows)
    index = np.int32 if max(N, n_buckets) < 2**31 else np.int64
    bucket = bucket.astype(index)
    if rows.shape[1] == 1:  # the values themselves as the entries of one column: no ones, no column pointers
        column = csc_matrix((rows[:, 0], bucket, np.array([0, N], index)), shape=(n_buckets, 1))
        return (column @ np.ones(1, rows.dtype))[:, None]
    onehot = csc_matrix((np.ones(N, rows.dtype), bucket, np.arange(N + 1, dtype=index)), shape=(n_buckets, N))
    return onehot @ rows


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of the ones and the two index arrays."""
    return 4 * N if F == 1 else N * (itemsize + 8)
