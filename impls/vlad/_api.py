"""The public functions of `impls.vlad`: checked input in, NumPy arrays of the descriptors' dtype out."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple, Union

import numpy as np

from .. import inputs
from ..inputs import Descriptors, Labels
from ._assign import nearest_centroid
from ._assign import workspace_bytes as assignment_bytes
from ._choose import AUTO, automatic
from ._normalize import normalize_in_place, require_steps
from ._oracle import exact_residual_sums
from ._slices import in_slices, predicted_bytes
from ._strategy import ResidualStrategy, get

DEFAULT_STEPS = ("signed_sqrt", "l2")


def assign(descriptors: Any, centers: Any, check_finite: bool = True) -> Union[np.ndarray, List[np.ndarray]]:
    """Return the index of each descriptor's nearest centroid, exactly: no rounding decides.

    Parameters
    ----------
    descriptors : (T, L, F) array, or sequence of T arrays (L_t, F)
        float32 or float64, finite.
    centers : (K, F) array, or fitted KMeans or MiniBatchKMeans
        Cast to the descriptors' dtype.
    check_finite : bool
        As in `aggregate`; the label of a row that holds a NaN or an infinity means nothing.

    Returns
    -------
    (T, L) intp array, or list of T arrays (L_t,)
        Ties go to the lowest index.
    """
    descriptors = inputs.descriptor_batch(descriptors, False, centers)
    centers = _centers_for(descriptors, centers, check_finite)
    return _assign(descriptors, centers, check_finite)


def aggregate(
    descriptors: Any,
    labels: Any,
    centers: Any,
    strategy: str = AUTO,
    memory_limit: Optional[int] = None,
    check_finite: bool = True,
) -> np.ndarray:
    """Return the sum of residuals ``x - center`` over the descriptors of each image and centroid.

    Parameters
    ----------
    descriptors : (T, L, F) array, or sequence of T arrays (L_t, F) with any L_t >= 0
        float32 or float64, finite, any memory layout; never written to. An image without descriptors is
        ``np.empty((0, F))``, or ``[]``.
    labels : (T, L) integers, or sequence of T arrays (L_t,)
        The centroid of each descriptor, 0..K-1.
    centers : (K, F) array, or fitted KMeans or MiniBatchKMeans
        Cast to the descriptors' dtype.
    strategy : str
        One of `strategies()`, or ``auto``: the one expected to take the least time for one call of this shape,
        chosen once in a process and remembered.
    memory_limit : int, optional
        Refuse to start where the strategy is predicted to need more bytes than this, beyond input and result.
    check_finite : bool
        Whether to look for NaN and infinities, which takes one pass over descriptors and centers. Without the check
        they end up in the sums of their buckets and, with some strategies, of others.

    Returns
    -------
    (T, K, F) array of the descriptors' dtype
        A bucket without descriptors is exactly 0. For any data, a float32 sum errs by at most the strategy's error
        bound (1e-5, where its docstring says nothing else) times the sum of absolute residuals of its bucket: what
        would drift in a long bucket is added up in parts. Last bits may depend on what else is in the batch.

    Raises
    ------
    ValueError, TypeError
        Wrong input, said in one sentence, before any work.
    MemoryBudgetError
        The prediction exceeds `memory_limit`.
    StrategyUnavailable
        The strategy's packages are not installed.
    """
    named = None if strategy == AUTO else get(strategy)
    descriptors, centers = _checked(descriptors, centers, check_finite)
    labels = inputs.label_batch(labels, descriptors, len(centers))
    chosen = named or _automatic(descriptors, centers, memory_limit)
    if memory_limit is not None:
        _require_memory(chosen, descriptors, centers, memory_limit, labels)
    residuals = _aggregate(chosen, descriptors, labels, centers)
    # A strategy may return its input; batches of arrays were joined first, or are looped over.
    shared = isinstance(descriptors, np.ndarray) and np.may_share_memory(residuals, descriptors)
    return residuals.copy() if shared or not residuals.flags.writeable else residuals


def normalize(
    residuals: Any,
    steps: Sequence[str] = DEFAULT_STEPS,
    counts: Optional[np.ndarray] = None,
    check_finite: bool = True,
) -> np.ndarray:
    """Return residual sums as normalised encodings, one row an image.

    Parameters
    ----------
    residuals : (T, K, F) array
        float32 or float64; not written to.
    steps : sequence of str
        Any of these, each at most once, in this order:
        ``mass`` divides by the number of descriptors in the bucket (VLFeat's NormalizeMass);
        ``signed_sqrt`` takes ``sign(v) * sqrt(|v|)`` (Jegou et al. 2012, against bursts);
        ``intra`` brings each centroid's part to length 1 (Arandjelovic and Zisserman 2013);
        ``l2`` brings the whole row to length 1.
    counts : (T, K) integers, optional
        Descriptors in each bucket; needed by ``mass`` only.
    check_finite : bool
        Whether to look for NaN and infinities first, which takes one pass over the residuals.

    Returns
    -------
    (T, K*F) array of the dtype of `residuals`
        Where there is nothing to divide by (an empty image), zeros, never NaN.
    """
    steps = require_steps(steps)
    array = inputs.float_array(residuals, "residuals", ("T", "K", "F"), check_finite)
    if counts is not None:
        counts = inputs.integer_array(counts, "counts", array.shape[:2], np.iinfo(np.intp).max)
    return normalize_in_place(np.array(array, order="C"), steps, counts)


def encode(
    descriptors: Any,
    centers: Any,
    strategy: str = AUTO,
    labels: Any = None,
    normalization: Sequence[str] = DEFAULT_STEPS,
    memory_limit: Optional[int] = None,
    check_finite: bool = True,
    out: Optional[np.ndarray] = None,
) -> np.ndarray:
    """Return the VLAD encodings of a batch of images: assign, aggregate, normalise.

    Parameters
    ----------
    descriptors, centers, strategy, memory_limit, check_finite
        As in `aggregate`.
    labels : (T, L) integers, or sequence of T arrays (L_t,), optional
        Assignments made elsewhere; by default the nearest centroid, as in `assign`. A JAX strategy assigns on its
        device by products alone, where rounding may decide between two centroids that are equally near within it:
        with float32 centroids spread over thousands of times their distances, pass the labels of `assign`.
    normalization : sequence of str
        As `steps` in `normalize`.
    out : (T, K*F) array of the descriptors' dtype, optional
        C-contiguous and writeable; is filled and returned. Where the encodings are as large as the descriptors, the
        first touch of fresh memory is a good part of an encoding's time. After an error its content means nothing.

    Returns
    -------
    (T, K*F) array of the descriptors' dtype
        An image without descriptors is all zeros.
    """
    named = None if strategy == AUTO else get(strategy)
    normalization = require_steps(normalization)
    descriptors = inputs.descriptor_batch(descriptors, False, centers)
    centers = _centers_for(descriptors, centers, check_finite)
    if out is not None:
        inputs.require_out(out, (len(descriptors), centers.size), centers.dtype, (descriptors, centers))
    if labels is not None:
        labels = inputs.label_batch(labels, descriptors, len(centers))
    chosen = named or _automatic(descriptors, centers, memory_limit, encoding=labels is None)
    alone = labels is None and chosen.encodes(descriptors)
    # An exact encoding of its own looks for NaN and infinities on the way.
    if check_finite and not (alone and chosen.exact_encode):
        inputs.require_finite_batch(descriptors)
    if memory_limit is not None:
        if labels is None and not alone:
            labels = _assign_within(chosen, descriptors, centers, memory_limit)
        _require_memory(chosen, descriptors, centers, memory_limit, labels)
    if alone and chosen.exact_encode:
        found: np.ndarray = chosen.encode(
            descriptors, centers, normalization, check_finite=check_finite, out=out
        )
        return found
    encoded = encode_valid(chosen, descriptors, centers, labels, normalization)
    if out is not None:
        out[...] = encoded
        return out
    return encoded if encoded.flags.writeable else encoded.copy()


def encode_valid(
    strategy: ResidualStrategy,
    descriptors: Descriptors,
    centers: np.ndarray,
    labels: Optional[Labels] = None,
    normalization: Sequence[str] = DEFAULT_STEPS,
) -> np.ndarray:
    """Compute what `encode` computes, without its checks: for input known to be valid, and for timing.

    A strategy with an encoding of its own uses that: host arrays go to its device, and the result comes back.
    """
    if labels is None and strategy.encodes(descriptors):
        rows, middles = strategy.put(descriptors, centers)
        return strategy.to_numpy(strategy.wait(strategy.encode(rows, middles, normalization)))
    if labels is None:
        labels = _assign(descriptors, centers)
    residuals = _aggregate(strategy, descriptors, labels, centers)
    if not (residuals.flags.writeable and residuals.flags.c_contiguous):
        residuals = np.array(residuals, order="C")
    counts = _counts(labels, len(centers)) if "mass" in normalization else None
    return normalize_in_place(residuals, normalization, counts)


def oracle(descriptors: Any, labels: Any, centers: Any) -> np.ndarray:
    """Return the (T, K, F) residual sums in float64, compensated: the reference for every strategy.

    Takes what `aggregate` takes. Centers are first cast to the descriptors' dtype, as every strategy sees them.
    """
    descriptors, centers = _checked(descriptors, centers)
    return exact_residual_sums(descriptors, inputs.label_batch(labels, descriptors, len(centers)), centers)


def _checked(descriptors: Any, centers: Any, check_finite: bool = True) -> Tuple[Descriptors, np.ndarray]:
    descriptors = inputs.descriptor_batch(descriptors, check_finite, centers)
    return descriptors, _centers_for(descriptors, centers, check_finite)


def _centers_for(descriptors: Descriptors, centers: Any, check_finite: bool) -> np.ndarray:
    sample = descriptors if isinstance(descriptors, np.ndarray) else descriptors[0]
    return inputs.centroids(centers, sample.shape[-1], sample.dtype, check_finite)


def _automatic(
    descriptors: Descriptors, centers: np.ndarray, memory_limit: Optional[int], encoding: bool = False
) -> ResidualStrategy:
    """The strategy that is chosen for a batch; images of unequal length count with their mean."""
    (K, F), T = centers.shape, len(descriptors)
    if isinstance(descriptors, list):
        L = -(-inputs.total_rows(descriptors) // T)
        return automatic(T, L, F, K, centers.dtype, memory_limit, ragged=True)
    L = descriptors.shape[1]
    return automatic(T, L, F, K, centers.dtype, memory_limit, "encode" if encoding else "aggregate")


def _assign(descriptors: Descriptors, centers: np.ndarray, check_finite: bool = False) -> Labels:
    if isinstance(descriptors, list):
        return [
            nearest_centroid(image, centers, f"descriptors[{t}]" if check_finite else None)
            for t, image in enumerate(descriptors)
        ]
    T, L, F = descriptors.shape
    rows = descriptors.reshape(T * L, F)
    return nearest_centroid(rows, centers, "descriptors" if check_finite else None).reshape(T, L)


def _assign_within(
    strategy: ResidualStrategy, descriptors: Descriptors, centers: np.ndarray, limit: int
) -> Labels:
    """Return the labels that an encoding goes on with, unless assigning or what follows needs more than the limit."""
    (K, F), T = centers.shape, len(descriptors)
    N = inputs.total_rows(descriptors) if isinstance(descriptors, list) else T * descriptors.shape[1]
    assigning = 8 * N + assignment_bytes(N, F, K, centers.itemsize)
    usual = strategy.workspace_bytes(T, -(-N // max(1, T)), F, K, centers.itemsize)
    inputs.require_memory(strategy.name, max(assigning, usual), limit)
    return _assign(descriptors, centers)


def _aggregate(
    strategy: ResidualStrategy, descriptors: Descriptors, labels: Labels, centers: np.ndarray
) -> np.ndarray:
    if not (descriptors.size if isinstance(descriptors, np.ndarray) else any(map(len, descriptors))):
        return np.zeros((len(descriptors), *centers.shape), centers.dtype)
    if isinstance(descriptors, list) and not strategy.ragged and len(set(map(len, descriptors))) == 1:
        descriptors, labels = np.stack(descriptors), np.stack(list(labels))

    def on_host(descriptors: Descriptors, labels: Labels, centers: np.ndarray) -> np.ndarray:
        placed = strategy.put(descriptors, labels, centers)
        return strategy.to_numpy(strategy.wait(strategy.residual_sums(*placed)))

    if strategy.adapted or centers.dtype != np.float32:
        return on_host(descriptors, labels, centers)
    return in_slices(strategy, on_host, descriptors, labels, centers)


def _counts(labels: Labels, K: int) -> np.ndarray:
    counts = np.zeros((len(labels), K), np.intp)
    for t, image in enumerate(labels):
        counts[t] = np.bincount(image, minlength=K)
    return counts


def _require_memory(
    strategy: ResidualStrategy,
    descriptors: Descriptors,
    centers: np.ndarray,
    limit: int,
    labels: Optional[Labels],
) -> None:
    """Raise MemoryBudgetError where the data need more than the limit; labels are None where a device assigns."""
    (K, F), T = centers.shape, len(descriptors)
    if labels is None:
        L = descriptors.shape[1] if isinstance(descriptors, np.ndarray) else max(map(len, descriptors))
        needed = strategy.encode_workspace_bytes(T, L, F, K, centers.itemsize)
    else:
        needed = predicted_bytes(strategy, descriptors, labels, centers)
    inputs.require_memory(strategy.name, needed, limit)
