"""JAX: expanded squares by matrix product and one product for numerator and denominator, a block of rows at a time.

`lax.map` goes through the blocks without leaving compiled code, so that the weights of one block at a time exist.

Cost: n*n*(2d + 1) multiplications in matrix products and n*n exponentials. Extra memory: a block of 128*n weights.
Error: as for other expanded squares: grows with (|p| / bandwidth)^2 times the rounding unit; points arrive centred.
Products in full precision, which on some accelerators has to be asked for.
Source: the same idea as in NumPy.
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
EXPANDS = True
ROWS = 128


@jax.jit
def _shift(queries: Any, points: Any, bandwidth: Any) -> Any:
    (m, d), blocks = queries.shape, -(-len(queries) // ROWS)
    lengths = jnp.square(points).sum(axis=1)
    summed = jnp.concatenate([points, jnp.ones_like(points[:, :1])], axis=1)

    def block(rows: Any) -> Any:
        products = jnp.matmul(rows, points.T, precision="highest")
        squares = lengths + jnp.square(rows).sum(axis=1, keepdims=True) - 2 * products
        weights = jnp.exp(jnp.maximum(-0.5 / bandwidth**2 * squares, -80.0))
        sums = jnp.matmul(weights, summed, precision="highest")
        return sums[:, :d] / sums[:, d:]

    padded = jnp.pad(queries, ((0, blocks * ROWS - m), (0, 0)))
    return jax.lax.map(block, padded.reshape(blocks, ROWS, d)).reshape(-1, d)[:m]


def shift(queries: Any, points: Any, bandwidth: float) -> Any:
    """Return the (m, d) kernel means of points (n, d) about queries (m, d), as a JAX array."""
    with precision_of(points):
        return _shift(queries, points, bandwidth)


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of a block's weights, twice, and of the widened points."""
    return RUNTIME_BYTES + (2 * ROWS * n + 4 * n * (d + 1)) * itemsize
