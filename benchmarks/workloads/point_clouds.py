"""Points to cluster: the course's own 1500, and clusters of the same kind of any number, size and dimension."""

from __future__ import annotations

import hashlib
import os
from typing import Any, NamedTuple

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.base import generator

LESSON = os.path.join(os.path.dirname(__file__), "lesson_points.npy")
#: of the 12000 bytes, little-endian float32, that torch.manual_seed(42) gives: 6 centroids ``rand(6, 2) * 70 - 35`` and
#: 250 draws of ``MultivariateNormal(centroid, diag(5, 5))`` about each
LESSON_SHA256 = "dac0ac3e8677894a8e8d8ed075bd48dad5bda97f89e523d149d99f4639239baa"
SIDE, VARIANCE, GROUPS = 70.0, 5.0, 6


class Kind(NamedTuple):
    """One geometry: how many clusters, and the bandwidth in units of the one that suits them."""

    groups: int
    widths: float = 1.0


#: labels -> geometry; where the clusters are many the box grows with them, so that they stay as far apart
KINDS = {"lesson": Kind(GROUPS), "uniform": Kind(GROUPS), "many": Kind(120), "wide": Kind(GROUPS, 10.0)}


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
    n, d = block.cell["n"], block.cell["d"]
    if block.labels not in KINDS:
        raise ValueError(f"no point cloud named {block.labels!r}; there are {', '.join(KINDS)}")
    if block.labels == "lesson":
        points = lesson()
        if points.shape != (n, d):
            raise ValueError(
                f"the lesson's points are n=1500 d=2; n={n} d={d} has to be uniform, many or wide"
            )
        return points.astype(block.dtype)
    groups, rng = KINDS[block.labels].groups, generator(block, seed)
    side = SIDE * (groups / GROUPS) ** (1.0 / d)
    centers = (rng.random((groups, d)) - 0.5) * side
    members = rng.permutation(np.arange(n) % groups)
    return (centers[members] + np.sqrt(VARIANCE) * rng.standard_normal((n, d))).astype(block.dtype)
