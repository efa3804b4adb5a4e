"""Weighted sums into bins along one axis: the question of numpy issue 23176, ``np.add.at`` against ``bincount``.

The bucket strategies at F = 1, on the index dtype as the user has it (a stage of its own), sorted or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Optional

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.base import (
    LeastWork,
    NotTimedError,
    Reference,
    Task,
    judged,
    rounding_allowance,
)
from benchmarks.workloads.draws import draw_labels, generator
from benchmarks.workloads.rooms import ListedWorkload
from impls import scatter

INDEX_DTYPES = {"int64_index": "int64", "int32_index": "int32", "api": "int64"}


@dataclass
class ScatterInputs:
    """Values and bins of one block.

    Attributes
    ----------
    rows : ndarray, shape (N, 1)
    bucket : ndarray of int64 or int32, shape (N,)
    bins : int
    """

    rows: Any
    bucket: Any
    bins: int


class Scatter1DWorkload(ListedWorkload[ScatterInputs]):
    """N values summed into bins; the stage says which integer type the index has.

    `api` is the same through the public function, from and to NumPy arrays: what a caller waits for.
    """

    name = "scatter1d"
    room: ClassVar[Any] = scatter
    axes = ("N", "bins")
    stages = tuple(INDEX_DTYPES)
    baseline = "ufunc_at"
    control = "bincount"

    def elements(self, block: Block) -> int:
        """N."""
        return block.cell["N"]

    def input_bytes(self, block: Block) -> int:
        """Values and index (twice: there are other inputs) and the oracle's float64 copies."""
        return block.cell["N"] * (4 * np.dtype(block.dtype).itemsize + 4 * 8) + 8 * block.cell["bins"]

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the strategy says of itself at F = 1."""
        itemsize = np.dtype(block.dtype).itemsize
        return int(scatter.get(impl).workspace_bytes(block.cell["N"], 1, block.cell["bins"], itemsize))

    def least_work(self, block: Block) -> LeastWork:
        """Values and index read, bins written."""
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        index = np.dtype(INDEX_DTYPES[block.stage]).itemsize
        return LeastWork(cell["N"] * (itemsize + index) + cell["bins"] * itemsize)

    def inputs(self, block: Block, seed: int) -> ScatterInputs:
        """Gaussian values; bins of the block's distribution."""
        rng, n, bins = generator(block, seed), block.cell["N"], block.cell["bins"]
        bucket = draw_labels(rng, block.labels, n, bins)
        rows = rng.standard_normal((n, 1)).astype(block.dtype)
        return ScatterInputs(rows, bucket.astype(INDEX_DTYPES[block.stage]), bins)

    def reference(self, block: Block, inputs: ScatterInputs) -> Reference:
        """The oracle's sums, (bins, 1)."""
        bucket = inputs.bucket.astype(np.intp)
        result = scatter.oracle(inputs.rows, bucket, inputs.bins)
        return Reference(result, rounding_allowance(inputs.rows, bucket, inputs.bins, result, block.dtype))

    def task(
        self, block: Block, inputs: ScatterInputs, impl: str, reference: Optional[Reference] = None
    ) -> Task:
        """Place values and index; the sum alone is timed."""
        strategy = scatter.get(impl)
        reason = strategy.not_timed(block.dtype)
        if reason and reference is not None:  # to be weighed it need not be worth a time
            raise NotTimedError(reason)
        rows, bucket = strategy.put(inputs.rows, inputs.bucket)

        def public() -> Any:
            return scatter.bucket_sums(inputs.rows, inputs.bucket, inputs.bins, impl)

        def sums() -> Any:
            return strategy.wait(strategy.bucket_sums(rows, bucket, inputs.bins))

        def error(result: Any) -> float:
            if reference is None:
                return float("inf")
            return judged(strategy.to_numpy(result), reference.result, block.dtype)

        tolerance = max(strategy.error_bound(block.dtype), reference.allowance if reference else 0.0)
        return Task(public if block.stage == "api" else sums, error, tolerance, strategy.device())
