"""JAX: the kernel mean of one row, written for one row, mapped over all rows by `vmap` and compiled.

The code says nothing of batches. What the compiler makes of it decides: it fuses the differences into the sums, so
that the n x n x d array need not exist.

Cost: n*n*d operations and n*n exponentials. Extra memory: n*n, where XLA keeps the weights, or n*n*d.
Error: distances from differences, which no offset can spoil; sums in the dtype of the points.
Source: the forum's thread, which asks whether jax.vmap keeps up with hand-made batches.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._jax import device, precision_of, put, wait

__all__ = ["device", "put", "shift", "wait"]

REQUIRES = ("jax",)
SEMANTICS = ("J", "NB")
#: What the runtime takes for a product, whatever its size. Measured.
RUNTIME_BYTES = 3 << 18


def _mean(query: Any, points: Any, bandwidth: Any) -> Any:
    weights = jnp.exp(-0.5 / bandwidth**2 * jnp.square(points - query).sum(axis=1))
    return weights @ points / weights.sum()


_means = jax.jit(jax.vmap(_mean, in_axes=(0, None, None)))


def shift(queries: Any, points: Any, bandwidth: float) -> Any:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d), as a JAX array."""
    with precision_of(points):
        return _means(queries, points, bandwidth)


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of all weights, and of a part of the next iteration's."""
    return RUNTIME_BYTES + n * n * itemsize * 5 // 4
