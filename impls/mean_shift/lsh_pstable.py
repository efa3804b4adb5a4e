"""Hashing for distances: random projections cut into cells, several shifted tables, kernel sums inside the cells.

Two rows closer than a cell's width tend to share a cell, in the more tables the surer. Inside a cell the kernel sums
are dense matrix products. A pair that meets in several tables counts as often, in numerator and denominator alike.

Cost: tables * n*c*(2d + 1) for cells of c rows, and a sort for each table. Extra memory: n*d for sums, one cell's c*c.
Error: approximate: neighbours across a cell's wall are missed, which more tables mend.
Source: Datar, Immorlica, Indyk and Mirrokni, Locality-sensitive hashing scheme based on p-stable distributions (2004).
"""

from __future__ import annotations

import numpy as np

from ._kernel import gaussian

REQUIRES = ()
SEMANTICS = ("J",)
ACCURACY = "approximate"
RANDOM = True
VARIANTS = {"2": {"tables": 2}, "8": {"tables": 8}}
#: Projections in a table, and the width of a cell along each, in bandwidths.
PROJECTIONS, WIDTH = 2, 8.0


def iterate(points: np.ndarray, bandwidth: float, iterations: int, tables: int, seed: int) -> np.ndarray:
    """Return points (n, d) after some iterations; rows are hashed anew in each."""
    rng, moved = np.random.default_rng(seed), points
    for _ in range(iterations):
        sums, totals = np.zeros_like(moved), np.zeros((len(moved), 1), moved.dtype)
        for _ in range(tables):
            for cell in _cells(moved, bandwidth, rng):
                center = moved[cell[0]]
                rows = moved[cell] - center
                lengths = np.square(rows).sum(axis=1)
                squares = rows @ (-2 * rows.T)
                squares += lengths
                squares += lengths[:, None]
                weights = gaussian(squares, bandwidth)
                total = weights.sum(axis=1, keepdims=True)
                sums[cell] += weights @ rows + center * total
                totals[cell] += total
        moved = sums / totals
    return moved


def _cells(points: np.ndarray, bandwidth: float, rng: np.random.Generator) -> list:
    """Return the rows of each cell of one table: floor((x.a + u) / width) for Gaussian a and uniform u."""
    directions, shifts = rng.standard_normal((points.shape[1], PROJECTIONS)), rng.random(PROJECTIONS)
    codes = np.floor(points @ (directions / (WIDTH * bandwidth)) + shifts).astype(np.int64)
    order = np.lexsort(codes.T)
    new = np.any(np.diff(codes[order], axis=0), axis=1)
    return np.split(order, np.flatnonzero(new) + 1)


def workspace_bytes(n: int, d: int, itemsize: int, tables: int) -> int:
    """Return the bytes of codes, orders and sums and, at worst, of one cell that holds all rows."""
    return n * (3 * d * itemsize + 8 * (3 * PROJECTIONS + 2)) + 2 * n * n * itemsize
