"""Where labels go among the marks of a picture: beside their own, and off everything else as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Sides of a mark on which its label may stand, the best first; (across, up) of the label's centre.
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
#: How far from the mark, in points, a label may stand.
DISTANCES = (6.5, 12.0, 20.0)
#: What a label costs per point of distance, in square points of overlap.
STEP_COST = 2.0


def place_labels(
    anchors: np.ndarray, sizes: np.ndarray, taken: np.ndarray, frame: Sequence[float]
) -> np.ndarray:
    """Centres of labels, the first ones choosing first.

    Parameters
    ----------
    anchors : ndarray, (n, 2), float64
        Marks, in points.
    sizes : ndarray, (n, 2), float64
        Width and height of the labels, in points.
    taken : ndarray, (m, 4), float64
        Boxes to stay clear of: left, bottom, right, top.
    frame : sequence of float
        Left, bottom, right, top of the room that there is.

    Returns
    -------
    ndarray, (n, 2), float64
        Of all places considered that with the least overlap, the nearer one where several have as little.
    """
    boxes = [np.asarray(box, dtype=float) for box in taken]
    centres = np.empty_like(anchors, dtype=float)
    for index, (anchor, size) in enumerate(zip(anchors, sizes, strict=True)):
        places = [
            (anchor + np.array(side) * (distance + size / 2), distance)
            for distance in DISTANCES
            for side in SIDES
        ]
        costs = [
            _overlap(_box(centre, size), boxes)
            + 4 * _outside(_box(centre, size), frame)
            + STEP_COST * distance
            for centre, distance in places
        ]
        centres[index] = places[int(np.argmin(costs))][0]
        boxes.append(_box(centres[index], size))
    return centres


def boxes_along(points: np.ndarray, step: float = 6.0, half: float = 1.5) -> np.ndarray:
    """Small boxes that cover a broken line.

    Parameters
    ----------
    points : ndarray, (n, 2), float64
        Its corners.
    step, half : float
        Distance of the boxes' centres, and half their width.

    Returns
    -------
    ndarray, (m, 4), float64
        For `place_labels`; empty for less than two points.
    """
    centres = [
        start + (end - start) * share
        for start, end in zip(points[:-1], points[1:], strict=True)
        for share in np.arange(0.0, 1.0, step / max(step, float(np.hypot(*(end - start)))))
    ]
    middle = np.array(centres).reshape(-1, 2)
    return np.hstack([middle - half, middle + half])


def _box(centre: np.ndarray, size: np.ndarray) -> np.ndarray:
    return np.concatenate([centre - size / 2, centre + size / 2])


def _overlap(box: np.ndarray, others: list[np.ndarray]) -> float:
    """Area that a box shares with others."""
    if not others:
        return 0.0
    other = np.stack(others)
    shared = np.minimum(box[2:], other[:, 2:]) - np.maximum(box[:2], other[:, :2])
    return float(np.prod(np.maximum(shared, 0.0), axis=1).sum())


def _outside(box: np.ndarray, frame: Sequence[float]) -> float:
    """Area of a box beyond a frame."""
    inside = np.minimum(box[2:], frame[2:]) - np.maximum(box[:2], frame[:2])
    return float(np.prod(box[2:] - box[:2]) - np.prod(np.maximum(inside, 0.0)))
