"""Spread the points onto a grid, blur the grid with a Gaussian along each axis, and read the means back off it.

A sum over all points at every point is a convolution. On a grid it costs the grid's cells instead of pairs of points:
each point is shared out linearly among the corners of its cell, once as a count and once for each coordinate.

Cost: 2^d*n*(d + 1) for spreading and gathering, and c*(d + 1) times the kernel's width for c cells. Extra memory:
2*c*(d + 1) numbers in float64: at most 2 GiB, where d is 3 or the points lie far apart.
Error: approximate: falls with the square of the spacing; the kernel is cut off six bandwidths away.
Source: binned kernel estimates (Wand 1994) and the bilateral grid (Paris and Durand 2006).
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.ndimage import gaussian_filter1d

REQUIRES = ("scipy",)
ACCURACY = "approximate"
SEMANTICS = ("J", "NB")
VARIANTS = {"2": {"cells": 2.0}, "4": {"cells": 4.0}, "8": {"cells": 8.0}}
MOST_DIMENSIONS = 3
MOST_CELLS = 1 << 25
REACH = 6.0


def shift(queries: np.ndarray, points: np.ndarray, bandwidth: float, cells: float) -> np.ndarray:
    """Return about the (m, d) kernel means of points (n, d) about queries (m, d), on `cells` cells a bandwidth."""
    low = np.minimum(points.min(axis=0), queries.min(axis=0)).astype(np.float64)
    high = np.maximum(points.max(axis=0), queries.max(axis=0))
    shape = _sides(low, high, bandwidth, cells)
    if np.prod(shape.astype(np.float64)) > MOST_CELLS:
        sides = " x ".join(str(side) for side in shape)
        raise ValueError(
            f"The grid would have {sides} cells, more than {MOST_CELLS}: the points lie too far apart for this "
            "bandwidth; remove outliers or choose a strategy without a grid."
        )
    width = points.shape[1] + 1
    spread = np.empty((int(np.prod(shape)), width))
    masses = np.column_stack([np.ones(len(points)), points])
    corners = list(_corners((points - low) * (cells / bandwidth), shape))
    for column in range(width):
        spread[:, column] = sum(
            np.bincount(flat, weights=share * masses[:, column], minlength=len(spread))
            for flat, share in corners
        )
    # Sharing out linearly blurs by itself, with a variance of a sixth of a squared cell at either end on average.
    sigma = np.sqrt(max(cells**2 - 1 / 3, 1e-3))
    blurred = spread.reshape(*shape, width)
    del spread  # the first blurring lets go of it: two grids at a time, not three
    for axis in range(len(shape)):
        blurred = gaussian_filter1d(blurred, sigma, axis, mode="constant", truncate=REACH)
    flat_sums = blurred.reshape(-1, width)
    sums = sum(
        share[:, None] * flat_sums[flat]
        for flat, share in _corners((queries - low) * (cells / bandwidth), shape)
    )
    return (sums[:, 1:] / sums[:, :1]).astype(queries.dtype, copy=False)


def _sides(low: np.ndarray, high: np.ndarray, bandwidth: float, cells: float) -> np.ndarray:
    """Return the cells (d,) of the grid along each axis."""
    return np.floor((high - low) * (cells / bandwidth)).astype(np.int64) + 2


def _corners(places: np.ndarray, shape: np.ndarray):  # type: ignore[no-untyped-def]
    """Yield the flat index and the linear share (n,) of each of the 2^d corners about places (n, d)."""
    floor = np.minimum(np.floor(places).astype(np.int64), shape - 2)
    rest = places - floor
    for corner in itertools.product((0, 1), repeat=len(shape)):
        share = np.prod(np.where(corner, rest, 1 - rest), axis=1)
        yield np.ravel_multi_index(tuple((floor + corner).T), tuple(shape)), share


def workspace_bytes(n: int, d: int, itemsize: int, cells: float, extent: float = 40.0) -> int:
    """Return the bytes of the grid, twice, for data of `extent` bandwidths a side, and of n rows at 2^d corners."""
    side = int(extent * cells) + 2
    return _bytes(n, d, min(MOST_CELLS, side**d))


def workspace_for(points: np.ndarray, bandwidth: float, iterations: int, cells: float) -> int:
    """Return the same for these points: means never leave the box that holds them."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    sides = np.prod(_sides(low, high, bandwidth, cells).astype(np.float64))
    n, d = points.shape
    return _bytes(n, d, int(min(float(sides), MOST_CELLS)))


def _bytes(n: int, d: int, cells: int) -> int:
    return 16 * (d + 1) * cells + n * 2**d * 16 + 8 * n * (4 * d + 2)
