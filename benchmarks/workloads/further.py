"""Smaller computations as workloads: DBSCAN, the product of a truncated SVD, the points nearest to a query."""

from __future__ import annotations

from typing import Any, Sequence, Tuple

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.base import LeastWork, Reference, WrongAnswerError, judged
from benchmarks.workloads.draws import generator
from benchmarks.workloads.point_clouds import cloud
from benchmarks.workloads.rooms import RoomWorkload
from impls import accuracy, dbscan, nearest, truncated_svd
from impls.rooms import RoomStrategy

#: radius of a neighbourhood in two dimensions, and how many neighbours make a core point, among clusters as wide as 2.2
RADIUS, LEAST = 0.8, 5


def whole_numbers(result: Any, n: int) -> Any:
    """Return a result that has to be n whole numbers; WrongAnswerError where it is something else."""
    if getattr(result, "shape", None) != (n,) or result.dtype.kind != "i":
        raise WrongAnswerError(f"the result is {type(result).__name__}, expected {n} whole numbers")
    return result


class DbscanWorkload(RoomWorkload):
    """Labels of n points in d dimensions, in clusters whose number grows with n so that their density stays."""

    name, axes, stages = "dbscan", ("n", "d"), ("labels",)
    baseline = control = "growing"
    error_measure = "share of points with another label"
    room = dbscan.ROOM

    def elements(self, block: Block) -> int:
        """Pairs of points times dimensions."""
        return block.cell["n"] ** 2 * block.cell["d"]

    def least_work(self, block: Block) -> LeastWork:
        """Points in, labels out."""
        n, d = block.cell["n"], block.cell["d"]
        return LeastWork(n * (d * np.dtype(block.dtype).itemsize + 8))

    def inputs(self, block: Block, seed: int) -> Tuple[Any, ...]:
        """A cloud of the block's geometry."""
        return cloud(block, seed), RADIUS * (block.cell["d"] / 2) ** 0.5, LEAST

    def reference(self, block: Block, inputs: Tuple[Any, ...]) -> Reference:
        """The labels by the definition."""
        return Reference(dbscan.oracle(*inputs), 0.0)

    def wrong(self, block: Block, result: Any, reference: Any) -> float:
        """Share of points with another label."""
        return float((whole_numbers(result, len(reference)) != reference).mean())


class TruncatedSvdWorkload(RoomWorkload):
    """The first k terms of the decomposition of an m x n matrix, multiplied out."""

    name, axes, stages = "truncated_svd", ("m", "n", "k"), ("product",)
    baseline, control = "einsum_diagonal", "scaled_matmul"
    room = truncated_svd.ROOM

    def elements(self, block: Block) -> int:
        """Terms times elements."""
        return block.cell["m"] * block.cell["n"] * block.cell["k"]

    def least_work(self, block: Block) -> LeastWork:
        """Factors in, matrix out, one product."""
        m, n, k = (block.cell[axis] for axis in self.axes)
        return LeastWork((m * k + k + k * n + m * n) * np.dtype(block.dtype).itemsize, 2 * m * n * k)

    def inputs(self, block: Block, seed: int) -> Tuple[Any, ...]:
        """The decomposition of a matrix of Gaussian numbers."""
        shape = block.cell["m"], block.cell["n"]
        factors = np.linalg.svd(generator(block, seed).standard_normal(shape), full_matrices=False)
        return (*(factor.astype(block.dtype) for factor in factors), block.cell["k"])

    def reference(self, block: Block, inputs: Tuple[Any, ...]) -> Reference:
        """The terms added up in float64."""
        return Reference(truncated_svd.oracle(*inputs), 0.0)

    def tolerance(self, block: Block) -> float:
        """The contract of sums."""
        return accuracy.tolerance(block.dtype)

    def wrong(self, block: Block, result: Any, reference: Any) -> float:
        """Largest error over the root mean square."""
        return judged(result, reference, block.dtype)


class NearestWorkload(RoomWorkload):
    """The k rows of n points in d dimensions that are nearest to one query; building the index is not timed."""

    name, axes, stages = "nearest", ("n", "d", "k"), ("query",)
    baseline = control = "brute"
    error_measure = "share of the nearest points that was missed"
    room = nearest.ROOM

    def elements(self, block: Block) -> int:
        """Points times dimensions."""
        return block.cell["n"] * block.cell["d"]

    def least_work(self, block: Block) -> LeastWork:
        """The query in and k rows out: an index need not look at the points."""
        return LeastWork(block.cell["d"] * np.dtype(block.dtype).itemsize + 8 * block.cell["k"])

    def input_bytes(self, block: Block) -> int:
        """Points, their copy in float64 and an index."""
        return block.cell["n"] * (block.cell["d"] * 8 * 4 + 32)

    def sizes(self, block: Block) -> Sequence[int]:
        """Points and dimensions."""
        return block.cell["n"], block.cell["d"]

    def inputs(self, block: Block, seed: int) -> Tuple[Any, ...]:
        """A cloud about its mean, and one of its points as the query."""
        points = cloud(block, seed)
        points -= points.mean(axis=0)
        return points, points[block.cell["n"] // 2].copy(), block.cell["k"], seed

    def prepared(self, strategy: RoomStrategy, inputs: Tuple[Any, ...]) -> Tuple[Any, ...]:
        """The strategy's own index in the place of the points."""
        points, query, k, seed = inputs
        return strategy.module.build(points, seed), query, k

    def reference(self, block: Block, inputs: Tuple[Any, ...]) -> Reference:
        """The nearest by sorting all distances."""
        return Reference(nearest.oracle(*inputs[:3]), 0.0)

    def wrong(self, block: Block, result: Any, reference: Any) -> float:
        """Share of the nearest that is missing."""
        return nearest.missed(whole_numbers(result, len(result)), reference)
