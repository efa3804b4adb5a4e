"""Nearest centroid by matrix product, in cache-sized chunks; what the product cannot decide is decided exactly.

The product form cancels: where centroids are spread, or far from the descriptors, two scores may be closer than
their rounding. How much that can be is known beforehand, so one comparison finds the rows whose runners-up are too
close to their best score, and only those are looked at again, by differences (`_close_calls`).
"""

from __future__ import annotations

import math
from typing import List, NamedTuple, Optional, Tuple

import numpy as np

from ..inputs import require_finite
from ._close_calls import FEW, Decider

CHUNK_BYTES = 1 << 20
LEAST_ROWS = 64
#: How many times farther from the origin than from each other centroids may lie for rows to be used as they are.
FAR = 4.0
#: Sums of more squares than this are made in float64 whatever the dtype.
LONG_SUM = 1 << 14


class Scores(NamedTuple):
    """The linear form that is largest for the nearest centroid, and how much rounding may change it.

    Attributes
    ----------
    weights, bias : (K, F) and (K,) arrays
        ``w.x + b`` for a row x.
    scale : float
        A power of two that rows are multiplied by first, so that squares stay in the range of the dtype.
    origin : (F,) array, optional
        To be subtracted from scaled rows: what is common to rows and centers would cancel.
    per_square, constant : float
        By ``per_square * |x|^2 + constant`` rounding may bring two scores of a row nearer to each other.
    longest : float
        Square of the norm of a row from which on products may leave the range.
    """

    weights: np.ndarray
    bias: np.ndarray
    scale: float
    origin: Optional[np.ndarray]
    per_square: float
    constant: float
    longest: float

    def place(self, block: np.ndarray) -> np.ndarray:
        """Return rows on the scale and about the origin of the scores."""
        scaled = block if self.scale == 1 else block * block.dtype.type(self.scale)
        return scaled if self.origin is None else scaled - self.origin


def nearest_centroid(rows: np.ndarray, centers: np.ndarray, name: Optional[str] = None) -> np.ndarray:
    """Return the (N,) intp index of the nearest of the (K, F) centers to each of the (N, F) rows.

    Nearest is meant exactly, for the numbers as they are given; of equally near centers the lowest index.

    Parameters
    ----------
    rows, centers : (N, F) and (K, F) arrays of one dtype
    name : str, optional
        What the rows are called where NaN and infinities are to be refused. It costs no pass: their squares show.

    Raises
    ------
    ValueError
        If a named array is not finite.
    """
    labels = np.zeros(len(rows), np.intp)
    if len(centers) < 2 or not rows.size:
        if name is not None:
            require_finite(rows, name)
        return labels
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scores, decider = linear_scores(centers, rows.dtype), Decider(centers)
        size = rows_per_chunk(len(rows), rows.shape[1], len(centers), rows.itemsize)
        chunk = Chunk(size, len(centers), rows.dtype)
        for start in range(0, len(rows), size):
            block, out = rows[start : start + size], labels[start : start + size]
            if not block.flags.c_contiguous:
                block = np.ascontiguousarray(block)
            undecided = chunk.label(block, scores, out)
            if undecided is not None:
                if name is not None and chunk.lost:
                    require_finite(rows, name)
                decider.settle(block, *undecided, out)
    return labels


def linear_scores(centers: np.ndarray, dtype: np.dtype) -> Scores:
    """Return the scores that are largest for the nearest center.

    The nearest center maximises ``x.c - |c|^2 / 2``, or the same with x and c relative to any origin. Centers are
    taken relative to their mean; rows only where the mean is so far that it would cost digits.
    """
    info, scale = np.finfo(dtype), 1.0
    tiny, huge = float(info.tiny), float(info.max)
    wide = centers.astype(np.float64)
    squares = np.einsum("kf,kf->k", wide, wide)
    if not tiny**0.5 < squares.max() < huge**0.5:
        scale = 2.0 ** -max(-1000, min(1000, math.frexp(float(np.abs(wide).max()))[1]))
        wide *= scale
        squares = np.einsum("kf,kf->k", wide, wide)
    # Rounded before it is used: data and centers must be shifted by the very same numbers.
    mean = (np.add.reduce(wide, axis=0) / len(wide)).astype(dtype)
    shifted = wide - mean
    apart = np.einsum("kf,kf->k", shifted, shifted)
    spread, about = float(apart.max()), float(np.square(mean, dtype=np.float64).sum())
    if about <= FAR * FAR * spread:  # |c|^2 - |mean|^2 is (c - mean).(c + mean)
        origin, bias, shift = None, -0.5 * (squares - about), 0.5 * (float(squares.max()) + about)
    else:
        origin, bias, shift = mean, -0.5 * apart, 0.5 * spread
    # A product of n terms is off by n/2 eps |x||c|, two by twice that; 2 |x||c| <= |x|^2 r + |c|^2 / r for any r.
    rounding, usual = 1.05 * (len(mean) + 8) * float(info.eps), math.sqrt(max(shift, tiny))
    reach = math.sqrt(spread)
    per_square = 0.5 * rounding * reach / usual
    constant = rounding * (shift + 0.5 * reach * usual) + 64 * len(mean) * tiny
    longest = huge / (64 * (1 + spread + shift))
    return Scores(shifted.astype(dtype), bias.astype(dtype), scale, origin, per_square, constant, longest)


def row_squares(rows: np.ndarray) -> np.ndarray:
    """Return the squared norms (N,) of rows (N, F) in their dtype; infinite or NaN where one overflows."""
    if rows.shape[1] > LONG_SUM:
        return np.einsum("nf,nf->n", rows, rows, dtype=np.float64).astype(rows.dtype)
    return np.einsum("nf,nf->n", rows, rows)


def rows_per_chunk(N: int, F: int, K: int, itemsize: int) -> int:
    """Return how many rows are assigned at a time."""
    return min(max(1, N), max(LEAST_ROWS, CHUNK_BYTES // ((F + K) * itemsize)))


def workspace_bytes(N: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes that assigning N rows is predicted to need beyond the labels, where few calls are close."""
    size = rows_per_chunk(N, F, K, itemsize)
    return size * (K * (itemsize + 1) + 48) + 3 * 8 * K * F


class Chunk:
    """What some rows at a time are labelled in, made once."""

    def __init__(self, size: int, K: int, dtype: np.dtype) -> None:
        self.scores, self.close = np.empty((size, K), dtype), np.empty((size, K), bool)
        self.first = np.arange(size, dtype=np.intp) * K
        self.lost = False

    def label(
        self, block: np.ndarray, scores: Scores, out: np.ndarray
    ) -> Optional[Tuple[np.ndarray, np.ndarray]]:
        """Write the labels (n,) of a block of rows (n, F), as far as products can say.

        Returns
        -------
        None, or which rows (m,) are undecided and their candidates (m, K)
        """
        n = len(block)
        rows, found, close = scores.place(block), self.scores[:n], self.close[:n]
        squares = row_squares(rows)
        np.matmul(rows, scores.weights.T, out=found)
        found += scores.bias
        found.argmax(axis=1, out=out)
        best = self.first[:n] + out
        least = found.reshape(-1).take(best)
        self.lost = not squares.max() < scores.longest
        lost = ~(squares < scores.longest) if self.lost else None
        squares *= squares.dtype.type(scores.per_square)
        squares += squares.dtype.type(scores.constant)
        least -= squares
        np.greater_equal(found, least[:, None], out=close)
        if lost is None and np.count_nonzero(close) == n:
            return None
        return self._undecided(n, best, lost)

    def _undecided(
        self, n: int, best: np.ndarray, lost: Optional[np.ndarray]
    ) -> Optional[Tuple[np.ndarray, np.ndarray]]:
        """Return the rows with more than one candidate; all centers are, to rows that are `lost` to the product."""
        close = self.close[:n]
        if lost is not None:
            close[lost] = True
        flat, K = close.reshape(-1), close.shape[1]
        flat[best] = False
        rows: List[int] = []
        first = int(flat.argmax())
        while flat[first] and len(rows) < FEW:  # a search for the next is faster than one for all
            rows.append(first // K)
            after = (rows[-1] + 1) * K
            first = after + int(flat[after:].argmax()) if after < len(flat) else 0
        if flat[first] and first // K != rows[-1]:
            rows = sorted(set((flat.nonzero()[0] // K).tolist()))
        flat[best] = True
        which = np.array(rows, np.intp)
        return (which, close[which]) if rows else None
