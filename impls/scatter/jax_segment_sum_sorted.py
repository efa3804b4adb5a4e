"""Sort the rows by bucket, then `jax.ops.segment_sum` with the promise that the buckets are sorted.

Rows of one bucket become neighbours, so that a scatter need not fight over one target with atomics. Whether the sort
and the gather are worth it is the question; the promise itself has made XLA slower on GPUs before (xla issue 22233).

Cost: a sort of N buckets, a gather of N*F and N*F additions. Extra memory: the residuals and the sorted rows, 2*N*F.
Error: residuals are formed before they are summed, in order, so float32 drifts in buckets of thousands of rows. On
a GPU atomics may add in no fixed order, so last bits may differ from run to run there; on a CPU they do not.
Source: the JAX documentation (`indices_are_sorted`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, precision_of, put, wait
from .._jax_encode import fused

__all__ = ["bucket_sums", "device", "encode", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)
ERROR_BOUND = {"float32": 1e-4}
RESIDUAL_ERROR_BOUND = {"float32": 1e-4}


@partial(jax.jit, static_argnums=2)
def _bucket_sums(rows: Any, bucket: Any, n_buckets: int) -> Any:
    # The sort carries the positions along, which spares a gather of the buckets.
    ordered, order = jax.lax.sort_key_val(bucket, jnp.arange(len(bucket), dtype=bucket.dtype))
    neighbours = rows.at[order].get(mode="promise_in_bounds", unique_indices=True)
    return jax.ops.segment_sum(
        neighbours, ordered, n_buckets, indices_are_sorted=True, mode="promise_in_bounds"
    )


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    (T, L, F), K = descriptors.shape, len(centers)
    bucket = labels + K * jnp.arange(T, dtype=labels.dtype)[:, None]
    residuals = descriptors - centers.at[labels].get(mode="promise_in_bounds")
    return _bucket_sums(residuals.reshape(T * L, F), bucket.reshape(T * L), T * K).reshape(T, K, F)


encode = fused(_residual_sums)


def bucket_sums(rows: Any, bucket: Any, n_buckets: int) -> Any:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,), as a JAX array."""
    with precision_of(rows):
        return _bucket_sums(rows, bucket, n_buckets)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return the bytes of the sorted rows, of the order, and of the sorted buckets."""
    return N * (F * itemsize + 8)


def residual_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of residuals, sorted residuals, buckets and order."""
    return T * L * (2 * F * itemsize + 12)
