"""Compiled steps of an encoding that works on tiles of rows: label, add, normalise, each while its data are in cache.

Scores come as (K, n), so that all loops run over neighbouring rows and become vector instructions. Slices are taken
before a loop and indices start at 0: otherwise the compiler guards against negative indices and does not vectorise.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from ..scatter.numba_scatter import KEPT
from ._close_calls import HIGHEST, LOWEST

#: Rows whose best scores are kept in the fastest cache while all centroids pass.
STRIP = 512
#: What a range of images ends with: all done, or a row whose squares left the range (or that is not finite).
DONE, LOST = 0, 1
#: Sums of squares below this (of a dtype's smallest) or not finite are made again, scaled.
MARGIN = 1e6

#: Sums in any order are as good as in this one; nothing else may be assumed of numbers.
_ANY_ORDER = {"reassoc", "contract", "nsz"}


@numba.njit(nogil=True, cache=KEPT, fastmath=_ANY_ORDER)
def _square(x):  # type: ignore[no-untyped-def]
    """Sum of squares, in four sums, so that no addition waits for the one before."""
    quarter = len(x) // 4
    a, b, c, d = (
        x[:quarter],
        x[quarter : 2 * quarter],
        x[2 * quarter : 3 * quarter],
        x[3 * quarter : 4 * quarter],
    )
    rest = x[4 * quarter :]
    p = q = r = s = x.dtype.type(0)
    for f in range(quarter):
        p += a[f] * a[f]
        q += b[f] * b[f]
        r += c[f] * c[f]
        s += d[f] * d[f]
    for f in range(len(rest)):
        p += rest[f] * rest[f]
    return (p + q) + (r + s)


@numba.njit(nogil=True, cache=KEPT, inline="always")
def _more(a, b):  # type: ignore[no-untyped-def]
    return a if b < a else b


@numba.njit(nogil=True, cache=KEPT)
def _meet_two(one, other, u, v, best, second, label, k):  # type: ignore[no-untyped-def]
    """Let the scores of centroids k and k + 1 meet the two best so far; the lower index wins a tie."""
    for i in range(len(best)):
        x, y, b = one[i] + u, other[i] + v, best[i]
        high, low, which = (y, x, k + 1) if y > x else (x, y, k)
        second[i] = _more(second[i], _more(low, b if b < high else high))
        label[i] = which if high > b else label[i]
        best[i] = _more(high, b)


@numba.njit(nogil=True, cache=KEPT)
def _meet(one, u, best, second, label, k):  # type: ignore[no-untyped-def]
    for i in range(len(best)):
        x, b = one[i] + u, best[i]
        second[i] = _more(second[i], b if b < x else x)
        label[i] = k if x > b else label[i]
        best[i] = _more(x, b)


@numba.njit(nogil=True, cache=KEPT)
def _two_best(scores, bias, best, second, label):  # type: ignore[no-untyped-def]
    """Write the best score of each row, the second best, and the centroid of the best."""
    K, n = scores.shape
    one = label.dtype.type(1)
    for start in range(0, n, STRIP):
        stop = min(n, start + STRIP)
        b, s, which = best[start:stop], second[start:stop], label[start:stop]
        for i in range(len(b)):
            b[i], s[i], which[i] = -np.inf, -np.inf, 0
        k = label.dtype.type(0)
        while k + one < K:
            _meet_two(scores[k, start:stop], scores[k + 1, start:stop], bias[k], bias[k + 1], b, s, which, k)
            k += one + one
        if k < K:
            _meet(scores[k, start:stop], bias[k], b, s, which, k)


@numba.njit(nogil=True, cache=KEPT)
def _by_differences(row, centers, scores, bias, limit):  # type: ignore[no-untyped-def]
    """Return the nearest of the centers whose score reaches the limit, by differences in float64; -1 if that ties."""
    F, nearest = len(row), -1
    least = following = np.inf
    for k in range(len(bias)):
        if scores[k] + bias[k] >= limit:
            square = 0.0
            for f in range(F):
                away = np.float64(row[f]) - np.float64(centers[k, f])
                square += away * away
            if square < least:
                least, following, nearest = square, least, k
            elif square < following:
                following = square
    decided = following > least * (1 + 4 * (F + 4) * 2.0**-52) and LOWEST < least < HIGHEST
    return nearest if decided else -1


@numba.njit(nogil=True, cache=KEPT)
def _label_tile(rows, centers, form, scores, best, second, label):  # type: ignore[no-untyped-def]
    """Write the labels of a tile, -1 where they tie within float64. Return how many do, -1 if a row left the range."""
    weights, bias, per_square, constant, longest = form
    n, K = len(rows), len(bias)
    found = scores[: K * n].reshape(K, n)
    np.dot(weights, rows.T, found)
    _two_best(found, bias, best, second, label)
    ties = 0
    for i in range(n):
        square = _square(rows[i])
        if not square < longest:
            return -1
        slack = square * per_square + constant
        if not best[i] - second[i] > slack:
            label[i] = _by_differences(rows[i], centers, found[:, i], bias, best[i] - slack)
            ties += label[i] < 0
    return ties


@numba.njit(nogil=True, cache=KEPT, fastmath=_ANY_ORDER)
def _magnitudes(x):  # type: ignore[no-untyped-def]
    total = x.dtype.type(0)
    for f in range(len(x)):
        total += abs(x[f])
    return total


@numba.njit(nogil=True, cache=KEPT)
def _root(x):  # type: ignore[no-untyped-def]
    for f in range(len(x)):
        root = math.sqrt(abs(x[f]))  # a sign by comparison is a vector instruction, copysign a call
        x[f] = -root if x[f] < 0 else root


@numba.njit(nogil=True, cache=KEPT)
def _divide(x, length):  # type: ignore[no-untyped-def]
    for f in range(len(x)):
        x[f] /= length


@numba.njit(nogil=True, cache=KEPT)
def _unit(rows, filled, square):  # type: ignore[no-untyped-def]
    """Divide the filled rows, together one vector of this squared length, by the length; zeros stay zeros."""
    if not MARGIN * np.finfo(rows.dtype).tiny < square < np.inf:
        largest = rows.dtype.type(0)
        for k in range(len(rows)):
            for f in range(rows.shape[1]):
                largest = max(largest, abs(rows[k, f]))
        if not 0 < largest < np.inf:
            return
        square = 0.0
        for k in range(len(rows)):
            if filled[k]:
                _divide(rows[k], largest)
                square += np.float64(_square(rows[k]))
    length = rows.dtype.type(math.sqrt(square))
    for k in range(len(rows)):
        if filled[k]:
            _divide(rows[k], length)


@numba.njit(nogil=True, cache=KEPT)
def normalize_image(sums, counts, steps):  # type: ignore[no-untyped-def]
    """Normalise the sums (K, F) of an image in place; rows without descriptors are zeros and stay untouched."""
    mass, signed_sqrt, intra, l2 = steps
    total = 0.0
    for k in range(len(sums)):
        if not counts[k]:
            continue
        row = sums[k]
        if mass:
            _divide(row, sums.dtype.type(counts[k]))
        square = np.float64(0)
        if signed_sqrt:  # the squares of roots are what was there before
            square = np.float64(_magnitudes(row))
            _root(row)
        elif intra or l2:
            square = np.float64(_square(row))
        if intra:
            _unit(sums[k : k + 1], counts[k : k + 1], square)
            square = np.float64(_square(row))
        total += square
    if l2:
        _unit(sums, counts, total)


@numba.njit(nogil=True, cache=KEPT)
def _add(rows, label, centers, counts, sums):  # type: ignore[no-untyped-def]
    """Add the residuals of rows to sums (K, F)."""
    n, F = rows.shape
    for i in range(n):
        k = label[i]
        counts[k] += 1
        for f in range(F):
            sums[k, f] += rows[i, f] - centers[k, f]


@numba.njit(nogil=True, cache=KEPT)
def _close_part(sums, part):  # type: ignore[no-untyped-def]
    for k in range(len(sums)):
        for f in range(sums.shape[1]):
            sums[k, f] += part[k, f]
            part[k, f] = 0


@numba.njit(nogil=True, cache=KEPT)
def _add_from(place, rows, label, centers, part_rows, part, counts, sums):  # type: ignore[no-untyped-def]
    """Add rows of an image from its row `place` on: to its sums first, then to parts, each closed when it is full."""
    i = 0
    while i < len(rows):
        inside = place % part_rows
        if place > part_rows and not inside:
            _close_part(sums, part)
        stop = min(len(rows), i + part_rows - inside)
        _add(rows[i:stop], label[i:stop], centers, counts, sums if place < part_rows else part)
        place += stop - i
        i = stop


@numba.njit(nogil=True, cache=KEPT)
def sum_image(rows, label, centers, steps, part_rows, part, counts, sums):  # type: ignore[no-untyped-def]
    """Write the encoding (K, F) of an image whose labels are known; `part` comes as zeros and leaves as zeros."""
    sums.fill(0)
    counts.fill(0)
    _add_from(0, rows, label, centers, part_rows, part, counts, sums)
    if len(rows) > part_rows:
        _close_part(sums, part)
    normalize_image(sums, counts, steps)


@numba.njit(nogil=True, cache=KEPT)
def encode_images(rows, ends, centers, form, steps, part_rows, size, unsettled, out):  # type: ignore[no-untyped-def]
    """Encode images that lie one behind the other in rows (N, F), `size` rows at a time.

    Parameters
    ----------
    rows, ends : (N, F) and (T,) intp
        Descriptors, and where each image ends among them.
    centers : (K, F)
    form : tuple
        Weights (K, F), bias (K,), per_square, constant and longest of `_assign.Scores`, as numbers of the dtype.
    steps : tuple of bool
        Whether mass, signed_sqrt, intra and l2 are asked for.
    part_rows, size : int
        Rows added up before starting anew; rows of a tile.
    unsettled : (T,) bool, False
        Where to mark images with a descriptor that is equally near to two centroids, which are left undone.
    out : (T, K, F)
        Where the encodings go.

    Returns
    -------
    int
        DONE or LOST.
    """
    K, F = centers.shape
    scores, best, second = (
        np.empty(K * size, rows.dtype),
        np.empty(size, rows.dtype),
        np.empty(size, rows.dtype),
    )
    label, counts, part = np.empty(size, np.int32), np.zeros(K, np.int32), np.zeros((K, F), rows.dtype)
    t, begin = 0, 0
    for start in range(0, len(rows), size):
        tile = rows[start : start + size]
        n, i = len(tile), 0
        ties = _label_tile(tile, centers, form, scores, best[:n], second[:n], label[:n])
        if ties < 0:
            return LOST
        while i < n:
            while start + i == ends[t]:
                _finish(ends[t] - begin, part_rows, part, counts, steps, unsettled[t], out[t])
                begin, t = ends[t], t + 1
            if start + i == begin:
                out[t].fill(0)
            stop = min(n, ends[t] - start)
            if ties and _mark(label[i:stop]):
                unsettled[t] = True
            _add_from(
                start + i - begin, tile[i:stop], label[i:stop], centers, part_rows, part, counts, out[t]
            )
            i = stop
    while t < len(ends):
        _finish(ends[t] - begin, part_rows, part, counts, steps, unsettled[t], out[t])
        begin, t = ends[t], t + 1
    return DONE


@numba.njit(nogil=True, cache=KEPT)
def _mark(label):  # type: ignore[no-untyped-def]
    """Return whether a label is missing, and put some centroid in its place: that image will be done again."""
    missing = False
    for i in range(len(label)):
        if label[i] < 0:
            label[i], missing = 0, True
    return missing


@numba.njit(nogil=True, cache=KEPT)
def _finish(n, part_rows, part, counts, steps, undone, sums):  # type: ignore[no-untyped-def]
    """Close an image of n rows; without rows it is zeros, and one that is left undone is not normalised."""
    if not n:
        sums.fill(0)
    if n > part_rows:
        _close_part(sums, part)
    if not undone:
        normalize_image(sums, counts, steps)
    counts.fill(0)
