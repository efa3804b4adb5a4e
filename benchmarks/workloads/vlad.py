"""VLAD encoding as a workload: T images x L descriptors x F features, K centroids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, ClassVar, Dict, Optional, Tuple

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads import near_ties, photographs
from benchmarks.workloads.base import (
    LeastWork,
    NotTimedError,
    Reference,
    Task,
    judged,
)
from benchmarks.workloads.draws import draw_labels, draw_skewed_labels, generator
from benchmarks.workloads.residual_oracle import residual_reference
from benchmarks.workloads.rooms import ListedWorkload
from impls import accuracy, vlad

FROM_HOST, API = "_from_host", "api"
STEPS = ("signed_sqrt", "l2")


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

    def absolute(self) -> Any:
        """Sums of absolute residuals, (T, K, F): what the error of each bucket is measured in; made once.

        No field of the inputs, which are sealed and exchanged array by array.
        """
        if "_absolute" not in self.__dict__:
            (T, L, F), K = self.descriptors.shape, len(self.centers)
            rows = np.abs(self.descriptors - self.centers[self.labels]).reshape(T * L, F)
            bucket = (self.labels + K * np.arange(T)[:, None]).reshape(-1)
            sums = np.empty((T * K, F))
            for f in range(F):
                sums[:, f] = np.bincount(bucket, weights=rows[:, f], minlength=T * K)
            self.__dict__["_absolute"] = sums.reshape(T, K, F)
        return self.__dict__["_absolute"]


def labels_of(block: Block, rng: np.random.Generator) -> Any:
    """Labels of a synthetic block, shape (T, L)."""
    T, L, K = (block.cell[axis] for axis in "TLK")
    if block.labels == "skewed":
        return draw_skewed_labels(rng, T, L, K)
    kind = "uniform" if block.labels == "sorted" else block.labels
    labels = draw_labels(rng, kind, T * L, K).reshape(T, L)
    if block.labels == "sorted":
        labels.sort(axis=1)  # sorted inside each image: an image stays an image
    return labels


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
    labels = labels_of(block, rng)
    descriptors = rng.standard_normal((T, L, F)).astype(block.dtype)
    for image in range(T):  # image by image: no second array of the full size
        descriptors[image] += centers[labels[image]]
    return descriptors, labels, centers


def encodes(block: Block) -> bool:
    """Tell whether the stage begins without labels and ends with encodings."""
    return block.stage.startswith("encode")


def aggregation(
    strategy: vlad.ResidualStrategy, inputs: VladInputs, from_host: bool
) -> Tuple[Callable[[], Any], Tuple[Any, ...]]:
    """Return the call that is timed for the residual sums, and the host arrays it depends on."""
    host = (inputs.descriptors, inputs.labels, inputs.centers)
    if from_host:
        return lambda: strategy.to_numpy(strategy.wait(strategy.residual_sums(*strategy.put(*host)))), host
    placed = strategy.put(*host)
    return lambda: strategy.wait(strategy.residual_sums(*placed)), host


def public(strategy: vlad.ResidualStrategy, inputs: VladInputs) -> Tuple[Callable[[], Any], Tuple[Any, ...]]:
    """Return the call of the public function, checks and all, and the host arrays it depends on."""
    host = (inputs.descriptors, inputs.labels, inputs.centers)
    return lambda: vlad.aggregate(*host, strategy=strategy.name), host


def encoding(
    strategy: vlad.ResidualStrategy, inputs: VladInputs, from_host: bool
) -> Tuple[Callable[[], Any], Tuple[Any, ...]]:
    """Return the call that is timed for the encoding, and the host arrays it depends on.

    A strategy without an encoding of its own is given the suite's assignment and normalisation, on the host.
    """
    host = (inputs.descriptors, inputs.centers)
    if from_host or not strategy.fused:
        return lambda: vlad.encode_valid(strategy, *host), host
    descriptors, centers = strategy.put(*host)
    return lambda: strategy.wait(strategy.encode(descriptors, centers, STEPS)), host


@dataclass
class Judge:
    """Judges the answers of one strategy on one block."""

    block: Block
    inputs: VladInputs
    strategy: vlad.ResidualStrategy
    tolerance: float
    reference: Optional[Reference]
    bucket_error: Optional[float] = None

    def sums_error(self, result: Any) -> float:
        """Error of raw sums; infinite without a reference."""
        if self.reference is None:
            return float("inf")
        sums = self.strategy.to_numpy(result)
        error = judged(sums, self.reference.result, self.block.dtype)
        if self.bucket_error is None:
            absolute = self.inputs.absolute()
            self.bucket_error = accuracy.max_error_over_bucket(sums, self.reference.result, absolute)
        return error

    def facts(self) -> Dict[str, Any]:
        """What is recorded beside times and error.

        ``bucket_error`` is the first result's largest error in units of what its bucket added up, ``mixes_buckets``
        whether the strategy says that one bucket may spoil another, and ``adapter_share`` the part of a call's time
        that the shared adapter takes, measured here and not in the samples.
        """
        found: Dict[str, Any] = {"mixes_buckets": True} if self.strategy.mixes_buckets else {}
        if self.bucket_error is not None and np.isfinite(self.bucket_error):
            found["bucket_error"] = self.bucket_error
        if not encodes(self.block):
            inputs = self.inputs
            share = self.strategy.adapter_share(inputs.descriptors, inputs.labels, inputs.centers)
            found.update({} if share is None else {"adapter_share": round(share, 4)})
        return found

    def encoding_error(self, result: Any) -> float:
        """Error of the raw sums; the encoding itself is held to the square root of the tolerance.

        The signed square root turns an error e near zero into sqrt(e), so the encoding alone would hide
        a wrong sum; and the sums alone would hide a wrong assignment or normalisation.
        """
        if self.reference is None:
            return float("inf")
        encoded, allowed = self.strategy.to_numpy(result), 4 * self.tolerance**0.5
        error = judged(encoded, vlad.normalize(self.reference.result), self.block.dtype)
        if not error <= allowed:
            # Assigned elsewhere, two centroids that are equally near may have changed places.
            likely = near_ties.settled(encoded, self.inputs, self.reference.result, allowed)
            error = judged(encoded, vlad.normalize(likely), self.block.dtype)
        if not error <= allowed:
            return error
        call, _ = aggregation(self.strategy, self.inputs, from_host=False)
        return self.sums_error(call())


class VladWorkload(ListedWorkload[VladInputs]):
    """Residual sums per (image, centroid), alone (`aggregate`) or with assignment and normalisation (`encode`).

    `api` is `aggregate` through the public function, from and to NumPy arrays: what a caller waits for.

    Inputs lie where the strategy wants them before the clock starts, and the result stays there; the same stage
    ``_from_host`` begins and ends with NumPy arrays. To a strategy that works on NumPy arrays both are the same.
    """

    name = "vlad"
    room: ClassVar[Any] = vlad
    axes = ("T", "L", "F", "K")
    stages = ("aggregate", "encode", "aggregate_from_host", "encode_from_host", API)
    baseline = "loop"
    control = "bincount"

    def elements(self, block: Block) -> int:
        """T * L * F."""
        cell = block.cell
        return cell["T"] * cell["L"] * cell["F"]

    def input_bytes(self, block: Block) -> int:
        """Descriptors (twice: there are other inputs), labels, and the oracle's float64 copies and result."""
        cell = block.cell
        sums = cell["T"] * cell["K"] * cell["F"]
        return self.elements(block) * (2 * np.dtype(block.dtype).itemsize + 4 * 8) + 3 * 8 * sums

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the strategy says of itself."""
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        T, L, F, K = (cell[axis] for axis in self.axes)
        strategy = vlad.get(impl)
        need = strategy.encode_workspace_bytes if encodes(block) else strategy.workspace_bytes
        return int(need(T, L, F, K, itemsize))

    def least_work(self, block: Block) -> LeastWork:
        """Descriptors, centroids and (unless they are to be found) labels read, sums written.

        `encode` finds the nearest centroid by the products of all descriptors with all centroids.
        """
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        T, L, F, K = (cell[axis] for axis in self.axes)
        numbers = T * L * F + K * F + T * K * F
        if encodes(block):
            return LeastWork(numbers * itemsize, 2 * T * L * F * K)
        return LeastWork(numbers * itemsize + T * L * np.dtype(np.intp).itemsize)

    def inputs(self, block: Block, seed: int) -> VladInputs:
        """Inputs of a block; for `encode` the labels are those the suite's own assignment gives."""
        make = photographs.described if block.labels == "photos" else synthetic
        descriptors, labels, centers = make(block, seed)
        if encodes(block):
            labels = vlad.assign(descriptors, centers)
        return VladInputs(descriptors, labels, centers)

    def reference(self, block: Block, inputs: VladInputs) -> Reference:
        """The oracle's raw residual sums, (T, K, F)."""
        return residual_reference(inputs.descriptors, inputs.labels, inputs.centers)

    def task(
        self, block: Block, inputs: VladInputs, impl: str, reference: Optional[Reference] = None
    ) -> Task:
        """Place the inputs and say what is timed and how its answer is judged."""
        strategy = vlad.get(impl)
        reason = strategy.not_timed(block.dtype, encodes(block))
        if reason and reference is not None:  # to be weighed it need not be worth a time
            raise NotTimedError(reason)
        tolerance = max(strategy.error_bound(block.dtype), reference.allowance if reference else 0.0)
        from_host = block.stage.endswith(FROM_HOST) or block.stage == API
        if block.stage == API:
            call, placed = public(strategy, inputs)
        else:
            call, placed = (encoding if encodes(block) else aggregation)(strategy, inputs, from_host)
        judge = Judge(block, inputs, strategy, tolerance, reference)

        def transfer(result: Any) -> Any:
            return strategy.to_numpy(result), strategy.put(*placed)

        device = strategy.device()
        error = judge.encoding_error if encodes(block) else judge.sums_error
        moved = device and not from_host
        compiled = (encodes(block), block.dtype, block.axes)
        return Task(call, error, tolerance, device, transfer if moved else None, compiled, judge.facts)
