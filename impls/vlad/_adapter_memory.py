"""Bytes that a bucket strategy is predicted to need as a VLAD strategy: its own, and the adapter's."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Tuple

import numpy as np

from ..inputs import Descriptors, Labels
from ..scatter._parts import LONG_ROWS, PART_ROWS, rows_of_part
from ..scatter._sorting import order_bytes
from . import _adapter

#: (rows, features, buckets, itemsize, rows of the fullest bucket or None) -> bytes.
Own = Callable[[int, int, int, int, Optional[int]], int]


class Block(NamedTuple):
    """The largest that is summed in one call.

    Attributes
    ----------
    rows, images : int
    further, long, moved : int
        Parts that the cutting of long buckets adds, the buckets cut, and the rows in further parts.
    longest : int or None
        Rows of the fullest bucket, cut or not; None where the labels are not known.
    """

    rows: int
    images: int
    further: int
    long: int
    moved: int
    longest: Optional[int]


class Shape(NamedTuple):
    """Sizes of a batch; L is the longest image's."""

    N: int
    T: int
    L: int
    F: int
    K: int
    itemsize: int


def workspace_bytes(
    own: Own,
    T: int,
    L: int,
    F: int,
    K: int,
    itemsize: int,
    residuals_first: bool = False,
    in_blocks: bool = False,
) -> int:
    """Return the predicted bytes where only the shape is known: the greater of both ways, for similar buckets."""
    shape = Shape(T * L, T, L, F, K, itemsize)
    # Half as many rows again as on average stand for the fullest bucket: the labels are not known here.
    counts = np.full((1, K), L // K, np.intp)
    counts[0, 0] = min(L, -(-3 * L // (2 * K)))
    return _either(own, shape, counts, residuals_first, in_blocks, None)


def predicted_bytes(
    own: Own,
    descriptors: Descriptors,
    labels: Labels,
    centers: np.ndarray,
    residuals_first: bool = False,
    in_blocks: bool = False,
) -> int:
    """Return the predicted bytes for the data at hand: how full each bucket is, is known."""
    K, F = centers.shape
    lengths = [len(label) for label in labels]
    shape = Shape(sum(lengths), len(lengths), max(lengths, default=0), F, K, centers.itemsize)
    counts = np.empty((len(lengths), K), np.intp)
    for image, label in zip(counts, labels):
        image[:] = np.bincount(label, minlength=K)
    plan = None
    copied = 0
    if isinstance(descriptors, list):
        copied = shape.N * (F * centers.itemsize + 8)
    elif not descriptors.flags.c_contiguous:
        copied = descriptors.nbytes
    elif not residuals_first and descriptors.nbytes > _adapter.SMALL_BYTES:
        plan = _adapter.late_parts(_adapter.flatten(descriptors, labels, K), centers, counts.reshape(-1))
        residuals_first = plan == (0, 0)
    return copied + _either(own, shape, counts, residuals_first, in_blocks, plan)


def _either(
    own: Own,
    shape: Shape,
    counts: np.ndarray,
    residuals_first: bool,
    in_blocks: bool,
    plan: Optional[Tuple[int, int]],
) -> int:
    """Return the bytes of the way taken, or the greater where that is open; counts (T, K), or (1, K) for all."""
    N, T, L, F, K, itemsize = shape
    index = 8 * (N + T)
    small = N * F * itemsize <= _adapter.SMALL_BYTES
    if not (small or residuals_first):
        index += 8 * T * K
    found: List[int] = []
    if plan != (0, 0) and not (small or residuals_first):
        limit, size = plan or ((LONG_ROWS, PART_ROWS) if itemsize == 4 else (L, 0))
        found.append(_late(own, shape, _block(shape, counts, limit, size, in_blocks, whole=not in_blocks)))
    if plan is None or plan == (0, 0):
        limit = _adapter.straight_rows(np.dtype(f"f{itemsize}"), F, L)
        found.append(_early(own, shape, _block(shape, counts, limit, None, in_blocks, whole=False)))
    return index + max(found)


def _block(
    shape: Shape, counts: np.ndarray, limit: int, size: Optional[int], in_blocks: bool, whole: bool
) -> Block:
    """Return the largest block; counts (T, K), or (1, K) where all images are alike."""
    N, T, L, F, K, itemsize = shape
    rows, images = (N, T) if whole else _adapter.largest_block(T, N, L, K, F * itemsize, in_blocks)
    long, fullest = counts > limit, int(counts.max(initial=0))
    known = len(counts) == T
    if size == 0 or not long.any():
        return Block(rows, images, 0, 0, 0, min(fullest, rows) if known else None)
    part = min(limit, size or rows_of_part(fullest))
    further = np.where(long, (counts - 1) // part, 0).sum(axis=1)
    moved = np.where(long, counts - part, 0).sum(axis=1)
    cut, longest = long.sum(axis=1), limit if known else None
    return Block(rows, images, _most(further, images), _most(cut, images), _most(moved, images), longest)


def _most(values: np.ndarray, images: int) -> int:
    """Return the largest sum of so many neighbours; one value stands for all images."""
    if len(values) == 1:
        return int(values[0]) * images
    totals = np.append(0, np.cumsum(values))
    return int((totals[images:] - totals[:-images]).max())


def _late(own: Own, shape: Shape, block: Block) -> int:
    _, T, L, F, K, itemsize = shape
    M = block.images * K
    row = F * itemsize
    beside = 0 if block.images == T else M * row + 8 * M
    table = block.further * row + 16 * block.further
    searched = _search_bytes(block, min(block.rows, max(L, _adapter.SEARCHED_ROWS)), M)
    summed = own(block.rows, F, M + block.further, itemsize, block.longest)
    after = 2 * block.long * F * 8 + _adapter.product_bytes(block.images, F, K, itemsize)
    return beside + max(searched, table + max(summed, after))


def _early(own: Own, shape: Shape, block: Block) -> int:
    _, T, L, F, K, itemsize = shape
    M = block.images * K
    row = F * itemsize
    beside = block.rows * row + (0 if block.images == T and block.rows == shape.N else M * row)
    searched = _search_bytes(block, block.rows, M)
    counted = 8 * M if _adapter.straight_rows(np.dtype(f"f{itemsize}"), F, L) < block.rows else 0
    table = block.further * row + 16 * block.further
    summed = own(block.rows, F, M + block.further, itemsize, block.longest)
    return beside + counted + max(searched, table + max(summed, 2 * block.long * F * 8))


def _search_bytes(block: Block, rows: int, M: int) -> int:
    """Return the bytes at work while long buckets are cut: order of the rows, places of what is moved."""
    return order_bytes(rows, M) + 8 * block.moved + 16 * min(rows, block.moved) if block.long else 0
