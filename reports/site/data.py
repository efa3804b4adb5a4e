"""What the page on the data shows: every table that was written, and what its columns mean."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reports.data.columns import described, table_of
from reports.site.workloads import Room

#: Tables of the claims, beside those of the workloads.
CLAIMS = ("claims_story.csv", "claims_decomposition.csv")


def table_contexts(out: Path, rooms: list[Room]) -> dict[str, Any]:
    """Tables by workload, and columns by file: those that no workload's own axes are."""
    tables = [
        {
            "name": room.name,
            "slug": room.slug,
            "folder": room.folder,
            "axes": list(room.analysis.cube.axes),
            "files": [_file(out / room.folder / name) for name in room.tables],
        }
        for room in rooms
    ]
    paths = [out / room.folder / name for room in rooms for name in room.tables]
    paths += [path for name in CLAIMS if (path := out / "data" / name).is_file()]
    return {"tables": tables, "columns": _columns(paths)}


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as lines:
        rows = sum(1 for _ in lines) - 1
    parquet = path.with_suffix(".parquet")
    return {
        "name": path.name,
        "rows": rows,
        "parquet": parquet.name if parquet.is_file() else "",
        "about": table_of(path.name).text,
    }


def _columns(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The columns of every kind of table, of the first file of each kind."""
    found: dict[str, Any] = {}
    for path in paths:
        if path.name not in found:
            with path.open(encoding="utf-8", newline="") as lines:
                names = next(csv.reader(lines))
            found[path.name] = described(path.name, names)
    return [{"name": name, "columns": columns} for name, columns in found.items()]
