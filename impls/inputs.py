"""Checks of what callers pass in: one clear error before any work, or arrays that the strategies can trust."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple, Union

import numpy as np

from .errors import MemoryBudgetError

#: (T, L, F), or T arrays (L_t, F).
Descriptors = Union[np.ndarray, List[np.ndarray]]
#: (T, L) intp, or T arrays (L_t,).
Labels = Union[np.ndarray, List[np.ndarray]]

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def float_array(value: Any, name: str, shape: Tuple[str, ...]) -> np.ndarray:
    """Return `value` as a finite float32 or float64 array with as many axes as `shape` names.

    Integers are refused, not cast: whoever holds integer SIFT has to choose the precision.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be ignored: pass its filled values.")
    array = np.asarray(value)
    if array.dtype not in FLOATS:
        raise TypeError(
            f"{name} has dtype {array.dtype}, expected float32 or float64: convert it with .astype() first."
        )
    if array.ndim != len(shape):
        raise ValueError(f"{name} has {array.ndim} axes {array.shape}, expected ({', '.join(shape)}).")
    require_finite(array, name)
    return array


def require_finite(array: np.ndarray, name: str) -> None:
    """Raise ValueError if the array holds a NaN or an infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()
    # A finite sum proves all finite without a temporary; an overflowed sum proves nothing yet.
    if np.isfinite(total) or np.isfinite(array).all():
        return
    bad = int(array.size - np.count_nonzero(np.isfinite(array)))
    raise ValueError(f"{name} holds {bad} NaN or infinite values, expected finite numbers only.")


def integer_array(value: Any, name: str, shape: Tuple[int, ...], upper: int) -> np.ndarray:
    """Return `value` as intp of the given shape with all values in ``0..upper-1``."""
    array = np.asarray(value)
    if array.size == 0 and array.ndim == 1 and array.dtype == np.float64:
        array = array.astype(np.intp)  # what np.asarray makes of an empty list
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} has dtype {array.dtype}, expected integers.")
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}.")
    if array.size and (array.min() < 0 or array.max() >= upper):
        raise ValueError(f"{name} runs from {array.min()} to {array.max()}, expected 0 to {upper - 1}.")
    return array.astype(np.intp, copy=False)


def positive_integer(value: Any, name: str) -> int:
    """Return `value` as an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {value!r}, expected an integer.")
    if value < 1:
        raise ValueError(f"{name} is {value}, expected at least 1.")
    return int(value)


def descriptor_batch(value: Any) -> Descriptors:
    """Return descriptors as one (T, L, F) array, or as a list of T arrays (L_t, F) of one dtype."""
    if not isinstance(value, (list, tuple)):
        array = float_array(value, "descriptors", ("T", "L", "F"))
        _require_features(array.shape[2])
        return array
    images = [float_array(image, f"descriptors[{t}]", ("L", "F")) for t, image in enumerate(value)]
    if not images:
        raise ValueError("descriptors is an empty sequence, expected at least one image.")
    first = images[0]
    for t, image in enumerate(images):
        if image.shape[1] != first.shape[1]:
            raise ValueError(
                f"descriptors[{t}] has {image.shape[1]} features, but image 0 has {first.shape[1]}."
            )
        if image.dtype != first.dtype:
            raise TypeError(f"descriptors[{t}] has dtype {image.dtype}, but image 0 has {first.dtype}.")
    _require_features(first.shape[1])
    return images


def _require_features(F: int) -> None:
    if F < 1:
        raise ValueError("descriptors have no features, expected at least one.")


def centroids(value: Any, F: int, dtype: np.dtype) -> np.ndarray:
    """Return the (K, F) centers in the descriptors' dtype; `value` is an array or a fitted estimator."""
    if hasattr(value, "fit") and not isinstance(value, np.ndarray):
        if not hasattr(value, "cluster_centers_"):
            raise ValueError(
                f"centers is a {type(value).__name__} that is not fitted: call its fit method first."
            )
        value = value.cluster_centers_
    array = float_array(value, "centers", ("K", "F"))
    if array.shape[0] < 1:
        raise ValueError("centers holds no centroid (K = 0), expected at least one.")
    if array.shape[1] != F:
        raise ValueError(f"centers have {array.shape[1]} features, but descriptors have {F}.")
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(array, dtype=dtype)
    if cast.dtype != array.dtype:
        require_finite(cast, f"centers, cast to {dtype.name},")
    return cast


def label_batch(value: Any, descriptors: Descriptors, K: int) -> Labels:
    """Return labels as intp in 0..K-1, in the layout of the descriptors."""
    if isinstance(descriptors, np.ndarray):
        return integer_array(value, "labels", descriptors.shape[:2], K)
    if not isinstance(value, (list, tuple)) or len(value) != len(descriptors):
        raise ValueError(f"labels must be a sequence of {len(descriptors)} arrays, one for each image.")
    return [
        integer_array(labels, f"labels[{t}]", image.shape[:1], K)
        for t, (labels, image) in enumerate(zip(value, descriptors))
    ]


def require_memory(name: str, needed: int, limit: Optional[int]) -> None:
    """Raise MemoryBudgetError if a strategy is predicted to need more than `limit` bytes."""
    if limit is None:
        return
    if isinstance(limit, bool) or not isinstance(limit, (int, float, np.integer)) or not limit >= 0:
        raise ValueError(f"memory_limit is {limit!r}, expected a number of bytes, at least 0, or None.")
    if needed > limit:
        raise MemoryBudgetError(
            f"Strategy {name!r} is predicted to need {needed} bytes of working memory for this input, more than "
            f"the memory_limit of {int(limit)} bytes: raise the limit, pass fewer images, or choose another strategy."
        )


def total_rows(images: Sequence[np.ndarray]) -> int:
    """Return how many descriptors a ragged batch holds."""
    return sum(len(image) for image in images)
