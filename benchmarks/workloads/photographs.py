"""Real descriptors: whitened patches of the photographs that scikit-learn bundles.

The left half of each photograph fits the whitening and the codebook, tiles of the right half are the images, so
that labels are as skewed as another picture's vocabulary makes them.
"""

from __future__ import annotations

import functools
import math
from typing import Any, List, Tuple

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.draws import generator
from impls import vlad

#: of the patches that whitening and codebook are fitted on: sessions draw other tiles, and describe them alike
BOOK_SEED = 1234
TILE = 96  # side of an image in pixels
FIT_PATCHES = 12_000


@functools.lru_cache(maxsize=1)
def halves() -> Tuple[List[Any], List[Any]]:
    """Left and right halves of the photographs, float64 in 0..1, shape (height, width/2, 3) each."""
    from sklearn.datasets import load_sample_images

    photographs = [np.asarray(image, dtype=np.float64) / 255.0 for image in load_sample_images().images]
    middle = [image.shape[1] // 2 for image in photographs]
    left = [image[:, :half] for image, half in zip(photographs, middle)]
    return left, [image[:, half:] for image, half in zip(photographs, middle)]


def patches(rng: np.random.Generator, picture: Any, side: int, count: int) -> Any:
    """Draw `count` square patches at random places; returns an array of shape (count, side*side*3)."""
    rows = rng.integers(0, picture.shape[0] - side + 1, size=count)
    columns = rng.integers(0, picture.shape[1] - side + 1, size=count)
    reach = np.arange(side)
    return picture[rows[:, None, None] + reach[:, None], columns[:, None, None] + reach].reshape(count, -1)


@functools.lru_cache(maxsize=4)
def whitening(F: int, seed: int) -> Tuple[int, Any, Any]:
    """Patch side, mean and projection onto `F` whitened principal axes, fitted on the left halves."""
    side = math.ceil(math.sqrt(F / 3))
    rng = np.random.default_rng(seed)
    sample = np.concatenate([patches(rng, half, side, FIT_PATCHES // 2) for half in halves()[0]])
    mean = sample.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov(sample - mean, rowvar=False))
    strongest = np.argsort(values)[::-1][:F]
    # the floor keeps nearly constant directions from being blown up to noise of unit size
    return side, mean, axes[:, strongest] / np.sqrt(values[strongest] + 1e-4 * values.max())


@functools.lru_cache(maxsize=4)
def codebook(F: int, K: int, seed: int) -> Any:
    """K centroids, shape (K, F), fitted by mini-batch k-means on patches of the left halves."""
    from sklearn.cluster import MiniBatchKMeans

    side, mean, projection = whitening(F, seed)
    rng = np.random.default_rng(seed + 1)
    count = max(FIT_PATCHES, 10 * K) // 2
    sample = np.concatenate([(patches(rng, half, side, count) - mean) @ projection for half in halves()[0]])
    fitted = MiniBatchKMeans(n_clusters=K, random_state=0, n_init=1, batch_size=2048, max_iter=20).fit(sample)
    return fitted.cluster_centers_


def described(block: Block, seed: int) -> Tuple[Any, Any, Any]:
    """Descriptors of T random tiles of the right halves with their labels.

    Returns
    -------
    descriptors, labels, centers : ndarray
        Shapes (T, L, F), (T, L), (K, F), in the block's dtype.
    """
    cell, rng = block.cell, generator(block, seed)
    side, mean, projection = whitening(cell["F"], BOOK_SEED)
    pictures = halves()[1]
    descriptors = np.empty((cell["T"], cell["L"], cell["F"]), dtype=block.dtype)
    for image in descriptors:
        picture = pictures[rng.integers(len(pictures))]
        top = rng.integers(0, picture.shape[0] - TILE + 1)
        left = rng.integers(0, picture.shape[1] - TILE + 1)
        tile = picture[top : top + TILE, left : left + TILE]
        image[...] = (patches(rng, tile, side, cell["L"]) - mean) @ projection
    centers = codebook(cell["F"], cell["K"], BOOK_SEED).astype(block.dtype)
    return descriptors, vlad.assign(descriptors, centers), centers
