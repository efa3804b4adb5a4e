"""What a workload tells of points that move, for those that have any."""

from __future__ import annotations

from typing import Any, NamedTuple


class Trajectory(NamedTuple):
    """Where points are before the first iteration and after each.

    Attributes
    ----------
    frames : ndarray, shape (frames, n, d)
    unit : float
        The length that distances are told in.
    unit_name : str
        What that length is, such as ``bandwidth``.
    rule : str
        What the stage does to the points, in words.
    accuracy : {"exact", "bounded", "approximate"}
        What the strategy promises.
    step : str
        What lies between two frames.
    """

    frames: Any
    unit: float
    unit_name: str
    rule: str
    accuracy: str
    step: str = "iteration"
