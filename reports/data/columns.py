"""Columns of CSV files -> their descriptions: unit, type and one sentence each, those of a workload's axes too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from reports.data.descriptions import FIGURES, NUMBER, TABLES, Column, Table

__all__ = ["Column", "Table", "described", "table_of"]

#: Rows behind a figure: its place on the page, its kind, its number.
FIGURE_FILE = re.compile(r"(?:w\d+-)?(?:(?:v\d+|front|map|growth)-)?(?P<kind>[a-z][a-z-]*)-\d+")


def table_of(file_name: str) -> Table:
    """The kind of a CSV file.

    Parameters
    ----------
    file_name : str
        With or without folders.

    Raises
    ------
    ValueError
        No table of this name is described.
    """
    stem = PurePath(file_name).name.removesuffix(".csv")
    figure = FIGURE_FILE.fullmatch(stem)
    name = FIGURES.get(figure["kind"], "") if figure else stem
    if name not in TABLES:
        raise ValueError(
            f"No table of the name {file_name} is described: there are {', '.join(TABLES)} and the rows of figures"
        )
    return TABLES[name]


def described(file_name: str, columns: Sequence[str]) -> list[Column]:
    """Describe the columns of a CSV file.

    Parameters
    ----------
    file_name : str
        With or without folders.
    columns : sequence of str
        Its first line.

    Returns
    -------
    list of Column
        In the order of the file. What stands between the table's own first and last columns is an axis of the
        workload.

    Raises
    ------
    ValueError
        No table of this name is described, or these are not its columns.
    """
    table = table_of(file_name)
    stop = len(columns) - len(table.tail)
    axes = [
        Column(name, "", NUMBER, table.axis.format(axis=name)) for name in columns[len(table.head) : stop]
    ]
    found = [*table.head, *axes, *table.tail]
    if [column.name for column in found] != list(columns) or (axes and not table.axis):
        raise ValueError(f"{file_name} has other columns than are described: {', '.join(columns)}")
    return found
