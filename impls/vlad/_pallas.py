"""The kernel of `jax_pallas`, its tiles, and what surrounds it: padding, grid, and the choice of compiler.

The same kernel is compiled by Mosaic for a TPU and by Triton for a GPU, and interpreted on a CPU. Both compilers
want tiles whose sides are powers of two, a GPU of at least 16, a TPU of whole lanes of 128. A GPU also wants the sums
of a program to fit its registers, and more programs than it has processors: few images are cut into parts. These
numbers follow from the hardware's; no device was at hand to tune them.
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
GPU_FEATURES = 64
GPU_SUMS = 8192  # float32 sums of one program: 64 registers of each of 128 threads
GPU_PROGRAMS = 256  # two for each processor of a large GPU


class Tiles(NamedTuple):
    """Sizes of what one program holds: rows read at a time, features, clusters; and parts that images are cut into."""

    rows: int
    features: int
    clusters: int
    parts: int


def power_above(n: int) -> int:
    """Return the smallest power of two that is at least n."""
    return 1 << max(0, n - 1).bit_length()


def tiles_for(platform: str, T: int, L: int, F: int, K: int) -> Tiles:
    """Return the tiles for padded sizes: F a power of two or a multiple of 128, L at least 16."""
    clusters = min(256, max(SMALLEST, power_above(K)))
    longest = power_above(L + 1) // 2
    if platform == "tpu":
        return Tiles(min(256, longest), min(F, LANES), clusters, 1)
    rows, features = min(32, longest), max(SMALLEST, min(F, GPU_FEATURES, GPU_SUMS // clusters))
    programs = T * (F // features) * -(-K // clusters)
    # A part is four reads or more: each part's sums go to main memory and are added up behind the kernel.
    parts = min(-(-GPU_PROGRAMS // programs), -(-L // (4 * rows)))
    return Tiles(rows, features, clusters, parts)


def block_sums(descriptors: Any, labels: Any, centers: Any, platform: str) -> Any:
    """Return (T, K, F) sums of float32 descriptors (T, L, F) with int32 labels (T, L) about centers (K, F).

    Parameters
    ----------
    platform : {"cpu", "gpu", "tpu"}
        What it is compiled for; on a CPU Pallas interprets it.
    """
    (T, L, F), K = descriptors.shape, len(centers)
    wide = max(SMALLEST, power_above(F)) if F <= LANES else -(-F // LANES) * LANES
    long = max(L, SMALLEST)
    tiles = tiles_for(platform, T, long, wide, K)
    tall = -(-K // tiles.clusters) * tiles.clusters
    rows = jnp.pad(descriptors, ((0, 0), (0, long - L), (0, wide - F)))
    # A column of labels, since rows are what is read in pieces; -1 is no cluster.
    column = jnp.pad(labels, ((0, 0), (0, long - L)), constant_values=-1)[:, :, None]
    middles = jnp.pad(centers, ((0, tall - K), (0, wide - F)))
    sums = pl.pallas_call(
        partial(_kernel, tiles=tiles),
        out_shape=jax.ShapeDtypeStruct((T, tiles.parts, tall, wide), descriptors.dtype),
        grid=(T, tiles.parts, wide // tiles.features, tall // tiles.clusters),
        in_specs=[
            pl.BlockSpec((1, long, 1), lambda t, p, f, k: (t, 0, 0)),
            pl.BlockSpec((1, long, tiles.features), lambda t, p, f, k: (t, 0, f)),
            pl.BlockSpec((tiles.clusters, tiles.features), lambda t, p, f, k: (k, f)),
        ],
        out_specs=pl.BlockSpec((1, 1, tiles.clusters, tiles.features), lambda t, p, f, k: (t, p, k, f)),
        **_compiler(platform),
    )(column, rows, middles)
    return sums.sum(axis=1)[:, :K, :F] if tiles.parts > 1 else sums[:, 0, :K, :F]


def _compiler(platform: str) -> Dict[str, Any]:
    if platform == "cpu":
        return {"interpret": True}
    if platform != "gpu":
        return {}
    from jax.experimental.pallas import triton

    name = "CompilerParams" if hasattr(triton, "CompilerParams") else "TritonCompilerParams"  # before jax 0.7
    return {"compiler_params": getattr(triton, name)(num_warps=4, num_stages=2)}


def _kernel(labels: Any, descriptors: Any, centers: Any, sums: Any, *, tiles: Tiles) -> None:
    """Sum the residuals of one part of an image, for one slab of features and one range of clusters."""
    L = descriptors.shape[1]
    steps = -(-L // (tiles.rows * tiles.parts))
    first_row = pl.program_id(1) * steps * tiles.rows
    first = pl.program_id(3) * tiles.clusters
    clusters = first + jax.lax.broadcasted_iota(jnp.int32, (tiles.rows, tiles.clusters), 1)
    position = jax.lax.broadcasted_iota(jnp.int32, (tiles.rows, tiles.clusters), 0)
    middles = centers[...]

    def add_rows(step: Any, total: Any) -> Any:
        begin = first_row + step * tiles.rows
        # The last rows are read together with some before them, so that no read leaves the array ...
        start = jnp.minimum(begin, L - tiles.rows)
        block = descriptors[0, pl.ds(start, tiles.rows), :]
        label = labels[0, pl.ds(start, tiles.rows), :]
        # ... and those that were added before are given no cluster.
        member = (label == clusters) & (start + position >= begin)
        return total + _selected_residuals(member, block, middles)

    zeros = jnp.zeros((tiles.clusters, tiles.features), sums.dtype)
    sums[0, 0] = jax.lax.fori_loop(0, steps, add_rows, zeros)


def _selected_residuals(member: Any, block: Any, centers: Any) -> Any:
    """Return the (clusters, features) sums of ``block - center`` over the members (rows, clusters)."""
    onehot = member.astype(jnp.bfloat16)
    # Smallest pieces first: the sum of all three is exact only if nothing is rounded on the way.
    nearest = sum(_times(onehot, piece, 1) for piece in reversed(bfloat16_pieces(centers)))
    return sum(_times(onehot, piece, 0) for piece in reversed(bfloat16_pieces(block - nearest)))


def _times(onehot: Any, other: Any, axis: int) -> Any:
    """Return the product of `onehot`, summed over its `axis`, with `other`, summed over its first."""
    return jax.lax.dot_general(onehot, other, (((axis,), (0,)), ((), ())), preferred_element_type=jnp.float32)
