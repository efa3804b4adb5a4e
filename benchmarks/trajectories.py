"""Where points go under a strategy, frame by frame, as one line of JSON that a page can play.

The line, beside what every line of a journal says: ``kind`` ("trajectory"), ``workload``, ``stage``, ``cell``,
``dtype``, ``labels``, ``seed`` and ``impl``; then ``status``, with ``reason`` where it is not ``ok``, else

- ``rule``, ``step``, ``accuracy``: what the stage does, what lies between frames, what the strategy promises, in words;
- ``unit``: ``name`` and ``length`` of what distances are told in;
- ``frames``, ``rows``, ``of``: how many frames, how many points of how many (every second, third, ... is kept);
- ``resolution`` and ``points``: whole numbers of that length, little-endian 16-bit in base64, frame by frame, point by
  point, x before y; -32768 where a strategy lost the point.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, Optional, Sequence

import numpy as np

from benchmarks import workloads
from benchmarks.protocol.plan import Block

ENOUGH_ROWS = 500  # points that a picture needs
FINEST = 1000  # whole numbers in a unit: finer than any screen shows it
LARGEST, LOST = 32767, -32768


def encoded(frames: Any, unit: float, most_rows: Optional[int] = ENOUGH_ROWS) -> Dict[str, Any]:
    """Return a trajectory's points thinned and rounded, as the line of it holds them.

    Parameters
    ----------
    frames : ndarray, shape (frames, n, 2)
        Rows with NaN or infinity in a frame are lost there.
    unit : float
        Length that distances are told in.
    most_rows : int, optional
        Every second, third, ... row is kept until there are no more than these; None = all.

    Raises
    ------
    ValueError
        If the points do not lie in a plane.
    """
    if frames.ndim != 3 or frames.shape[2] != 2:
        raise ValueError(f"only points in a plane can be drawn; these have the shape {frames.shape[1:]}")
    apart = max(1, -(-frames.shape[1] // most_rows)) if most_rows else 1
    kept = np.asarray(frames, dtype=np.float64)[:, ::apart]
    found = np.isfinite(kept).all(axis=2, keepdims=True)
    farthest = float(np.abs(np.where(found, kept, 0.0)).max()) if kept.size else 0.0
    resolution = float(f"{max(unit / FINEST, 1.001 * farthest / LARGEST):.4g}")
    whole = np.where(found, np.rint(np.where(found, kept, 0.0) / resolution), LOST).astype("<i2")
    return {
        "frames": kept.shape[0],
        "rows": kept.shape[1],
        "of": frames.shape[1],
        "resolution": resolution,
        "points": base64.b64encode(whole.tobytes()).decode("ascii"),
    }


def record(block: Block, impl: str, seed: int, most_rows: Optional[int] = ENOUGH_ROWS) -> Dict[str, Any]:
    """Return what is to be told of a block's points under a strategy.

    Raises
    ------
    ValueError
        If the workload moves no points, not in a plane, or the strategy is unknown or cannot run here or there.
    """
    workload = workloads.get(block.workload)
    found = workload.trajectory(block, workload.inputs(block, seed), impl)
    return {
        "status": "ok",
        "rule": found.rule,
        "step": found.step,
        "accuracy": found.accuracy,
        "unit": {"name": found.unit_name, "length": found.unit},
        **encoded(np.asarray(found.frames), found.unit, most_rows),
    }


def followed(block: Block, impl: str, seed: int) -> Dict[str, Any]:
    """Return `record`, or why there is none: whatever a strategy raises costs that strategy alone."""
    try:
        return record(block, impl, seed)
    except Exception as problem:
        return {"status": "failed", "reason": f"{type(problem).__name__}: {problem}"}


def line(block: Block, impl: str, seed: int, told: Dict[str, Any]) -> Dict[str, Any]:
    """Return the line of a record: whose points these are, and the record."""
    return {
        "kind": "trajectory",
        "workload": block.workload,
        "stage": block.stage,
        "cell": block.cell,
        "dtype": block.dtype,
        "labels": block.labels,
        "seed": seed,
        "impl": impl,
        **told,
    }


def write(block: Block, impls: Sequence[str], seed: int, path: str) -> None:
    """Write where all of a block's points go under some strategies, a line each.

    Raises
    ------
    ValueError
        As `record`; also where no strategy is named. Nothing is written then.
    """
    if not impls:
        raise ValueError("no strategy was named: name those whose points are to be followed")
    lines = [
        dict(schema=1, **line(block, impl, seed, record(block, impl, seed, most_rows=None))) for impl in impls
    ]
    with open(path, "w", encoding="ascii") as handle:
        for each in lines:
            handle.write(json.dumps(each, allow_nan=False) + "\n")
