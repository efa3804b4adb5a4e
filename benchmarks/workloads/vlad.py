"""VLAD encoding as a workload: T images x L descriptors x F features, K centroids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads import photographs
from benchmarks.workloads.base import (
    LeastWork,
    Reference,
    Task,
    Workload,
    draw_labels,
    generator,
    judged,
    rounding_allowance,
)
from impls import vlad


@dataclass
class VladInputs:
    """Inputs of one block.

    Attributes
    ----------
    descriptors : ndarray, shape (T, L, F)
    labels : ndarray of intp, shape (T, L)
    centers : ndarray, shape (K, F)
    """

    descriptors: Any
    labels: Any
    centers: Any


def synthetic(block: Block, seed: int) -> Any:
    """Gaussian descriptors around Gaussian centroids, labels of the block's distribution.

    Returns
    -------
    descriptors, labels, centers : ndarray
        Shapes (T, L, F), (T, L), (K, F).
    """
    cell, rng = block.cell, generator(block, seed)
    T, L, F, K = cell["T"], cell["L"], cell["F"], cell["K"]
    centers = rng.standard_normal((K, F)).astype(block.dtype)
    kind = "uniform" if block.labels == "sorted" else block.labels
    labels = draw_labels(rng, kind, T * L, K).reshape(T, L)
    if block.labels == "sorted":
        labels.sort(axis=1)  # sorted inside each image: an image stays an image
    descriptors = rng.standard_normal((T, L, F)).astype(block.dtype)
    for image in range(T):  # image by image: no second array of the full size
        descriptors[image] += centers[labels[image]]
    return descriptors, labels, centers


class VladWorkload(Workload[VladInputs]):
    """Residual sums per (image, centroid), alone (`aggregate`) or with assignment and normalisation (`encode`)."""

    name = "vlad"
    axes = ("T", "L", "F", "K")
    stages = ("aggregate", "encode")
    baseline = "loop"
    control = "bincount"

    def strategies(self) -> List[str]:
        """Every dense and every bucket strategy."""
        return list(vlad.strategies())

    def why_not(self, impl: str) -> Optional[str]:
        """Reason why the strategy cannot run here."""
        return vlad.get(impl).why_not

    def may_compile(self, impl: str) -> bool:
        """Strategies that need further packages may compile on their first call."""
        return bool(vlad.get(impl).requires)

    def elements(self, block: Block) -> int:
        """T * L * F."""
        cell = block.cell
        return cell["T"] * cell["L"] * cell["F"]

    def input_bytes(self, block: Block) -> int:
        """Descriptors, labels, and the oracle's float64 copies and result."""
        cell = block.cell
        sums = cell["T"] * cell["K"] * cell["F"]
        return self.elements(block) * (np.dtype(block.dtype).itemsize + 4 * 8) + 3 * 8 * sums

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the strategy says of itself; `encode` holds labels and residual sums on top."""
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        T, L, F, K = (cell[axis] for axis in self.axes)
        need = int(vlad.get(impl).workspace_bytes(T, L, F, K, itemsize))
        return need + (T * K * F * itemsize + T * L * 8 if block.stage == "encode" else 0)

    def least_work(self, block: Block) -> LeastWork:
        """Descriptors, centroids and (unless they are to be found) labels read, sums written.

        `encode` finds the nearest centroid by the products of all descriptors with all centroids.
        """
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        T, L, F, K = (cell[axis] for axis in self.axes)
        numbers = T * L * F + K * F + T * K * F
        if block.stage == "encode":
            return LeastWork(numbers * itemsize, 2 * T * L * F * K)
        return LeastWork(numbers * itemsize + T * L * np.dtype(np.intp).itemsize)

    def inputs(self, block: Block, seed: int) -> VladInputs:
        """Inputs of a block; for `encode` the labels are those the suite's own assignment gives."""
        make = photographs.described if block.labels == "photos" else synthetic
        descriptors, labels, centers = make(block, seed)
        if block.stage == "encode":
            labels = vlad.assign(descriptors, centers)
        return VladInputs(descriptors, labels, centers)

    def reference(self, block: Block, inputs: VladInputs) -> Reference:
        """The oracle's raw residual sums, (T, K, F)."""
        descriptors, labels, centers = inputs.descriptors, inputs.labels, inputs.centers
        result = vlad.oracle(descriptors, labels, centers)
        K, F = centers.shape
        bucket = (labels + K * np.arange(len(labels))[:, None]).ravel()
        residuals = (descriptors - centers[labels]).reshape(-1, F)
        allowance = rounding_allowance(residuals, bucket, len(labels) * K, result, block.dtype)
        return Reference(result, allowance)

    def task(
        self, block: Block, inputs: VladInputs, impl: str, reference: Optional[Reference] = None
    ) -> Task:
        """Place the inputs and say what is timed and how its answer is judged."""
        strategy = vlad.get(impl)
        placed = strategy.put(inputs.descriptors, inputs.labels, inputs.centers)
        tolerance = max(strategy.error_bound(block.dtype), reference.allowance if reference else 0.0)

        def sums() -> Any:
            return strategy.wait(strategy.residual_sums(*placed))

        def sums_error(result: Any) -> float:
            if reference is None:
                return float("inf")
            return judged(strategy.to_numpy(result), reference.result, block.dtype)

        if block.stage == "aggregate":
            return Task(sums, sums_error, tolerance)

        def encode() -> Any:
            return vlad.encode_valid(strategy, inputs.descriptors, inputs.centers)

        def encode_error(result: Any) -> float:
            """Error of the raw sums; the encoding itself is held to the square root of the tolerance.

            The signed square root turns an error e near zero into sqrt(e), so the encoding alone would hide
            a wrong sum; and the sums alone would hide a wrong assignment or normalisation.
            """
            if reference is None:
                return float("inf")
            expected = vlad.normalize(reference.result)
            encoded = judged(result, expected, block.dtype)
            if not encoded <= 4 * tolerance**0.5:
                return encoded
            return sums_error(sums())

        return Task(encode, encode_error, tolerance)
