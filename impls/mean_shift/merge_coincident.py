"""Points that have come to lie on one another move as one from then on, with the weight of all of them.

Blurring draws clusters together cubically fast, so that after a few iterations most rows are copies of a few. Equal
rows have equal futures: merging them changes nothing but the work, and duplicates in the data are free from the start.

Cost: the blocked matrix products over the distinct points, and a sort of them in each iteration: n*n*d only at first.
Extra memory: one block, about 1 MiB, and some arrays of n*d.
Error: rows within 2^-40 bandwidths (2^-16 in float32) count as coincident; else that of expanded squares.
Source: Carreira-Perpinan, Fast nonparametric clustering with Gaussian blurring mean-shift (ICML 2006).
"""

from __future__ import annotations

import numpy as np

from ._kernel import block_bytes
from .gemm_one_product import kernel_sums

REQUIRES = ()
SEMANTICS = ("J",)
EXPANDS = True


def iterate(points: np.ndarray, bandwidth: float, iterations: int) -> np.ndarray:
    """Return points (n, d) after some iterations."""
    moved, counts, home = points, np.ones(len(points), points.dtype), np.arange(len(points))
    for _ in range(iterations):
        moved, counts, merged = _merged(moved, counts, bandwidth)
        home = merged[home]
        counted = np.column_stack([moved * counts[:, None], counts])
        sums = kernel_sums(moved, moved, counted, bandwidth)
        moved = sums[:, :-1] / sums[:, -1:]
    return moved[home]


def _merged(rows: np.ndarray, counts: np.ndarray, bandwidth: float) -> tuple:
    """Return one row of each coincident set, how many points it stands for, and the set of each row."""
    near = bandwidth * 2.0 ** (-40 if rows.dtype == np.float64 else -16)
    _, first, merged = np.unique(np.rint(rows / near), axis=0, return_index=True, return_inverse=True)
    merged = merged.reshape(-1)
    return rows[first], np.bincount(merged, counts).astype(rows.dtype), merged


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of one block of weights and of the arrays that merging needs."""
    return block_bytes(n, n, itemsize) + n * (7 * d * itemsize + 60)
