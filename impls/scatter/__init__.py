"""Bucket sums: add up the rows that share a bucket. Strategies are the files of this folder.

>>> from impls import scatter
>>> scatter.bucket_sums(rows, bucket, n_buckets, strategy="bincount")  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from .. import discovery, inputs, registry
from ._choose import AUTO, automatic, choose, options
from ._oracle import exact_bucket_sums
from ._parts import LONG_ROWS, NARROW, bytes_of_cutting, sum_in_parts

__all__ = ["BucketStrategy", "bucket_sums", "choose", "get", "options", "oracle", "strategies"]

#: What a bucket strategy may declare beside what any strategy may: that it is best given some images at a time, that a
#: bucket's result depends on the rows of others, how many rows its own residual sums add up without drift, and that
#: its prediction of memory takes the rows of the fullest bucket.
CONSTANTS = ("SUMS_IN_BLOCKS", "MIXES_BUCKETS", "STRAIGHT_ROWS", "KNOWS_LONGEST")


@dataclass(frozen=True)
class BucketStrategy(registry.Strategy):
    """A bucket strategy; its functions take what they are given without checks."""

    def bucket_sums(self, rows: Any, bucket: Any, n_buckets: int) -> Any:
        """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,), in the strategy's own array type."""
        return self.module.bucket_sums(rows, bucket, n_buckets)

    def workspace_bytes(self, N: int, F: int, M: int, itemsize: int, longest: Optional[int] = None) -> int:
        """Return the bytes it is predicted to allocate at its peak, beyond inputs and result.

        Buckets are taken to be of similar size where the rows of the fullest, `longest`, are not given.
        """
        if longest is not None and self.listing.declared.get("KNOWS_LONGEST"):
            return int(self.predictor()(N, F, M, itemsize, longest))
        return int(self.predictor()(N, F, M, itemsize))


def listings() -> Dict[str, discovery.Listing]:
    """Return what the files of this folder say, by strategy name."""
    return discovery.scan(Path(__file__).parent, __name__, "bucket_sums", CONSTANTS)


def _find() -> Dict[str, BucketStrategy]:
    return {name: BucketStrategy(listing, "bucket") for name, listing in listings().items()}


_CATALOG = registry.Catalog(_find, "bucket", [(Path(__file__).parent, "bucket_sums")])


def strategies() -> List[str]:
    """Return the names of all bucket strategies, sorted; also of those that cannot run here."""
    return _CATALOG.names()


def get(name: str) -> BucketStrategy:
    """Return the strategy called `name`; an unknown name is a ValueError."""
    return _CATALOG.get(name)


def bucket_sums(
    rows: Any,
    bucket: Any,
    n_buckets: int,
    strategy: str = AUTO,
    memory_limit: Optional[int] = None,
    check_finite: bool = True,
) -> np.ndarray:
    """Return the sum of the rows of each bucket.

    Parameters
    ----------
    rows : (N, F) or (N,) array, float32 or float64
        Finite values, in any memory layout; never written to. Rows of one value each may be given without their axis.
    bucket : (N,) array of integers
        The bucket of each row, in ``0..n_buckets-1``, in any order.
    n_buckets : int
        How many buckets there are, at least 1.
    strategy : str
        One of `strategies()`, or ``auto``: the one expected to take the least time for one call of this shape,
        chosen once in a process and remembered.
    memory_limit : int, optional
        Refuse to start where the strategy is predicted to need more bytes than this.
    check_finite : bool
        Whether to look for NaN and infinities, which takes one pass over the rows. Without the check they end up in
        the sums of their buckets and, with some strategies, of others.

    Returns
    -------
    (n_buckets, F) or (n_buckets,) array of the dtype of `rows`
        An empty bucket is exactly 0. For any data, a float32 sum errs by at most 1e-5 of the sum of absolute values of
        its bucket, whatever the strategy: rows of long buckets are added up in parts, or in float64. A float64 sum of
        n rows errs by at most ``n * 2**-53`` of it. (A strategy that mixes buckets, which its docstring says, errs by
        as much of the largest bucket near it.)

    Raises
    ------
    ValueError, TypeError
        Wrong input, said in one sentence, before any work.
    MemoryBudgetError
        The prediction exceeds `memory_limit`.
    StrategyUnavailable
        The strategy's packages are not installed.
    """
    named = None if strategy == AUTO else get(strategy)
    rows, bucket, n_buckets, flat = _checked(rows, bucket, n_buckets, check_finite)
    N, F = rows.shape
    chosen: BucketStrategy = named or automatic(N, F, n_buckets, rows.dtype, memory_limit)
    if N == 0 or F == 0:
        inputs.require_memory(chosen.name, 0, memory_limit)
        sums = np.zeros((n_buckets, F), rows.dtype)
    else:
        if memory_limit is not None:
            inputs.require_memory(chosen.name, _predicted(chosen, rows, bucket, n_buckets), memory_limit)
        sums = _kept_to_the_bound(chosen, rows, bucket, n_buckets)
        sums = sums if sums.flags.writeable and not np.may_share_memory(sums, rows) else sums.copy()
    return sums[:, 0] if flat else sums


def _predicted(strategy: BucketStrategy, rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> int:
    """Return the bytes that `_kept_to_the_bound` is predicted to need for the data at hand."""
    (N, F), M = rows.shape, n_buckets
    counts = np.bincount(bucket, minlength=M)
    longest = int(counts.max())
    copied = 0 if rows.flags.c_contiguous else rows.nbytes
    if not _drifts(strategy, rows) or longest <= LONG_ROWS:
        return copied + strategy.workspace_bytes(N, F, M, rows.itemsize, longest)
    if F <= NARROW:
        return 8 * (N + M) * F + strategy.workspace_bytes(N, F, M, 8, longest)
    further, searched = bytes_of_cutting(counts, N, LONG_ROWS)
    own = strategy.workspace_bytes(N, F, M + further, rows.itemsize, LONG_ROWS)
    return copied + 8 * (N + M) + max(searched, further * F * rows.itemsize + own)


def _drifts(strategy: BucketStrategy, rows: np.ndarray) -> bool:
    return rows.dtype == np.float32 and len(rows) > LONG_ROWS and not strategy.keeps_contract(rows.dtype)


def _kept_to_the_bound(
    strategy: BucketStrategy, rows: np.ndarray, bucket: np.ndarray, n_buckets: int
) -> np.ndarray:
    """Return the sums as a NumPy array, without the drift that float32 has in a strategy that declares it."""

    def on_host(rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
        placed_rows, placed_bucket = strategy.put(rows, bucket)
        return strategy.to_numpy(strategy.wait(strategy.bucket_sums(placed_rows, placed_bucket, n_buckets)))

    F = rows.shape[1]
    if not _drifts(strategy, rows):
        return on_host(rows, bucket, n_buckets)
    if F > NARROW:
        return sum_in_parts(on_host, rows, bucket, n_buckets, LONG_ROWS)
    if np.bincount(bucket, minlength=n_buckets).max() <= LONG_ROWS:
        return on_host(rows, bucket, n_buckets)
    with np.errstate(over="ignore"):
        return on_host(rows.astype(np.float64), bucket, n_buckets).astype(np.float32)


def oracle(rows: Any, bucket: Any, n_buckets: int) -> np.ndarray:
    """Return the bucket sums in float64, as exact as float64 can hold them: the reference for every strategy.

    Takes what `bucket_sums` takes; see `impls.scatter._oracle` for the method.
    """
    rows, bucket, n_buckets, flat = _checked(rows, bucket, n_buckets)
    sums = exact_bucket_sums(rows, bucket, n_buckets)
    return sums[:, 0] if flat else sums


def _checked(
    rows: Any, bucket: Any, n_buckets: Any, check_finite: bool = True
) -> Tuple[np.ndarray, np.ndarray, int, bool]:
    """Return rows (N, F), bucket (N,), n_buckets, and whether the rows came without their second axis."""
    flat = getattr(rows, "ndim", 2) == 1
    rows = inputs.float_array(rows, "rows", ("N",) if flat else ("N", "F"), check_finite)
    n_buckets = inputs.positive_integer(n_buckets, "n_buckets")
    bucket = inputs.integer_array(bucket, "bucket", rows.shape[:1], n_buckets)
    return (rows[:, None] if flat else rows), bucket, n_buckets, flat
