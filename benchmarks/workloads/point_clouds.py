"""Points to cluster: the course's own 1500, and clusters of the same kind of any number, size and dimension."""

from __future__ import annotations

import hashlib
import math
import os
from typing import Any, NamedTuple, Tuple

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.draws import generator

LESSON = os.path.join(os.path.dirname(__file__), "lesson_points.npy")
#: of the 12000 bytes, little-endian float32, that torch.manual_seed(42) gives: 6 centroids ``rand(6, 2) * 70 - 35`` and
#: 250 draws of ``MultivariateNormal(centroid, diag(5, 5))`` about each
LESSON_SHA256 = "dac0ac3e8677894a8e8d8ed075bd48dad5bda97f89e523d149d99f4639239baa"
SIDE, VARIANCE, GROUPS = 70.0, 5.0, 6


class Kind(NamedTuple):
    """One geometry.

    Attributes
    ----------
    groups : int
        Clusters.
    widths : float
        The bandwidth in units of the one that suits such clusters.
    silhouette : float
        Two clusters, as far apart as makes their mean silhouette about this; 0 for clusters anywhere in a box.
    """

    groups: int
    widths: float = 1.0
    silhouette: float = 0.0


#: labels -> geometry; where the clusters are many the box grows with them, so that they stay as far apart
KINDS = {
    "lesson": Kind(GROUPS),
    "lesson_wide": Kind(GROUPS, 10.0),
    "uniform": Kind(GROUPS),
    "many": Kind(120),
    "wide": Kind(GROUPS, 10.0),
    **{f"pair_{percent}": Kind(2, silhouette=percent / 100) for percent in (30, 40, 57, 70)},
}


def lesson() -> Any:
    """The course's points, shape (1500, 2), float32; ValueError if the stored file is another."""
    points = np.load(LESSON)
    if hashlib.sha256(points.astype("<f4").tobytes()).hexdigest() != LESSON_SHA256:
        raise ValueError(f"{LESSON} does not hold the points it should: restore it from the repository")
    return points


def cloud(block: Block, seed: int) -> Any:
    """Points of a block, shape (n, d), in its dtype: in random order (the lesson's stay in theirs).

    Raises
    ------
    ValueError
        If there is no such geometry, or the lesson's points are asked for in another number or dimension.
    """
    return cloud_and_classes(block, seed)[0]


def cloud_and_classes(block: Block, seed: int) -> Tuple[Any, Any]:
    """Points of a block as `cloud` gives them, and which cluster each was drawn from, ints of shape (n,)."""
    n, d = block.cell["n"], block.cell["d"]
    if block.labels not in KINDS:
        raise ValueError(f"no point cloud named {block.labels!r}; there are {', '.join(KINDS)}")
    kind = KINDS[block.labels]
    if block.labels.startswith("lesson"):
        points = lesson()
        if points.shape != (n, d):
            raise ValueError(
                f"the lesson's points are n=1500 d=2; n={n} d={d} has to be uniform, many or wide"
            )
        return points.astype(block.dtype), np.arange(n) // (n // GROUPS)
    rng = generator(block, seed)
    side = SIDE * (kind.groups / GROUPS) ** (1.0 / d)
    centers = (rng.random((kind.groups, d)) - 0.5) * side
    if kind.silhouette:
        centers = np.outer([-0.5, 0.5], np.full(d, distance_for(kind.silhouette, d) / math.sqrt(d)))
    members = rng.permutation(np.arange(n) % kind.groups)
    points = centers[members] + np.sqrt(VARIANCE) * rng.standard_normal((n, d))
    return points.astype(block.dtype), members


def distance_for(silhouette: float, d: int) -> float:
    """How far apart the centers of two clusters lie whose mean silhouette is about this.

    Two points of one cluster are about ``a = sqrt(2 d VARIANCE)`` apart, two of different ones ``sqrt(a^2 + D^2)``.
    """
    within = math.sqrt(2 * d * VARIANCE)
    return math.sqrt((within / (1 - silhouette)) ** 2 - within**2)
