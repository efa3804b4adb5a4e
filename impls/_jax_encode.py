"""Assignment, a strategy's residual sums and normalisation as one compiled function, which nothing leaves in between.

What surrounds the sums is the same for every JAX strategy, so that the times of their encodings differ only by the
sums. Products are taken in full precision whatever the strategy's own are: a wrong label is a wrong answer, not a
rounded one.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Sequence

import jax
import jax.numpy as jnp

from ._jax import precision_of

ResidualSums = Callable[[Any, Any, Any], Any]


def fused(residual_sums: ResidualSums) -> Callable[..., Any]:
    """Return ``encode(descriptors, centers, steps)``, compiled around the given residual sums.

    Parameters
    ----------
    residual_sums : callable
        (descriptors (T, L, F), labels (T, L) int32, centers (K, F)) -> (T, K, F), traceable by JAX.

    Returns
    -------
    callable
        (T, L, F), (K, F), normalisation steps -> (T, K*F), a JAX array that may still be on its way.
    """

    @partial(jax.jit, static_argnums=2)
    def compiled(descriptors: Any, centers: Any, steps: Sequence[str]) -> Any:
        labels = nearest_centroid(descriptors, centers)
        return normalized(residual_sums(descriptors, labels, centers), labels, steps)

    def encode(descriptors: Any, centers: Any, steps: Sequence[str] = ("signed_sqrt", "l2")) -> Any:
        with precision_of(descriptors):
            return compiled(descriptors, centers, tuple(steps))

    return encode


def nearest_centroid(descriptors: Any, centers: Any) -> Any:
    """Return the (T, L) int32 index of the nearest of the (K, F) centers; ties go to the lowest index.

    The nearest center maximises ``x.c - |c|^2 / 2``, both relative to the centers' mean, so that an offset common to
    data and centers, which would cancel in float32, is gone before the products. What still rounds may decide between
    two centers that are equally near within some ``F * eps * |x - mean| * |c - mean|``: there, and so with float32
    centroids that are spread over thousands of times their distances, this is not `impls.vlad.assign`, which is exact.
    """
    mean = centers.mean(axis=0)
    shifted = centers - mean
    products = jnp.einsum("tlf,kf->tlk", descriptors - mean, shifted, precision=jax.lax.Precision.HIGHEST)
    return jax.lax.argmax(products - jnp.square(shifted).sum(axis=1) / 2, 2, jnp.int32)


def normalized(sums: Any, labels: Any, steps: Sequence[str]) -> Any:
    """Return (T, K, F) residual sums as (T, K*F) encodings; the steps are those of `impls.vlad.normalize`."""
    T, K, F = sums.shape
    if "mass" in steps:
        counts = (labels[:, :, None] == jnp.arange(K, dtype=labels.dtype)).sum(axis=1)
        sums = sums / jnp.maximum(counts, 1).astype(sums.dtype)[:, :, None]
    if "signed_sqrt" in steps:
        sums = jnp.sign(sums) * jnp.sqrt(jnp.abs(sums))
    if "intra" in steps:
        sums = unit_length(sums)
    flat = sums.reshape(T, K * F)
    return unit_length(flat) if "l2" in steps else flat


def unit_length(vectors: Any) -> Any:
    """Return vectors along the last axis divided by their length; a zero vector stays zero.

    The largest entry is brought to 1 first: squares of the very large and the very small would leave the range.
    """
    largest = jnp.abs(vectors).max(axis=-1, keepdims=True, initial=0)
    scaled = vectors / jnp.where(largest > 0, largest, 1)
    length = jnp.sqrt(jnp.square(scaled).sum(axis=-1, keepdims=True))
    return scaled / jnp.where(length > 0, length, 1)
