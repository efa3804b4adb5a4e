"""The normalisations of VLAD, from residual sums to encodings."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

import numpy as np

#: All steps, in the only order in which they are applied.
MENU = ("mass", "signed_sqrt", "intra", "l2")


def require_steps(steps: Optional[Sequence[str]]) -> Tuple[str, ...]:
    """Return the steps as a tuple; unknown, repeated or disordered ones are a ValueError."""
    if steps is None:
        raise TypeError("Normalisation steps are None, expected a sequence of names: pass () for no step.")
    if isinstance(steps, str):
        raise TypeError(
            f"Normalisation steps are the string {steps!r}, expected a sequence such as ({steps!r},)."
        )
    try:
        steps = tuple(steps)
    except TypeError:
        raise TypeError(f"Normalisation steps are {steps!r}, expected a sequence of names.") from None
    unknown = [step for step in steps if step not in MENU]
    if unknown:
        raise ValueError(f"Unknown normalisation step {unknown[0]!r}, expected any of {', '.join(MENU)}.")
    if list(steps) != [step for step in MENU if step in steps]:
        raise ValueError(
            f"Normalisation steps {steps} must each appear once, in the order {', '.join(MENU)}."
        )
    return steps


def normalize_in_place(
    residuals: np.ndarray, steps: Sequence[str], counts: Optional[np.ndarray]
) -> np.ndarray:
    """Normalise (T, K, F) residual sums in place and return them as (T, K*F). See `impls.vlad.normalize`."""
    T, K, F = residuals.shape
    flat = residuals.reshape(T, K * F)
    if "mass" in steps:
        if counts is None:
            raise ValueError(
                "The step 'mass' divides by the number of descriptors: pass counts, shape (T, K)."
            )
        residuals /= np.maximum(counts, 1).astype(residuals.dtype)[:, :, None]
    if "signed_sqrt" in steps:
        magnitude = np.abs(flat)
        np.sqrt(magnitude, out=magnitude)
        np.copysign(magnitude, flat, out=flat)
    if "intra" in steps:
        _unit_length(residuals)
    if "l2" in steps:
        _unit_length(flat)
    return flat


def _unit_length(vectors: np.ndarray) -> None:
    """Divide each vector along the last axis by its length, in place; a zero vector stays zero."""
    with np.errstate(over="ignore", under="ignore"):
        lengths = np.sqrt(np.einsum("...f,...f->...", vectors, vectors))
    tiny = np.finfo(vectors.dtype).tiny ** 0.5
    odd = (lengths < tiny * 1e3) | ~np.isfinite(lengths)
    if odd.any():  # the squares under- or overflowed: bring the largest entry to 1, then measure again
        scale = np.abs(vectors[odd]).max(axis=-1, keepdims=True)
        vectors[odd] /= np.where(scale > 0, scale, 1)
        lengths[odd] = np.sqrt(np.square(vectors[odd]).sum(axis=-1))
    vectors /= np.where(lengths > 0, lengths, 1)[..., None]
