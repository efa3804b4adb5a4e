"""Journals as they occur: torn, broken, resumed, several machines, several runs."""

from __future__ import annotations

import json
import time

import pytest

from reports.__main__ import main
from reports.load.folder import NoResults, load_results
from reports.selfcheck.planted import World, records, write_journal
from reports.site.machines import machine_cards
from tests.reports.conftest import HUB, quick_world, work


def small(**changes):
    return World({"loop": work, "fast": lambda c: work(c) / 2}, [HUB], **changes)


def test_nothing_there(tmp_path):
    with pytest.raises(NoResults, match="no results folder"):
        load_results(tmp_path / "missing")
    with pytest.raises(NoResults, match="No measurement"):
        load_results(tmp_path)


def test_torn_last_line_is_dropped_with_a_warning(tmp_path):
    path = write_journal(small(finished=False), tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-2]) + "\n" + lines[-2][:60])
    results = load_results(tmp_path)
    assert [w for w in results.warnings if "torn" in w and path.name in w]
    assert len(results.workloads[0].lines) == 5


def test_a_bad_line_in_the_middle_is_counted_and_named(tmp_path):
    path = write_journal(small(), tmp_path)
    lines = path.read_text().splitlines()
    lines[2] = '{"schema": 1, "workload": "planted"}'
    lines[3] = "oops"
    path.write_text("\n".join(lines) + "\n")
    results = load_results(tmp_path)
    assert any("2 lines were left out (the first is line 3)" in w for w in results.warnings)
    assert len(results.workloads[0].lines) == 4


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00rubbish", b"", b"[1, 2]\n", b'{"schema": 9, "kind": "machine"}\n']
)
def test_broken_file_is_named_and_the_rest_used(tmp_path, content):
    write_journal(small(), tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "broken-env.jsonl").write_bytes(content)
    results = load_results(tmp_path)
    assert any("other/broken-env.jsonl" in w for w in results.warnings)
    assert len(results.workloads[0].lines) == 6


def test_newest_run_of_a_set_counts_and_older_ones_are_mentioned(tmp_path):
    write_journal(small(run="new", started_at=2e9, sessions=2), tmp_path)
    write_journal(small(run="old", started_at=1e9, commit="ffffffffffff"), tmp_path)
    results = load_results(tmp_path)
    assert set(results.workloads[0].lines["run"]) == {"new"}
    assert [run.run for run in results.runs] == ["new"]
    assert any("1 older run" in w for w in results.warnings)


def test_a_finished_run_counts_before_a_newer_one_that_was_interrupted(tmp_path):
    write_journal(small(run="cut", started_at=2e9, finished=False), tmp_path)
    write_journal(small(run="whole", started_at=1e9), tmp_path)
    results = load_results(tmp_path)
    assert set(results.workloads[0].lines["run"]) == {"whole"}
    assert not any("interrupted" in w for w in results.warnings)


def test_a_run_without_one_time_comes_behind_those_that_have_some(tmp_path):
    path = write_journal(small(run="void", started_at=2e9), tmp_path)
    told = [json.loads(line) for line in path.read_text().splitlines()]
    void = [
        r if "kind" in r else {**r, "status": "failed", "reason": "disk full", "seconds": []} for r in told
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in void))
    assert set(load_results(tmp_path).workloads[0].lines["run"]) == {"void"}
    write_journal(small(run="cut", started_at=1e9, finished=False, commit="ffffffffffff"), tmp_path)
    lines = load_results(tmp_path).workloads[0].lines
    assert set(lines["run"]) == {"cut"}
    assert lines["best"].notna().any()


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_without_a_single_time_hides_no_other(tmp_path, finished):
    """A full disk makes every strategy fail; that says nothing of them."""

    def broken(impl, cell, session):
        return "failed", "OSError: No space left on device"

    write_journal(small(run="good", started_at=1e9, finished=finished), tmp_path)
    write_journal(small(run="broken", started_at=2e9, trouble=broken), tmp_path)
    results = load_results(tmp_path)
    assert set(results.workloads[0].lines["run"]) == {"good"}
    assert any("not a single time (OSError: No space left" in warning for warning in results.warnings)


def test_a_run_without_a_single_time_is_shown_where_it_is_all_there_is(tmp_path):
    write_journal(small(trouble=lambda *_: ("failed", "broken")), tmp_path)
    assert set(load_results(tmp_path).workloads[0].lines["status"]) == {"failed"}


def test_the_results_folder_is_the_one_that_was_measured_into(tmp_path, monkeypatch, capsys):
    write_journal(small(), tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSOVER_RESULTS", "elsewhere")
    assert main(["build", "--out", "out"]) == 0
    assert (tmp_path / "out" / "data" / "planted" / "speedups.csv").is_file()
    monkeypatch.delenv("CROSSOVER_RESULTS")
    assert main(["build", "--out", "out"]) == 2
    assert "no results folder" in capsys.readouterr().err


def test_facts_of_a_machine_are_those_of_the_environment(tmp_path):
    for env, python in (("old", "3.8.18"), ("new", "3.13.1")):
        path = write_journal(small(env=env, run=env), tmp_path)
        path.write_text(path.read_text().replace('"python": "3.11.7"', f'"python": "{python}"'))
    cards = machine_cards(load_results(tmp_path))
    told = {card["env"]: dict(card["rows"])["python"] for card in cards}
    assert told == {"new": "3.13.1", "old": "3.8.18"}
    rows = dict(cards[0]["rows"])
    assert rows["blas"] == "openblas 0.3.30 (each measurement sets its threads)"
    assert rows["copy, 1 thread, working set of 64.0 MiB, measured"] == "8.85 GiB/s"
    assert rows["matrix product 512 × 512, 1 thread, float64, measured"] == "41 GFlop/s"
    assert "begun on 2026-05-28" in cards[0]["runs"][0]["told"]


def test_last_line_of_a_doubled_key_counts(tmp_path):
    path = write_journal(small(sessions=1), tmp_path)
    line = next(record for record in records(small(sessions=1)) if record.get("impl") == "fast")
    line["seconds"] = [123.0]
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    lines = load_results(tmp_path).workloads[0].lines
    assert lines.loc[lines["impl"] == "fast", "best"].tolist() == [123.0]


def test_sets_machines_and_environments_stay_apart(tmp_path):
    for machine in ("a", "b"):
        for env in ("py3.11", "py3.8"):
            write_journal(small(machine=machine, env=env), tmp_path)
    write_journal(small(machine="a", benchmark="Other", run="r2"), tmp_path)
    lines = load_results(tmp_path).workloads[0].lines
    assert len(lines.groupby(["machine", "env", "benchmark"])) == 5
    assert lines.groupby(["machine", "env", "benchmark"]).size().eq(6).all()


def test_interrupted_run_is_said_to_be_so(tmp_path):
    write_journal(small(finished=False), tmp_path)
    assert any("interrupted" in w for w in load_results(tmp_path).warnings)


def test_a_journal_without_machine_and_run_lines(tmp_path):
    path = write_journal(small(), tmp_path)
    lines = [row for row in path.read_text().splitlines() if '"kind"' not in row]
    path.write_text("\n".join(lines) + "\n")
    results = load_results(tmp_path)
    assert {run.on.name for run in results.runs} == {"planted-machine"}
    assert set(results.workloads[0].lines["baseline"]) == {"loop"}


def test_baseline_without_loop_is_who_was_measured_most(tmp_path):
    def failing(impl, cell, session):
        return ("failed", "") if impl == "a" and cell["K"] == 3 else None

    world = World({"b": work, "a": work}, [HUB, HUB | {"K": 3}], baseline="", trouble=failing)
    write_journal(world, tmp_path)
    assert set(load_results(tmp_path).workloads[0].lines["baseline"]) == {"b"}


def test_an_axis_may_have_the_name_of_a_column(tmp_path):
    write_journal(World({"loop": lambda c: 1e-3, "x": lambda c: 2e-3}, [{"seconds": 1, "n": 2}]), tmp_path)
    assert load_results(tmp_path).workloads[0].axes == ("seconds_", "n")


def test_the_cost_of_loading_grows_with_the_lines_and_no_faster(tmp_path):
    """Tens of thousands of lines load in seconds; the square of them would not. The least of three tries is quiet."""
    cost = {}
    for stages in (12, 48):
        folder = tmp_path / str(stages)
        write_journal(quick_world(sessions=5, stages=[f"s{i}" for i in range(stages)], samples=3), folder)
        tries = []
        for _ in range(3):
            begun = time.process_time()
            lines = load_results(folder).workloads[0].lines
            tries.append(time.process_time() - begun)
        assert len(lines) == 5 * stages * 13 * 9
        cost[stages] = min(tries)
    assert cost[48] < 8 * cost[12]
