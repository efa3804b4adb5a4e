"""One-hot matrix products for as many images at a time as fit in 64 MiB (`jax.lax.map` in batches).

Between `jax_onehot_matmul`, which makes the one-hot matrices of all images at once and runs out of memory first, and
`jax_onehot_map`, which takes one image after the other and leaves a large device idle.

Cost: 2*T*L*K*F flops. Extra memory: one-hot matrices and residuals of a chunk, 64 MiB, or L*(K + F) of one image if
that is more.
Error: residuals are formed before they are summed; the order of summation is XLA's.
Source: as `jax_onehot_matmul`; bounding memory by chunks is what the JAX documentation advises.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, precision_of, put, wait
from .._jax_encode import fused

__all__ = ["device", "encode", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)
CHUNK_BYTES = 1 << 26


def _images(L: int, F: int, K: int, itemsize: int) -> int:
    return max(1, CHUNK_BYTES // max(1, L * (K + F) * itemsize))


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    (T, L, F), K = descriptors.shape, len(centers)

    def one_image(pair: Any) -> Any:
        image, label = pair
        onehot = jax.nn.one_hot(label, K, dtype=image.dtype, axis=0)
        residuals = image - centers.at[label].get(mode="promise_in_bounds")
        return jnp.matmul(onehot, residuals, precision=jax.lax.Precision.HIGHEST)

    images = _images(L, F, K, descriptors.dtype.itemsize)
    if images >= T:
        return jax.vmap(one_image)((descriptors, labels))
    return jax.lax.map(one_image, (descriptors, labels), batch_size=images)


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of a chunk's one-hot matrices and residuals, these twice: the product may hold a copy.

    Images that are left over by whole chunks are a chunk of their own, held beside the others.
    """
    images = _images(L, F, K, itemsize)
    return (T if images >= T else images + T % images) * L * (K + 2 * F) * itemsize
