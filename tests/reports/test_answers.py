"""Planted ratios must come back: speedups, winners, margins, verdicts, crossovers, and the files' columns."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from reports.analyse.intervals import discoveries, over_sessions
from reports.analyse.views import analyse
from reports.build import build_report
from reports.load.folder import load_results
from reports.selfcheck.planted import World, half_octaves, write_journal
from tests.reports.conftest import HUB, TIMES, quick_world, work
from tests.reports.pages import whole

SETTING = ["benchmark", "stage", "machine", "env", "dtype", "labels", "threads"]
AXES = ["T", "L", "F", "K"]


def analysed(world, folder):
    write_journal(world, folder)
    return analyse(load_results(folder).workloads[0])


def table(report, name):
    return pd.read_csv(report / "data" / "vlad" / f"{name}.csv", keep_default_na=False, na_values=[""])


def at_hub(frame):
    return frame[(frame[AXES] == pd.Series(HUB)).all(axis=1) & (frame["stage"] == "aggregate")]


def test_columns_are_exactly_the_documented_ones(quick_report):
    assert list(table(quick_report, "speedups").columns) == [
        *SETTING, *AXES, "impl", "seconds", "seconds_low", "seconds_high", "baseline", "speedup", "speedup_low",
        "speedup_high", "error", "peak_extra_bytes", "status", "reason", "bucket_error", "adapter_share",
    ]  # fmt: skip
    assert list(table(quick_report, "winners").columns) == [
        *SETTING, *AXES, "winner", "runner_up", "margin", "margin_low", "margin_high", "verdict", "family",
    ]  # fmt: skip
    assert list(table(quick_report, "crossovers").columns) == [
        *SETTING, "axis", *AXES, "faster_below", "faster_above", "at", "at_low", "at_high", "kind",
    ]  # fmt: skip


def test_planted_speedups_come_back(quick_report):
    rows = table(quick_report, "speedups")
    ok = rows[(rows["status"] == "ok") & ~rows["impl"].str.endswith("@control")]
    true = [TIMES["loop"](cell) / TIMES[impl](cell) for impl, *sizes in ok[["impl", *AXES]].itertuples(index=False)
            for cell in [dict(zip(AXES, sizes, strict=True))]]  # fmt: skip
    assert len(ok) > 100
    assert np.abs(np.log(ok["speedup"] / true)).max() < 0.03
    covered = ((ok["speedup_low"] <= true) & (true <= ok["speedup_high"])) | (ok["impl"] == "loop")
    assert covered.mean() > 0.9


def test_seconds_are_absolute_times_with_an_interval(quick_report):
    row = at_hub(table(quick_report, "speedups")).set_index("impl").loc["sparse_matmul"]
    assert row["seconds"] == pytest.approx(2 * work(HUB), rel=0.3)
    assert row["seconds_low"] < row["seconds"] < row["seconds_high"]


def test_winner_and_margin_at_the_hub(quick_report):
    row = at_hub(table(quick_report, "winners")).iloc[0]
    assert (row["winner"], row["runner_up"], row["verdict"]) == ("onehot_matmul", "sparse_matmul", "win")
    assert row["margin"] == pytest.approx(2 / 1.6, rel=0.02)
    assert row["margin_low"] < row["margin"] < row["margin_high"]


def test_a_wrong_answer_is_never_ranked_however_fast(quick_report):
    rows = table(quick_report, "speedups")
    wrong = rows[rows["impl"] == "wrong"]
    assert set(wrong["status"]) == {"invalid"}
    assert wrong["seconds"].isna().all()
    assert "wrong" not in set(table(quick_report, "winners")["winner"])


def test_control_copy_is_not_ranked_and_not_called_different(quick_results):
    analysis = analyse(load_results(quick_results).workloads[0])
    ranked = {*analysis.winners["winner"], *analysis.winners["runner_up"]}
    assert not any(name.endswith("@control") for name in ranked)
    assert len(analysis.control) == 26
    assert (analysis.control["verdict"] != "win").all()
    assert analysis.control["ratio"].max() < 1.03


def test_crossing_is_found_where_it_was_planted(quick_report):
    rows = table(quick_report, "crossovers")
    rows = rows[(rows["stage"] == "aggregate") & (rows["axis"] == "K")]
    assert len(rows) == 1
    row = rows.iloc[0]
    assert (row["faster_below"], row["faster_above"], row["kind"]) == (
        "onehot_matmul",
        "sparse_matmul",
        "crossing",
    )
    assert row["at"] == pytest.approx(20, rel=0.03)
    assert row["at_low"] < row["at"] < row["at_high"]
    assert np.isnan(row["K"])
    assert row["T"] == 256


def test_equal_strategies_tie(tmp_path):
    world = World({"loop": work, "same": work}, [HUB, HUB | {"K": 32}], noise=0.002, sessions=5)
    assert set(analysed(world, tmp_path).winners["verdict"]) == {"tie"}


def test_noise_as_large_as_the_difference_stays_undecided(tmp_path):
    world = World({"loop": work, "rival": lambda c: 1.06 * work(c)}, [HUB], noise=0.05, seed=3)
    assert analysed(world, tmp_path).winners["verdict"].tolist() == ["undecided"]


def test_one_session_has_no_interval_and_decides_nothing(tmp_path):
    analysis = analysed(quick_world(sessions=1), tmp_path)
    assert set(analysis.winners["verdict"]) == {"undecided"}
    assert analysis.winners["margin_low"].isna().all()
    assert analysis.winners["margin"].notna().all()
    assert analysis.crossovers.empty


def test_without_a_baseline_speedups_are_empty_and_winners_remain(tmp_path):
    def no_loop(impl, cell, session):
        return ("failed", "broken") if impl == "loop" else None

    analysis = analysed(quick_world(trouble=no_loop), tmp_path)
    assert analysis.speedups["speedup"].isna().all()
    assert analysis.speedups["seconds"].notna().any()
    assert "win" in set(analysis.winners["verdict"])


def test_a_slow_session_does_not_count_against_who_took_part_in_it(tmp_path):
    """Two sessions ten times slower than the third; the strategy that missed them is slower all the same."""

    def missing(impl, cell, session):
        return ("timeout", "late") if impl == "rare" and session < 2 else None

    times = {"loop": lambda c: 4 * work(c), "fast": work, "rare": lambda c: 1.3 * work(c)}
    world = World(times, [HUB], trouble=missing, block_noise=1.5, seed=2)
    assert analysed(world, tmp_path).winners["winner"].tolist() == ["fast"]


def test_nothing_is_interpolated_across_a_hole(tmp_path):
    sizes = half_octaves(2, 512)
    hole = next(size for size in sizes if size > 20)

    def gap(impl, cell, session):
        return ("failed", "hole") if cell["K"] == hole and impl == "sparse_matmul" else None

    cells = [HUB | {"K": size} for size in sizes]
    times = {name: TIMES[name] for name in ("loop", "onehot_matmul", "sparse_matmul")}
    assert len(analysed(World(times, cells), tmp_path / "whole").crossovers) == 1
    assert analysed(World(times, cells, trouble=gap), tmp_path / "hole").crossovers.empty
    fewer = [cell for cell in cells if cell["K"] != hole]
    assert analysed(World(times, fewer), tmp_path / "missing").crossovers.empty


def test_several_crossings_on_one_axis(tmp_path):
    cells = [HUB | {"K": size} for size in half_octaves(2, 2048)]
    waves = {"loop": lambda c: 3 * work(c), "flat": work,
             "wave": lambda c: work(c) * np.exp(0.4 * np.sin(np.log(c["K"]) * 1.5))}  # fmt: skip
    found = analysed(World(waves, cells, sessions=5), tmp_path).crossovers
    true = np.exp(np.pi / 1.5 * np.arange(1, 4))
    assert np.abs(np.log(found["at"].to_numpy() / true)).max() < 0.05
    assert found["faster_below"].tolist() == ["flat", "wave", "flat"]


def test_curves_that_run_together_give_a_tie_interval(tmp_path):
    cells = [HUB | {"K": size} for size in half_octaves(2, 2048)]

    def cubic(cell):
        x = np.log(cell["K"] / 64) / np.log(32)
        return work(cell) * np.exp(0.5 * x**3)

    found = analysed(
        World({"flat": work, "cubic": cubic}, cells, baseline="flat", sessions=5), tmp_path
    ).crossovers
    assert found["kind"].tolist() == ["tie_interval"]
    assert found["at"].isna().all()
    edge = 32 ** (np.log(1.05) / 0.5) ** (1 / 3)
    assert found["at_low"].iloc[0] == pytest.approx(64 / edge, rel=0.1)
    assert found["at_high"].iloc[0] == pytest.approx(64 * edge, rel=0.1)


def test_t_interval_is_the_textbook_one():
    estimate = over_sessions(np.array([[1.0, 2.0, 3.0]]))
    assert estimate.mean[0] == 2.0
    assert estimate.high[0] - 2.0 == pytest.approx(4.302653 / np.sqrt(3), rel=1e-6)


def test_false_discovery_control_is_benjamini_hochberg():
    p = np.array([0.001, 0.02, 0.03, 0.039, 0.2])
    assert discoveries(p, 0.05).tolist() == [True, True, True, True, False]
    assert discoveries(p, 0.02).tolist() == [True, False, False, False, False]
    assert discoveries(np.full(20, 0.04)).all()
    assert not discoveries(np.full(20, 0.06)).any()


def test_public_question_is_answered_with_counts(tmp_path):
    """`bincount` wins up to 1,000 bins, one of the two others above, and nobody at 1,000."""

    def flat(cell):
        return 1e-9 * cell["N"] * (cell["bins"] / 1000) ** -0.5

    times = {"ufunc_at": lambda c: 9 * flat(c), "ufunc_at_flat": flat, "bincount": lambda c: 1e-9 * c["N"]}
    cells = [{"N": n, "bins": bins} for n in (10_000, 100_000) for bins in (10, 1000, 100_000)]
    dtypes = ("float64", "float32")
    world = World(
        times, cells, workload="scatter1d", baseline="ufunc_at", sessions=5, noise=0.003, dtypes=dtypes
    )
    analysis = analysed(world, tmp_path / "results")
    assert len(analysis.answers) == 1
    both = analysis.answers[0].rows
    assert both.groupby("dtype").size().to_dict() == {"float64": 6, "float32": 6}
    rows = both[both["dtype"] == "float64"].set_index(["N", "bins"])
    verdicts = rows["verdict"].groupby("bins").unique().map(list).to_dict()
    assert verdicts == {10: ["these"], 1000: ["tie"], 100_000: ["those"]}
    assert rows.loc[(10_000, 10), "ratio"] == pytest.approx(10, rel=0.02)
    assert rows.loc[(10_000, 10), "that"] == "ufunc_at_flat"
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert (
        "Yes: of 12 cases, bincount is faster in 4, ufunc_at and ufunc_at_flat are faster in 4, 4 within 5 %."
        in page
    )
    for dtype in dtypes:
        assert (
            f'<td>dtype</td><td>{dtype}</td><td class="n">2</td><td class="n">2</td><td class="n">2</td>'
            in page
        )
    assert (tmp_path / "out" / "data" / "scatter1d" / "questions.csv").is_file()


def test_what_is_approximate_on_purpose_is_measured_and_never_leads(tmp_path):
    times = {"loop": work, "exact": lambda cell: work(cell) / 4, "rough": lambda cell: work(cell) / 20}
    cells = [HUB | {"T": T} for T in (4, 16, 64)]
    write_journal(World(times, cells), tmp_path)
    (path,) = tmp_path.rglob("*.jsonl")
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    for line in lines:
        if line.get("impl") == "rough":
            line.update(accuracy="approximate", tolerance=None, error=0.1)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = analyse(load_results(tmp_path).workloads[0])
    assert set(found.winners["winner"]) == {"exact"}
    assert set(found.winners["runner_up"]) == {"loop"}
    assert not {"rough"} & {*found.crossovers["faster_below"], *found.crossovers["faster_above"]}
    rough = found.speedups[found.speedups["impl"] == "rough"]
    assert rough["speedup"].median() == pytest.approx(20, rel=0.05)
