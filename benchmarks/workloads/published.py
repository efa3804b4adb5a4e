"""The pipelines of the 2021 question and post on their own data: T images x L descriptors x F features, K centroids."""

from __future__ import annotations

import copy
import functools
import os
import pickle
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from benchmarks.protocol.plan import KEPT, Block
from benchmarks.workloads.base import LeastWork, Reference, Task, Workload, judged, rounding_allowance
from impls import published, vlad

#: labels kind -> the (image, cluster) that is made empty
EMPTY = {"first_empty": (0, 0), "last_empty": (-1, -1)}
#: ``fitted`` is the clustering as scikit-learn numbers it; ``filled`` numbers it so that no edge bucket is empty
KINDS = ("fitted", "filled", *EMPTY)


@dataclass
class PublishedInputs:
    """Inputs of one block.

    Attributes
    ----------
    descriptors : ndarray, shape (T, L, F)
    kmeans : sklearn.cluster.MiniBatchKMeans
        Fitted on all descriptors.
    labels : ndarray of int32, shape (T, L)
        What ``kmeans.predict`` says of them.
    """

    descriptors: Any
    kmeans: Any
    labels: Any


@functools.lru_cache(maxsize=2)
def fitted(T: int, L: int, F: int, K: int, seed: int, dtype: str) -> Tuple[Any, Any]:
    """Descriptors and clustering as published: the legacy generator's normal numbers, ten starts, state 0.

    Fitting takes many times as long as encoding, so the processes of a run share one clustering.
    """
    # RandomState draws the same numbers as np.random.seed and np.random.randn, in every version of NumPy.
    descriptors = np.random.RandomState(seed).randn(T, L, F).astype(dtype)
    descriptors.setflags(write=False)  # cached: blocks get copies
    folder = os.environ.get(KEPT)
    path = os.path.join(folder, f"kmeans-{T}-{L}-{F}-{K}-{seed}-{dtype}.pickle") if folder else None
    if path and os.path.exists(path):
        with open(path, "rb") as stored:
            return descriptors, pickle.load(stored)
    kmeans = fit(descriptors.reshape(-1, F), K)
    if path:
        with open(path + ".part", "wb") as half_done:  # a worker may be killed while it writes
            pickle.dump(kmeans, half_done)
        os.replace(path + ".part", path)
    return descriptors, kmeans


def fit(rows: Any, K: int) -> Any:
    """The clustering of the post."""
    from sklearn.cluster import MiniBatchKMeans

    return MiniBatchKMeans(n_clusters=K, random_state=0, n_init=10).fit(rows)


def filled(kmeans: Any, labels: Any) -> Any:
    """The same clustering, renumbered: the first image has descriptors in cluster 0, the last one in the last cluster.

    Which edge buckets are empty is an accident of the numbering, and that depends on scikit-learn's version; one
    pipeline fails on them. Numbers change, the work does not.
    """
    K = len(kmeans.cluster_centers_)
    first = labels[0][0]
    others = labels[-1][labels[-1] != first]
    if K > 1 and not len(others):
        raise ValueError("the last image has one cluster only, that of the first: choose a larger L or K")
    last = others[0] if K > 1 else first
    between = [k for k in range(K) if k not in (first, last)]
    order = [first, *between, last][:K]
    renumbered = copy.deepcopy(kmeans)
    renumbered.cluster_centers_ = np.ascontiguousarray(kmeans.cluster_centers_[order])
    return renumbered


def emptied(descriptors: Any, labels: Any, image: int, cluster: int) -> Any:
    """Copy of the descriptors in which an image has none of a cluster.

    Every descriptor of that cluster is overwritten by one of the same image that belongs elsewhere, so whoever
    assigns them again finds the cluster empty.
    """
    inside = labels[image] == cluster
    if inside.all():
        raise ValueError(f"image {image} has no descriptor outside cluster {cluster}: choose a larger K or L")
    changed = descriptors.copy()
    changed[image][inside] = changed[image][np.argmin(inside)]
    return changed


def sums_of(encodings: Any, sums: Any, steps: Sequence[str]) -> Any:
    """Undo the normalisation: residual sums of the right total size that would give these encodings.

    The signed square root turns an error e near zero into sqrt(e) and back into e when it is squared, so pipelines
    that only return encodings can be held to the contract on raw sums.

    Parameters
    ----------
    encodings : ndarray, shape (T, K*F)
    sums : ndarray of float64, shape (T, K, F)
        The oracle's, for the size of each image.
    steps : sequence of str
        ``l2``, perhaps after ``signed_sqrt``.

    Returns
    -------
    ndarray, shape (T, K*F)
    """
    rows = sums.reshape(len(sums), -1)
    if "signed_sqrt" in steps:
        return encodings * np.abs(encodings) * np.abs(rows).sum(axis=1, keepdims=True)
    return encodings * np.linalg.norm(rows, axis=1, keepdims=True)


class PublishedWorkload(Workload[PublishedInputs]):
    """Encodings from descriptors: with the assignment where each author put it, or with labels handed in."""

    name = "published"
    axes = ("T", "L", "F", "K")
    stages = ("as_published", "fair")
    baseline = "looping"
    control = "truvec"
    reseeded = False

    def strategies(self) -> List[str]:
        """Every published pipeline, and ours that stand between them."""
        return list(published.strategies())

    def why_not(self, impl: str) -> Optional[str]:
        """Reason why the pipeline cannot run here."""
        return published.get(impl).why_not

    def load(self, impl: str) -> None:
        """Import the pipeline's file."""
        assert published.get(impl).module

    def may_compile(self, impl: str) -> bool:
        """None compiles."""
        return False

    def elements(self, block: Block) -> int:
        """T * L * F."""
        cell = block.cell
        return cell["T"] * cell["L"] * cell["F"]

    def input_bytes(self, block: Block) -> int:
        """Three sets of descriptors (cached, the block's, other ones), labels, and the oracle's copies and result."""
        cell = block.cell
        sums = cell["T"] * cell["K"] * cell["F"]
        return self.elements(block) * (3 * np.dtype(block.dtype).itemsize + 4 * 8) + 3 * 8 * sums

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the pipeline says of itself, with the clustering's distances on top where it assigns."""
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        T, L, F, K = (cell[axis] for axis in self.axes)
        need = published.get(impl).workspace_bytes(T, L, F, K, itemsize)
        return need + (12 * T * L if block.stage == "as_published" else 0)

    def least_work(self, block: Block) -> LeastWork:
        """Descriptors, centroids and labels (unless they are to be found) read, encodings written."""
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        T, L, F, K = (cell[axis] for axis in self.axes)
        numbers = T * L * F + K * F + T * K * F
        if block.stage == "as_published":
            return LeastWork(numbers * itemsize, 2 * T * L * F * K)
        return LeastWork(numbers * itemsize + T * L * np.dtype(np.int32).itemsize)

    def inputs(self, block: Block, seed: int) -> PublishedInputs:
        """The published data of any size; the same clustering serves all stages and kinds of labels."""
        if block.labels not in KINDS:
            raise ValueError(f"no kind of labels named {block.labels!r}; there are {', '.join(KINDS)}")
        T, L, F, K = (block.cell[axis] for axis in self.axes)
        descriptors, kmeans = fitted(T, L, F, K, seed, block.dtype)
        descriptors, kmeans = descriptors.copy(), copy.deepcopy(kmeans)
        labels = kmeans.predict(descriptors.reshape(-1, F)).reshape(T, L)
        if block.labels != "fitted":
            kmeans = filled(kmeans, labels)
            labels = kmeans.predict(descriptors.reshape(-1, F)).reshape(T, L)
        if block.labels in EMPTY:
            image, cluster = EMPTY[block.labels]
            descriptors = emptied(descriptors, labels, image, cluster % K)
            labels = kmeans.predict(descriptors.reshape(-1, F)).reshape(T, L)
        return PublishedInputs(descriptors, kmeans, labels)

    def other_inputs(self, block: Block, inputs: PublishedInputs, seed: int) -> PublishedInputs:
        """Every descriptor moved towards its centroid, each by another share: assigned as before, summed to others.

        Another seed would need another clustering, which takes many times as long, and might have empty edge buckets.
        """
        home = inputs.kmeans.cluster_centers_[inputs.labels].astype(block.dtype)
        share = np.random.RandomState(seed).uniform(0.2, 0.8, (*inputs.labels.shape, 1))
        moved = home + (share * (inputs.descriptors - home)).astype(block.dtype)
        return PublishedInputs(moved, copy.deepcopy(inputs.kmeans), inputs.labels.copy())

    def reference(self, block: Block, inputs: PublishedInputs) -> Reference:
        """The oracle's raw residual sums, (T, K, F)."""
        centers = inputs.kmeans.cluster_centers_
        result = vlad.oracle(inputs.descriptors, inputs.labels, centers)
        T, K, F = result.shape
        bucket = (inputs.labels + K * np.arange(T)[:, None]).ravel()
        residuals = (inputs.descriptors - centers[inputs.labels]).reshape(-1, F)
        return Reference(result, rounding_allowance(residuals, bucket, T * K, result, block.dtype))

    def task(
        self, block: Block, inputs: PublishedInputs, impl: str, reference: Optional[Reference] = None
    ) -> Task:
        """Time the pipeline from the descriptors, or from descriptors and labels, to the encodings."""
        pipeline = published.get(impl)
        descriptors, kmeans, labels = inputs.descriptors, inputs.kmeans, inputs.labels
        tolerance = max(pipeline.error_bound(block.dtype), reference.allowance if reference else 0.0)

        def as_published() -> Any:
            return pipeline.as_published(kmeans, descriptors)

        def fair() -> Any:
            return pipeline.fair(descriptors, labels, kmeans.cluster_centers_)

        def error(result: Any) -> float:
            if reference is None:
                return float("inf")
            expected = reference.result.reshape(len(reference.result), -1)
            return judged(sums_of(result, reference.result, pipeline.normalization), expected, block.dtype)

        return Task(as_published if block.stage == "as_published" else fair, error, tolerance)
