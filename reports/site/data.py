"""What the page on the data shows: every table that was written, and what its columns mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reports.site.workloads import Room

ABOUT = {
    "speedups.csv": "Every strategy at every size: time, speedup over the baseline with its interval, error, memory; or why there is no time.",
    "winners.csv": "The fastest strategy of every size, the next best, and whether that can be said.",
    "crossovers.csv": "Where the faster of two strategies changes along an axis.",
    "sessions.csv": "The times of single sessions, from which everything else is computed.",
    "questions.csv": "Answers to questions that were asked beforehand, case by case.",
    "limits.csv": "How near every strategy comes to the machine's own limit.",
    "fronts.csv": "Speed against error, strategy by strategy.",
}  # fmt: skip


def table_contexts(out: Path, rooms: list[Room]) -> dict[str, Any]:
    """Tables by workload, and columns by file."""
    tables = [
        {
            "name": room.name,
            "slug": room.slug,
            "folder": room.folder,
            "files": [_file(out / room.folder / name) for name in room.tables],
        }
        for room in rooms
    ]
    return {"tables": tables, "columns": []}


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as lines:
        rows = sum(1 for _ in lines) - 1
    return {"name": path.name, "rows": rows, "parquet": "", "about": ABOUT.get(path.name, "")}
