"""Points that move as numbers for the page: whole ones, packed for the script, and paths for the still picture."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from reports.analyse.motion import Move
from reports.figures.style import look_of

#: Whole numbers in a unit, and at most in the width of a picture: finer than the magnified part can show.
FINEST, WIDEST = 250, 8192
#: Width of the magnified part in units: at least, and as a multiple of the largest distance that it is to show.
LENS_UNITS, LENS_MARGIN = 2.0, 4.0
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Drawn:
    """A picture in whole numbers, y downwards.

    Attributes
    ----------
    moves : list of Move
    places : list of ndarray, (frames, rows, 2), float64
        One per move; NaN where a point is lost.
    unit : float
        Length of the unit that distances are told in.
    """

    moves: list[Move]
    places: list[np.ndarray]
    unit: float

    def goal(self, index: int) -> int | None:
        """Which move is the exact one that a move is compared with."""
        exact = self.moves[index].exact
        return next((i for i, move in enumerate(self.moves) if move.told is exact), None)

    @property
    def most_telling(self) -> int:
        """The move that is shown first: the one that ends the farthest from the exact one, else the first."""
        apart = [0.0 if move.is_exact else move.apart for move in self.moves]
        return int(np.argmax(np.nan_to_num(apart)))


def drawn(moves: list[Move], every: int) -> Drawn:
    """Every so many-th of the stored points, rounded to a length that no screen can tell from zero."""
    stored = [move.told.points[:, ::every] * [1, -1] for move in moves]
    start = stored[0][0][np.isfinite(stored[0][0]).all(axis=1)]
    widest = float(np.ptp(start, axis=0).max()) if len(start) else 0.0
    scale = FINEST / moves[0].told.unit
    scale = min(scale, WIDEST / widest) if widest > 0 else scale
    most = 64 * WIDEST  # a strategy that throws points away must not fill the page with digits
    return Drawn(
        moves,
        [np.rint(np.clip(points * scale, -most, most)) for points in stored],
        scale * moves[0].told.unit,
    )


def packed(picture: Drawn) -> str:
    """Start, and each move's frames as differences; null where a point is lost. Base64 of compressed JSON."""
    start = np.nan_to_num(picture.places[0][0])
    moves = [
        {
            "hue": look_of(move.told.impl).hue,
            "goal": picture.goal(index),
            "lens": lens(picture, index),
            "steps": differences(places, start),
        }
        for index, (move, places) in enumerate(zip(picture.moves, picture.places, strict=True))
    ]
    text = json.dumps({"start": start.T.astype(int).tolist(), "moves": moves}, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def differences(places: np.ndarray, start: np.ndarray) -> list[list[list[int | None]]]:
    """Differences of each frame from where a point was last seen, the first from the start: x and y by frame."""
    steps, seen = [], start
    for frame in places:
        lost = ~np.isfinite(frame).all(axis=1)
        here = np.where(lost[:, None], seen, frame)
        moved = (here - seen).astype(int).T.tolist()
        steps.append(
            [
                [None if gone else value for value, gone in zip(row, lost.tolist(), strict=True)]
                for row in moved
            ]
        )
        seen = here
    return steps


def box(picture: Drawn) -> Box:
    """Left, top, width and height of where the points start and of the exact results, with a margin."""
    exact = [places for move, places in zip(picture.moves, picture.places, strict=True) if move.is_exact]
    points = np.concatenate([places.reshape(-1, 2) for places in [picture.places[0][:1], *exact]])
    points = points[np.isfinite(points).all(axis=1)]
    low, high = (points.min(axis=0), points.max(axis=0)) if len(points) else (np.zeros(2), np.zeros(2))
    margin = 1 + 0.04 * max(float((high - low).max()), picture.unit)
    left, top = (int(value) for value in np.floor(low - margin))
    right, bottom = (int(value) for value in np.ceil(high + margin))
    return left, top, right - left, bottom - top


def lens(picture: Drawn, index: int) -> Box:
    """Left, top, width and height of the part to magnify: about the point that ends the farthest from the exact one.

    An exact move shares the place with the most telling one, so that the two can be told apart.
    """
    goal = picture.goal(index)
    if goal is None or goal == index:
        index = picture.most_telling
        goal = picture.goal(index)
    ends = picture.places[index][-1]
    wanted = picture.places[index if goal is None else goal][-1]
    apart = np.nan_to_num(np.linalg.norm(ends - wanted, axis=1), nan=-1.0)
    worst = int(np.argmax(apart))
    side = 1 + int(max(LENS_UNITS * picture.unit, LENS_MARGIN * apart[worst]))
    x, y = np.nan_to_num((ends[worst] + wanted[worst]) / 2)
    return int(x - side / 2), int(y - side / 2), side, side


def dots(points: np.ndarray) -> Markup:
    """Points (rows, 2) as a path of strokes without length, which round caps make dots; lost ones are left out."""
    whole = points[np.isfinite(points).all(axis=1)].astype(int)
    moved = np.diff(whole, axis=0, prepend=np.zeros((1, 2), int)).tolist()
    return Markup("".join(f"m{x} {y}h0" for x, y in moved))  # nothing but numbers
