"""One-hot matrix times residuals, one image after the other (`jax.lax.map`), compiled by XLA.

The arithmetic of `jax_onehot_matmul`, but an image's one-hot matrix and residuals are made, multiplied and forgotten
while they are in cache. That suits a CPU; a GPU or TPU wants all images at once and idles here.

Cost: 2*T*L*K*F flops. Extra memory: one image's one-hot matrix and residuals, L*(K + F).
Error: residuals are formed before they are summed; the order of summation is XLA's.
Source: as `jax_onehot_matmul`; measured faster than it on the CPUs this was written on.
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
    def one_image(pair: Any) -> Any:
        image, label = pair
        onehot = jax.nn.one_hot(label, len(centers), dtype=image.dtype, axis=0)
        residuals = image - centers.at[label].get(mode="promise_in_bounds")
        return jnp.matmul(onehot, residuals, precision=jax.lax.Precision.HIGHEST)

    return jax.lax.map(one_image, (descriptors, labels))


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one image's one-hot matrix and residuals, with the copies that the product may hold."""
    return L * (2 * K + 3 * F) * itemsize
