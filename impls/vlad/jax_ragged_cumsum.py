"""Sort, cumulative sum, difference at cluster ends, for each image, compiled by XLA: the post's TPU idea.

No scatter at all: after sorting an image's descriptors by label, every cluster is a run of rows, and its sum is
the difference of two entries of the cumulative sum. `searchsorted` finds the ends of the runs, so empty clusters
(first, last, any) are differences of equal entries and exactly 0, which the published version gets wrong.

Cost: T sorts of L labels, a gather and a scan of T*L*F. Extra memory: residuals, sorted residuals and their
cumulative sums, 3*T*L*F.
Error: residuals are formed first and the scan restarts at each image, so partial sums stay small; what they round
stays in every difference, though, and in float32 with many clusters that can leave the contract. So the buckets of an
image are mixed: large residuals in one cluster cost digits in the next.
Source: `optvec` and its TPU version in the post.
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
MIXES_BUCKETS = True


@jax.jit
def _residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    K, F = centers.shape

    def one_image(image: Any, label: Any) -> Any:
        # The sort carries the positions along, which spares a gather of the labels.
        ordered, order = jax.lax.sort_key_val(label, jnp.arange(len(label), dtype=label.dtype))
        residuals = image - centers.at[label].get(mode="promise_in_bounds")
        running = jnp.cumsum(residuals.at[order].get(mode="promise_in_bounds"), axis=0)
        ends = jnp.searchsorted(ordered, jnp.arange(K, dtype=label.dtype), side="right")
        running = jnp.concatenate([jnp.zeros((1, F), running.dtype), running])
        return jnp.diff(running[ends], axis=0, prepend=jnp.zeros((1, F), running.dtype))

    return jax.vmap(one_image)(descriptors, labels)


encode = fused(_residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    with precision_of(descriptors):
        return _residual_sums(descriptors, labels, centers)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the residuals, sorted and cumulated."""
    return 3 * T * L * F * itemsize
