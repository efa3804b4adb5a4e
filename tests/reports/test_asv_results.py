"""Other people's asv results: both formats, NaN, nulls, missing columns, several machines, stale benchmarks."""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.__main__ import main
from reports.analyse.views import analyse
from reports.build import build_report
from reports.load.folder import NoResults, load_results
from reports.selfcheck.planted import World, write_journal
from tests.reports.pages import read_pages, whole

SIZES = [2**power for power in range(4, 13)]
NAME = "sums.Sums.time_sum"
PARAMS = [[repr(size) for size in SIZES], ["'float32'"], ["'add_at'", "'bincount'", "'gone'"]]
BENCHMARKS: dict[str, Any] = {
    NAME: {
        "name": NAME,
        "param_names": ["n", "dtype", "impl"],
        "params": PARAMS,
        "unit": "seconds",
        "version": "1",
    },
    "sums.Sums.peakmem_sum": {
        "param_names": ["n", "impl"],
        "params": PARAMS[::2],
        "unit": "bytes",
        "version": "1",
    },
    "sums.time_plain": {"param_names": ["n"], "params": [["1"]], "unit": "seconds", "version": "1"},
}


def seconds(n, impl):
    """`add_at` is faster below n = 300, `bincount` above."""
    return {"add_at": 1e-8 * n, "bincount": 1.5e-6 + 5e-9 * n, "gone": math.nan}[impl]


def points():
    for n, _, impl in itertools.product(SIZES, ["float32"], ["add_at", "bincount", "gone"]):
        yield n, impl


def version_2(machine="box", env="env-a", commit="abcdef0123", date=1_600_000_000_000, columns=13, **results):
    times = [seconds(n, impl) for n, impl in points()]
    spread = [(None, None) if math.isnan(t) else (t * 0.99, t * 1.01) for t in times]
    row = [
        times,
        PARAMS,
        "1",
        0,
        1.0,
        [s[0] for s in spread],
        [s[1] for s in spread],
        None,
        None,
        None,
        None,
        None,
    ]
    names = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25",
             "stats_q_75", "stats_number", "stats_repeat", "samples", "profile"]  # fmt: skip
    return {
        **{
            "version": 2,
            "commit_hash": commit,
            "env_name": env,
            "date": date,
            "params": {"machine": machine},
        },
        **{
            "python": "3.11",
            "requirements": {"numpy": "2.0"},
            "env_vars": {},
            "result_columns": names[:columns],
        },
        "results": {NAME: row[:columns], **results},
    }


def version_1(machine="box", env="env-a", commit="abcdef0123"):
    times = [seconds(n, impl) for n, impl in points()]
    stats = [None if math.isnan(t) else {"ci_99": [t * 0.99, t * 1.01], "q_25": t, "q_75": t} for t in times]
    return {
        **{"version": 1, "commit_hash": commit, "env_name": env, "date": 1, "params": {"machine": machine}},
        **{
            "python": "2.7",
            "requirements": {},
            "benchmark_version": {NAME: "1"},
            "started_at": {},
            "ended_at": {},
        },
        "results": {
            NAME: {"result": times, "params": PARAMS, "stats": stats},
            "sums.time_plain": 3.0,
            "old.x": None,
        },
    }


def put(folder, file, name="abcdef01-env-a.json", benchmarks=BENCHMARKS):
    machine = file["params"]["machine"] if isinstance(file, dict) else "box"
    (folder / machine).mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(benchmarks | {"version": 2}))
    (folder / machine / "machine.json").write_text(
        json.dumps({"machine": machine, "cpu": "Old CPU", "version": 1})
    )
    (folder / machine / name).write_text(json.dumps(file))  # bare NaN, as asv writes it


@pytest.mark.parametrize("file", [version_1(), version_2()], ids=["version 1", "version 2"])
def test_both_formats_give_the_same_answers(tmp_path, file):
    put(tmp_path, file)
    results = load_results(tmp_path)
    assert [w.name for w in results.workloads] == [NAME]
    analysis = analyse(results.workloads[0])
    assert results.workloads[0].axes == ("n",)
    ranked = analysis.winners.set_index("n")
    assert ranked.loc[16, "winner"] == "add_at"
    assert ranked.loc[4096, "winner"] == "bincount"
    assert ranked.loc[4096, "margin"] == pytest.approx(4.096e-5 / (1.5e-6 + 2.048e-5), rel=1e-6)
    assert ranked.loc[4096, "verdict"] == "win"
    assert analysis.crossovers["at"].tolist() == pytest.approx([300], rel=0.03)
    assert set(analysis.speedups["dtype"]) == {"float32"}
    lost = analysis.speedups[analysis.speedups["impl"] == "gone"]
    assert set(lost["status"]) == {"skipped"}


def test_intervals_of_both_times_add_up(tmp_path):
    put(tmp_path, version_2())
    row = analyse(load_results(tmp_path).workloads[0]).winners.iloc[-1]
    half = np.log(1.01 / 0.99) / 2 * 1.959964 / 2.575829 * np.sqrt(2)
    assert np.log(row["margin_high"] / row["margin"]) == pytest.approx(half, rel=1e-3)


def test_columns_cut_off_and_failures(tmp_path):
    put(tmp_path, version_2(columns=3))  # no statistics, no samples
    analysis = analyse(load_results(tmp_path).workloads[0])
    assert set(analysis.winners["verdict"]) == {"undecided"}
    file = version_2()
    file["results"][NAME][0] = None  # every combination failed
    put(tmp_path, file)
    assert set(load_results(tmp_path).workloads[0].lines["status"]) == {"failed"}


def test_samples_stand_in_for_a_missing_interval(tmp_path):
    file = version_2()
    row = file["results"][NAME]
    row[5] = row[6] = None
    row[11] = [None if math.isnan(t) else [t * f for f in (0.99, 1.0, 1.01, 1.0)] for t in row[0]]
    put(tmp_path, file)
    assert "win" in set(analyse(load_results(tmp_path).workloads[0]).winners["verdict"])


def test_what_cannot_be_used_is_counted_and_broken_files_named(tmp_path):
    stale = [[1.0], [["1"]], "0"]
    put(tmp_path, version_2(**{"removed.time_x": [[1.0, 2.0], [["1", "2"]], "1"]}))
    put(tmp_path, version_2(commit="1234567890", date=5), "12345678-env-a.json")
    other = {**BENCHMARKS, "sums.time_other": {**BENCHMARKS[NAME], "version": "7"}}
    put(
        tmp_path,
        version_2(commit="aaaaaaaaaa", env="b", **{"sums.time_other": stale}),
        "aaaaaaaa-b.json",
        other,
    )
    (tmp_path / "box" / "dddddddd-x.json").write_text('{"results": [')
    (tmp_path / "box" / "eeeeeeee-x.json").write_text("[]")
    results = load_results(tmp_path)
    told = "\n".join(results.warnings)
    assert "box/dddddddd-x.json is not JSON" in told
    assert "box/eeeeeeee-x.json is not a result file" in told
    assert "1 result of asv is not used: it is of another version" in told
    assert (
        "1 result of asv is not used: benchmarks.json does not have the benchmark any more (removed.time_x)"
        in told
    )
    assert "1 older result of asv is not shown" in told


def test_years_of_results_on_several_machines(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(60):
        commit = f"{number:08x}99"
        for machine, env in (("box", "a"), ("box", "b"), ("other", "a")):
            file = version_2(machine, env, commit, date=number)
            file["results"][NAME][0] = [t * rng.uniform(0.9, 1.1) for t in file["results"][NAME][0]]
            put(tmp_path, file, f"{commit[:8]}-{env}.json")
    built = build_report(tmp_path, tmp_path / "out")
    rows = pd.read_csv(tmp_path / "out" / "data" / NAME / "winners.csv")
    assert rows.groupby(["machine", "env"]).size().tolist() == [9, 9, 9]
    assert "Where do the winners differ?" in whole(built.page.parent)


def test_journal_speaks_for_its_own_asv_file(tmp_path):
    world = World(
        {"loop": lambda c: 1e-3, "b": lambda c: 2e-3},
        [{"n": 4}],
        machine="box",
        benchmark="Sums",
        workload="w",
    )
    write_journal(World(**(vars(world) | {"commit": "abcdef0123"})), tmp_path)
    put(tmp_path, version_2(), "abcdef01-existing-py.json")
    assert [w.name for w in load_results(tmp_path).workloads] == ["w"]


def test_no_benchmark_with_an_impl_parameter(tmp_path, capsys):
    """The message says what there is and what to type; with that, there is a page."""
    renamed = {NAME: BENCHMARKS[NAME] | {"param_names": ["n", "dtype", "method"]}}
    put(tmp_path, version_2(), benchmarks=BENCHMARKS | renamed)
    with pytest.raises(NoResults) as problem:
        load_results(tmp_path)
    told = str(problem.value)
    assert f"{NAME} (n, dtype, method)" in told
    assert "--strategy-parameter NAME" in told
    assert "measure first" not in told
    assert "\n" not in told
    assert main(["build", "--results", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert told in capsys.readouterr().err
    asked = ["build", "--results", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main([*asked, "--strategy-parameter", "method"]) == 0
    rows = pd.read_csv(tmp_path / "out" / "data" / NAME / "winners.csv")
    assert set(rows["winner"]) == {"add_at", "bincount"}


def test_a_dtype_may_be_what_is_compared(tmp_path):
    file = version_2()
    params = [PARAMS[0], ["'a'"], ["'float32'", "'float64'", "'gone'"]]
    file["results"][NAME][1] = params
    known = BENCHMARKS[NAME] | {"params": params, "param_names": ["n", "label", "dtype"]}
    put(tmp_path, file, benchmarks={NAME: known})
    (workload,) = load_results(tmp_path, "dtype").workloads
    assert set(workload.lines["impl"]) == {"float32", "float64", "gone"}
    assert set(workload.lines["dtype"]) == {""}


def test_a_page_of_foreign_results_claims_nothing_that_they_have_not(tmp_path):
    put(tmp_path, version_2())
    pages = read_pages(build_report(tmp_path, tmp_path / "out").page.parent)
    pages.pop("data.html")  # what the columns of any results mean
    html = re.sub(r"<(script|style).*?</\1>", "", "".join(pages.values()), flags=re.DOTALL)
    for claim in (
        "in one process, interleaved",
        "exact reference",
        "@control",
        "over sessions",
        "cannot beat",
        "carry no limits",
        "was mapped and its cost model",
    ):
        assert claim not in html, claim
    assert "asv" in html[html.index('id="method"') :]


@pytest.mark.parametrize("params", [[], None, PARAMS])
@pytest.mark.parametrize("form", ["null", "dict"])
def test_a_failure_of_all_is_a_failure_and_not_an_older_time(tmp_path, params, form):
    put(tmp_path, version_1(), "abcdef01-env-a.json")
    newer = version_1(commit="1234567890") | {"date": 2}
    newer["results"][NAME] = None if form == "null" else {"result": None, "params": params}
    put(tmp_path, newer, "12345678-env-a.json")
    results = load_results(tmp_path)
    (workload,) = results.workloads
    assert set(workload.lines["status"]) == {"failed"}
    assert set(workload.lines["commit"]) == {"1234567890"}
    assert not any("not used" in warning for warning in results.warnings)


@pytest.mark.parametrize("stats", [None, [], [None], "?", 7])
def test_times_without_statistics_are_times(tmp_path, stats):
    file = version_1()
    file["results"][NAME]["stats"] = stats
    put(tmp_path, file)
    (workload,) = load_results(tmp_path).workloads
    assert (workload.lines["status"] == "ok").sum() == 2 * len(SIZES)
    row = version_2()
    row["results"][NAME][5] = [[1.0]]
    put(tmp_path, row)
    (workload,) = load_results(tmp_path).workloads
    assert (workload.lines["status"] == "ok").sum() == 2 * len(SIZES)


@pytest.mark.parametrize("result", [[1.0], None, [None], list(range(1, 100))])
def test_the_product_of_many_parameters_is_not_made(tmp_path, result):
    """521 bytes that ask for 9 ** 8 points."""
    names = [*"abcdefg", "impl"]
    params = [[str(value) for value in range(9)]] * 8
    known = {NAME: BENCHMARKS[NAME] | {"param_names": names, "params": params}}
    file = version_2()
    file["results"] = {NAME: [result, params, "1"]}
    put(tmp_path, file, benchmarks=known)
    with pytest.raises(NoResults, match="not used"):
        load_results(tmp_path)


def test_long_names_of_others_are_cut_and_kept_apart(tmp_path):
    names = [f"'{'x' * 300}{number}'" for number in range(3)]
    params = [PARAMS[0], PARAMS[1], names]
    axis = "number_of_rows_" * 5
    file = version_2()
    file["results"] = {NAME: [file["results"][NAME][0], params, "1"]}
    known = BENCHMARKS[NAME] | {"params": params, "param_names": [axis, "dtype", "impl"]}
    put(tmp_path, file, benchmarks={NAME: known})
    build_report(tmp_path, tmp_path / "out")
    (workload,) = load_results(tmp_path).workloads
    assert workload.lines["impl"].nunique() == 3
    assert workload.lines["impl"].str.len().max() <= 120
