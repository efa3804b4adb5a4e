"""Mean shift as a workload: n points in d dimensions, one step or a run of five iterations under an update rule.

Each rule is a stage with its own oracle, so that no strategy is compared with what it does not compute. Errors are
root mean squares in bandwidths. Exact strategies are held to the contract, bounded ones to their bound; what an
approximate strategy does is recorded over seeds, and never judged beyond having a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Dict, List, Optional

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads import quantities, spread
from benchmarks.workloads.base import (
    LeastWork,
    NotTimedError,
    Reference,
    Task,
    WrongAnswerError,
)
from benchmarks.workloads.moving import Trajectory
from benchmarks.workloads.point_clouds import KINDS, cloud_and_classes
from benchmarks.workloads.rooms import ListedWorkload
from impls import mean_shift

ITERATIONS = 5
#: stage -> (rule, iterations)
STAGES = {"step": ("J", 1), **{f"run_{rule}": (rule, ITERATIONS) for rule in mean_shift.RULES}}
WORDS = {
    "J": "simultaneous: all points move at once, by where all of them were",
    "GS": "in place, row by row: each point sees those before it where they have moved to",
    "bGS": f"in place, batch by batch: {mean_shift.BATCH} points move at once and see the batches before them moved",
    "NB": "non-blurring: the points move over the data, which stay where they were",
}


@dataclass
class Points:
    """Inputs of one block.

    Attributes
    ----------
    points : ndarray, shape (n, d)
        About their mean, as the library's own functions hand them to every strategy.
    bandwidth : float
    classes : ndarray of int, shape (n,)
        Which cluster each point was drawn from.
    """

    points: Any
    bandwidth: float
    classes: Any = None


class MeanShiftWorkload(ListedWorkload[Points]):
    """Gaussian mean shift; strategies of every accuracy, told apart by what they promise."""

    name = "mean_shift"
    room: ClassVar[Any] = mean_shift
    axes = ("n", "d")
    stages = tuple(STAGES)
    baseline = "loop"
    control = "gemm_blocks"
    reseeded = False
    error_measure = "root mean square error in bandwidths"
    seconds_per_element = 2e-9
    oracle_seconds_per_element = 70e-9

    def elements(self, block: Block) -> int:
        """Pairs of points times dimensions times iterations."""
        n, d = block.cell["n"], block.cell["d"]
        return n * n * d * STAGES[block.stage][1]

    def least_work(self, block: Block) -> LeastWork:
        """Points in and out; how many pairs must be looked at is just what strategies differ in."""
        return LeastWork(2 * block.cell["n"] * block.cell["d"] * np.dtype(block.dtype).itemsize)

    def input_bytes(self, block: Block) -> int:
        """Points, the oracle's copies and what the spread over seeds is taken of."""
        return block.cell["n"] * block.cell["d"] * 8 * 8

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the strategy says of itself."""
        itemsize = np.dtype(block.dtype).itemsize
        return mean_shift.get(impl).workspace_bytes(block.cell["n"], block.cell["d"], itemsize)

    def inputs(self, block: Block, seed: int) -> Points:
        """A cloud of the block's geometry, and the bandwidth that its dimension asks for."""
        points, classes = cloud_and_classes(block, seed)
        width = mean_shift.bandwidth_for(block.cell["d"]) * KINDS[block.labels].widths
        return Points(mean_shift.centred(points)[0], width, classes)

    def other_inputs(self, block: Block, inputs: Points, seed: int) -> Points:
        """Points of another seed; those of the lesson, which has none, with their axes exchanged."""
        if not block.labels.startswith("lesson"):
            return self.inputs(block, seed)
        return Points(inputs.points[:, ::-1].copy(), inputs.bandwidth, np.array(inputs.classes))

    def reference(self, block: Block, inputs: Points) -> Reference:
        """The oracle's positions under the rule of the stage, (n, d)."""
        rule, iterations = STAGES[block.stage]
        return Reference(mean_shift.oracle(inputs.points, inputs.bandwidth, iterations, rule), 0.0)

    def task(self, block: Block, inputs: Points, impl: str, reference: Optional[Reference] = None) -> Task:
        """Place the points; the step or the run is timed, on points that are centred already."""
        strategy = mean_shift.get(impl)
        rule, iterations = STAGES[block.stage]
        reason = strategy.why_not_for(rule, block.cell["d"]) or strategy.not_timed(block.dtype)
        if reason:
            raise NotTimedError(reason)
        (placed,) = strategy.put(inputs.points)
        bounds = strategy.bounds(block.dtype, len(inputs.points), iterations)

        def call(seed: int = 0) -> Any:
            return strategy.wait(strategy.run(placed, inputs.bandwidth, iterations, rule, seed=seed))

        def error(result: Any) -> float:
            """Root mean square error in bandwidths; of an approximate strategy over the rows that are finite."""
            if reference is None:
                return float("inf")
            found = checked(strategy.to_numpy(result), reference.result, block.dtype)
            if bounds is None:
                found = found[np.isfinite(found).all(axis=1)]
                if not len(found):
                    raise WrongAnswerError("no answer: not one row of the result is finite")
                return spread.root_mean_square(found) / inputs.bandwidth
            largest = float(np.abs(found).max()) / inputs.bandwidth
            if not largest <= bounds[1]:
                raise WrongAnswerError(f"wrong answer: largest error {largest:.3g}, allowed {bounds[1]:.3g}")
            return spread.root_mean_square(found) / inputs.bandwidth

        def facts() -> Dict[str, Any]:
            """What the strategy promises, its knobs, and, where it is approximate, its results over seeds."""
            told: Dict[str, Any] = {"accuracy": strategy.kind}
            if strategy.knobs:
                told.update(family=strategy.family, knobs=dict(strategy.knobs))
            if strategy.kind == "approximate" and reference is not None:
                told["spread"] = spread.once_a_run(
                    (block.key, impl),
                    lambda: spread.account(
                        lambda seed: strategy.to_numpy(call(seed)),
                        spread.SEEDS if strategy.random else 1,
                        inputs.points,
                        reference.result,
                        inputs.bandwidth,
                        gathered=iterations > 1,
                        classes=inputs.classes,
                    ),
                )
                names = ("errors", "rand_index", "class_accuracy")
                told["quantities"] = {key: told["spread"][key] for key in names if key in told["spread"]}
            elif reference is not None:
                told["quantities"] = spread.once_a_run(
                    (block.key, "quantities"), lambda: of_exact(block, inputs, reference.result)
                )
            return told

        compiled = (block.dtype, block.axes)
        tolerance = bounds[0] if bounds else float("inf")
        return Task(call, error, tolerance, strategy.device(), compiled=compiled, facts=facts)

    def trajectory(self, block: Block, inputs: Points, impl: str) -> Trajectory:
        """The points at first and after one, two, ... iterations of the stage's rule; random ones with one seed."""
        strategy = mean_shift.get(impl)
        rule, iterations = STAGES[block.stage]
        reason = strategy.why_not or strategy.why_not_for(rule, block.cell["d"])
        if reason:
            raise ValueError(f"{impl} cannot be followed in {block.stage}: {reason}")
        (placed,) = strategy.put(inputs.points)
        runs = (strategy.run(placed, inputs.bandwidth, count, rule) for count in range(1, iterations + 1))
        frames = np.stack([inputs.points, *(strategy.to_numpy(strategy.wait(run)) for run in runs)])
        return Trajectory(frames, inputs.bandwidth, "bandwidth", WORDS[rule], strategy.kind)


def of_exact(block: Block, inputs: Points, reference: Any) -> Dict[str, List[float]]:
    """What the journal tells of the data and of where every exact strategy takes them, beside times and errors.

    Returns
    -------
    dict
        Of one step: ``covered``, the share of the other points within one bandwidth of a point. Of a run:
        ``remaining``, the root mean square way (in bandwidths) that one iteration more would take the points;
        ``silhouette`` of the clusters that they were drawn from; and ``class_accuracy`` of the modes.
    """
    rule, iterations = STAGES[block.stage]
    if iterations == 1:
        return {"covered": [quantities.covered(inputs.points, inputs.bandwidth)]}
    further = mean_shift.oracle(inputs.points, inputs.bandwidth, iterations + 1, rule)
    ways = np.sqrt(np.square(further - reference).sum(axis=1))
    return {
        "remaining": [spread.root_mean_square(ways) / inputs.bandwidth],
        "silhouette": [quantities.silhouette(inputs.points, inputs.classes)],
        "class_accuracy": [spread.accuracy_of_modes(reference, inputs.classes, inputs.bandwidth)],
    }


def checked(result: Any, reference: Any, dtype: str) -> Any:
    """Return a result's errors, element by element; WrongAnswerError where its shape or dtype is wrong."""
    if result.shape != reference.shape or result.dtype.name != dtype:
        raise WrongAnswerError(
            f"the result is {result.dtype} {result.shape}, expected {dtype} {reference.shape}"
        )
    return result - reference
