"""The whole encoding in one compiled pass over tiles of descriptors that stay in the cache.

A tile of rows is multiplied with the centroids (BLAS), its best scores become labels, its residuals are added to the
image's sums while the rows are still in cache, and an image is normalised as soon as its last row is added. Every
descriptor is read from memory once and every encoding is written once; labels never leave the cache. Where products
cannot say which centroid is nearest, differences do, and where those tie, `impls.vlad.assign` does: labels are exact,
so that the last bits of an image depend neither on its batch nor on the number of threads.

Cost: 2*N*F*K flops of the product and one pass; threads share the images, with one BLAS thread each. Extra memory: a
tile's scores and a part of an image in each thread.
Error: residuals are formed before they are summed; float32 as in `numba_scatter`.
First call: some seconds of compiling for each dtype, in each process; once, where NUMBA_CACHE_DIR names a folder.
Threads: as many as NUMBA_NUM_THREADS and BLAS allow (NUMBA_NUM_THREADS=1 or threadpoolctl: one).
Source: tiling as in matrix products; residual sums given labels are those of `numba_scatter`.
"""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

import numpy as np

from ..inputs import Descriptors, Labels, require_finite
from ..scatter import numba_scatter
from ..scatter.numba_scatter import read_only
from ._assign import Scores, linear_scores, nearest_centroid
from ._normalize import MENU
from ._threads import blas_threads, each_on_a_thread
from ._tiles import DONE, encode_images, sum_image

REQUIRES = ("numba", "scipy", "threadpoolctl")
RAGGED = True
#: Rows of a bucket up to which float32 residuals do not drift: they are added up in parts, and those in order.
STRAIGHT_ROWS = 65536
#: Its encoding assigns each descriptor to its nearest centroid, and refuses what is not finite if asked to.
EXACT_ENCODE = True
#: With labels given it is that strategy: it has nothing of its own to time.
SUMS_OF = "numba_scatter"
#: Bytes of a tile of rows, and the fewest and most rows in it. Measured.
TILE_BYTES, LEAST_ROWS, MOST_ROWS = 1 << 18, 64, 4096
#: Multiplications below which another thread costs more than it saves, and BLAS starts none. Measured.
THREAD_WORK = 4e6


def encode(
    descriptors: Descriptors,
    centers: np.ndarray,
    steps: Sequence[str] = ("signed_sqrt", "l2"),
    check_finite: bool = False,
    out: Optional[np.ndarray] = None,
) -> np.ndarray:
    """Return the (T, K*F) encodings of descriptors (T, L, F), or of T arrays (L_t, F), about centers (K, F).

    With `check_finite`, a NaN or infinity among the descriptors is a ValueError; `out` (T, K*F) is written to.
    """
    (K, F), T = centers.shape, len(descriptors)
    encoded = np.empty((T, K * F), centers.dtype) if out is None else out
    sums = encoded.reshape(T, K, F)
    asked = tuple(step in steps for step in MENU)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scores = linear_scores(centers, centers.dtype) if K > 1 else None
    start = 0
    for rows, ends in _runs(descriptors):
        block = sums[start : start + len(ends)]
        usual = scores if scores is not None and scores.scale == 1 and scores.origin is None else None
        if usual is None or not len(rows) or not _tiled(rows, ends, centers, usual, asked, block):
            if check_finite:
                _require_finite(descriptors, start, start + len(ends))
            _with_labels(rows, ends, centers, asked, block, np.arange(len(ends)))
        start += len(ends)
    return encoded


def residual_sums(descriptors: Descriptors, labels: Labels, centers: np.ndarray) -> np.ndarray:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L), or of lists, about centers (K, F)."""
    if isinstance(descriptors, np.ndarray):
        return numba_scatter.residual_sums(descriptors, np.asarray(labels), centers)
    sums = np.empty((len(descriptors), *centers.shape), centers.dtype)
    for t, (image, label) in enumerate(zip(descriptors, labels)):
        sums[t] = numba_scatter.residual_sums(image[None], label[None], centers)[0]
    return sums


def _require_finite(descriptors: Descriptors, first: int, last: int) -> None:
    if isinstance(descriptors, np.ndarray):
        require_finite(descriptors, "descriptors")
        return
    for t in range(first, last):
        require_finite(descriptors[t], f"descriptors[{t}]")


def _runs(descriptors: Descriptors) -> List[Tuple[np.ndarray, np.ndarray]]:
    """Return (rows (N, F), ends (T,)) of all images, or of runs of a ragged batch's: small ones are joined."""
    if isinstance(descriptors, np.ndarray):
        T, L, F = descriptors.shape
        return [(read_only(descriptors.reshape(T * L, F)), np.arange(1, T + 1) * L)]
    runs: List[List[int]] = [[]]
    size = 0
    for t, image in enumerate(descriptors):
        if size and size + image.nbytes > TILE_BYTES:
            runs.append([])
            size = 0
        runs[-1].append(t)
        size += image.nbytes
    found = []
    for run in runs:
        images = [descriptors[t] for t in run]
        rows = images[0] if len(run) == 1 else np.concatenate(images)
        found.append((read_only(rows), np.cumsum([len(image) for image in images])))
    return found


def _tiled(
    rows: np.ndarray,
    ends: np.ndarray,
    centers: np.ndarray,
    scores: Scores,
    asked: Tuple[bool, ...],
    sums: np.ndarray,
) -> bool:
    """Encode in tiles; False where the products left the range, or something is not finite."""
    K, F = centers.shape
    number = rows.dtype.type
    form = (
        scores.weights,
        scores.bias,
        number(scores.per_square),
        number(scores.constant),
        number(scores.longest),
    )
    size = min(len(rows), rows_of_tile(F, rows.itemsize))
    unsettled = np.zeros(len(ends), bool)
    middles, part_rows = read_only(centers), rows_of_part(K, rows.dtype)

    def encode_some(first: int, last: int) -> int:
        begin, stop = int(ends[first - 1]) if first else 0, int(ends[last - 1])
        some = ends[first:last] - begin
        marks, target = unsettled[first:last], sums[first:last]
        return int(
            encode_images(rows[begin:stop], some, middles, form, asked, part_rows, size, marks, target)
        )

    work = float(len(rows)) * F * K
    if work < THREAD_WORK:
        found = [encode_some(0, len(ends))]
    else:
        threads = min(blas_threads(), len(ends), int(work / THREAD_WORK))
        found = each_on_a_thread(encode_some, shares(ends, threads))
    if any(status != DONE for status in found):
        return False
    if unsettled.any():
        _with_labels(rows, ends, centers, asked, sums, np.flatnonzero(unsettled))
    return True


def shares(ends: np.ndarray, parts: int) -> List[Tuple[int, int]]:
    """Return (first, last) of ranges of images with about equally many rows, the lasts excluded."""
    goals = ends[-1] * np.arange(1, parts) / parts
    edges = np.unique([0, *np.searchsorted(ends, goals, side="left") + 1, len(ends)])
    return [(int(low), int(high)) for low, high in zip(edges, edges[1:])]


def _with_labels(
    rows: np.ndarray,
    ends: np.ndarray,
    centers: np.ndarray,
    asked: Tuple[bool, ...],
    sums: np.ndarray,
    images: np.ndarray,
) -> None:
    """Encode some images by the labels of `assign`: what the tiles left undone."""
    K, F = centers.shape
    part, counts = np.zeros((K, F), rows.dtype), np.zeros(K, np.int32)
    middles, part_rows = read_only(centers), rows_of_part(K, rows.dtype)
    for t in images.tolist():
        image = rows[int(ends[t - 1]) if t else 0 : int(ends[t])]
        label = nearest_centroid(image, centers).astype(np.int32)
        sum_image(image, label, middles, asked, part_rows, part, counts, sums[t])


def rows_of_tile(F: int, itemsize: int) -> int:
    """Return how many rows are labelled and added at a time."""
    return max(LEAST_ROWS, min(MOST_ROWS, TILE_BYTES // (F * itemsize)))


def rows_of_part(K: int, dtype: np.dtype) -> int:
    """Return how many descriptors to add up before starting anew: all in float64, which does not drift."""
    return 1 << 62 if dtype == np.float64 else max(256, 8 * K)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one part of an image."""
    return K * F * itemsize


def encode_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of a tile's scores and a part in each thread, of the weights, and of a ragged run's copy."""
    size = min(T * L, rows_of_tile(F, itemsize))
    thread = size * (K + 2) * itemsize + 4 * size + K * F * itemsize
    return min(blas_threads(), max(1, T)) * thread + 4 * 8 * K * F + 16 * T + TILE_BYTES
