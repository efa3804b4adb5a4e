"""`.at[labels].add(residuals)`, written for one image and vmapped over images.

What a JAX user writes first: the functional form of `out[labels] += residuals`. Every image has its own small
(K, F) target, so XLA sees a batched scatter, not one over T*K buckets.

Cost: T*L*F additions by XLA's scatter: a serial loop on a CPU, atomics on a GPU. Extra memory: the residuals,
T*L*F, where XLA does not fuse them away.
Error: residuals are formed before they are summed, in order, so float32 drifts in buckets of thousands of rows. On
a GPU atomics add in no fixed order, so last bits may differ from run to run there; on a CPU they do not.
Source: the JAX documentation (`jax.numpy.ndarray.at`).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, precision_of, put, wait
from .._jax_encode import fused

__all__ = ["device", "encode", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)
ERROR_BOUND = {"float32": 1e-4}


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    def one_image(image: Any, label: Any) -> Any:
        residuals = image - centers.at[label].get(mode="promise_in_bounds")
        return jnp.zeros_like(centers).at[label].add(residuals, mode="promise_in_bounds")

    return jax.vmap(one_image)(descriptors, labels)


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the residuals and the scatter's indices."""
    return T * L * (F * itemsize + 8)
