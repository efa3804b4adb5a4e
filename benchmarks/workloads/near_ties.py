"""Assignments that rounding may settle either way, so that an encoding is not called wrong for the other choice.

Where a descriptor's two nearest centroids are equally near within the rounding of its dtype, neither is the wrong
one. An implementation that assigns by itself may choose the other, and the sums of that image then differ by a whole
residual. Images that differ are searched for such descriptors, and each choice is tried.
"""

from __future__ import annotations

import itertools
from typing import Any, List, NamedTuple

import numpy as np

from impls import vlad

MOST_IMAGES = 64  # that differ: more are no coincidence
MOST_TIES = 6  # undecided descriptors of one image: 64 combinations
ROUNDINGS = 64  # of a dot product of some hundred terms


class Tie(NamedTuple):
    """A descriptor of one image, the centroid it was given, and one as near."""

    row: int
    first: int
    second: int


def settled(encoded: Any, inputs: Any, sums: Any, allowed: float) -> Any:
    """Return the reference sums, with undecided descriptors moved to where `encoded` has them.

    Parameters
    ----------
    encoded : ndarray, shape (T, K*F)
        The encodings to be explained.
    inputs : object with arrays descriptors (T, L, F), labels (T, L), centers (K, F)
    sums : ndarray of float64, shape (T, K, F)
        The oracle's sums for `labels`; not written to.
    allowed : float
        Largest difference, in units of the rms of all encodings, of an image that needs no explanation.
    """
    expected = vlad.normalize(sums)
    scale = float(np.sqrt(np.mean(np.square(expected)))) or 1.0
    differing = np.flatnonzero(np.abs(encoded - expected).max(axis=1, initial=0) > allowed * scale)
    if len(differing) > MOST_IMAGES:
        return sums
    result = sums.copy()
    centers = inputs.centers.astype(np.float64)
    for t in differing:
        image = inputs.descriptors[t].astype(np.float64)
        found = ties(image, inputs.labels[t], centers, np.finfo(inputs.descriptors.dtype).eps)
        if len(found) <= MOST_TIES:
            choices = [moved(sums[t], chosen, image, centers) for chosen in subsets(found)]
            encodings = vlad.normalize(np.stack(choices))
            result[t] = choices[int(np.abs(encodings - encoded[t]).max(axis=1).argmin())]
    return result


def ties(image: Any, labels: Any, centers: Any, eps: float) -> List[Tie]:
    """Return the descriptors of an image (L, F) whose second nearest centroid is as near within rounding."""
    if len(centers) < 2:
        return []
    mean = centers.mean(axis=0)
    shifted, rows = centers - mean, image - mean
    scores = rows @ shifted.T - np.square(shifted).sum(axis=1) / 2
    index = np.arange(len(rows))
    given = scores[index, labels]
    scores[index, labels] = -np.inf
    second = scores.argmax(axis=1)
    # What rounds is as large as the descriptor as it was given, before anything is subtracted.
    size = np.sqrt(np.square(image).sum(axis=1)) * np.sqrt(np.square(shifted).sum(axis=1).max())
    close = given - scores[index, second] <= ROUNDINGS * eps * size
    return [Tie(int(row), int(labels[row]), int(second[row])) for row in np.flatnonzero(close)]


def subsets(found: List[Tie]) -> List[List[Tie]]:
    """Return every choice of ties, the empty one first."""
    sizes = range(len(found) + 1)
    return [list(chosen) for size in sizes for chosen in itertools.combinations(found, size)]


def moved(sums: Any, chosen: List[Tie], image: Any, centers: Any) -> Any:
    """Return the sums (K, F) of an image with the chosen descriptors at their second centroid."""
    result = sums.copy()
    for row, first, second in chosen:
        result[first] -= image[row] - centers[first]
        result[second] += image[row] - centers[second]
    return result
