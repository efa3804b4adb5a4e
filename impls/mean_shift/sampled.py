"""Move all rows to the weighted mean of a random sample of them, drawn anew in each iteration.

The sum over all points is an average; a sample of a quarter of them estimates it at a quarter of the work. The draws
of successive iterations are independent, so their errors partly cancel while clusters contract.

Cost: that of the exact strategy with fraction*n points: n*fraction*n*(2d + 1). Extra memory: one block, about 1 MiB.
Error: approximate; falls with the square root of the sample. A row with no sampled point near it stays put.
Source: the forum's thread; Freedman and Kisilev, Fast mean shift by compact density representation (CVPR 2009).
"""

from __future__ import annotations

import numpy as np

from ._kernel import block_bytes
from .gemm_one_product import kernel_sums

REQUIRES = ()
SEMANTICS = ("J",)
ACCURACY = "approximate"
RANDOM = True
VARIANTS = {"10": {"fraction": 0.10}, "25": {"fraction": 0.25}, "50": {"fraction": 0.50}}
#: Less weight than this (exp(-40), nine bandwidths away) is no neighbourhood.
EMPTY = 4e-18


def iterate(points: np.ndarray, bandwidth: float, iterations: int, fraction: float, seed: int) -> np.ndarray:
    """Return points (n, d) after some iterations on samples of `fraction` of them."""
    rng, n = np.random.default_rng(seed), len(points)
    moved = points
    for _ in range(iterations):
        sample = moved[rng.choice(n, max(1, round(fraction * n)), replace=False)]
        moved = _toward(moved, sample, bandwidth)
    return moved


def _toward(rows: np.ndarray, sample: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the kernel means of the sample (m, d) about rows (n, d); a row with nothing near it stays."""
    sums = kernel_sums(rows, sample, np.column_stack([sample, np.ones_like(sample[:, 0])]), bandwidth)
    near = sums[:, -1:] > EMPTY * len(sample)
    return np.divide(sums[:, :-1], sums[:, -1:], out=rows.copy(), where=near)


def workspace_bytes(n: int, d: int, itemsize: int, fraction: float) -> int:
    """Return the bytes of one block of weights, of the widened factors and sums, and of the sample."""
    sample = max(1, round(fraction * n))
    return block_bytes(n, sample, itemsize) + (n * (4 * d + 4) + sample * (5 * d + 6)) * itemsize + 8 * n
