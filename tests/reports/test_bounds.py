"""One bad line, name or byte never costs the report: it is stopped at the door, by the report and by `merge`."""

from __future__ import annotations

import csv
import json
import lzma
import os
from pathlib import Path, PurePath
from typing import Any

import pandas as pd
import pytest

from reports.build import build_report
from reports.load import xz
from reports.load.bounds import LONGEST_NAME, facts, is_plain, short_name, shown, told
from reports.load.folder import load_results
from reports.load.packed import Refused
from reports.merge import merge
from reports.pack import pack
from reports.selfcheck.planted import World, records, write_journal
from reports.site import context
from reports.tables import folder_name, without_formulas
from tests.reports.conftest import quick_world
from tests.reports.pages import whole

CELLS = [{"N": size, "M": size} for size in (8, 16, 32)]
SOUND = World({"loop": lambda c: 2e-3, "fast": lambda c: 1e-3}, CELLS, sessions=2)
#: What is changed in one line -> what is said of it.
ONE_LINE: dict[str, tuple[dict[str, Any], str]] = {
    "control character in a strategy's name": ({"impl": "fa\x01st"}, "control character"),
    "line separator in a set's name": ({"benchmark": "Pla\u2028nted"}, "control character"),
    "what XML cannot hold": ({"labels": "a\ufffe"}, "control character"),
    "a strategy of 300 letters": ({"impl": "f" * 300}, "300 letters"),
    "a workload of 300 letters": ({"workload": "w" * 300}, "300 letters"),
    "an axis of 58 letters": ({"cell": {"N" * 58: 8}}, "58 letters"),
    "200 axes": ({"cell": {f"A{number}": 1 for number in range(200)}}, "200 axes"),
    "an error of 1e290": ({"error": 1e290}, "error is 1e+290"),
    "memory of 1e290": ({"peak_extra_bytes": 1e290}, "peak_extra_bytes is 1e+290"),
    "a negative error": ({"error": -1.0}, "error is -1"),
    "a knob of 300 letters": ({"knobs": {"k" * 300: 1}}, "300 letters"),
}


def rows(world: World = SOUND, number: int = 5, **changes) -> list[dict]:
    """The journal of a world with one more measurement, like another but for some changes."""
    lines = list(records(world))
    return [*lines, lines[number] | changes]


def put(folder, lines) -> None:
    path = folder / "box" / "01234567-py3.11.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("case", ONE_LINE)
def test_one_line_out_of_bounds_costs_that_line_and_merge_refuses_it(case, tmp_path, monkeypatch):
    changes, told_of_it = ONE_LINE[case]
    put(tmp_path / "r", rows(**changes))
    built = build_report(tmp_path / "r", tmp_path / "out")
    assert [warning for warning in built.warnings if told_of_it in warning and "left out" in warning]
    assert "could not be drawn" not in whole(built.page.parent)
    assert len(load_results(tmp_path / "r").workloads[0].lines) == len(CELLS) * 2 * 2
    packed = tmp_path / "theirs.xz"
    packed.write_bytes(lzma.compress("".join(json.dumps(line) + "\n" for line in rows(**changes)).encode()))
    with pytest.raises(Refused, match=told_of_it.replace("+", r"\+")):
        merge(packed, tmp_path / "r", "new")


def test_a_failure_is_not_lost_over_its_numbers(tmp_path):
    """A wrong answer may well be off by 1e290."""
    put(tmp_path, rows(status="invalid", reason="wrong answer", error=1e290, impl="wrong"))
    lines = load_results(tmp_path).workloads[0].lines
    found = lines[lines["impl"] == "wrong"]
    assert found["status"].tolist() == ["invalid"]
    assert found["error"].isna().all()


def test_axes_that_only_together_are_too_many(tmp_path):
    lines = list(records(SOUND))
    more = [lines[5] | {"cell": {"N": 8, f"A{number}": 1}} for number in range(30)]
    put(tmp_path / "r", [*lines, *more])
    built = build_report(tmp_path / "r", tmp_path / "out")
    assert [warning for warning in built.warnings if "20 lines of planted left out" in warning]


def test_lines_too_scattered_for_any_table_cost_their_workload_alone(tmp_path):
    lines = list(records(SOUND))
    far = [
        lines[5] | {"workload": "far", "cell": {"N": number}, "session": number, "impl": f"s{number}"}
        for number in range(1, 180)
    ]
    put(tmp_path, [*lines, *far])
    results = load_results(tmp_path)
    assert [workload.name for workload in results.workloads] == ["planted"]
    assert [warning for warning in results.warnings if "far was left out" in warning]


def test_a_reason_keeps_what_can_be_shown(tmp_path):
    reason = "Traceback:\n\x1b[31mwrong\x1b[0m " + "x" * 5_000_000
    put(tmp_path, rows(impl="wrong", status="failed", reason=reason))
    lines = load_results(tmp_path).workloads[0].lines
    (found,) = lines.loc[lines["impl"] == "wrong", "reason"]
    assert found.startswith("Traceback:  [31mwrong")
    assert len(found) == 2000


@pytest.mark.parametrize("junk", [b"5", b"[1]", b"\xff", b'{"impl": "\xff"}', b"null", b'"x"', b"{"])
def test_a_line_that_is_no_record_costs_itself(junk, tmp_path):
    path = write_journal(SOUND, tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], junk + b"\n", *lines[4:]]))
    results = load_results(tmp_path)
    assert len(results.workloads[0].lines) == 12
    assert any("line 5 was left out" in warning for warning in results.warnings)


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\0\0\0\0", b"\0\n\n \0\n"])
def test_what_editors_and_crashes_leave_before_a_line_costs_nothing(before, tmp_path):
    path = write_journal(SOUND, tmp_path)
    path.write_bytes(before + path.read_bytes())
    results = load_results(tmp_path)
    assert len(results.workloads[0].lines) == 12
    assert results.runs[0].on.cpu == "Planted CPU"
    assert results.warnings == []


def test_a_file_name_that_is_not_utf_8(tmp_path):
    folder = tmp_path / "r"
    path = write_journal(SOUND, folder)
    names = (
        os.fsencode(folder) + b"/\xff\xfe/bad-\xff.jsonl",
        os.fsencode(folder) + b"/\xff\xfe/x-\xff.json",
    )
    os.mkdir(os.path.dirname(names[0]))
    with open(names[0], "wb") as file:  # without a machine and an environment of its own
        file.writelines(
            line.replace(b'"env": "py3.11", ', b"") for line in path.read_bytes().splitlines(True)[1:]
        )
    with open(names[1], "wb") as file:
        file.write(b"{")
    built = build_report(folder, tmp_path / "out")
    assert any("is not JSON" in warning for warning in built.warnings)
    for warning in built.warnings:
        warning.encode()


def test_damage_to_a_packed_journal_costs_what_it_hit(tmp_path, monkeypatch):
    monkeypatch.setattr(xz, "STREAM", 20_000)
    journal = write_journal(quick_world(sessions=4), tmp_path / "plain")
    (packed,) = pack([journal], tmp_path / "packed" / "box")
    assert lzma.decompress(packed.path.read_bytes()) == journal.read_bytes()
    raw = packed.path.read_bytes()
    streams = raw.count(xz.MAGIC)
    assert streams > 8
    whole = load_results(tmp_path / "plain").workloads[0].lines
    columns = ["T", "L", "F", "K", "impl", "session", "best"]
    known = set(whole[columns].fillna(-1).itertuples(index=False, name=None))
    for place in (len(raw) // 5, len(raw) // 2, len(raw) - 40):
        packed.path.write_bytes(raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :])
        found = load_results(tmp_path / "packed")
        lines = found.workloads[0].lines
        assert any("damaged" in warning for warning in found.warnings)
        assert len(lines) >= len(whole) * (1 - 2 / streams) - 20
        got = lines[columns].fillna(-1).itertuples(index=False, name=None)
        assert set(got) <= known  # and nothing altered


def test_damage_within_one_long_stream_costs_the_rest_of_it(tmp_path):
    """As journals were packed before: what lies well before the damage is used."""
    journal = write_journal(quick_world(sessions=200), tmp_path / "plain")
    raw = lzma.compress(journal.read_bytes(), preset=0)
    assert journal.stat().st_size > 4 * xz.CHUNK
    place = 3 * len(raw) // 4
    folder = tmp_path / "packed" / "box"
    folder.mkdir(parents=True)
    damaged = raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :]
    (folder / f"{journal.name}.xz").write_bytes(damaged)
    whole = load_results(tmp_path / "plain").workloads[0].lines
    lines = load_results(tmp_path / "packed").workloads[0].lines
    assert len(lines) > 0.3 * len(whole)
    assert set(lines["best"].dropna()) <= set(whole["best"])


def test_a_pipe_among_the_results_blocks_nothing(tmp_path):
    write_journal(SOUND, tmp_path)
    for name in ("x.json", "x.jsonl", "x.jsonl.xz", "machine.json", "profile.json"):
        os.mkfifo(tmp_path / "planted-machine" / name)
    os.mkfifo(tmp_path / "benchmarks.json")
    assert len(load_results(tmp_path).workloads[0].lines) == 12


@pytest.mark.parametrize(
    "spoil",
    [
        {"machine": "half \ud800"},
        {"machine": "a\x00b"},
        {"import_s": [1]},
        {"models": [{"entries": 2**70}]},
        {"models": 3},
        {"key": 5},
        {"protocol": [1, 2]},
    ],
)
def test_a_spoiled_profile_costs_its_map_alone(tmp_path, spoil):
    write_journal(SOUND, tmp_path / "r")
    sound = json.loads(Path("impls/cost/shipped.json").read_text(encoding="utf-8"))
    (tmp_path / "r" / "planted-machine" / "profile.json").write_text(json.dumps(sound | spoil))
    built = build_report(tmp_path / "r", tmp_path / "out")
    assert len(built.warnings) == 1
    assert "planted-machine/profile.json was left out" in built.warnings[0]


def test_a_figure_that_fails_leaves_its_reason(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise ArithmeticError("no such <b>axis</b>")

    monkeypatch.setattr(context, "draw_scaling", fails)
    write_journal(quick_world(), tmp_path / "r")
    built = build_report(tmp_path / "r", tmp_path / "out")
    html = whole(built.page.parent)
    assert "could not be drawn (ArithmeticError: no such &lt;b&gt;axis&lt;/b&gt;)" in html
    assert html.count("<svg") > 2
    assert any("w1-v1-scaling-1 could not be drawn" in warning for warning in built.warnings)


def test_cells_that_a_spreadsheet_would_compute_are_text(tmp_path):
    times = {"=1+2": lambda c: 1e-3, "@x": lambda c: 2e-3, "loop": lambda c: 3e-3}
    cells = [{"-N": size} for size in (8, 16)]
    trouble = lambda impl, cell, session: ("failed", "+cmd|x") if impl == "@x" else None  # noqa: E731
    write_journal(World(times, cells, trouble=trouble, machine="-box", sessions=2), tmp_path / "r")
    build_report(tmp_path / "r", tmp_path / "out")
    seen = set()
    for path in (tmp_path / "out" / "data").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    seen.add(cell)
                    try:
                        float(cell)
                    except ValueError:
                        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), path
    assert {"'=1+2", "'@x", "'+cmd|x", "'-box", "'-N"} <= seen


def test_numbers_below_zero_stay_numbers():
    table = without_formulas(pd.DataFrame({"n": [-1.5, 2.0], "t": ["-1.5", "x"], "mixed": [-2, "=x"]}))
    assert table["n"].tolist() == [-1.5, 2.0]
    assert table["t"].tolist() == ["'-1.5", "x"]
    assert table["mixed"].tolist() == [-2, "'=x"]


def test_workloads_that_look_alike_have_folders_of_their_own(tmp_path):
    names = ["a/b", "a_b", "a:b", ".a_b", "a_b.", "vlad", "Suite.time_x-1"]
    assert len({folder_name(name) for name in names}) == len(names)
    assert [folder_name(name) for name in ("a_b", "vlad", "Suite.time_x-1")] == [
        "a_b",
        "vlad",
        "Suite.time_x-1",
    ]
    for name in ("a/b", "a_b"):
        write_journal(World(SOUND.times, CELLS, workload=name, benchmark=name), tmp_path / "r")
    build_report(tmp_path / "r", tmp_path / "out")
    for name in ("a/b", "a_b"):
        with (tmp_path / "out" / "data" / folder_name(name) / "speedups.csv").open() as file:
            assert {row["benchmark"] for row in csv.DictReader(file)} == {name}


def test_a_strategy_named_in_many_bytes_is_looked_up(tmp_path):
    write_journal(World({"語" * LONGEST_NAME: lambda c: 1e-3, "loop": lambda c: 2e-3}, CELLS), tmp_path / "r")
    assert build_report(tmp_path / "r", tmp_path / "out").page.stat().st_size > 10_000


def test_a_size_of_0_is_in_the_picture_as_in_the_sentence(tmp_path):
    cells = [{"N": size} for size in (0, 1, 10, 100)]
    times = {"loop": lambda c: 1e-6 + 2e-6 * c["N"], "fast": lambda c: 1e-5 + 1e-7 * c["N"]}
    write_journal(World(times, cells), tmp_path / "r")
    built = build_report(tmp_path / "r", tmp_path / "out")
    html = whole(built.page.parent)
    assert "<code>loop</code> from 0 to 1" in html
    assert "could not be drawn" not in html
    with (tmp_path / "out" / "data" / "planted" / "figures" / "w1-v1-scaling-1.csv").open() as file:
        assert {row["N"] for row in csv.DictReader(file)} == {"0", "1", "10", "100"}
    with (tmp_path / "out" / "data" / "planted" / "figures" / "w1-v1-map-1.csv").open() as file:
        assert {row["N"] for row in csv.DictReader(file)} == {"0", "1", "10", "100"}


def test_words_of_the_bounds():
    assert told("a\x00b\u202ec") == "a b c"
    assert told("x" * 50, 10) == "x" * 9 + "…"
    assert is_plain("µs × 語")
    assert short_name("plain") == "plain"
    cut = short_name("x" * 300), short_name("x" * 301)
    assert len(set(cut)) == 2
    assert {len(name) for name in cut} == {LONGEST_NAME}
    deep = facts({"a": [[[[[[[[1]]]]]]]]})
    assert json.dumps(deep) == '{"a": [[[[[null]]]]]}'
    assert shown(PurePath("a", os.fsdecode(b"\xff"))) == "a/\ufffd"
