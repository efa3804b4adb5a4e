"""One-hot matrices times residuals rounded to bfloat16: one pass of a matrix unit, summed in float32.

The native product of a TPU (its default precision does this to float32 without being asked) and of recent GPUs. It
reads half the bytes and rounds every residual to 8 bits first.

Cost: 2*T*L*K*F flops in bfloat16. Extra memory: one-hot matrices and residuals at 2 bytes each, 2*T*L*(K + F).
Error: every float32 residual loses up to 2**-9 of itself before it is summed in float32; zeros and ones are exact.
float64 is computed in float64, which has no such units, and not timed.
Source: NetVLAD's soft assignment, with hard labels; the default precision of matrix products on TPUs.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, made_for, precision_of, put, wait
from .._jax_encode import fused

__all__ = ["device", "encode", "not_timed", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)
ERROR_BOUND = {"float32": 3e-2}

not_timed = made_for("gpu", "tpu", because="bfloat16 is emulated there", dtypes=["float32"])


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    wide = descriptors.dtype
    narrow = jnp.bfloat16 if wide == jnp.float32 else wide
    onehot = jax.nn.one_hot(labels, len(centers), dtype=narrow, axis=1)
    residuals = (descriptors - centers.at[labels].get(mode="promise_in_bounds")).astype(narrow)
    return jnp.matmul(onehot, residuals, preferred_element_type=wide)


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the one-hot matrices and the residuals, halved for float32."""
    return T * L * (K + F) * (2 if itemsize == 4 else itemsize)
