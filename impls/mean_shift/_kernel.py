"""What several strategies share: the Gaussian in place, and how many rows make a block that stays in the cache."""

from __future__ import annotations

from typing import Tuple

import numpy as np

#: A block of weights of about this size stays in the second-level cache while it is made and used.
BLOCK_BYTES = 1 << 20
#: exp(-80) is far below rounding and above the denormal numbers of float32, on which processors may be slow.
FLOOR = -80.0


def exponential(exponents: np.ndarray) -> np.ndarray:
    """Turn exponents into weights, in place."""
    if exponents.dtype == np.float32:
        np.maximum(exponents, FLOOR, out=exponents)
    return np.exp(exponents, out=exponents)


def gaussian(squares: np.ndarray, bandwidth: float) -> np.ndarray:
    """Turn squared distances into weights ``exp(-squares / (2 bandwidth^2))``, in place."""
    squares *= -0.5 / bandwidth**2
    return exponential(squares)


def block_rows(n: int, itemsize: int) -> int:
    """Return how many rows of n weights make one block."""
    return max(1, BLOCK_BYTES // max(1, n * itemsize))


def block_bytes(m: int, n: int, itemsize: int) -> int:
    """Return the bytes of the largest block of an m x n matrix of weights."""
    return min(m, block_rows(n, itemsize)) * n * itemsize


def factors(queries: np.ndarray, points: np.ndarray, bandwidth: float) -> Tuple[np.ndarray, np.ndarray]:
    """Return (m, d + 2) and (d + 2, n) matrices whose product is all exponents ``-|q - p|^2 / (2 bandwidth^2)``.

    Two columns more make the sum a product: ``[q, -|q|^2/2, 1] . [p, 1, -|p|^2/2]``, in units of the bandwidth.
    """
    own, near = queries / bandwidth, points / bandwidth
    left = np.column_stack([own, -0.5 * np.square(own).sum(axis=1), np.ones_like(own[:, 0])])
    right = np.vstack([near.T, np.ones_like(near[:, 0]), -0.5 * np.square(near).sum(axis=1)])
    return left, right
