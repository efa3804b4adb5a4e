"""The ideas behind the strategies of a group-sum: strategies of one idea share a colour and, on maps, a region."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Idea:
    """One idea.

    Attributes
    ----------
    name : str
        As it stands in a region of a map.
    hue : int
        Its colour, a position in `reports.figures.style.HUES`.
    members : tuple of str
        Strategies.
    """

    name: str
    hue: int
    members: tuple[str, ...]


IDEAS = (
    Idea("Python loop", 8, ("loop", "loop_residuals")),
    Idea("4-D mask", 4, ("mask_4d", "mask_4d_blocks")),
    Idea("flat index", 9, ("bincount", "bincount_columns", "ufunc_at", "ufunc_at_flat")),
    Idea("sort + reduce", 3, ("reduceat", "ragged_cumsum")),
    Idea("one-hot product", 1, ("onehot_matmul",)),
    Idea("sparse product", 0, ("sparse_matmul",)),
    Idea("JAX segment sum", 5, ("jax_segment_sum", "jax_segment_sum_sorted", "jax_scatter_add", "jax_ragged_cumsum")),
    Idea("JAX one-hot", 7, ("jax_onehot_chunked", "jax_onehot_map", "jax_onehot_matmul", "jax_onehot_sharded",
                            "jax_onehot_bf16", "jax_onehot_bf16x3", "jax_onehot_tf32", "jax_pallas")),
    Idea("compiled loop", 2, ("numba_scatter", "numba_scatter_threads", "numba_fused")),
    Idea("pandas group-by", 6, ("pandas_groupby",)),
    Idea("torch", 10, ("torch_index_add", "torch_onehot")),
)  # fmt: skip
OF = {member: idea for idea in IDEAS for member in idea.members}


def idea_of(strategy: str) -> str:
    """Return the name of a strategy's idea; its own name where it has none of these."""
    found = OF.get(strategy.partition(":")[0])
    return found.name if found else strategy
