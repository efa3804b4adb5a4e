"""Questions that others have asked in public and that a result folder can answer: one group of strategies or another.

The questions are data: a workload's name chooses a row here, never a line of code. A row is used when the workload
was measured with strategies of both groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.analyse.cube import Cube
from reports.analyse.intervals import folded, over_sessions
from reports.analyse.winners import pair_estimate, verdicts
from reports.load.model import SETTING


@dataclass(frozen=True)
class Question:
    """Whether one of `these` is faster than every one of `those`, and where."""

    workload: str
    asked: str
    where: str
    these: tuple[str, ...]
    those: tuple[str, ...]


QUESTIONS = (
    Question(
        workload="scatter1d",
        asked="Are there still cases where bincount is faster than np.add.at?",
        where="NumPy issue 23176",
        these=("bincount",),
        those=("ufunc_at", "ufunc_at_flat"),
    ),
)


@dataclass(frozen=True)
class Answer:
    """A question with what was measured.

    Attributes
    ----------
    rows : pandas.DataFrame
        Setting and axes, `this` and `that` (the fastest of either group), `ratio` (time of `that` over time of
        `this`, above 1 where `this` is faster) with `ratio_low` and `ratio_high`, and `verdict`: these, those, tie
        or undecided.
    """

    question: Question
    rows: pd.DataFrame


def answers(cube: Cube, questions: tuple[Question, ...] = QUESTIONS) -> list[Answer]:
    """The questions that a workload answers, false discoveries controlled within each setting."""
    found = []
    for question in questions:
        these = [cube.position(name) for name in question.these if cube.position(name) >= 0]
        those = [cube.position(name) for name in question.those if cube.position(name) >= 0]
        if question.workload == cube.workload and these and those:
            rows = _compare(cube, _fastest(cube, these), _fastest(cube, those))
            if len(rows):
                found.append(Answer(question, rows))
    return found


def _fastest(cube: Cube, positions: list[int]) -> np.ndarray:
    """Position of the fastest of a group in each cell, -1 where none has a time; (cells,)."""
    mean = over_sessions(cube.log_best[:, :, positions]).mean
    best = np.argmin(np.where(np.isnan(mean), np.inf, mean), axis=1)
    return np.where(np.isnan(mean).all(axis=1), -1, np.array(positions)[best])


def _compare(cube: Cube, this: np.ndarray, that: np.ndarray) -> pd.DataFrame:
    ratio = pair_estimate(cube, that, this)
    table = cube.cells.drop(columns="baseline")
    verdict = verdicts(folded(ratio), table.groupby(list(SETTING), dropna=False).ngroup().to_numpy())
    names = np.array([*cube.impls, ""], dtype=object)
    table["this"], table["that"] = names[this], names[that]
    table["ratio"] = np.exp(ratio.mean)
    table["ratio_low"], table["ratio_high"] = np.exp(ratio.low), np.exp(ratio.high)
    table["verdict"] = np.where(verdict != "win", verdict, np.where(ratio.mean > 0, "these", "those"))
    return table[~np.isnan(ratio.mean)].reset_index(drop=True)
