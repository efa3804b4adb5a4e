"""What a strategy's time is made of: non-negative terms in the sizes, and in the bytes that a cache no longer holds.

A group sum is described by T, L, F and K: T images of L descriptors of F features, K centroids. Other workloads name
the same four sizes differently (N rows into M buckets is one image) or have axes of their own, whose terms are the
products of their axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

GROUP_SUM = ("T", "L", "F", "K")
#: Axes under which a group sum is measured, and the power of each of them in T, L, F and K.
SAME_SIZES: Dict[Tuple[str, ...], Tuple[Tuple[int, ...], ...]] = {
    GROUP_SUM: ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    ("N", "F", "M"): ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ("N", "bins"): ((0, 0), (1, 0), (0, 0), (0, 1)),
}
#: Beyond this many octaves over a cache's size, nothing more of the data lies in it.
SPILL_OCTAVES = 2.0
FULL_ITEM = 8.0


@dataclass(frozen=True)
class Term:
    """One non-negative term: a product of sizes, in numbers or in bytes, all of it or what no longer fits a cache.

    Attributes
    ----------
    powers : tuple of int
        The power of each axis.
    in_bytes : bool
        Scaled by itemsize / 8: what moves bytes is twice as fast in float32.
    item_bytes : float
        Bytes an entry of the product occupies for the spill; 0 stands for the itemsize.
    cache : int
        0 for the plain term, 1 and 2 for what exceeds L2 and a quarter of L3.
    """

    powers: Tuple[int, ...]
    in_bytes: bool = False
    item_bytes: float = 0.0
    cache: int = 0


def terms_of(axes: Sequence[str], mixed_itemsizes: bool = False) -> List[Term]:
    """Return the terms of a workload.

    Parameters
    ----------
    axes : sequence of str
    mixed_itemsizes : bool
        Whether the data hold more than one itemsize. Only then can a cost per number be told from a cost per byte.
    """
    sizes = SAME_SIZES.get(tuple(axes))
    if sizes is None:
        return _products_of(len(axes))
    found = []
    for spec in _GROUP_SUM_TERMS:
        if spec.in_bytes is None and not mixed_itemsizes:
            continue
        powers = tuple(sum(n * sizes[i][j] for i, n in enumerate(spec.powers)) for j in range(len(axes)))
        term = Term(powers, bool(spec.in_bytes), spec.item_bytes, spec.cache)
        if term not in found:
            found.append(term)
    return found


@dataclass(frozen=True)
class _Spec:
    powers: Tuple[int, int, int, int]
    in_bytes: Optional[bool] = False
    item_bytes: float = 0.0
    cache: int = 0


_TLF, _TKF, _TLK, _TLKF = (1, 1, 1, 0), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 1)
#: `in_bytes` None: a count beside its bytes, for data of several itemsizes.
_GROUP_SUM_TERMS = (
    _Spec((0, 0, 0, 0)),
    _Spec((1, 0, 0, 1)),
    _Spec((1, 1, 0, 0)),
    _Spec(_TLF, True),
    _Spec(_TKF, True),
    _Spec(_TLK),
    _Spec(_TLKF, True),
    _Spec((1, 0, 0, 0)),
    *(_Spec(powers, True, 0.0, cache) for powers in (_TLF, _TKF, _TLKF) for cache in (1, 2)),
    *(_Spec(_TLK, False, 8.0, cache) for cache in (1, 2)),
    _Spec(_TLF, None),
    _Spec(_TKF, None),
    _Spec(_TLKF, None),
)


def _products_of(count: int) -> List[Term]:
    highest = 2 if count <= 2 else 1
    powers = sorted(product(range(highest + 1), repeat=count), key=sum)
    return [Term(tuple(each), in_bytes=sum(each) > 1) for each in powers]


def evaluate(
    terms: Sequence[Term], cells: np.ndarray, itemsize: np.ndarray, caches: Tuple[float, float]
) -> np.ndarray:
    """Return the terms at some cells.

    Parameters
    ----------
    terms : sequence of Term
    cells : (n, axes) float64
        Sizes, at least 1.
    itemsize : (n,) float64
        Bytes a number.
    caches : (float, float)
        Bytes of L2 and of L3.

    Returns
    -------
    (n, terms) float64
    """
    logs = np.log(np.maximum(np.asarray(cells, dtype=float), 1.0))
    powers = np.array([term.powers for term in terms], dtype=float)
    columns = np.exp(logs @ powers.T)
    in_bytes = np.array([term.in_bytes for term in terms])
    values = np.where(in_bytes, columns * (itemsize / FULL_ITEM)[:, None], columns)
    bounds = (float(caches[0]), float(caches[1]) / 4)
    for position, term in enumerate(terms):
        if term.cache:
            held = columns[:, position] * (term.item_bytes or itemsize)
            over = np.log2(np.maximum(held, 1.0) / bounds[term.cache - 1])
            values[:, position] *= np.clip(over, 0.0, SPILL_OCTAVES)
    return values


def extents(axes: Sequence[str], cells: np.ndarray) -> Tuple[List[str], np.ndarray]:
    """Return names and log2 of what a hull is told in: each axis, and the products that are whole arrays.

    Parameters
    ----------
    axes : sequence of str
    cells : (n, axes) float64

    Returns
    -------
    names : list of str
        Such as ``T``, ``L``, ``F``, ``K``, ``T*L*F``, ``T*K*F``.
    logs : (n, names) float64
    """
    logs = np.log2(np.maximum(np.asarray(cells, dtype=float), 1.0))
    sizes = SAME_SIZES.get(tuple(axes))
    names, columns = list(axes), [logs[:, i] for i in range(len(axes))]
    for whole in (_TLF, _TKF) if sizes is not None else ():
        powers = np.array(whole) @ np.array(sizes)
        name = "*".join(axis for axis, power in zip(axes, powers) if power)
        if name not in names:
            names.append(name)
            columns.append(logs @ powers)
    if sizes is None and len(axes) > 1:
        names.append("*".join(axes))
        columns.append(logs.sum(axis=1))
    return names, np.stack(columns, axis=1)


def least_bytes(
    axes: Sequence[str], cells: np.ndarray, itemsize: np.ndarray, encode: bool = False
) -> np.ndarray:
    """Return the bytes that any implementation must read and write once; 0 for axes it knows nothing of.

    Parameters
    ----------
    axes : sequence of str
    cells : (n, axes) float64
    itemsize : (n,) float64
    encode : bool
        Labels are found, not read.

    Returns
    -------
    (n,) float64
    """
    sizes = SAME_SIZES.get(tuple(axes))
    cells = np.asarray(cells, dtype=float)
    if sizes is None:
        return np.zeros(len(cells))
    logs = np.log(np.maximum(cells, 1.0))
    T, L, F, K = (np.exp(logs @ np.array(powers, dtype=float)) for powers in sizes)
    centers = K * F if tuple(axes) == GROUP_SUM else 0.0
    labels = 0.0 if encode else 8.0 * T * L
    return (T * L * F + T * K * F + centers) * itemsize + labels


def least_flops(axes: Sequence[str], cells: np.ndarray, encode: bool = False) -> np.ndarray:
    """Return the floating-point operations of the products that must be formed: the assignment's, of `encode`."""
    cells = np.asarray(cells, dtype=float)
    if encode and tuple(axes) == GROUP_SUM:
        return 2.0 * cells.prod(axis=1)
    return np.zeros(len(cells))
