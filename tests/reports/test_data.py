"""What is written beside the tables: descriptions of all columns, Parquet files, and metadata of the whole folder."""

from __future__ import annotations

import csv
import importlib
import json
import math
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workloads import NAMES
from reports.build import build_report
from reports.data.columns import described, table_of
from reports.data.descriptions import NUMBER, TABLES
from reports.data.parquet import write_parquet
from reports.selfcheck.planted import World, write_journal
from tests.benchmarks.planted_machine import REQUIRES, Machine
from tests.reports.claims.conftest import AS_PUBLISHED, plant
from tests.reports.motion_world import write_moving
from tests.reports.test_fronts import world as rough_world

ROOT = Path(__file__).resolve().parents[2]


def write_map(results: Path) -> None:
    """A profile as a map leaves it beside the journals of a machine."""
    from impls.cost.build import build

    mapper = Machine(island=True).mapper([], sessions=2)
    mapper.run()
    lines = [dict(line, benchmark="Map", block=str(line["block"])) for line in mapper.book.lines]
    profile = build(lines, {"machine": "planted"}, requires=REQUIRES, held_out=False)
    profile.save(results / "planted-machine" / "profile.json")


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Path:
    """A report with every kind of table in it."""
    folder = tmp_path_factory.mktemp("everything")
    results = folder / "results"
    least = {"least": lambda cell: (8 * cell["T"] * cell["L"] * cell["F"], 0)}
    write_moving(results)
    write_journal(rough_world(run="run-2"), results)
    asked = {"bincount": lambda cell: cell["N"] * 1e-9, "ufunc_at": lambda cell: 2e-9 * cell["N"]}
    cells = [{"N": size, "bins": 10} for size in (1000, 2000, 4000)]
    write_journal(World(asked, cells, workload="scatter1d", baseline="ufunc_at", run="run-3"), results)
    plant(results, AS_PUBLISHED, **least)
    write_map(results)
    build_report(results, folder / "out")
    return folder / "out"


def header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


# -- columns ------------------------------------------------------------------------------------------------------
def test_every_column_of_every_table_is_described_and_nothing_else_is(everything: Path) -> None:
    seen = set()
    for path in everything.rglob("*.csv"):
        columns = header(path)
        found = described(path.relative_to(everything).as_posix(), columns)
        assert [column.name for column in found] == columns
        seen.add(id(table_of(path.name)))
    left_over = [name for name, table in TABLES.items() if id(table) not in seen]
    assert not left_over, "described, but never written"


def test_a_description_is_one_sentence_with_a_type_and_a_unit() -> None:
    for name, table in TABLES.items():
        assert table.text.endswith(".")
        for column in (*table.head, *table.tail):
            where = f"{name}: {column.name}"
            assert column.text.endswith("."), where
            assert ". " not in column.text, where
            assert column.dtype in ("string", "int64", "float64", "bool"), where
            assert column.unit in ("", "s", "B", "flop"), where
            assert (column.unit == "s") == (
                "seconds" in column.name or column.name in ("best", "median", "first_call_s")
            ), where


def test_axes_are_described_by_their_names_in_every_table(everything: Path) -> None:
    for path in everything.glob("data/*/winners.csv"):
        axes = [column for column in described(path.name, header(path)) if column.dtype == NUMBER]
        assert axes
        assert all(f" {column.name} " in column.text for column in axes)
    with pytest.raises(ValueError, match="other columns"):
        described("claims_story.csv", [*header(everything / "data" / "claims_story.csv"), "T"])
    with pytest.raises(ValueError, match="other columns"):
        described("winners.csv", ["T", "L"])
    with pytest.raises(ValueError, match="No table"):
        described("data/w/losers.csv", ["T", "L"])
    with pytest.raises(ValueError, match="No table"):
        described("w1-v1-pie-1.csv", ["T", "L"])


def test_what_reads_like_a_formula_as_the_name_of_an_axis_is_described(hostile_report: Path) -> None:
    paths = list(hostile_report.rglob("*.csv"))
    assert paths
    for path in paths:
        described(path.name, header(path))
