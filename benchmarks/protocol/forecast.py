"""What a run will cost: predicted seconds and peak memory, before it starts.

The model is coarse on purpose (a few constants, measured on a 2-core cloud machine); while a run is under way
its pace corrects the prediction, and a finished run of the same set on the same machine replaces it.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Tuple

from benchmarks import workloads
from benchmarks.protocol.plan import Block, MeasurementSet

SETTLING_S = 0.03  # first call, calibration and bookkeeping of one strategy
START_S = 4.0  # a worker's start and imports
CALLS_BEYOND_BUDGET = 5  # first call, warm-up, other inputs and the least repetitions of slow strategies
RACED = 0.6  # of a budget and the calls beyond it, where most strategies have one sample


def block_seconds(block: Block, runnable: int, plan: MeasurementSet) -> float:
    """Predicted seconds of one block in one session with that many runnable strategies."""
    workload = workloads.get(block.workload)
    elements = workload.elements(block)
    call = min(plan.budget.call_limit_s, elements * workload.seconds_per_element)
    raced = RACED if plan.budget.race else 1.0
    each = SETTLING_S + raced * (plan.budget.strategy_s + CALLS_BEYOND_BUDGET * call)
    return runnable * each + elements * workload.oracle_seconds_per_element


def run_seconds(plan: MeasurementSet, runnable: Dict[Any, int], past: Iterable[Dict[str, Any]]) -> float:
    """Predicted seconds of a whole run; a finished run of the same set in `past` journal lines is believed first."""
    walls: List[float] = []
    names: Dict[str, str] = {}
    for line in past:
        if line.get("kind") == "run":
            names[line["run"]] = line["benchmark"]
        elif (
            line.get("kind") == "finished" and names.get(line["run"]) == plan.name and not line.get("resumed")
        ):
            walls.append(line["wall_s"])
    if walls:
        return walls[-1]
    workers = len({block.threads for block in plan.blocks})
    once = sum(block_seconds(block, runnable[block.key], plan) for block in plan.blocks)
    return plan.sessions * (once + workers * START_S)


def peak_bytes(plan: MeasurementSet, needs: Mapping[Tuple[Any, str], int]) -> int:
    """Predicted peak memory in bytes: shared arrays of the largest block and its most demanding strategy.

    Parameters
    ----------
    needs : mapping
        (block key, strategy) to predicted extra bytes.
    """
    largest: Dict[Any, int] = {}
    for (key, _), need in needs.items():
        if need <= plan.budget.memory_limit:
            largest[key] = max(need, largest.get(key, 0))
    shared = [
        workloads.get(block.workload).input_bytes(block) + largest.get(block.key, 0) for block in plan.blocks
    ]
    return max(shared)
