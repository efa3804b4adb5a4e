"""What is written beside the tables: descriptions of all columns, Parquet files, and metadata of the whole folder."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

from reports.build import build_report
from reports.data.citation import Author, read_citation
from reports.data.columns import described, table_of
from reports.data.crate import FILE_NAME, crate, write_crate
from reports.data.descriptions import NUMBER, TABLES
from reports.data.parquet import write_parquet
from reports.load.folder import load_results
from reports.load.model import Results
from reports.selfcheck.planted import World, write_journal
from tests.benchmarks.planted_machine import REQUIRES, Machine
from tests.reports.claims.conftest import AS_PUBLISHED, plant
from tests.reports.motion_world import write_moving
from tests.reports.pages import read_pages
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
    write_moving(results)
    write_journal(rough_world(run="run-2"), results)
    asked = {"bincount": lambda cell: cell["N"] * 1e-9, "ufunc_at": lambda cell: 2e-9 * cell["N"]}
    cells = [{"N": size, "bins": 10} for size in (1000, 2000, 4000)]
    write_journal(World(asked, cells, workload="scatter1d", baseline="ufunc_at", run="run-3"), results)
    plant(results, AS_PUBLISHED, least=lambda cell: (8 * cell["T"] * cell["L"] * cell["F"], 0))
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


# -- Parquet ------------------------------------------------------------------------------------------------------
def test_without_pyarrow_nothing_is_written(
    everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(next(everything.glob("data/*/winners.csv")), tmp_path))
    for name in ("pyarrow", "pyarrow.csv", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    assert write_parquet(path) is None
    assert [each.name for each in tmp_path.iterdir()] == ["winners.csv"]


def test_a_parquet_file_holds_what_the_csv_file_does(everything: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    for number, path in enumerate(everything.rglob("*.csv")):
        (tmp_path / str(number)).mkdir()
        written = write_parquet(Path(shutil.copy(path, tmp_path / str(number))))
        assert written == tmp_path / str(number) / f"{path.stem}.parquet"
        table = parquet.read_table(written)
        columns = described(path.name, header(path))
        assert table.schema.names == [column.name for column in columns]
        raw = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in columns:
            field, values = table.schema.field(column.name), table.column(column.name).to_pylist()
            told = {key.decode(): value.decode() for key, value in field.metadata.items()}
            assert told == {"unit": column.unit, "description": column.text}
            types = {"float64": ["double"], NUMBER: ["int64", "double"]}.get(column.dtype, [column.dtype])
            assert str(field.type) in types
            readers: dict[str, Any] = {"string": str, "bool": lambda text: text == "True"}
            as_read = readers.get(column.dtype, float)
            wanted = [
                as_read(text) if text or column.dtype == "string" else None for text in raw[column.name]
            ]
            assert values == wanted, (path.name, column.name)


def test_an_axis_is_whole_where_its_sizes_are(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    columns = [*(column.name for column in TABLES["winners"].head), "N", "share", "gap"]
    tail = [column.name for column in TABLES["winners"].tail]
    rows = [
        ["Quick", "", "m", "e", "float64", "", 1, size, share, gap, *[""] * len(tail)]
        for size, share, gap in ((8, 0.5, ""), (16, 1, 3))
    ]
    path = tmp_path / "winners.csv"
    pd.DataFrame(rows, columns=[*columns, *tail]).to_csv(path, index=False)
    written = write_parquet(path)
    assert written is not None
    schema = parquet.read_table(written).schema
    assert [str(schema.field(name).type) for name in ("N", "share", "gap")] == ["int64", "double", "int64"]
    path.write_text("T,L\n1,2\n")
    with pytest.raises(ValueError, match="other columns"):
        write_parquet(path)


# -- RO-Crate -----------------------------------------------------------------------------------------------------
PAGES = {"index.html": "All views of all workloads."}


@pytest.fixture(scope="module")
def crated(everything: Path, tmp_path_factory) -> tuple[Path, Results]:
    """A copy of the report with its metadata, and the results that it is made from."""
    out = tmp_path_factory.mktemp("crate") / "out"
    shutil.copytree(everything, out)
    (out / "data" / "a name, with blanks & more.bin").write_bytes(b"\x00")
    results = load_results(everything.parent / "results")
    write_crate(out, results, dict.fromkeys([*read_pages(out), "pages.txt"], "A page.") | PAGES)
    return out, results


def entities(out: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))["@graph"]
    found = {entity["@id"]: entity for entity in graph}
    assert len(found) == len(graph), "two entities of one identifier"
    return found


def references(value: Any) -> Iterator[str]:
    """Every identifier that is referred to within an entity."""
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_the_metadata_are_an_ro_crate_with_its_descriptor_and_root(crated: tuple[Path, Results]) -> None:
    out, _ = crated
    told = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))
    assert told["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    found = entities(out)
    assert found[FILE_NAME] == {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }
    root = found["./"]
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license", "creator"} <= set(root)
    assert found[root["license"]["@id"]]["name"] == "BSD 3-Clause License"
    assert [found[each["@id"]]["name"] for each in root["creator"]] == ["The Crossover developers"]
    asked = {id_ for entity in found.values() for id_ in references(list(entity.values()))}
    assert asked - set(found) == {"https://w3id.org/ro/crate/1.1"}
    assert set(found) - asked == {FILE_NAME}, "nothing refers to these"


def test_every_file_is_listed_once_with_its_size_and_sum(crated: tuple[Path, Results]) -> None:
    out, _ = crated
    found = entities(out)
    listed = [unquote(part["@id"]) for part in found["./"]["hasPart"]]
    there = [path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()]
    assert sorted(listed) == sorted(set(there) - {FILE_NAME})
    assert len(listed) == sum(entity["@type"] == "File" for entity in found.values())
    for part in found["./"]["hasPart"]:
        file, content = found[part["@id"]], (out / unquote(part["@id"])).read_bytes()
        assert file["contentSize"] == str(len(content))
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        known = {".csv": "text/csv", ".html": "text/html", ".json": "application/json", ".txt": "text/plain"}
        assert file["encodingFormat"] == known.get(Path(file["name"]).suffix, "application/octet-stream")
        assert ("description" in file) == (not file["name"].endswith(".bin")), file["name"]
    assert found["index.html"]["description"] == PAGES["index.html"]


def test_every_run_tells_when_it_measured_what_with_what(crated: tuple[Path, Results]) -> None:
    out, results = crated
    found = entities(out)
    actions = [found[each["@id"]] for each in found["./"]["mentions"]]
    assert len(actions) == len(results.runs) > 3
    assert [action["startTime"] for action in actions] == sorted(action["startTime"] for action in actions)
    assert found["./"]["datePublished"] == actions[-1]["startTime"][:10]
    for action in actions:
        assert action["@type"] == "CreateAction"
        tools = [found[each["@id"]] for each in action["instrument"]]
        assert {"IndividualProduct", "SoftwareSourceCode"} <= {tool["@type"] for tool in tools}
        numpy = "1.19.5" if "era-" in action["name"] else "2.4.6"
        assert [tool["softwareVersion"] for tool in tools if tool["name"] == "numpy"] == [numpy]
        assert {found[each["@id"]]["encodingFormat"] for each in action["result"]} == {"text/csv"}
        assert action["result"]
    machine = found["#machine-planted-machine"]
    assert machine["description"] == "Planted CPU, 2 cores, 8.00 GiB, Linux, x86_64, a virtual machine"


def test_the_same_folder_gives_the_same_metadata(crated: tuple[Path, Results]) -> None:
    out, results = crated
    before = (out / FILE_NAME).read_bytes()
    results.runs.reverse()
    write_crate(out, results, dict.fromkeys([*read_pages(out), "pages.txt"], "A page.") | PAGES)
    assert (out / FILE_NAME).read_bytes() == before


def test_a_run_without_dates_or_facts_is_told_without_them(crated: tuple[Path, Results]) -> None:
    out, results = crated
    wild = {"cores": "many", "memory_bytes": math.inf, "os": None}
    runs = [
        replace(
            run,
            started_at=when,
            commit="",
            versions={},
            on=replace(run.on, cpu="", facts=wild),
            end={"finished_at": "x"},
        )
        for run, when in zip(results.runs, (math.nan, 1e30, -5.0, math.inf), strict=False)
    ]
    told = crate(out, Results(workloads=results.workloads, runs=runs), {})
    json.dumps(told, allow_nan=False)
    found = {entity["@id"]: entity for entity in told["@graph"]}
    assert "datePublished" not in found["./"]
    assert not [key for key in found["#run-1"] if key.endswith("Time")]
    assert "commit unknown" in found["#run-1"]["description"]
    assert found["#machine-planted-machine"]["description"] == ""


def test_citations_of_groups_and_persons_are_read(tmp_path: Path) -> None:
    cited = read_citation()
    assert cited.licence == "BSD-3-Clause"
    assert cited.authors == (Author("The Crossover developers", False),)
    assert cited.title.startswith("Crossover: ")
    assert cited.copyright.startswith("Copyright (c) ")
    (tmp_path / "LICENSE").write_text("MIT License\n")
    (tmp_path / "CITATION.cff").write_text(
        "title: 'A'\nauthors:\n- given-names: Ada\n  family-names: Byron\n  - name: B\nlicense: MIT\n"
    )
    other = read_citation(tmp_path)
    assert other.authors == (Author("Ada Byron", True), Author("B", False))
    assert (other.title, other.licence, other.version, other.copyright) == ("A", "MIT", "", "")
