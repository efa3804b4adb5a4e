"""What the tests of impls share: an independent oracle, batches of data, and how to run a strategy raw."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import textwrap
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict

import numpy as np

from impls import vlad
from impls.accuracy import max_error_over_rms

DTYPES = ("float32", "float64")
OPTIONAL = ("jax", "torch", "numba", "pandas", "matplotlib", "scipy", "sklearn")


# One name a line of the contract. Few distinct shapes: every shape costs the JAX strategies a compilation.
CASES: Dict[str, Dict[str, Any]] = {
    "typical": {"T": 3, "L": 40, "F": 17, "K": 5},
    "K=1": {"T": 3, "L": 40, "F": 17, "K": 1},
    "L=1": {"T": 5, "L": 1, "F": 9, "K": 4},
    "L<K": {"T": 4, "L": 6, "F": 9, "K": 30},
    "first bucket empty": {"T": 3, "L": 40, "F": 17, "K": 5, "labels": "first empty"},
    "last bucket empty": {"T": 3, "L": 40, "F": 17, "K": 5, "labels": "last empty"},
    "all in one cluster": {"T": 3, "L": 40, "F": 17, "K": 5, "labels": "one"},
    "skewed": {"T": 3, "L": 40, "F": 17, "K": 5, "labels": "skewed"},
    "sorted": {"T": 3, "L": 40, "F": 17, "K": 5, "labels": "sorted"},
    "offset 10": {"T": 3, "L": 40, "F": 17, "K": 5, "offset": 10.0},
    "offset 1e3": {"T": 3, "L": 40, "F": 17, "K": 5, "offset": 1e3},
    "one feature": {"T": 9, "L": 40, "F": 1, "K": 5, "labels": "uniform"},
}


def optional_packages_after(code):
    """Which of the packages that nothing may load unasked a fresh process has loaded when it has run some code."""
    asked = f"import json, sys\nprint(json.dumps([name for name in {OPTIONAL} if name in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code) + asked],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def brute_force(descriptors, labels, centers):
    """Residual sums by exact rational summation of Python floats: slow, and shares nothing with impls."""
    K, F = centers.shape
    result = np.zeros((len(descriptors), K, F))
    exact_centers = centers.astype(float).tolist()
    for t, (image, label) in enumerate(zip(descriptors, labels)):
        members = defaultdict(list)
        for row, k in zip(np.asarray(image, dtype=float).tolist(), np.asarray(label).tolist()):
            members[k].append(row)
        for k, rows in members.items():
            for f in range(F):
                terms = [row[f] for row in rows] + [-exact_centers[k][f]] * len(rows)
                result[t, k, f] = math.fsum(terms)
    return result


def batch(T, L, F, K, dtype, seed=0, labels="nearest", offset=0.0):
    """Return descriptors, labels, centers of a seeded random batch."""
    rng = np.random.default_rng(seed)
    centers = (rng.standard_normal((K, F)) + offset).astype(dtype)
    descriptors = (rng.standard_normal((T, L, F)) + offset).astype(dtype)
    if labels == "nearest":
        chosen = np.asarray(vlad.assign(descriptors, centers))
    elif labels == "uniform":
        chosen = rng.integers(0, K, (T, L))
    elif labels == "one":
        chosen = np.full((T, L), K // 2)
    elif labels == "sorted":
        chosen = np.sort(rng.integers(0, K, (T, L)), axis=1)
    elif labels == "skewed":
        chosen = np.minimum(rng.zipf(1.3, (T, L)) - 1, K - 1)
    elif labels == "first empty":
        chosen = rng.integers(min(1, K - 1), K, (T, L))
    elif labels == "last empty":
        chosen = rng.integers(0, max(1, K - 1), (T, L))
    else:
        raise ValueError(labels)
    return descriptors, chosen.astype(np.intp), centers


def run(strategy, descriptors, labels, centers):
    """Return a strategy's residual sums as NumPy, through the unchecked path that benchmarks time."""
    result = strategy.residual_sums(*strategy.put(descriptors, labels, centers))
    return strategy.to_numpy(strategy.wait(result))


def assert_close(strategy, result, reference, dtype):
    error = max_error_over_rms(result, reference)
    assert error <= strategy.error_bound(dtype), f"{strategy.name}: error {error:.2g} in {dtype}"


def aggregate(arrays, name, **options):
    """Return vlad.aggregate of a batch."""
    descriptors, labels, centers = arrays
    return vlad.aggregate(descriptors, labels, centers, strategy=name, **options)


def oracle(arrays):
    """Return vlad.oracle of a batch."""
    descriptors, labels, centers = arrays
    return vlad.oracle(descriptors, labels, centers)
