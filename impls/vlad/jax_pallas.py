"""A Pallas kernel: an image's sums stay on the chip while its descriptors stream past once.

One program takes one image, or a part of it where images are few, and a slab of features. It holds the (K, slab) sums
where registers or vector memory are, reads some rows at a time, makes their one-hot matrix, which never exists in main
memory, and lets the matrix unit subtract the centroids and add up. Main memory sees descriptors in and sums out.

Cost: 12*T*L*K*F flops in bfloat16, and one pass over T*L*F for K up to 256, else one for every 256 clusters.
Extra memory: the sums of the parts, where there are parts; padded copies where F is no power of two and no multiple of
128, or K no power of two of 16 or more, at worst 2*T*L*F.
Error: residuals are formed before they are summed. They are cut into three bfloat16 pieces, which multiply zeros and
ones exactly, and summed in float32, block after block of an image, so float32 drifts in buckets of thousands of rows.
float64 is left to `jax_onehot_matmul`, and not timed.
Source: the fused kernels of FlashAttention's kind, for the scatter; three pieces as in `jax_onehot_bf16x3`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, made_for, precision_of, put, wait
from .._jax_encode import fused
from . import jax_onehot_matmul
from ._pallas import block_sums

__all__ = ["device", "encode", "not_timed", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)
ERROR_BOUND = {"float32": 1e-4}

not_timed = made_for("gpu", "tpu", because="an interpreter stands in for the kernel", dtypes=["float32"])


@partial(jax.jit, static_argnums=3)
def _residual_sums(descriptors: Any, labels: Any, centers: Any, platform: str) -> Any:
    if descriptors.size == 0 or descriptors.dtype == jnp.float64:
        return jax_onehot_matmul.residual_sums(descriptors, labels, centers)
    return block_sums(descriptors, labels, centers, platform)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers, jax.default_backend())


encode = fused(residual_sums)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of padded descriptors and sums, at worst, and of a few parts' sums."""
    return 2 * T * (L + K) * F * itemsize + 4 * T * K * F * itemsize
