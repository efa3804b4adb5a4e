"""How wrong a result is, and how wrong an exact strategy may be (DESIGN section 4)."""

from __future__ import annotations

from typing import Any, Mapping, Optional

import numpy as np

PIECE = 1 << 15  # numbers of a long vector that are compared at a time
#: Largest error, in units of the reference's root mean square, of a strategy called exact.
CONTRACT: Mapping[str, float] = {"float32": 1e-5, "float64": 1e-12}


def tolerance(dtype: Any, declared: Optional[Mapping[str, float]] = None) -> float:
    """Return the error that a strategy may show for inputs of `dtype`.

    Parameters
    ----------
    dtype : dtype-like
        float32 or float64, the dtype of the descriptors.
    declared : mapping of str to float, optional
        The strategy's own ``ERROR_BOUND``: wider bounds by dtype name, for arithmetic that cannot
        reach the contract. A dtype it does not name keeps the contract.

    Returns
    -------
    float
        Bound on ``max_error_over_rms``, dimensionless.
    """
    name = np.dtype(dtype).name
    if name not in CONTRACT:
        raise TypeError(f"There is no error bound for {name}: expected one of {', '.join(sorted(CONTRACT))}.")
    return float((declared or {}).get(name, CONTRACT[name]))


def max_error_over_rms(result: Any, reference: Any) -> float:
    """Return ``max |result - reference| / rms(reference)``, both taken over all elements.

    The root mean square makes the number comparable over shapes and scales; dividing element by
    element instead would blow up wherever a residual sum happens to cancel.

    Parameters
    ----------
    result : array of any shape
        What a strategy returned.
    reference : array of the same shape
        What the oracle returned, float64.

    Returns
    -------
    float
        0 for an empty array. Where the reference is zero everywhere: 0 if the result is too, else
        infinity. A result that holds a NaN has infinite error.
    """
    result, reference = np.asarray(result), np.asarray(reference, dtype=np.float64)
    if result.shape != reference.shape:
        raise ValueError(f"The result has shape {result.shape}, but the reference has {reference.shape}.")
    if reference.size == 0:
        return 0.0
    flat, right = result.reshape(-1), reference.reshape(-1)
    largest = _largest_difference(flat, right)
    scale = float(max(right.max(), -right.min()))
    if np.isnan(largest) or (scale == 0 and largest > 0):
        return float("inf")
    if largest == 0:
        return 0.0
    if 1e-100 < scale < 1e100:
        return largest / float(np.sqrt(np.dot(right, right) / right.size))
    # Scaled before squaring, so that residuals of 1e-200 or 1e+200 neither vanish nor overflow.
    rms = scale * float(np.sqrt(np.mean(np.square(right / scale))))
    return largest / rms


def _largest_difference(left: np.ndarray, right: np.ndarray) -> float:
    """Return the largest absolute difference of two vectors, NaN where there is one; in pieces that stay in cache."""
    largest = 0.0
    for start in range(0, len(left), PIECE):
        apart = left[start : start + PIECE] - right[start : start + PIECE]
        here = float(max(apart.max(), -apart.min()))
        if np.isnan(here):
            return here
        largest = max(largest, here)
    return largest


def max_error_over_bucket(result: Any, reference: Any, absolute: Any) -> float:
    """Return ``max |result - reference| / absolute``: the error of each sum in units of what was added up in it.

    `max_error_over_rms` compares with all buckets together, so that one bucket's large values may hide another's loss;
    this compares each sum with its own terms.

    Parameters
    ----------
    result : array of any shape
        What a strategy returned.
    reference : array of the same shape
        What the oracle returned, float64.
    absolute : array of the same shape
        The sums of absolute values, float64: what the oracle returns for the absolute values of what is summed.

    Returns
    -------
    float
        0 for an empty array. Where nothing was added up: 0 if the result is 0, else infinity. A result that holds a
        NaN has infinite error.
    """
    result, reference = np.asarray(result), np.asarray(reference, dtype=np.float64)
    absolute = np.asarray(absolute, dtype=np.float64)
    if not result.shape == reference.shape == absolute.shape:
        raise ValueError(
            f"The result has shape {result.shape}, the reference {reference.shape}, and the sums of absolute values "
            f"{absolute.shape}: expected one shape."
        )
    wrong = np.abs(result - reference)
    if np.isnan(wrong).any() or wrong[absolute == 0].any():
        return float("inf")
    terms = absolute > 0
    return float((wrong[terms] / absolute[terms]).max(initial=0.0))
