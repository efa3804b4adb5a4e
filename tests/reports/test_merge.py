"""`python -m reports merge`: a packed file becomes one more machine; a hostile one is one sentence and no change."""

from __future__ import annotations

import csv
import json
import lzma
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.build import build_report
from reports.load import packed
from reports.load.packed import Refused
from reports.merge import merge
from reports.pack import pack
from reports.selfcheck.planted import records, write_journal
from tests.reports.conftest import quick_world
from tests.reports.pages import whole

FOREIGN = quick_world(machine="tpu-v5e", cpu="Other CPU", sessions=2, commit="fedcba9876543210")


def rows(world=FOREIGN) -> list[dict]:
    return list(records(world))


def put(path: Path, lines: list[dict] | bytes) -> Path:
    """Write lines as a packed file."""
    if not isinstance(lines, bytes):
        lines = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(lzma.compress(lines, preset=0))
    return path


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def results(tmp_path) -> Path:
    """A local results folder with one machine."""
    write_journal(quick_world(sessions=2), tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "theirs.jsonl.xz"


def test_the_report_has_one_more_machine(results, file, tmp_path, capsys):
    put(file, rows())
    before = everything(results)
    assert main(["merge", str(file), "--results", str(results)]) == 0
    assert "measurements of tpu-v5e" in capsys.readouterr().out
    assert before.items() < everything(results).items()
    page = whole(build_report(results, tmp_path / "out").page.parent)
    assert "tpu-v5e" in page
    assert "Other CPU" in page
    with (tmp_path / "out" / "data" / "vlad" / "speedups.csv").open() as table:
        assert {row["machine"] for row in csv.DictReader(table)} == {"planted-machine", "tpu-v5e"}


def test_the_same_file_again_changes_nothing_and_a_longer_one_adds(results, file):
    lines = rows()
    put(file, lines[:-5])
    (path,) = merge(file, results).written
    again = merge(file, results)
    assert (again.written, again.known) == ([], [path])
    put(file, lines)
    assert merge(file, results).written == [path]
    assert [json.loads(row) for row in path.read_text().splitlines()] == lines
    put(file, lines[:-5])  # an older copy takes nothing away
    assert merge(file, results).known == [path]
    assert len(path.read_text().splitlines()) == len(lines)


def test_another_name_sets_it_apart(results, file):
    """Two machines of one name (every Colab runtime is called alike) must not become one in the report."""
    put(file, rows(quick_world(cpu="Not the planted one")))
    before = everything(results)
    with pytest.raises(Refused, match=r"another machine called 'planted-machine'.*--as NAME"):
        merge(file, results)
    assert everything(results) == before
    (path,) = merge(file, results, "colab-2").written
    assert path.parent == results / "colab-2"
    first, second, *_ = path.read_text().splitlines()
    assert json.loads(first)["machine"] == "colab-2"
    assert json.loads(second) == rows(quick_world())[1]


def test_results_are_never_replaced(results, file):
    put(file, rows())
    merge(file, results)
    put(file, rows(quick_world(machine="tpu-v5e", cpu="Other CPU", commit=FOREIGN.commit, seed=1)))
    before = everything(results)
    with pytest.raises(Refused, match="holds other results"):
        merge(file, results)
    assert everything(results) == before


def test_published_results_are_known_in_their_packed_form(results, file):
    put(file, rows())
    (path,) = merge(file, results).written
    pack([path], path.parent)
    path.unlink()
    assert merge(file, results).known == [path]
    assert not path.exists()
    put(file, [*rows(), *rows()[2:]])  # grown since: two of one name would hide each other
    with pytest.raises(Refused, match="holds other results"):
        merge(file, results)
    put(file, rows(quick_world(machine="tpu-v5e", cpu="A third CPU")))
    with pytest.raises(Refused, match="another machine called"):
        merge(file, results)


def test_several_journals_of_one_machine(results, file):
    newer = quick_world(machine="tpu-v5e", cpu="Other CPU", commit="abcdefabcdef0123", sessions=1)
    put(file, rows() + rows(newer))
    assert sorted(path.name for path in merge(file, results).written) == [
        "abcdefab-py3.11.jsonl",
        "fedcba98-py3.11.jsonl",
    ]


def changed(**changes) -> list[dict]:
    """The file with its first measurement (or, for `machine`, its first record) changed."""
    machine, run, line, *rest = rows()
    if "machine" in changes:
        return [machine | changes, run, line, *rest]
    return [machine, run, line | changes, *rest]


HOSTILE = {
    "no xz and no journal": (b"PK\x03\x04", "no result file"),
    "empty": (b"", "no result file"),
    "plain list": (b"[]\n", "no result file"),
    "packed nothing": (lzma.compress(b""), "is empty"),
    "torn": (lzma.compress(b"{}" * 999)[:-20], "ends too early"),
    "spoiled": (lzma.compress(b"{}" * 999)[:-60] + b"\xff" * 60, "is damaged"),
    "two streams": (lzma.compress(b"{}\n") + b"PK", "behind its end"),
}
LINES: dict[str, tuple[list[dict] | bytes, str]] = {
    "out of the folder": (changed(machine="../../etc"), "the name of its machine"),
    "absolute": (changed(machine="/etc"), "the name of its machine"),
    "parent": (changed(machine=".."), "the name of its machine"),
    "hidden": (changed(machine=".ssh"), "the name of its machine"),
    "backslash": (changed(machine="a\\b"), "the name of its machine"),
    "device of Windows": (changed(machine="nul.txt"), "the name of its machine"),
    "newline": (changed(machine="a\n"), "the name of its machine"),
    "zero byte": (changed(machine="a\0b"), "the name of its machine"),
    "markup": (changed(machine="<script>"), "the name of its machine"),
    "long": (changed(machine="a" * 300), "the name of its machine"),
    "no name": (changed(machine=None), "the name of its machine"),
    "a list for a name": (changed(machine=["x"]), "the name of its machine"),
    "two machines": (rows() + rows(quick_world()), "holds 2 machines"),
    "no machine": (rows()[1:], "begins with its machine"),
    "no measurement": (rows()[:2], "without a single measurement"),
    "not JSON": (b'{"kind": "machine", "machine": "x"}\n{\n', "line 2: not JSON"),
    "deep": (b'{"kind": "machine", "machine": "x"}\n' + b'{"a":' * 200_000, "line 2"),
    "not UTF-8": (b'{"kind": "machine", "machine": "\xff"}\n', "line 1: not UTF-8"),
    "surrogate": (changed(reason="\ud800"), "line 3: half of a surrogate pair"),
    "negative time": (changed(seconds=[-1.0]), "line 3: seconds"),
    "endless time": (changed(seconds=[float("inf")]), "line 3: seconds"),
    "unknown status": (changed(status="fine"), "line 3: status"),
    "no cell": (changed(cell=None), "line 3: a record without a cell"),
    "another schema": (changed(schema=2), "line 3: schema 2"),
    "two of one name": (
        rows() + rows(quick_world(machine="tpu-v5e", commit=FOREIGN.commit)),
        "two different",
    ),
}


def refused(results: Path, file: Path, told: str, capsys) -> None:
    before = everything(results.parent)
    assert main(["merge", str(file), "--results", str(results)]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert everything(results.parent) == before


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_packed_file_is_refused(case, results, file, capsys):
    raw, told = HOSTILE[case]
    file.write_bytes(raw)
    refused(results, file, told, capsys)


@pytest.mark.parametrize("case", LINES)
def test_a_packed_file_with_anything_wrong_in_it_is_refused(case, results, file, capsys):
    lines, told = LINES[case]
    refused(results, put(file, lines), told, capsys)


def test_a_missing_file_is_refused(results, file, capsys):
    refused(results, file, "There is no file", capsys)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(results, file, capsys, monkeypatch):
    monkeypatch.setattr(packed, "MOST_UNPACKED", 1 << 20)
    put(file, b"\n" * (16 << 20))
    assert file.stat().st_size < 10_000
    refused(results, file, "unpacks to over 1,048,576 bytes", capsys)


@pytest.mark.parametrize(
    ("bound", "value", "told"),
    [
        ("MOST_PACKED", 100, "larger than 100 bytes"),
        ("MOST_LINES", 10, "more than 10 lines"),
        ("LONGEST_LINE", 100, "longer than 100 bytes"),
        ("MOST_VALUES", 100, "more than any run measures"),
    ],
)
def test_every_bound_holds(bound, value, told, results, file, capsys, monkeypatch):
    monkeypatch.setattr(packed, bound, value)
    refused(results, put(file, rows()), told, capsys)


def test_names_inside_never_become_paths(results, file):
    """Commit and environment make the file's name; whatever they say, it stays in the machine's folder."""
    world = quick_world(machine="box", env="../../e nv/" + "x" * 100, commit="../../evil", sessions=1)
    put(file, rows(world))
    (path,) = merge(file, results).written
    assert path.parent == results / "box"
    assert path.name == "no-commit-" + (".._.._e_nv_" + "x" * 100)[:80] + ".jsonl"
    assert [p.name for p in results.parent.iterdir() if p.is_dir()] == ["results"]


def test_a_new_name_must_be_plain_too(results, file, capsys):
    put(file, rows())
    before = everything(results.parent)
    assert main(["merge", str(file), "--results", str(results), "--as", "../x"]) == 2
    assert "the new name" in capsys.readouterr().err
    assert everything(results.parent) == before


def test_results_measured_here_are_never_joined(results, file, capsys):
    """A name, a processor and a commit prove nothing: whoever knows them could hide the owner's results."""
    before = everything(results)
    later = quick_world(run="run-2", started_at=2e9, commit="fedcba9876543210", sessions=1)
    put(file, rows(later))
    refused(results, file, "measured here", capsys)
    grown = quick_world(sessions=2)
    put(file, [*rows(grown), *rows(later)[1:]])  # the owner's own journal, and more behind it
    refused(results, file, "measured here", capsys)
    put(file, rows(grown))  # what is there already is no harm
    assert merge(file, results).written == []
    assert everything(results) == before
    put(file, rows(later))
    assert merge(file, results, "theirs").machine == "theirs"
    page = whole(build_report(results, results.parent / "out").page.parent)
    assert "run-2" not in page
    assert before.items() < everything(results).items()


def test_what_was_measured_beside_merged_results_is_the_owners_too(results, file, capsys):
    put(file, rows())
    merge(file, results)
    newer = quick_world(machine="tpu-v5e", cpu="Other CPU", commit="abcdefabcdef0123", sessions=1)
    put(file, rows(newer))
    merge(file, results)  # all of the folder came by merging
    write_journal(quick_world(machine="tpu-v5e", cpu="Other CPU", commit="1111111111111111"), results)
    put(file, rows(quick_world(machine="tpu-v5e", cpu="Other CPU", commit="2222222222222222")))
    refused(results, file, "measured here (11111111-py3.11.jsonl)", capsys)
