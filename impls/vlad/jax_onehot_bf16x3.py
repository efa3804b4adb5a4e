"""One-hot matrices times residuals cut into three bfloat16 pieces: float32's accuracy from bfloat16 units.

Zeros and ones are exact in bfloat16, so only the residuals need more digits, and 24 bits are three times 8. Three
passes of a matrix unit then give what float32 takes six for, because a general product must cut up both factors.

Cost: 6*T*L*K*F flops in bfloat16, one product for all pieces. Extra memory: one-hot matrices at 2 bytes and residuals
at 6, T*L*(2*K + 6*F).
Error: the products are exact, and the units sum in float32; the order of summation is XLA's. float64 is computed in
float64, and not timed.
Source: bfloat16_3x of Henry, Tang and Heinecke (2019), with a factor that needs no cutting.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, made_for, precision_of, put, wait
from .._jax_encode import fused
from ._pieces import bfloat16_pieces

__all__ = ["device", "encode", "not_timed", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)

not_timed = made_for("gpu", "tpu", because="bfloat16 is emulated there", dtypes=["float32"])


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    K, F = centers.shape
    residuals = descriptors - centers.at[labels].get(mode="promise_in_bounds")
    if residuals.dtype == jnp.float64:
        onehot = jax.nn.one_hot(labels, K, dtype=residuals.dtype, axis=1)
        return jnp.matmul(onehot, residuals)
    onehot = jax.nn.one_hot(labels, K, dtype=jnp.bfloat16, axis=1)
    pieces = jnp.concatenate(bfloat16_pieces(residuals), axis=2)
    sums = jnp.matmul(onehot, pieces, preferred_element_type=jnp.float32)
    return sums[:, :, 2 * F :] + sums[:, :, F : 2 * F] + sums[:, :, :F]


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one-hot matrices, pieces and sums of pieces; for float64 of matrices and residuals."""
    if itemsize == 8:
        return T * L * (K + F) * itemsize
    return T * L * (2 * K + 6 * F) + 12 * T * K * F
