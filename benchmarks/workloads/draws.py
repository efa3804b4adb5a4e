"""What inputs are drawn with: a generator that is the same on any machine, and labels of named distributions."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from benchmarks.protocol.plan import Block


def generator(block: Block, seed: int) -> np.random.Generator:
    """Random generator that depends on the block's data (not on stage or threads) and the seed, on any machine."""
    text = repr((block.workload, block.dtype, block.labels, block.axes, seed))
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(np.frombuffer(digest[:16], dtype=np.uint32).tolist())


def draw_labels(rng: np.random.Generator, kind: str, n: int, k: int) -> Any:
    """Draw `n` labels in ``0..k-1`` of the named distribution.

    Parameters
    ----------
    kind : {"uniform", "zipf", "one", "sorted", "first_empty", "last_empty"}
        Uniform; Zipf with exponent 1.1 over shuffled clusters; all in cluster 0; uniform but sorted; uniform over
        all clusters but the first, or but the last (two clusters at least).

    Returns
    -------
    ndarray of intp, shape (n,)
    """
    if kind in ("uniform", "sorted"):
        labels = rng.integers(0, k, size=n)
        return np.sort(labels).astype(np.intp) if kind == "sorted" else labels.astype(np.intp)
    if kind == "zipf":
        weights = 1.0 / np.arange(1, k + 1) ** 1.1
        return rng.permutation(k)[rng.choice(k, size=n, p=weights / weights.sum())].astype(np.intp)
    if kind == "one":
        return np.zeros(n, dtype=np.intp)
    if kind in ("first_empty", "last_empty"):
        if k < 2:
            raise ValueError(f"{kind} labels need two clusters or more, got {k}")
        return rng.integers(0, k - 1, size=n).astype(np.intp) + (kind == "first_empty")
    raise ValueError(
        f"no label distribution named {kind!r}; there are uniform, zipf, one, sorted, first_empty, last_empty"
    )


#: range of the exponents of one image's labels: the longest bucket then has a fifth to four fifths of an image, as with
#: patches of photographs and 64 centroids (where many images are mostly sky)
SKEWNESS = (0.8, 2.8)


def draw_skewed_labels(rng: np.random.Generator, T: int, L: int, k: int) -> Any:
    """Draw labels as skewed as those of photographs: every image has clusters and an exponent of its own.

    Returns
    -------
    ndarray of intp, shape (T, L)
        Per image Zipf over shuffled clusters, the exponent uniform in `SKEWNESS`.
    """
    ranks, labels = np.log(np.arange(1, k + 1)), np.empty((T, L), dtype=np.intp)
    for image, exponent in zip(labels, rng.uniform(*SKEWNESS, size=T)):
        shares = np.cumsum(np.exp(-exponent * ranks))
        drawn = np.searchsorted(shares, rng.random(L) * shares[-1], side="right")
        image[:] = rng.permutation(k)[np.minimum(drawn, k - 1)]
    return labels
