"""The kernel of `jax_pallas`, its tiles, and what surrounds it: padding, grid, and the choice of compiler.

The same kernel is compiled by Mosaic for a TPU and by Triton for a GPU, and interpreted on a CPU. Both compilers
want tiles whose sides are powers of two, a GPU of at least 16, a TPU of whole lanes of 128; a GPU also wants the sums
of a program to fit its registers.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl

from ._pieces import bfloat16_pieces

SMALLEST = 16  # side of a tile
LANES = 128
GPU_SUMS = 8192  # float32 sums of one program: 64 registers of each of 128 threads


class Tiles(NamedTuple):
    """Sizes of what one program holds: rows read at a time, features, clusters."""

    rows: int
    features: int
    clusters: int


def power_above(n: int) -> int:
    """Return the smallest power of two that is at least n."""
    return 1 << max(0, n - 1).bit_length()


def tiles_for(platform: str, L: int, F: int, K: int) -> Tiles:
    """Return the tiles for padded sizes: F a power of two or a multiple of 128, L at least 16."""
    clusters = min(256, max(SMALLEST, power_above(K)))
    features = min(F, LANES)
    rows = 256 if platform == "tpu" else 32
    if platform != "tpu":
        features = max(SMALLEST, min(features, GPU_SUMS // clusters))
    return Tiles(min(rows, power_above(L + 1) // 2), features, clusters)


def block_sums(descriptors: Any, labels: Any, centers: Any, platform: str) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with int32 labels (T, L) about centers (K, F).

    Parameters
    ----------
    platform : {"cpu", "gpu", "tpu"}
        What it is compiled for; on a CPU Pallas interprets it.
    """
    (T, L, F), K = descriptors.shape, len(centers)
    wide = max(SMALLEST, power_above(F)) if F <= LANES else -(-F // LANES) * LANES
    long = max(L, SMALLEST)
    tiles = tiles_for(platform, long, wide, K)
    tall = -(-K // tiles.clusters) * tiles.clusters
    rows = jnp.pad(descriptors, ((0, 0), (0, long - L), (0, wide - F)))
    # A column of labels, since rows are what is read in pieces; -1 is no cluster.
    column = jnp.pad(labels, ((0, 0), (0, long - L)), constant_values=-1)[:, :, None]
    middles = jnp.pad(centers, ((0, tall - K), (0, wide - F)))
    sums = pl.pallas_call(
        partial(_kernel, tiles=tiles),
        out_shape=jax.ShapeDtypeStruct((T, tall, wide), descriptors.dtype),
        grid=(T, wide // tiles.features, tall // tiles.clusters),
        in_specs=[
            pl.BlockSpec((1, long, 1), lambda t, f, k: (t, 0, 0)),
            pl.BlockSpec((1, long, tiles.features), lambda t, f, k: (t, 0, f)),
            pl.BlockSpec((tiles.clusters, tiles.features), lambda t, f, k: (k, f)),
        ],
        out_specs=pl.BlockSpec((1, tiles.clusters, tiles.features), lambda t, f, k: (t, k, f)),
        **_compiler(platform),
    )(column, rows, middles)
    return sums[:, :K, :F]


def _compiler(platform: str) -> Dict[str, Any]:
    if platform == "cpu":
        return {"interpret": True}
    if platform != "gpu":
        return {}
    from jax.experimental.pallas import triton

    name = "CompilerParams" if hasattr(triton, "CompilerParams") else "TritonCompilerParams"  # before jax 0.7
    return {"compiler_params": getattr(triton, name)(num_warps=4, num_stages=2)}


def _kernel(labels: Any, descriptors: Any, centers: Any, sums: Any, *, tiles: Tiles) -> None:
    """Sum the residuals of one image, for one slab of features and one range of clusters."""
    L = descriptors.shape[1]
    first = pl.program_id(2) * tiles.clusters
    clusters = first + jax.lax.broadcasted_iota(jnp.int32, (tiles.rows, tiles.clusters), 1)
    position = jax.lax.broadcasted_iota(jnp.int32, (tiles.rows, tiles.clusters), 0)
    middles = centers[...]

    def add_rows(step: Any, total: Any) -> Any:
        begin = step * tiles.rows
        # The last rows are read together with some before them, so that no read leaves the array ...
        start = jnp.minimum(begin, L - tiles.rows)
        block = descriptors[0, pl.ds(start, tiles.rows), :]
        label = labels[0, pl.ds(start, tiles.rows), :]
        # ... and those that were added before are given no cluster.
        member = (label == clusters) & (start + position >= begin)
        return total + _selected_residuals(member, block, middles)

    steps = -(-L // tiles.rows)
    zeros = jnp.zeros((tiles.clusters, tiles.features), sums.dtype)
    sums[0] = jax.lax.fori_loop(0, steps, add_rows, zeros)


def _selected_residuals(member: Any, block: Any, centers: Any) -> Any:
    """Return the (clusters, features) sums of ``block - center`` over the members (rows, clusters)."""
    if block.dtype != jnp.float32:
        onehot = member.astype(block.dtype)
        return _times(onehot, block - _times(onehot, centers, 1), 0)
    onehot = member.astype(jnp.bfloat16)
    # Smallest pieces first: the sum of all three is exact only if nothing is rounded on the way.
    nearest = sum(_times(onehot, piece, 1) for piece in reversed(bfloat16_pieces(centers)))
    return sum(_times(onehot, piece, 0) for piece in reversed(bfloat16_pieces(block - nearest)))


def _times(onehot: Any, other: Any, axis: int) -> Any:
    """Return the product of `onehot`, summed over its `axis`, with `other`, summed over its first."""
    wide = jnp.float32 if other.dtype == jnp.bfloat16 else other.dtype
    precision = None if other.dtype == jnp.bfloat16 else jax.lax.Precision.HIGHEST
    return jax.lax.dot_general(
        onehot, other, (((axis,), (0,)), ((), ())), precision=precision, preferred_element_type=wide
    )
