"""Planted results whose points move: two rules, an exact strategy under each, and one that ends beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from reports.load.trajectories import LOST
from reports.selfcheck.planted import World, write_journal
from tests.reports.conftest import quick_world

SIZES, FRAMES, UNIT = 60, 4, 2.0
CELL = {"T": 16, "L": 128, "F": 64, "K": 16}


def record(points: np.ndarray | None = None, points_text: Any = None, **changes: Any) -> dict[str, Any]:
    """A trajectory as a run writes it; NaN is a lost point."""
    points = np.zeros((3, 4, 2)) if points is None else points
    resolution = changes.get("resolution", 0.01)
    usable = resolution if isinstance(resolution, float) and resolution > 0 else 1.0
    whole = np.where(np.isnan(points), LOST, np.rint(np.nan_to_num(points) / usable)).astype("<i2")
    line = {
        **{"schema": 1, "kind": "trajectory", "run": "run-1", "benchmark": "Quick", "env": "py3.11"},
        **{"commit": "0123456789abcdef", "workload": "vlad", "stage": "simultaneous", "cell": CELL},
        **{"dtype": "float64", "labels": "uniform", "seed": 1, "impl": "loop", "status": "ok"},
        **{"rule": "all at once", "step": "iteration", "accuracy": "exact"},
        **{"unit": {"name": "span", "length": UNIT}, "resolution": resolution},
        **{"frames": points.shape[0], "rows": points.shape[1], "of": points.shape[1]},
        "points": base64.b64encode(whole.tobytes()).decode() if points_text is None else points_text,
    }
    return line | {key: value for key, value in changes.items() if key != "resolution"}


def contracting(rows: int) -> np.ndarray:
    """Two clouds that shrink to a point each, halfway in each frame; (FRAMES, rows, 2)."""
    rng = np.random.default_rng(0)
    centres = np.array([[-20.0, 5.0], [15.0, -10.0]])[np.arange(rows) % 2]
    away = rng.normal(size=(rows, 2)) * 3
    return np.stack([centres + away * 0.3**frame for frame in range(FRAMES)])


def moving_records(rows: int = SIZES) -> Iterator[dict[str, Any]]:
    """An exact strategy, one that ends a unit to the right of it and loses a point, and one under another rule."""
    exact = contracting(rows)
    beside = exact + np.array([UNIT, 0.0]) * np.linspace(0, 1, FRAMES)[:, None, None]
    beside[-1, 3] = np.nan
    yield record(exact)
    yield record(beside, impl="approx", accuracy="approximate")
    yield record(exact * 0.98, impl="in_place", stage="in_place", rule="one by one")


def moving_world(**changes: Any) -> World:
    """The world that the records belong to."""
    return quick_world(sessions=2, **changes)


def write_moving(results: Path, most: bool = False, **changes: Any) -> Path:
    """Write a journal with trajectories.

    Parameters
    ----------
    results : Path
    most : bool
        Whether to follow as many points as a run stores.
    **changes
        For a trajectory in addition to the three of `moving_records`.
    """
    path = write_journal(moving_world(), results)
    with path.open("a", encoding="utf-8") as file:
        for line in moving_records(500 if most else SIZES):
            file.write(json.dumps(line) + "\n")
        if changes:
            file.write(json.dumps(record(contracting(SIZES), **changes)) + "\n")
    return path
