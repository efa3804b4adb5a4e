"""CSV files -> Parquet files beside them, with types and descriptions of their columns, where pyarrow is installed."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import Any

from reports.data.columns import Column, described
from reports.data.descriptions import NUMBER

#: How truth values are written.
TRUE, FALSE = "True", "False"


def write_parquet(csv_path: Path) -> Path | None:
    """Write a table's CSV file as a Parquet file beside it, where pyarrow is installed.

    The values are those of the CSV file, with its digits and with its `'` before what looks like a formula. An empty
    field of a number or a truth value becomes null. Each column has its unit and description as metadata.

    Parameters
    ----------
    csv_path : Path
        Of a table that `reports.data.columns` describes.

    Returns
    -------
    Path or None
        The file that was written; None without pyarrow.

    Raises
    ------
    ValueError
        The table is not described, or a value is not of its column's type.
    """
    try:
        arrow, reader, parquet = map(importlib.import_module, ("pyarrow", "pyarrow.csv", "pyarrow.parquet"))
    except ImportError:
        return None
    with csv_path.open(encoding="utf-8", newline="") as file:
        columns = described(csv_path.name, next(csv.reader(file), []))
    table = _read(arrow, reader, csv_path, columns)
    fields = [_field(arrow, column, table.column(column.name)) for column in columns]
    path = csv_path.with_suffix(".parquet")
    parquet.write_table(table.cast(arrow.schema(fields)), path, compression="zstd")
    return path


def _read(arrow: Any, reader: Any, path: Path, columns: list[Column]) -> Any:
    """The file as a table of texts, truth values and float64."""
    types = {
        column.name: {"string": arrow.string(), "bool": arrow.bool_()}.get(column.dtype, arrow.float64())
        for column in columns
    }
    options = reader.ConvertOptions(
        column_types=types,
        null_values=[""],
        true_values=[TRUE],
        false_values=[FALSE],
        strings_can_be_null=False,
    )
    return reader.read_csv(path, convert_options=options)


def _field(arrow: Any, column: Column, values: Any) -> Any:
    """The column as a field of a schema; a number is whole where all its values are."""
    dtype = column.dtype
    if dtype == NUMBER:
        dtype = "int64" if all(value.is_integer() for value in values.drop_null().to_pylist()) else "float64"
    types = {
        **{"string": arrow.string(), "bool": arrow.bool_()},
        **{"int64": arrow.int64(), "float64": arrow.float64()},
    }
    return arrow.field(column.name, types[dtype], metadata={"unit": column.unit, "description": column.text})
