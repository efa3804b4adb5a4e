"""One-hot matrices times residuals in JAX's default precision: TF32 on GPUs that have it.

What a user gets who writes `onehot @ residuals` and asks for nothing. A GPU of the Ampere generation or later then
rounds the residuals to 11 bits for its matrix units, many times as fast as float32; an older one computes in
float32, and then this is `jax_onehot_matmul`.

Cost: 2*T*L*K*F flops in TF32. Extra memory: the one-hot matrices, T*L*K, and the residuals, T*L*F.
Error: float32 residuals lose the lower half of their digits, about 2**-12 of each, before they are summed in float32;
zeros and ones are exact. float64 is computed in float64, which has no such units, and not timed.
Source: NetVLAD's soft assignment, with hard labels; `jax.lax.Precision.DEFAULT`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, made_for, precision_of, put, wait
from .._jax_encode import fused

__all__ = ["device", "encode", "not_timed", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)
ERROR_BOUND = {"float32": 1e-2}

not_timed = made_for("gpu", because="there TF32 does not exist", dtypes=["float32"])


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    onehot = jax.nn.one_hot(labels, len(centers), dtype=descriptors.dtype, axis=1)
    residuals = descriptors - centers.at[labels].get(mode="promise_in_bounds")
    return jnp.matmul(onehot, residuals, precision=jax.lax.Precision.DEFAULT)


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the one-hot matrices and the residuals."""
    return T * L * (K + F) * itemsize
