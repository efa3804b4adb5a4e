"""Weighted sums into bins along one axis: the question of numpy issue 23176, ``np.add.at`` against ``bincount``.

The bucket strategies at F = 1, on the index dtype as the user has it (a stage of its own), sorted or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.base import Task, Workload, draw_labels, generator, judged, rounding_allowance
from impls import scatter

INDEX_DTYPES = {"int64_index": "int64", "int32_index": "int32"}


@dataclass
class ScatterInputs:
    """Values and bins of one block with the oracle's sums.

    Attributes
    ----------
    rows : ndarray, shape (N, 1)
    bucket : ndarray of int64 or int32, shape (N,)
    bins : int
    reference : ndarray of float64, shape (bins, 1)
    allowance : float
        Error granted to honest rounding on this data, in units of the reference's rms.
    """

    rows: Any
    bucket: Any
    bins: int
    reference: Any
    allowance: float


class Scatter1DWorkload(Workload[ScatterInputs]):
    """N values summed into bins; the stage says which integer type the index has."""

    name = "scatter1d"
    axes = ("N", "bins")
    stages = tuple(INDEX_DTYPES)
    baseline = "ufunc_at"
    control = "bincount"

    def strategies(self) -> List[str]:
        """Every bucket strategy."""
        return list(scatter.strategies())

    def why_not(self, impl: str) -> Optional[str]:
        """Reason why the strategy cannot run here."""
        return scatter.get(impl).why_not

    def may_compile(self, impl: str) -> bool:
        """Strategies that need further packages may compile on their first call."""
        return bool(scatter.get(impl).requires)

    def elements(self, block: Block) -> int:
        """N."""
        return block.cell["N"]

    def input_bytes(self, block: Block) -> int:
        """Values, index and the oracle's float64 copies."""
        return block.cell["N"] * (2 * np.dtype(block.dtype).itemsize + 4 * 8) + 8 * block.cell["bins"]

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the strategy says of itself at F = 1."""
        itemsize = np.dtype(block.dtype).itemsize
        return int(scatter.get(impl).workspace_bytes(block.cell["N"], 1, block.cell["bins"], itemsize))

    def inputs(self, block: Block, seed: int, with_reference: bool = True) -> ScatterInputs:
        """Gaussian values; bins of the block's distribution."""
        rng, n, bins = generator(block, seed), block.cell["N"], block.cell["bins"]
        bucket = draw_labels(rng, block.labels, n, bins)
        rows = rng.standard_normal((n, 1)).astype(block.dtype)
        index = bucket.astype(INDEX_DTYPES[block.stage])
        if not with_reference:
            return ScatterInputs(rows, index, bins, None, 0.0)
        reference = scatter.oracle(rows, bucket, bins)
        allowance = rounding_allowance(rows, bucket, bins, reference, block.dtype)
        return ScatterInputs(rows, index, bins, reference, allowance)

    def task(self, block: Block, inputs: ScatterInputs, impl: str) -> Task:
        """Place values and index; the sum alone is timed."""
        strategy = scatter.get(impl)
        rows, bucket = strategy.put(inputs.rows, inputs.bucket)

        def sums() -> Any:
            return strategy.wait(strategy.bucket_sums(rows, bucket, inputs.bins))

        def error(result: Any) -> float:
            return judged(strategy.to_numpy(result), inputs.reference, block.dtype)

        return Task(sums, error, max(strategy.error_bound(block.dtype), inputs.allowance))
