"""k-means on the bucket sums: N rows of F features, K centers; one update with labels given, or ten iterations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Optional

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.base import (
    LeastWork,
    Reference,
    Task,
    judged,
    rounding_allowance,
)
from benchmarks.workloads.draws import draw_labels, generator
from benchmarks.workloads.rooms import ListedWorkload
from impls import kmeans, scatter, vlad

ITERATIONS = 10


@dataclass
class KMeansInputs:
    """Inputs of one block.

    Attributes
    ----------
    rows : ndarray, shape (N, F)
    labels : ndarray of intp, shape (N,)
        Of the first assignment.
    centers : ndarray, shape (K, F)
        Where to start.
    """

    rows: Any
    labels: Any
    centers: Any


class KMeansWorkload(ListedWorkload[KMeansInputs]):
    """Lloyd's algorithm; what differs between strategies is how rows are summed by label."""

    name = "kmeans"
    room: ClassVar[Any] = scatter
    axes = ("N", "F", "K")
    stages = ("update", "fit")
    baseline = "ufunc_at"
    control = "bincount"

    def elements(self, block: Block) -> int:
        """N * F in each update."""
        return block.cell["N"] * block.cell["F"] * (1 if block.stage == "update" else ITERATIONS)

    def least_work(self, block: Block) -> LeastWork:
        """Rows and labels in, centers out, once."""
        N, F, K = (block.cell[axis] for axis in self.axes)
        itemsize = np.dtype(block.dtype).itemsize
        return LeastWork(N * (F * itemsize + 8) + K * F * itemsize)

    def input_bytes(self, block: Block) -> int:
        """Rows and labels (twice: there are other inputs) and the oracle's float64 copies."""
        return block.cell["N"] * (block.cell["F"] * (2 * np.dtype(block.dtype).itemsize + 32) + 16)

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the strategy says of its sums; a fit assigns as well."""
        N, F, K = (block.cell[axis] for axis in self.axes)
        itemsize = np.dtype(block.dtype).itemsize
        need = int(scatter.get(impl).workspace_bytes(N, F, K, itemsize))
        return need + 3 * K * F * itemsize + (16 * N if block.stage == "fit" else 0)

    def inputs(self, block: Block, seed: int) -> KMeansInputs:
        """Gaussian clusters about Gaussian centers far apart; the start is a little off the centers."""
        rng = generator(block, seed)
        N, F, K = (block.cell[axis] for axis in self.axes)
        centers = 4 * rng.standard_normal((K, F))
        rows = centers[draw_labels(rng, block.labels, N, K)] + rng.standard_normal((N, F))
        start = (centers + 0.3 * rng.standard_normal((K, F))).astype(block.dtype)
        rows = rows.astype(block.dtype)
        return KMeansInputs(rows, np.asarray(vlad.assign(rows[None], start))[0], start)

    def reference(self, block: Block, inputs: KMeansInputs) -> Reference:
        """The means by the oracle of bucket sums: after one update, or after all iterations in float64."""
        rows, labels, centers = inputs.rows, inputs.labels, inputs.centers.astype(np.float64)
        sums = scatter.oracle(rows, labels, len(centers))
        allowance = rounding_allowance(rows, labels, len(centers), sums, block.dtype)
        for iteration in range(1 if block.stage == "update" else ITERATIONS):
            if iteration:
                labels = np.asarray(vlad.assign(rows.astype(np.float64)[None], centers))[0]
                sums = scatter.oracle(rows, labels, len(centers))
            centers = kmeans.means(sums, np.bincount(labels, minlength=len(centers)), centers)
        return Reference(centers, allowance)

    def task(
        self, block: Block, inputs: KMeansInputs, impl: str, reference: Optional[Reference] = None
    ) -> Task:
        """The library's own functions, from and to the host."""
        strategy = scatter.get(impl)

        def call() -> Any:
            if block.stage == "update":
                return kmeans.update(inputs.rows, inputs.labels, inputs.centers, impl)
            return kmeans.fit(inputs.rows, inputs.centers, ITERATIONS, impl)[0]

        def error(result: Any) -> float:
            return float("inf") if reference is None else judged(result, reference.result, block.dtype)

        tolerance = max(strategy.error_bound(block.dtype), reference.allowance if reference else 0.0)
        return Task(call, error, tolerance)
