"""`jax.ops.segment_sum`: the accelerator library's own bucket sum, compiled by XLA.

As a VLAD strategy residuals are formed on the device and summed there, in one compiled function.

Cost: N*F additions by XLA's scatter, which is a serial loop on a CPU and uses atomics on a GPU. Extra memory: the
residuals, N*F, where XLA does not fuse them away.
Error: residuals are formed before they are summed, in order, so float32 drifts in buckets of thousands of rows. On
a GPU atomics add in no fixed order, so last bits may differ from run to run there; on a CPU they do not.
Source: the JAX documentation.
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
    return jax.ops.segment_sum(rows, bucket, n_buckets, mode="promise_in_bounds")


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
    """Return the bytes of the arrays as they stand on the device beside the result."""
    return N * (F * itemsize + 4)


def residual_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of residuals and buckets."""
    return T * L * (F * itemsize + 4)
