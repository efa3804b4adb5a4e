"""How far results of an approximate strategy lie from what they approximate, over several seeds.

Never pass or fail: an approximation is a place on the front of speed against error, and for one that draws at random
that place is a spread.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Callable, Dict, List, Optional

import numpy as np

from benchmarks.protocol.plan import KEPT
from benchmarks.workloads import quantities

SEEDS = 10


def root_mean_square(wrong: Any) -> float:
    """Root of the mean square over all elements; 0 where there are none."""
    return float(np.sqrt(np.mean(np.square(wrong)))) if wrong.size else 0.0


def modes(points: Any, reach: float) -> Any:
    """Label points (n, d) that have gathered at modes: those linked by steps of at most `reach` share a label."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    # Gathered points are many copies of a few: cells far smaller than the reach stand for all in them.
    cells, home = np.unique(np.rint(points * (16 / reach)), axis=0, return_inverse=True)
    pairs = cKDTree(cells).query_pairs(16.0, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cells), len(cells)))
    return connected_components(links, directed=False)[1][home.reshape(-1)]


def adjusted_rand_index(labels: Any, other: Any) -> float:
    """Agreement of two labellings (n,) of the same rows: 1 where they are the same partition, about 0 by chance."""

    def pairs(counts: Any) -> float:
        return float((counts * (counts - 1.0)).sum() / 2)

    _, first = np.unique(labels, return_inverse=True)
    _, second = np.unique(other, return_inverse=True)
    together = pairs(np.bincount(first * (int(second.max()) + 1) + second))
    alone, beside = pairs(np.bincount(first)), pairs(np.bincount(second))
    expected = alone * beside / max(pairs(np.array([len(first)])), 1.0)
    most = (alone + beside) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def agreement(points: Any, reference: Any, reach: float) -> float:
    """Adjusted Rand index between the modes of two results, over the rows that are finite in the first."""
    finite = np.isfinite(points).all(axis=1)
    if not finite.any():
        return 0.0
    return adjusted_rand_index(modes(reference[finite], reach), modes(points[finite], reach))


def accuracy_of_modes(points: Any, classes: Any, reach: float) -> float:
    """Share of points whose mode stands for their class (`quantities.class_accuracy`); a lost row counts as wrong."""
    finite = np.isfinite(points).all(axis=1)
    if not finite.any():
        return 0.0
    return quantities.class_accuracy(modes(points[finite], reach), classes[finite]) * float(finite.mean())


def account(
    result: Callable[[int], Any],
    seeds: int,
    start: Any,
    reference: Any,
    unit: float,
    gathered: bool,
    classes: Any = None,
) -> Dict[str, Any]:
    """Facts about the results of one strategy for seeds ``0..seeds-1``.

    Parameters
    ----------
    result : callable
        Takes a seed, gives an array of the reference's shape.
    start : ndarray
        The positions before the first step.
    reference : ndarray of float64
        What is approximated.
    unit : float
        Errors are divided by it.
    gathered : bool
        Whether points have come to modes, so that these can be compared.
    classes : ndarray of int, optional
        Which class each point belongs to, where that is known.

    Returns
    -------
    dict
        ``seeds``; ``errors``, one a seed, over its finite rows, None where there are none; ``finite_rows``, the
        least share of any seed; ``unmoved_rows``, the most that stayed where they were to the last bit; and
        ``rand_index`` and, where classes are known, ``class_accuracy``, one a seed.
    """
    errors: List[Optional[float]] = []
    found: Dict[str, List[float]] = {"finite": [], "unmoved": []}
    of_modes: Dict[str, List[float]] = {"rand_index": []} if gathered else {}
    if gathered and classes is not None:
        of_modes["class_accuracy"] = []
    for seed in range(seeds):
        points = np.asarray(result(seed))
        finite = np.isfinite(points).all(axis=1)
        wrong = points[finite] - reference[finite]
        errors.append(root_mean_square(wrong) / unit if finite.any() else None)
        found["finite"].append(float(finite.mean()))
        found["unmoved"].append(int((points == start).all(axis=1).sum()))
        if gathered:
            of_modes["rand_index"].append(agreement(points, reference, unit))
        if "class_accuracy" in of_modes:
            of_modes["class_accuracy"].append(accuracy_of_modes(points, classes, unit))
    facts = {
        "seeds": seeds,
        "errors": errors,
        "finite_rows": min(found["finite"]),
        "unmoved_rows": max(found["unmoved"]),
    }
    return dict(facts, **of_modes)


def once_a_run(key: Any, compute: Callable[[], Dict[str, Any]]) -> Dict[str, Any]:
    """Return what `compute` gives, from the run's folder where an earlier session has asked already."""
    folder: Optional[str] = os.environ.get(KEPT)
    name = hashlib.sha256(repr(key).encode()).hexdigest()[:24]
    path = os.path.join(folder, f"spread-{name}.json") if folder else None
    if path and os.path.exists(path):
        with open(path, encoding="ascii") as stored:
            kept: Dict[str, Any] = json.load(stored)
        return kept
    found = compute()
    if path:
        with open(
            path + ".part", "w", encoding="ascii"
        ) as half_done:  # a worker may be killed while it writes
            json.dump(found, half_done)
        os.replace(path + ".part", path)
    return found
