"""`DataFrame.groupby(bucket).sum()`: what a data analyst would write.

Cost: a hash or sort of the N buckets, then one compiled pass over the rows by column block. Extra memory: the
codes of N buckets, and the sums with a compensation term of the same size.
Error: pandas sums with Kahan's compensation, so its error does not grow with the number of rows.
Source: pandas' user guide (group by: split-apply-combine).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

REQUIRES = ("pandas",)


def bucket_sums(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,)."""
    grouped = pd.DataFrame(rows, copy=False).groupby(bucket, sort=False).sum()
    sums = np.zeros((n_buckets, rows.shape[1]), rows.dtype)
    sums[grouped.index.to_numpy()] = grouped.to_numpy()
    return sums


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of the hash table, the codes, and sums with their compensation."""
    return 24 * N + 3 * M * F * itemsize
