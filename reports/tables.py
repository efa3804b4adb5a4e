"""The CSV files behind the page. Their columns are an interface: people and tests read them by name."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pandas as pd

from reports.analyse import crossovers, fronts, limits, speedups, winners
from reports.analyse.questions import Answer
from reports.load.model import SETTING

NUMBERS = "%.6g"
#: Spreadsheets compute a cell that begins with one of these.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: What this module writes into the folder of a workload.
FILES = (
    "speedups.csv",
    "winners.csv",
    "crossovers.csv",
    "sessions.csv",
    "questions.csv",
    "limits.csv",
    "fronts.csv",
)


def folder_name(workload: str) -> str:
    """Name of a workload as a folder, another one for each workload.

    Letters, digits, dot, dash and underscore stay as they are. Where anything else is in the name, or dots at an end,
    it becomes `_` or nothing, and a mark of the whole name keeps it apart from names that would look the same.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", workload).strip(".") or "_"
    return plain if plain == workload else marked(plain, workload)


def marked(plain: str, workload: str) -> str:
    """A name with a mark that no other workload has."""
    return f"{plain}-{hashlib.sha256(workload.encode()).hexdigest()[:8]}"


def write_tables(
    folder: Path, axes: tuple[str, ...], speedup: pd.DataFrame, winner: pd.DataFrame, crossing: pd.DataFrame
) -> None:
    """Write `speedups.csv`, `winners.csv` and `crossovers.csv` of one workload.

    Parameters
    ----------
    folder : Path
    axes : tuple of str
    speedup, winner, crossing : pandas.DataFrame
        From `speedup_table`, `winner_table` and `crossover_table`; other columns are left out.
    """
    write_csv(folder / "speedups.csv", speedup_rows(speedup, axes))
    write_csv(folder / "winners.csv", winner_rows(winner, axes))
    columns = [*SETTING, "axis", *axes, *crossovers.COLUMNS_BEHIND_AXES]
    write_csv(folder / "crossovers.csv", crossing.reindex(columns=columns))


def speedup_rows(table: pd.DataFrame, axes: tuple[str, ...]) -> pd.DataFrame:
    """Rows of the speedup table with the columns of `speedups.csv`."""
    return table.reindex(columns=[*SETTING, *axes, *speedups.COLUMNS_BEHIND_AXES])


def winner_rows(table: pd.DataFrame, axes: tuple[str, ...]) -> pd.DataFrame:
    """Rows of the winner table with the columns of `winners.csv`."""
    return table.reindex(columns=[*SETTING, *axes, *winners.COLUMNS_BEHIND_AXES])


def limit_rows(table: pd.DataFrame, axes: tuple[str, ...]) -> pd.DataFrame:
    """Rows of the limit table with the columns of `limits.csv`."""
    return table.reindex(columns=[*SETTING, *axes, *limits.COLUMNS_BEHIND_AXES])


def front_rows(table: pd.DataFrame, axes: tuple[str, ...]) -> pd.DataFrame:
    """Rows of the table of speed against error with the columns of `fronts.csv`."""
    return table.reindex(columns=[*SETTING, *axes, *fronts.COLUMNS_BEHIND_AXES])


def write_fronts(folder: Path, axes: tuple[str, ...], front: pd.DataFrame) -> None:
    """Write `fronts.csv` if anything is not exact: who is how fast at which error, in every cell that has such."""
    if len(front):
        write_csv(folder / "fronts.csv", front_rows(front, axes))


def write_sessions(folder: Path, axes: tuple[str, ...], lines: pd.DataFrame) -> None:
    """Write `sessions.csv`: the minimum and the median of every block, from which all else follows."""
    columns = ["session", "impl", "status", "best", "median", "samples", "first_call_s", "commit", "run"]
    ordered = lines.sort_values([*SETTING, *axes, "impl", "session"], kind="stable")
    write_csv(folder / "sessions.csv", ordered.reindex(columns=[*SETTING, *axes, *columns]))


def write_answers(folder: Path, axes: tuple[str, ...], answered: list[Answer]) -> None:
    """Write `questions.csv` if any question is answered: the question and, for each cell, which group is faster."""
    if answered:
        rows = pd.concat([answer.rows.assign(question=answer.question.asked) for answer in answered])
        columns = ["this", "that", "ratio", "ratio_low", "ratio_high", "verdict"]
        write_csv(folder / "questions.csv", rows.reindex(columns=["question", *SETTING, *axes, *columns]))


def write_limits(folder: Path, axes: tuple[str, ...], distance: pd.DataFrame) -> None:
    """Write `limits.csv` if there is a bound for any cell: what it is, and how near each strategy comes to it."""
    if len(distance):
        write_csv(folder / "limits.csv", limit_rows(distance, axes))


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as all files of the report are written; its folder is made when it does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    without_formulas(table).to_csv(path, index=False, float_format=NUMBERS, lineterminator="\n")


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a `'` before every text that a spreadsheet would compute; numbers stay as they are.

    Parameters
    ----------
    table : pandas.DataFrame
        Texts in it, and the names of its columns, may come from anybody's result file.
    """
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].map(_as_text) for name in texts}).rename(columns=_as_text)


def _as_text(value: Any) -> Any:
    """A text that begins like a formula, quoted as spreadsheets do it; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
