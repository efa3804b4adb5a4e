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

from typing import Any, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ..inputs import Descriptors, Labels, require_finite_batch
from ..scatter import numba_scatter
from ..scatter.numba_scatter import read_only, rows_of_part
from ._assign import linear_scores, nearest_centroid
from ._assign import workspace_bytes as assignment_bytes
from ._normalize import MENU
from ._threads import blas_threads, each_on_a_thread
from ._tiles import DONE, LOST, encode_images, sum_image

REQUIRES = ("numba", "scipy", "threadpoolctl")
RAGGED = True
#: Rows of a bucket up to which float32 residuals do not drift: they are added up in parts, and those in order.
STRAIGHT_ROWS = 65536
#: Its encoding assigns each descriptor to its nearest centroid, and refuses what is not finite if asked to.
EXACT_ENCODE = True
#: With labels given it is that strategy: it has nothing of its own to time.
SUMS_OF = "numba_scatter"
#: Bytes of a tile of rows (measured), and the fewest and most rows in it.
TILE_BYTES, LEAST_ROWS, MOST_ROWS = 1 << 18, 64, 4096
#: Multiplications of which each thread has at least so many: some milliseconds of work, against 0.2 to start on it.
THREAD_WORK = 4e6
#: Multiplications for which OpenBLAS starts no thread, so that it need not be held.
ALONE_WORK = 2.5e5


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
    sums, left = encoded.reshape(T, K, F), np.zeros(T, bool)
    asked = tuple(step in steps for step in MENU)
    if not _in_tiles(descriptors, centers, asked, left, sums):
        if check_finite:
            require_finite_batch(descriptors)
        left[:] = True
    _by_labels(descriptors, centers, asked, np.flatnonzero(left), sums)
    return encoded


def residual_sums(descriptors: Descriptors, labels: Labels, centers: np.ndarray) -> np.ndarray:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L), or of lists, about centers (K, F)."""
    if isinstance(descriptors, np.ndarray):
        return numba_scatter.residual_sums(descriptors, np.asarray(labels), centers)
    sums = np.empty((len(descriptors), *centers.shape), centers.dtype)
    for t, (image, label) in enumerate(zip(descriptors, labels)):
        sums[t] = numba_scatter.residual_sums(image[None], label[None], centers)[0]
    return sums


def _in_tiles(
    descriptors: Descriptors,
    centers: np.ndarray,
    asked: Tuple[bool, ...],
    left: np.ndarray,
    sums: np.ndarray,
) -> bool:
    """Encode in tiles and mark the images that are left; False where the form of the scores does not serve all."""
    K, F = centers.shape
    form = _form(centers)
    if form is None:
        return False
    middles, part_rows = read_only(centers), rows_of_part(K, centers.dtype)

    def encode_some(first: int, last: int) -> int:
        for low, high, rows, ends in _runs(descriptors, first, last):
            size = min(len(rows), rows_of_tile(F, rows.itemsize))
            marks, target = left[low:high], sums[low:high]
            if encode_images(rows, ends, middles, form, asked, part_rows, size, marks, target) != DONE:
                return LOST
        return DONE

    ends = _ends(descriptors)
    work = float(ends[-1]) * F * K
    if work < ALONE_WORK:
        return encode_some(0, len(ends)) == DONE
    threads = max(1, min(blas_threads(), len(ends), int(work / THREAD_WORK)))
    return LOST not in each_on_a_thread(encode_some, shares(ends, threads))


def _form(centers: np.ndarray) -> Optional[Tuple[Any, ...]]:
    """Return the scores' linear form as the tiles take it; None where rows would have to be scaled or shifted first."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scores = linear_scores(centers, centers.dtype)
    if scores.scale != 1 or scores.origin is not None:
        return None
    numbers = (scores.per_square, scores.constant, scores.longest)
    return (scores.weights, scores.bias, *map(centers.dtype.type, numbers))


def _runs(
    descriptors: Descriptors, first: int, last: int
) -> Iterator[Tuple[int, int, np.ndarray, np.ndarray]]:
    """Yield (first image, last image, rows (N, F), ends) of a range of images; small ones of a list are joined."""
    if isinstance(descriptors, np.ndarray):
        some = descriptors[first:last]
        yield first, last, read_only(some.reshape(-1, some.shape[2])), _ends(some)
        return
    while first < last:
        high, size = first + 1, descriptors[first].nbytes
        while high < last and size + descriptors[high].nbytes <= TILE_BYTES:
            size += descriptors[high].nbytes
            high += 1
        images = descriptors[first:high]
        rows = images[0] if len(images) == 1 else np.concatenate(images)
        yield first, high, read_only(rows), _ends(images)
        first = high


def _ends(images: Descriptors) -> np.ndarray:
    """Return where each image ends (T,) if all lie one behind the other."""
    if isinstance(images, np.ndarray):
        return np.arange(1, len(images) + 1) * images.shape[1]
    return np.cumsum([len(image) for image in images])


def _by_labels(
    descriptors: Descriptors,
    centers: np.ndarray,
    asked: Tuple[bool, ...],
    images: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Encode some images by the labels of `assign`: what the tiles left undone."""
    part, counts = np.zeros_like(centers), np.zeros(len(centers), np.int32)
    middles, part_rows = read_only(centers), rows_of_part(len(centers), centers.dtype)
    for t in images.tolist():
        image = read_only(descriptors[t])
        label = nearest_centroid(image, centers).astype(np.int32)
        sum_image(image, label, middles, asked, part_rows, part, counts, sums[t])


def shares(ends: np.ndarray, parts: int) -> List[Tuple[int, int]]:
    """Return (first, last) of ranges of images with about equally many rows, the lasts excluded."""
    goals = ends[-1] * np.arange(1, parts) / parts
    edges = np.unique([0, *np.searchsorted(ends, goals, side="left") + 1, len(ends)])
    return [(int(low), int(high)) for low, high in zip(edges, edges[1:])]


def rows_of_tile(F: int, itemsize: int) -> int:
    """Return how many rows are labelled and added at a time."""
    return max(LEAST_ROWS, min(MOST_ROWS, TILE_BYTES // (F * itemsize)))


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of one part of an image."""
    return numba_scatter.residual_workspace_bytes(T, L, F, K, itemsize)


def encode_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of a tile's scores and a part in each thread, of the weights, and of what is done by labels.

    A thread may join small images of a list, as much as a tile; ties are assigned an image at a time.
    """
    size = min(T * L, rows_of_tile(F, itemsize))
    thread = size * (K + 2) * itemsize + 4 * size + K * F * itemsize + TILE_BYTES
    by_labels = 12 * L + assignment_bytes(L, F, K, itemsize) + K * F * itemsize
    return max(min(blas_threads(), max(1, T)) * thread, by_labels) + 4 * 8 * K * F + 32 * T
