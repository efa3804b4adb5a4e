"""Suites of other people, in the forms in which they publish them: no sizes, sizes in words, years of failures."""

from __future__ import annotations

import csv
import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from reports.build import build_report
from reports.load import asv_lines, asv_results
from reports.load.asv_params import NotUsed, combinations
from reports.load.folder import NoResults, load_results
from reports.selfcheck.planted import World, write_journal
from tests.reports.pages import whole

#: `result_columns` as asv writes them since version 0.5.
COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25",
           "stats_q_75", "stats_number", "stats_repeat", "samples", "profile"]  # fmt: skip
SOLVERS = ["'V'", "'W'", "'F'"]
SIZES = ["'small'", "'big'"]


def about(
    names: list[str], params: list[list[str]], unit: str = "seconds", version: str = "1"
) -> dict[str, Any]:
    """An entry of benchmarks.json, with what asv writes beside what is read."""
    return {
        **{"code": "def time_solver(self): ...", "min_run_count": 2, "number": 0, "repeat": 0, "rounds": 2},
        **{"param_names": names, "params": params, "timeout": 60.0, "type": "time", "unit": unit},
        **{"version": version, "warmup_time": -1},
    }


def put(
    folder: Path,
    benchmarks: dict[str, dict[str, Any]],
    results: dict[str, Any],
    commit: str = "abcdef0123",
    date: int = 1_600_000_000_000,
    form: int = 2,
) -> None:
    """Write a result file of one machine in version 1 or 2 of asv's format, and benchmarks.json.

    Parameters
    ----------
    results : dict
        Name -> a list of times by the product of the parameters, or None where everything failed.
    """
    box = folder / "box"
    box.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(benchmarks | {"version": 2}))
    (box / "machine.json").write_text(
        json.dumps({"arch": "x86_64", "cpu": "Old CPU", "machine": "box", "version": 1})
    )
    file: dict[str, Any] = {
        "commit_hash": commit,
        "date": date,
        "params": {"machine": "box", "python": "3.8"},
    }
    file |= {"python": "3.8", "requirements": {"numpy": ""}, "version": form}
    if form == 1:
        file["benchmark_version"] = {name: entry["version"] for name, entry in benchmarks.items()}
        file["results"] = {
            name: old_entry(benchmarks[name]["params"], times) for name, times in results.items()
        }
    else:
        file |= {"env_name": "conda-py3.8-numpy", "env_vars": {}, "durations": {}, "result_columns": COLUMNS}
        file["results"] = {
            name: [times, benchmarks[name]["params"], benchmarks[name]["version"], date, 1.0, *ends(times)]
            for name, times in results.items()
        }
    (box / f"{commit[:8]}-conda-py3.8-numpy.json").write_text(json.dumps(file))


def ends(times: list[float] | None) -> list[Any]:
    """The columns of 99 % intervals, 1 % wide; nothing where all failed, as asv cuts off what is empty."""
    if times is None:
        return []
    known = [isinstance(time, float) and not math.isnan(time) for time in times]
    return [
        [time * factor if there else None for time, there in zip(times, known, strict=True)]
        for factor in (0.995, 1.005)
    ]


def old_entry(params: list[list[str]], times: list[float] | None) -> dict[str, Any]:
    """An entry of version 1: no `stats` where everything failed."""
    if times is None:
        return {"params": params, "result": None}
    low, high = ends(times)
    stats = [
        a and {"ci_99": [a, b], "max": b, "mean": t, "min": a, "n": 10, "number": 1, "q_25": a, "q_75": b, "repeat": 10,
               "std": 0.0, "systematic": 0.0}
        for t, a, b in zip(times, low, high, strict=True)
    ]  # fmt: skip
    return {"params": params, "result": times, "stats": stats}


def rows(folder: Path, benchmark: str, name: str = "speedups") -> list[dict[str, str]]:
    with (folder / "data" / benchmark / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def built(tmp_path: Path, strategy: str) -> Path:
    """The report of `tmp_path/r`, through the command."""
    out = tmp_path / "out"
    words = ["build", "--results", str(tmp_path / "r"), "--out", str(out), "--strategy-parameter", strategy]
    assert main(words) == 0
    return out


@pytest.mark.parametrize("form", [1, 2])
def test_the_strategy_parameter_alone_gives_one_cell(tmp_path, form):
    name = "time.SolverTimeCycle.time_solver"
    put(tmp_path / "r", {name: about(["cycle"], [SOLVERS])}, {name: [2.0, 4.0, 3.0]}, form=form)
    out = built(tmp_path, "cycle")
    found = {row["impl"]: row for row in rows(out, name)}
    assert {impl: float(row["seconds"]) for impl, row in found.items()} == {"V": 2.0, "W": 4.0, "F": 3.0}
    assert {row["baseline"] for row in found.values()} == {"F"}
    assert float(found["V"]["speedup"]) == pytest.approx(1.5)
    (winner,) = rows(out, name, "winners")
    assert (winner["winner"], winner["runner_up"], winner["verdict"]) == ("V", "F", "win")
    assert rows(out, name, "crossovers") == []
    assert "could not be drawn" not in whole(out)


@pytest.mark.parametrize("form", [1, 2])
def test_sizes_in_words_are_settings(tmp_path, form):
    name = "transform.Dlf.time_dlf"
    times = [1.0, 2.0, 3.0, 30.0, 20.0, 10.0]
    put(tmp_path / "r", {name: about(["size", "htype"], [SIZES, SOLVERS])}, {name: times}, form=form)
    out = built(tmp_path, "htype")
    found = {(row["labels"], row["impl"]): float(row["seconds"]) for row in rows(out, name)}
    places = itertools.product(("size small", "size big"), ("V", "W", "F"))
    assert found == dict(zip(places, times, strict=True))
    assert {row["labels"]: row["winner"] for row in rows(out, name, "winners")} == {
        "size small": "V",
        "size big": "F",
    }
    assert list(rows(out, name)[0])[:8] == [
        "benchmark",
        "stage",
        "machine",
        "env",
        "dtype",
        "labels",
        "threads",
        "impl",
    ]


def test_words_beside_numbers(tmp_path):
    name = "s.time_x"
    params = [["10", "100", "1000"], ["'a'", "'b'"], ["True", "False"]]
    times = [float(number) for number in range(1, 13)]
    put(tmp_path / "r", {name: about(["n", "data", "chunked"], params)}, {name: times})
    found = rows(built(tmp_path, "chunked"), name)
    keys = list(itertools.product(("10", "100", "1000"), ("data a", "data b"), ("True", "False")))
    assert {(r["n"], r["labels"], r["impl"]): float(r["seconds"]) for r in found} == dict(
        zip(keys, times, strict=True)
    )


def cells(values: list[str], name: str = "x") -> list[tuple[Any, str]]:
    return [(point.cell.get(name), point.labels) for point in combinations([name, "impl"], [values, ["'a'"]])]


def test_parameters_of_many_kinds():
    assert cells(["1000", "1000.5", "1e6"]) == [(1000, ""), (1000.5, ""), (1e6, "")]
    mixed = ["'1e3'", "1000.0", "1000000", "True", "None", "(4, 17)", "<function f>"]
    assert cells(mixed) == [
        (None, f"x {told}")
        for told in ("1e3", "1000.0", "1000000", "True", "None", "(4, 17)", "<function f>")
    ]
    assert cells(["True", "False"]) == [(None, "x True"), (None, "x False")]
    assert cells(["None"]) == [(None, "x None")]
    # what would look the same is told as it is written
    assert cells(["True", "'True'"]) == [(None, "x True"), (None, "x 'True'")]
    assert cells(["1", "1.0"]) == [(None, "x 1"), (None, "x 1.0")]
    assert cells(["0", "-1"]) == [(0, ""), (-1, "")]
    assert cells([f"0x{'f' * 5000}"])[0][0] is None
    assert cells([]) == []
    assert [p.impl for p in combinations(["impl"], [["1", "'1'", "2.5"]])] == ["1", "'1'", "2.5"]


def test_threads_are_counts_or_a_parameter_like_others():
    assert [p.threads for p in combinations(["threads", "impl"], [["1", "4"], ["'a'"]])] == [1, 4]
    assert cells(["-1", "4"], "threads") == [(-1, ""), (4, "")]
    assert cells(["0.5", "4"], "threads") == [(0.5, ""), (4, "")]
    assert cells(["'all'", "4"], "threads") == [(None, "threads all"), (None, "threads 4")]


def test_what_tells_settings_apart_comes_first_in_their_label():
    params = [["True"], ["'last'", "'most-common'"], ["'a'"]]
    assert [p.labels for p in combinations(["analyze", "method", "impl"], params)] == [
        "method last, analyze True",
        "method most-common, analyze True",
    ]


@pytest.mark.parametrize(
    ("names", "params"),
    [
        (["n", "n", "impl"], [["1"], ["2"], ["'a'"]]),
        (["n", "impl"], [["1"]]),
        (["n", "impl"], None),
        (["n", "impl"], [["1"], 5]),
        ([f"n{number}" for number in range(13)] + ["impl"], [["1"]] * 13 + [["'a'"]]),
        (["n", "impl"], [[repr(str(number) + "x") for number in range(501)], ["'a'"]]),
        ([*"abcdefgh", "impl"], [[str(value) for value in range(9)]] * 9),
    ],
)
def test_parameters_that_fit_nothing_are_not_used(names, params):
    with pytest.raises(NotUsed):
        combinations(names, params)


def test_axes_that_would_share_a_column_are_both_there(tmp_path):
    name = "s.time_x"
    params = [["1", "2"], ["3", "4"], ["'a'", "'b'"]]
    put(
        tmp_path / "r",
        {name: about(["cell", "cell_", "impl"], params)},
        {name: [float(n) for n in range(1, 9)]},
    )
    (workload,) = load_results(tmp_path / "r").workloads
    assert len(set(workload.axes)) == 2
    assert len(workload.lines) == 8


@pytest.mark.parametrize("form", [1, 2])
def test_the_newest_commit_counts_though_it_failed(tmp_path, form):
    name = "time.SolverTimeSSL.time_solver"
    known = {name: about(["sslsolver"], [["True", "False"]])}
    put(tmp_path / "r", known, {name: [1.0, 2.0]}, "aaaaaaaa01", 1_500_000_000_000, form)
    put(tmp_path / "r", known, {name: [1.5, 2.5]}, "cccccccc01", 1_600_000_000_000, form)
    put(tmp_path / "r", known, {name: None}, "bbbbbbbb01", 1_700_000_000_000, form)
    results = load_results(tmp_path / "r", "sslsolver")
    (workload,) = results.workloads
    assert set(workload.lines["status"]) == {"failed"}
    assert set(workload.lines["commit"]) == {"bbbbbbbb01"}
    told = "\n".join(results.warnings)
    assert "2 older results of asv are not shown" in told
    assert "Without any time at the newest commit" in told
    assert "last times: commit cccccccc" in told
    assert "not used" not in told


def test_part_of_a_benchmark_fails(tmp_path):
    """Failures and skips keep their place among the times."""
    name = "s.time_x"
    known = {name: about(["batch_size", "double_wrap"], [["0", "1"], ["False", "True"]])}
    put(tmp_path / "r", known, {name: [0.7, math.nan, 1.0, None]})
    found = {(row["batch_size"], row["impl"]): row for row in rows(built(tmp_path, "double_wrap"), name)}
    assert [found[key]["status"] for key in (("0", "False"), ("0", "True"), ("1", "True"))] == [
        "ok",
        "skipped",
        "failed",
    ]
    assert float(found["0", "False"]["seconds"]) == 0.7
    assert found["1", "True"]["seconds"] == ""


def test_an_older_result_that_stands_in_is_told(tmp_path):
    name = "s.time_x"
    known = {name: about(["impl"], [["'a'", "'b'"]])}
    changed = {name: about(["impl"], [["'a'", "'b'"]], version="2")}
    put(tmp_path / "r", changed, {name: [9.0, 9.0]}, "bbbbbbbb01", 1_700_000_000_000)
    put(tmp_path / "r", known, {name: [1.0, 2.0]}, "aaaaaaaa01", 1_600_000_000_000)
    results = load_results(tmp_path / "r")
    assert set(results.workloads[0].lines["commit"]) == {"aaaaaaaa01"}
    told = "\n".join(results.warnings)
    assert "1 result of asv is not used: it is of another version of the benchmark" in told
    assert "Older results stand in the place of newer ones that are not used: s.time_x on box" in told


def test_dates_and_times_that_are_none(tmp_path):
    name = "s.time_x"
    known = {name: about(["impl"], [["'a'", "'b'", "'c'"]])}
    put(tmp_path / "r", known, {name: [1.0, 2.0, 3.0]}, "aaaaaaaa01", 1_600_000_000_000)
    put(tmp_path / "r", known, {name: [5.0, 6.0, 7.0]}, "bbbbbbbb01", 10**400)
    put(tmp_path / "r", known, {name: [5.0, 6.0, 7.0]}, "cccccccc01", None)  # type: ignore[arg-type]
    assert set(load_results(tmp_path / "r").workloads[0].lines["commit"]) == {"aaaaaaaa01"}
    put(tmp_path / "r", known, {name: [1.0, 10**400, True]}, "dddddddd01", 1_700_000_000_000)
    lines = load_results(tmp_path / "r").workloads[0].lines.set_index("impl")
    assert lines["status"].to_dict() == {"a": "ok", "b": "failed", "c": "failed"}
    assert lines["reason"].str.len().max() < 80


def test_few_bytes_ask_for_many_lines(tmp_path, monkeypatch):
    """Failures name no points: their parameters alone may ask for millions of lines."""
    params = [[str(value) for value in range(9)]] * 4 + [["'a'"]]
    known = {f"s.time_{number}": about([*"abcd", "impl"], params) for number in range(3)}
    put(tmp_path / "r", known, dict.fromkeys(known))
    with pytest.raises(NoResults, match="failed as a whole"):
        load_results(tmp_path / "r")
    monkeypatch.setattr(asv_lines, "MOST_FAILED", 10_000)
    monkeypatch.setattr(asv_results, "MOST_LINES", 10_000)
    results = load_results(tmp_path / "r")
    assert len(results.workloads) == 1
    assert any("2 results of asv are not used: there are more of them" in one for one in results.warnings)


def test_settings_are_counted_over_all_benchmarks(tmp_path, monkeypatch):
    monkeypatch.setattr(asv_results, "MOST_SETTINGS", 5)
    known = {f"s.time_{number}": about(["size", "impl"], [SIZES, SOLVERS]) for number in range(3)}
    put(tmp_path / "r", known, {name: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] for name in known})
    results = load_results(tmp_path / "r")
    assert len(results.workloads) == 2
    assert any("1 result of asv is not used: there are more of them" in one for one in results.warnings)


def refused(folder: Path, capsys: Any, *words: str) -> str:
    """What the command says where it gives no page."""
    out = folder.parent / "out"
    assert main(["build", "--results", str(folder), "--out", str(out), *words]) == 2
    assert not out.exists()
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert len(told) < 4_000
    return str(told)


def test_nothing_fits_and_the_message_says_what_there_is(tmp_path, capsys):
    known = {
        "time.ResidualTime.time_residual": about(["size"], [SIZES]),
        "time.SolverTimeCycle.time_solver": about(["n", "cycle"], [["1", "2"], SOLVERS]),
        "memory.SolverMemory.peakmem_solver": about(["anisotropy"], [SOLVERS], "bytes"),
    }
    put(tmp_path / "r", known, {"time.ResidualTime.time_residual": [1.0, 2.0]})
    for words, name in (([], "impl"), (["--strategy-parameter", "anisotropy"], "anisotropy")):
        told = refused(tmp_path / "r", capsys, *words)
        assert f"no benchmark of times has a parameter named '{name}'" in told
        assert "--strategy-parameter NAME" in told
        assert "size (small, big; in 1 of 2); cycle (V, W, F; in 1 of 2)" in told
        assert "time.ResidualTime.time_residual (size); time.SolverTimeCycle.time_solver (n, cycle)" in told
        assert "peakmem" not in told
        assert "measure first" not in told


def test_the_message_stays_short_however_much_there_is(tmp_path, capsys):
    names = [f"parameter{'_' * 200}{number}" for number in range(40)]
    known = {f"s.time_{'x' * 300}{number}": about(names, [SIZES] * 40) for number in range(300)}
    put(tmp_path / "r", known, {})
    told = refused(tmp_path / "r", capsys, "--strategy-parameter", "y" * 5000)
    assert "and 297 more" in told
    assert "and 30 more" in told


def test_other_reasons_for_no_page(tmp_path, capsys):
    plain = {"s.time_x": about([], [])}
    put(tmp_path / "plain", plain, {"s.time_x": [1.0]})
    assert "none of its benchmarks has a parameter" in refused(tmp_path / "plain", capsys)
    put(tmp_path / "nolist", plain, {"s.time_x": [1.0]})
    (tmp_path / "nolist" / "benchmarks.json").unlink()
    assert "names their parameters" in refused(tmp_path / "nolist", capsys)
    write_journal(World({"loop": lambda c: 1e-3}, [{"n": 4}]), tmp_path / "own")
    told = refused(tmp_path / "own", capsys, "--strategy-parameter", "method")
    assert "no results of asv" in told
    (tmp_path / "empty").mkdir()
    assert "measure first" in refused(tmp_path / "empty", capsys)
    known = {"s.time_x": about(["impl"], [SOLVERS])}
    put(tmp_path / "misfit", known, {"s.time_x": [1.0]})
    told = refused(tmp_path / "misfit", capsys)
    assert "holds results of asv, but none can be used" in told
    assert "its values do not fit its parameters (s.time_x)" in told


def test_a_name_that_no_benchmark_has_is_refused_beside_journals_too(tmp_path, capsys):
    write_journal(World({"loop": lambda c: 1e-3}, [{"n": 4}]), tmp_path / "r")
    put(tmp_path / "r", {"s.time_x": about(["method"], [SOLVERS])}, {"s.time_x": [1.0, 2.0, 3.0]})
    assert "(method)" in refused(tmp_path / "r", capsys, "--strategy-parameter", "metod")
    assert len(load_results(tmp_path / "r", "method").workloads) == 2
    assert len(load_results(tmp_path / "r").workloads) == 1


def test_only_one_value_to_compare(tmp_path):
    name = "s.time_x"
    put(tmp_path / "r", {name: about(["size", "backend"], [["16"], ["'cpu'"]])}, {name: [0.5]})
    (row,) = rows(built(tmp_path, "backend"), name)
    assert (row["impl"], row["seconds"], row["speedup"]) == ("cpu", "0.5", "1")


def test_sizes_of_0_and_below_are_drawn(tmp_path):
    name = "s.time_x"
    params = [["-10", "0", "1", "10"], ["'a'", "'b'"]]
    put(tmp_path / "r", {name: about(["n", "impl"], params)}, {name: [1.0, 2.0] * 4})
    out = build_report(tmp_path / "r", tmp_path / "out").page.parent
    figures = sorted((out / "data" / name / "figures").glob("*.csv"))
    assert len(figures) >= 2
    for figure in figures:
        with figure.open(encoding="utf-8", newline="") as file:
            assert {row["n"].lstrip("'") for row in csv.DictReader(file)} == {"-10", "0", "1", "10"}, figure
