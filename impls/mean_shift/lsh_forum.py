"""Hashing as it was posted: signs against random planes, two tables of three bits, the mean of the 150 nearest matches.

Rows whose three signs agree in either table are neighbours; of those the 150 nearest are averaged, without weights.
Eight cells of the plane are large, so that the distances of about a quarter of all pairs are still computed, and all
codes are compared with all codes: nothing became less than quadratic. Codes are compared by their cosine, and one
whose bits are all zero has none: such a row is divided by nothing and lost.

Cost: n*n*6 for comparing codes, distances of n*n*d, and a partial sort of n rows of n. Extra memory: 3*n*n.
Error: approximate, without a bound: a flat mean over 150 rows, another kernel. A row whose codes are zero in both
tables comes out as NaN, as posted; finite rows are counted.
Source: the forum's thread.
"""

from __future__ import annotations

import numpy as np

REQUIRES = ()
SEMANTICS = ("J",)
ACCURACY = "approximate"
RANDOM = True
TABLES, BITS, NEAREST = 2, 3, 150


def _matches(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n, n) booleans: whether two rows have the same code in any table; zero codes match nobody."""
    found = np.zeros((len(points), len(points)), bool)
    for _ in range(TABLES):
        bits = (points @ rng.standard_normal((points.shape[1], BITS)).astype(points.dtype) > 0).astype("f4")
        with np.errstate(invalid="ignore"):
            unit = bits / np.sqrt(bits.sum(axis=1, keepdims=True))
            found |= unit @ unit.T > 0.999
    return found


def iterate(points: np.ndarray, bandwidth: float, iterations: int, seed: int) -> np.ndarray:
    """Return points (n, d) after some iterations; neighbours are those of the initial points."""
    matches, moved = _matches(points, np.random.default_rng(seed)), points
    nearest = min(NEAREST, len(points))
    for _ in range(iterations):
        lengths = np.square(moved).sum(axis=1)
        squares = moved @ (-2 * moved.T) + lengths + lengths[:, None]
        squares[~matches] = np.inf
        chosen = np.argpartition(squares, nearest - 1, axis=1)[:, :nearest]
        near = np.isfinite(np.take_along_axis(squares, chosen, axis=1)).astype(points.dtype)
        with np.errstate(invalid="ignore"):
            moved = np.einsum("ij,ijk->ik", near, moved[chosen]) / near.sum(axis=1, keepdims=True)
        moved[np.isnan(moved)] = np.nan
    return moved


def workspace_bytes(n: int, d: int, itemsize: int) -> int:
    """Return the bytes of the distances, twice, of their order, and of what was matched."""
    return n * n * (2 * itemsize + 8 + 2) + 2 * n * min(NEAREST, n) * (d + 1) * itemsize
