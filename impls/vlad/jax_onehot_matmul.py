"""One-hot matrices times residuals, one batched matrix product for all images, compiled by XLA.

Turns the scatter into what accelerators do best. Most of the multiplications are by zero, and it still wins where
matrix units outrun memory. The product asks for full precision: the default on a TPU (bfloat16) and on recent
GPUs (TF32) would be faster and wrong in the third digit.

Cost: 2*T*L*K*F flops. Extra memory: the one-hot matrices, T*L*K, and the residuals, T*L*F.
Error: residuals are formed before they are summed; the order of summation is XLA's.
Source: NetVLAD's soft assignment, with hard labels.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, precision_of, put, wait
from .._jax_encode import fused

__all__ = ["device", "encode", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    onehot = jax.nn.one_hot(labels, len(centers), dtype=descriptors.dtype, axis=1)
    residuals = descriptors - centers.at[labels].get(mode="promise_in_bounds")
    return jnp.matmul(onehot, residuals, precision=jax.lax.Precision.HIGHEST)


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the one-hot matrices and the residuals, of which the product may hold a second copy."""
    return T * L * (K + 2 * F) * itemsize
