"""What the page shows of points that move: for each set of points a picture, choices, and what is to be seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from reports.analyse.motion import Move, pictures
from reports.figures.style import look_of
from reports.load.trajectories import Trajectory
from reports.site import motion_words as telling
from reports.site.motion_picture import Drawn, box, dots, drawn, lens, packed
from reports.sources import Source

#: All pictures of a workload may take this many bytes; where they would take more, points are left out.
MOTION_BYTES = 400_000
#: Fewer points than this are no picture, unless there are no more.
LEAST_ROWS = 40
#: Bytes of a point in the three layers of the still picture.
POINT_BYTES = 3 * 10


def motion_contexts(
    trajectories: list[Trajectory], files: dict[str, Source], anchor: str, folder: str
) -> list[dict[str, Any]]:
    """What the page shows of a workload's trajectories whatever the room, a dictionary per picture.

    Parameters
    ----------
    trajectories : list of Trajectory
    files : dict
        Sources of the strategies by name.
    anchor : str
        Before the ids of everything in the pictures.
    folder : str
        Where the workload's CSV files are, relative to the page.
    """
    return [
        {
            "id": f"{anchor}-motion-{number}",
            "title": telling.title(moves),
            "file": f"{folder}/figures/{anchor}-motion-{number}.csv",
            "moves": moves,
            "rules": _rules(moves, files),
        }
        for number, moves in enumerate(pictures(trajectories), start=1)
    ]


def with_pictures(contexts: list[dict[str, Any]], room: int) -> list[dict[str, Any]]:
    """The contexts with their pictures, as many and as large as fit into so many bytes; None for one left out."""
    found = []
    for context in contexts:
        picture = _picture(context["moves"], room)
        room -= picture["bytes"] if picture else 0
        found.append(context | {"picture": picture})
    return found


def _rules(moves: list[Move], files: dict[str, Source]) -> dict[str, list[dict[str, Any]]]:
    """The choices by rule: place of the move, its label, and the sentences about it."""
    rules: dict[str, list[dict[str, Any]]] = {}
    for index, move in enumerate(moves):
        idea = files[move.told.impl].idea.split("\n")[0] if move.told.impl in files else ""
        choice = {"index": index, "label": telling.label(move), "lines": telling.lines(move, moves, idea)}
        rules.setdefault(telling.rule(move), []).append(choice)
    return rules


def _picture(moves: list[Move], room: int) -> dict[str, Any] | None:
    """The picture with as many points as there is room for; None where that would be too few."""
    rows = moves[0].told.points.shape[1]
    for every in (1, 2, 4, 8):
        if every > 1 and rows // every < LEAST_ROWS:
            break
        picture = drawn(moves, every)
        text = packed(picture)
        size = len(text) + POINT_BYTES * (rows // every)
        if size <= room:
            return {"bytes": size, "packed": text, **_still(picture)}
    return None


def _still(picture: Drawn) -> dict[str, Any]:
    """Start and end of the move that is shown first, as the template needs them."""
    chosen = picture.most_telling
    goal, move = picture.goal(chosen), picture.moves[chosen]
    return {
        "chosen": chosen,
        "hue": look_of(move.told.impl).hue,
        "last": len(move.told.points) - 1,
        "step": move.told.step,
        "box": box(picture),
        "lens": lens(picture, chosen),
        "start": dots(picture.places[0][0]),
        "goal": "" if goal is None else dots(picture.places[goal][-1]),
        "now": dots(picture.places[chosen][-1]),
        "note": telling.note(picture.moves, picture.places[0].shape[1]),
        "says": telling.description(move),
    }


def motion_rows(moves: list[Move]) -> pd.DataFrame:
    """What is stored of the points: a row per strategy, frame and point."""
    parts = []
    for told in (move.told for move in moves):
        frames, rows = told.points.shape[:2]
        digits = 1 - math.floor(math.log10(told.resolution))
        places = {axis: told.points[..., i].ravel().round(digits) for i, axis in enumerate("xy")}
        labels = {"frame": np.repeat(np.arange(frames), rows), "point": np.tile(np.arange(rows), frames)}
        parts.append(pd.DataFrame({"stage": told.stage, "impl": told.impl, **labels, **places}))
    return pd.concat(parts, ignore_index=True)
