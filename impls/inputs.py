"""Checks of what callers pass in: one clear error before any work, or arrays that the strategies can trust."""

from __future__ import annotations

import math
import warnings
from typing import Any, List, Optional, Sequence, Tuple, Union

import numpy as np

from .errors import MemoryBudgetError

#: (T, L, F), or T arrays (L_t, F).
Descriptors = Union[np.ndarray, List[np.ndarray]]
#: (T, L) intp, or T arrays (L_t,).
Labels = Union[np.ndarray, List[np.ndarray]]

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_FLOAT32, _FLOAT64 = FLOATS
_INTP = np.dtype(np.intp)
LARGEST_INDEX = int(np.iinfo(np.intp).max)


def plain_array(value: Any, name: str) -> np.ndarray:
    """Return `value` as an array of no subclass, or raise TypeError with the reason why it is not one."""
    if type(value) is np.ndarray:
        return value
    if value is None:
        raise TypeError(f"{name} is None, expected an array.")
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be ignored: pass its filled values.")
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise TypeError(f"{name} is a sparse matrix, expected a dense array: pass its toarray().")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy before 1.24 warns of ragged lists, which later ones refuse
            return np.asarray(value)
    except Exception as error:  # whatever a foreign array type raises
        reason = (str(error).strip().split("\n")[0] or type(error).__name__).rstrip(".")
        raise TypeError(
            f"{name} is a {type(value).__name__} that cannot be read as a NumPy array ({reason}): "
            "pass a NumPy array."
        ) from error


def float_array(value: Any, name: str, shape: Tuple[str, ...], check_finite: bool = True) -> np.ndarray:
    """Return `value` as a float32 or float64 array with as many axes as `shape` names; finite, if checked.

    Integers are refused, not cast: whoever holds integer SIFT has to choose the precision.
    """
    array = value if type(value) is np.ndarray else plain_array(value, name)
    dtype = array.dtype
    if not (dtype is _FLOAT32 or dtype is _FLOAT64) and dtype not in FLOATS:
        raise TypeError(f"{name} has dtype {dtype}, expected float32 or float64: {_remedy(array, value)}.")
    if array.ndim != len(shape):
        raise ValueError(f"{name} has {array.ndim} axes {array.shape}, expected {_tuple(shape)}.")
    if check_finite:
        require_finite(array, name)
    return array


def point_array(value: Any, name: str = "points", check_finite: bool = True) -> np.ndarray:
    """Return points (n, d) of at least one dimension, float32 or float64."""
    points = float_array(value, name, ("n", "d"), check_finite)
    if points.shape[1] < 1:
        raise ValueError(f"{name} have no dimensions (d = 0), expected at least one.")
    return points


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _remedy(array: np.ndarray, value: Any) -> str:
    """Return what makes floats of an array of another dtype, as far as that can be said."""
    if array.dtype == object:
        return f"pass an array of numbers, not {'objects' if array.ndim else f'a {type(value).__name__}'}"
    if array.dtype.kind == "c":
        return "pass its real part, or its absolute values"
    if array.dtype.kind in "SUVMm":
        return "pass an array of numbers"
    return "convert it with .astype() first"


def require_finite(array: np.ndarray, name: str) -> None:
    """Raise ValueError if the array holds a NaN or an infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.add.reduce(array, axis=None)
    # A finite sum proves all finite without a temporary; an overflowed sum proves nothing yet.
    if math.isfinite(total) or np.isfinite(array).all():
        return
    bad = int(array.size - np.count_nonzero(np.isfinite(array)))
    raise ValueError(f"{name} holds {bad} NaN or infinite values, expected finite numbers only.")


def require_finite_batch(descriptors: Descriptors) -> None:
    """Raise ValueError if the descriptors of a batch hold a NaN or an infinity."""
    if isinstance(descriptors, np.ndarray):
        require_finite(descriptors, "descriptors")
        return
    for t, image in enumerate(descriptors):
        require_finite(image, f"descriptors[{t}]")


def integer_array(value: Any, name: str, shape: Tuple[int, ...], upper: int) -> np.ndarray:
    """Return `value` as intp of the given shape with all values in ``0..upper-1``."""
    array = value if type(value) is np.ndarray else plain_array(value, name)
    if array.dtype is not _INTP:
        if array.size == 0 and array.dtype == np.float64:
            array = array.astype(np.intp)  # what np.asarray makes of an empty list
        if array.dtype.kind not in "iu":
            raise TypeError(f"{name} has dtype {array.dtype}, expected integers.")
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}.")
    if array.size:
        if array.dtype is _INTP:  # read as unsigned, what is below 0 is beyond every bound: one pass, not two
            outside = np.maximum.reduce(array.view(np.uintp), axis=None) >= upper
        else:
            outside = array.min() < 0 or array.max() >= upper
        if outside:
            raise ValueError(f"{name} runs from {array.min()} to {array.max()}, expected 0 to {upper - 1}.")
    return array if array.dtype is _INTP else array.astype(np.intp, copy=False)


def positive_integer(value: Any, name: str) -> int:
    """Return `value` as an int from 1 to what an index can hold."""
    if type(value) is not int and (isinstance(value, bool) or not isinstance(value, (int, np.integer))):
        raise TypeError(f"{name} is {value!r}, expected an integer.")
    if value < 1:
        raise ValueError(f"{name} is {value}, expected at least 1.")
    if value > LARGEST_INDEX:
        raise ValueError(
            f"{name} is {value}, more than an array can index: expected at most {LARGEST_INDEX}."
        )
    return int(value)


def seed_number(value: Any) -> int:
    """Return a seed as an int of at least 0."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"seed is {value!r}, expected a whole number of at least 0.")
    if value < 0:
        raise ValueError(f"seed is {value}, expected a whole number of at least 0.")
    return int(value)


def descriptor_batch(value: Any, check_finite: bool = True, centers: Any = None) -> Descriptors:
    """Return descriptors as one (T, L, F) array, or as a list of T arrays (L_t, F) of one dtype.

    Parameters
    ----------
    value : (T, L, F) array, or sequence of arrays (L_t, F)
        An image without descriptors may be anything that is plainly empty: ``[]``, shape (0,) or (0, F), any dtype.
    check_finite : bool
    centers : (K, F) array or fitted estimator, optional
        Say F and the dtype where no image of a sequence does.
    """
    if not isinstance(value, (list, tuple)):
        array = float_array(value, "descriptors", ("T", "L", "F"), check_finite)
        _require_features(array.shape[2])
        return array
    if not value:
        raise ValueError("descriptors is an empty sequence, expected at least one image.")
    images = [_image(image, t, check_finite) for t, image in enumerate(value)]
    said = [t for t, image in enumerate(images) if len(image)] or [
        t for t, image in enumerate(images) if image.ndim == 2 and image.shape[1] and image.dtype in FLOATS
    ]
    if said:
        F, dtype = images[said[0]].shape[1], images[said[0]].dtype
        origin = f"image {said[0]} has"
    else:
        middles = center_array(centers, check_finite)
        F, dtype, origin = middles.shape[1], middles.dtype, "centers have"
    _require_features(F)
    return [_fitted(image, t, F, dtype, origin) for t, image in enumerate(images)]


def _image(value: Any, t: int, check_finite: bool) -> np.ndarray:
    """Return one image's descriptors; of an empty one the shape and dtype are not looked at yet."""
    name = f"descriptors[{t}]"
    if value is None:
        raise TypeError(f"{name} is None: for an image without descriptors pass np.empty((0, F)), or [].")
    array = plain_array(value, name)
    if array.size == 0 and array.ndim in (1, 2) and not len(array):
        return array
    return float_array(array, name, ("L", "F"), check_finite)


def _fitted(image: np.ndarray, t: int, F: int, dtype: np.dtype, origin: str) -> np.ndarray:
    """Return the image as it is, or an empty one in the others' layout."""
    if image.ndim == 2 and image.shape[1] != F and (len(image) or image.shape[1]):
        raise ValueError(f"descriptors[{t}] has {image.shape[1]} features, but {origin} {F}.")
    if not len(image):
        return np.empty((0, F), dtype)
    if image.dtype != dtype:
        raise TypeError(f"descriptors[{t}] has dtype {image.dtype}, but {origin} {dtype}.")
    return image


def _require_features(F: int) -> None:
    if F < 1:
        raise ValueError("descriptors have no features, expected at least one.")


def center_array(value: Any, check_finite: bool = True) -> np.ndarray:
    """Return the (K, F) centers that are meant by an array or by a fitted estimator, K and F at least 1."""
    if not isinstance(value, np.ndarray) and hasattr(value, "fit"):
        value = _centers_of_estimator(value)
    array = float_array(value, "centers", ("K", "F"), check_finite)
    if array.shape[0] < 1:
        raise ValueError("centers holds no centroid (K = 0), expected at least one.")
    return array


def _centers_of_estimator(value: Any) -> Any:
    if isinstance(value, type):
        raise TypeError(
            f"centers is the class {value.__name__}, expected a fitted estimator or a (K, F) array."
        )
    kind = type(value).__name__
    if hasattr(value, "cluster_centers_"):
        return value.cluster_centers_
    if hasattr(value, "means_"):
        raise ValueError(
            f"centers is a {kind}, which has no cluster_centers_: pass its means_, or a (K, F) array."
        )
    if any(name.endswith("_") and not name.startswith("_") for name in getattr(value, "__dict__", ())):
        raise ValueError(
            f"centers is a {kind}, which has no cluster_centers_: pass a (K, F) array of centroids."
        )
    raise ValueError(f"centers is a {kind} that is not fitted: call its fit method first.")


def centroids(value: Any, F: int, dtype: np.dtype, check_finite: bool = True) -> np.ndarray:
    """Return the (K, F) centers in the descriptors' dtype; `value` is an array or a fitted estimator."""
    array = center_array(value, check_finite)
    if array.shape[1] != F:
        raise ValueError(f"centers have {array.shape[1]} features, but descriptors have {F}.")
    if array.dtype == dtype:
        return array if array.flags.c_contiguous else np.ascontiguousarray(array)
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(array, dtype=dtype)
    if check_finite:
        require_finite(cast, f"centers, cast to {dtype.name},")
    return cast


def label_batch(value: Any, descriptors: Descriptors, K: int) -> Labels:
    """Return labels as intp in 0..K-1, in the layout of the descriptors."""
    if isinstance(descriptors, np.ndarray):
        return integer_array(value, "labels", descriptors.shape[:2], K)
    sequence = isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)
    if not sequence or len(value) != len(descriptors):
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


def require_out(out: Any, shape: Tuple[int, ...], dtype: np.dtype, read: Sequence[Any]) -> None:
    """Raise unless `out` can take a result of this shape and dtype without touching what is read."""
    if type(out) is not np.ndarray:
        raise TypeError(f"out is a {type(out).__name__}, expected a NumPy array.")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out has shape {out.shape} and dtype {out.dtype}, expected {shape} and {dtype}.")
    if not (out.flags.c_contiguous and out.flags.writeable):
        raise ValueError("out is read-only or not C-contiguous, expected an array as np.empty makes it.")
    arrays = [array for each in read for array in (each if isinstance(each, list) else [each])]
    if any(np.may_share_memory(out, array) for array in arrays):
        raise ValueError("out shares memory with descriptors or centers, expected memory of its own.")


def total_rows(images: Sequence[np.ndarray]) -> int:
    """Return how many descriptors a ragged batch holds."""
    return sum(len(image) for image in images)
