"""Where points go under chosen strategies, frame by frame, as a file that a page can play.

The format, one JSON object: ``schema``, ``kind`` ("trajectories"), ``workload``, ``stage``, ``labels``, ``dtype``,
``cell``, ``unit`` (length of one whole number), and ``frames``: strategy to frames to points to whole numbers.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Sequence

import numpy as np

from benchmarks import workloads
from benchmarks.protocol.plan import Block
from benchmarks.protocol.state import SEED

STEPS = 4096  # of the widest side: finer than any screen


def trajectories(block: Block, impls: Sequence[str]) -> Dict[str, Any]:
    """Return the record of a block's points under some strategies.

    Raises
    ------
    ValueError
        If the workload moves no points, a strategy is unknown, or cannot run here or under the block's stage.
    """
    workload = workloads.get(block.workload)
    inputs = workload.inputs(block, SEED)
    frames = {impl: np.asarray(workload.trajectory(block, inputs, impl), dtype=np.float64) for impl in impls}
    if not frames:
        raise ValueError("no strategy was named: name those whose points are to be followed")
    widest = max(float(np.nanmax(np.ptp(found[0], axis=0))) for found in frames.values())
    unit = widest / STEPS or 1.0
    return {
        "schema": 1,
        "kind": "trajectories",
        "workload": block.workload,
        "stage": block.stage,
        "labels": block.labels,
        "dtype": block.dtype,
        "cell": block.cell,
        "unit": unit,
        "frames": {
            impl: np.rint(np.nan_to_num(found) / unit).astype(int).tolist() for impl, found in frames.items()
        },
    }


def write(block: Block, impls: Sequence[str], path: str) -> None:
    """Write the record of a block's points under some strategies to a file."""
    record = trajectories(block, impls)
    with open(path, "w", encoding="ascii") as handle:
        json.dump(record, handle, separators=(",", ":"))
        handle.write("\n")
