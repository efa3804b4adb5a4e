"""Speed against error: planted strategies with a known front, their curves, spreads, gaps and sentences."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.analyse.fronts import setting_words
from reports.analyse.views import analyse, views_of
from reports.build import build_report
from reports.figures.broken import split_by_gap
from reports.figures.labels import boxes_along, place_labels
from reports.load.folder import load_results
from reports.selfcheck.planted import World, write_journal
from reports.site import fronts as fronts_page
from reports.site.front_words import gains, sentences, title
from reports.site.fronts import front_section
from reports.site.pictures import Pictures, Place
from tests.reports.conftest import NASTY
from tests.reports.pages import whole

SECONDS = {
    "loop": 1.0, "exact": 0.1, "lucky": 0.2, "window:6": 0.15, "window:8": 0.12, "grid:16": 0.08, "grid:4": 0.02,
    "draws:10": 0.01, "draws:50": 0.05, "torn": 0.001,
}  # fmt: skip
ERRORS = {"loop": 2e-15, "exact": 3e-15, "lucky": 1e-17, "window:6": 1e-9, "window:8": 2e-15}


def rough(name, knob, value, errors, finite=1.0, groups=None):
    """What the journal says of an approximate strategy."""
    seeds = {"seeds": len(errors), "errors": errors, "finite_rows": finite, "unmoved_rows": 2}
    seeds |= {"rand_index": groups} if groups else {}
    return {"accuracy": "approximate", "family": name, "knobs": {knob: value}, "spread": seeds}


FACTS = {
    **{name: {"accuracy": "exact"} for name in ("loop", "exact", "lucky")},
    **{f"window:{r}": {"accuracy": "bounded", "family": "window", "knobs": {"radius": r}} for r in (6, 8)},
    "grid:16": rough("grid", "cells", 16, [1e-4]),
    "grid:4": rough("grid", "cells", 4, [1e-2]),
    "draws:10": rough("draws", "share", 0.1, [0.1, 0.3, 0.2], groups=[1.0, 0.8, 0.9]),
    "draws:50": rough("draws", "share", 0.5, [0.09, 0.05, 0.07]),
    "torn": {"accuracy": "approximate", "spread": {"errors": [0.001, 0.002], "finite_rows": 0.97}},
}


def world(**changes):
    times = {name: (lambda cell, s=s: s * cell["n"] / 100) for name, s in SECONDS.items()}
    settings: dict[str, Any] = {
        "cells": [{"n": 100}], "workload": "points", "errors": ERRORS, "facts": FACTS, "noise": 0.001,
        "stages": ("one",),
    }  # fmt: skip
    return World(times, **(settings | changes))


def fronts(folder, **changes):
    write_journal(world(**changes), folder)
    return analyse(load_results(folder).workloads[0]).fronts


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return fronts(tmp_path_factory.mktemp("fronts")).set_index("impl")


def test_the_front_is_who_nobody_betters(table):
    assert set(table.index[table["on_front"]]) == {"exact", "grid:16", "grid:4", "draws:10"}
    assert len(table) == len(SECONDS)


def test_errors_within_rounding_are_equal_and_no_lucky_digit_leads(table):
    assert table["floor"].unique() == pytest.approx([3e-15])
    assert table.loc["lucky", "error"] < table.loc["exact", "error"]
    assert not table.loc["lucky", "on_front"]


def test_a_family_is_a_curve_in_the_order_of_its_knob(table):
    assert list(table.index[table["family"] == "grid"]) == ["grid:4", "grid:16"]
    assert list(table.index[table["family"] == "window"]) == ["window:6", "window:8"]
    assert table.loc["grid:16", "setting"] == "cells 16"
    assert table.loc["torn", "family"] == "torn"
    assert setting_words((("tables", 2.0), ("width", 0.5))) == "tables 2, width 0.5"


def test_seeds_give_a_middle_and_two_ends(table):
    row = table.loc["draws:10"]
    assert [row["error_low"], row["error"], row["error_high"], row["seeds"]] == [0.1, 0.2, 0.3, 3]
    assert [row["rand_index_low"], row["rand_index"], row["rand_index_high"]] == [0.8, 0.9, 1.0]
    assert row["unmoved_rows"] == 2
    assert table.loc["exact", ["error_low", "seeds", "rand_index", "finite_rows"]].isna().all()


def test_ratios_are_paired_with_the_baseline_and_with_the_fastest_exact(table):
    assert table.loc["grid:4", "speedup"] == pytest.approx(50, rel=0.02)
    assert table.loc["grid:4", "over_exact"] == pytest.approx(5, rel=0.02)
    assert table.loc["grid:4", "over_exact_low"] < 5 < table.loc["grid:4", "over_exact_high"]
    assert table.loc["exact", "over_exact"] == 1.0


def test_rows_without_an_answer_keep_a_strategy_off_the_front(table):
    assert table["seconds"].idxmin() == "torn"
    assert not table.loc["torn", "on_front"]
    (told,) = [s for s in sentences(table.reset_index()) if "no answer" in s]
    assert "<code>torn</code> has no answer for 3 % of the rows" in told


@pytest.mark.parametrize("errors", [[0.0], [None], [0.3, None]])
def test_no_row_with_an_answer_is_no_error_at_all(tmp_path, errors):
    nothing = FACTS["torn"] | {"spread": {"errors": errors, "finite_rows": 0.0}}
    table = fronts(tmp_path, facts=FACTS | {"torn": nothing}).set_index("impl")
    assert np.isnan(table.loc["torn", "error"])
    assert not table.loc["torn", "on_front"]
    assert table.loc["torn", "seeds"] == len(errors)
    told = [str(s) for s in sentences(table.reset_index())]
    assert not any("nan" in s for s in told)


def test_stages_and_sizes_never_meet(tmp_path):
    write_journal(world(stages=("one", "two"), cells=[{"n": 100}, {"n": 1000}]), tmp_path)
    views = views_of(analyse(load_results(tmp_path).workloads[0]))
    assert sorted(str(view.setting["stage"]) for view in views) == ["one", "two"]
    for view in views:
        assert set(view.fronts["stage"]) == {view.setting["stage"]}
        assert view.fronts.groupby("cell")["n"].nunique().tolist() == [1, 1]
        assert view.fronts.groupby("cell")["on_front"].sum().tolist() == [4, 4]


def test_every_stage_has_its_picture_before_any_further_size(tmp_path, monkeypatch):
    write_journal(world(stages=("one", "two"), cells=[{"n": n} for n in (10, 100, 1000)]), tmp_path)
    analysis = analyse(load_results(tmp_path).workloads[0])
    pictures = Pictures()

    def section():
        return front_section(views_of(analysis), "distance", Place("w1-front", "data/w"), pictures, {})

    assert len(section()["choices"]) == 6
    assert [each.label for each in pictures.promised] == [f"w1-front-front-{n}" for n in range(1, 7)]
    monkeypatch.setattr(fronts_page, "MOST", 3)
    places = [choice["place"] for choice in section()["choices"]]
    assert [place.partition(" ")[0] for place in places] == ["one", "one", "two"]
    assert section()["left_out"] == 3


def test_sentences_say_what_an_error_buys(table):
    part = table.reset_index()
    assert list(gains(part)["impl"]) == ["grid:16", "grid:4", "draws:10"]
    assert re.fullmatch(
        r"Stage one: <code>exact</code> is the fastest exact strategy; <code>draws</code> with share 0.1 is "
        r"(9\.9|10)\d*× as fast as that, at an error of 0.2",
        title(part),
    )
    text = " ".join(sentences(part))
    assert (
        "3 of 4 approximate settings are on the front, and none of 2 settings with a bound is" in text.lower()
    )
    assert "(0.1 to 0.3 over 3 seeds)" in text
    assert "adjusted Rand index of 0.8 or more" in text


def test_where_nothing_inexact_is_faster_it_says_so(table):
    part = table[table["accuracy"] == "exact"].reset_index()
    slow = table.loc[["window:6"]].reset_index()
    both = pd.concat([part, slow])
    assert title(both).endswith("; giving up exactness buys no clear gain")
    assert "Nothing that gives up exactness is clearly faster." in sentences(both)


def test_the_axis_of_errors_is_cut_where_nothing_is():
    def rows(errors):
        return pd.DataFrame({"error": errors, "error_low": np.nan, "error_high": np.nan})

    assert [list(part["error"]) for part in split_by_gap(rows([1e-9, 0.1, 1e-8, 0.01]))] == [
        [0.1, 0.01],
        [1e-8, 1e-9],
    ]
    assert [len(part) for part in split_by_gap(rows([0.1, 0.01, 0.001]))] == [3]
    assert split_by_gap(rows([])) == []


def test_labels_stay_off_marks_and_off_each_other():
    anchors = np.array([[50.0, 50.0], [60.0, 50.0], [95.0, 50.0]])
    sizes = np.array([[30.0, 10.0]] * 3)
    marks = np.hstack([anchors - 4, anchors + 4])
    centres = place_labels(anchors, sizes, marks, [0, 0, 100, 100])
    boxes = np.vstack([marks, np.hstack([centres - sizes / 2, centres + sizes / 2])])
    for i in range(3, 6):
        for j in range(i):
            shared = np.minimum(boxes[i, 2:], boxes[j, 2:]) - np.maximum(boxes[i, :2], boxes[j, :2])
            assert shared.min() <= 0
    assert (boxes[3:, 2] <= 100).all()
    assert boxes_along(np.array([[0.0, 0.0], [60.0, 0.0]])).shape == (10, 4)
    assert boxes_along(np.array([[0.0, 0.0]])).shape == (0, 4)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_journal(world(stages=("one", "two")), folder / "results")
    build_report(folder / "results", folder / "out")
    return folder / "out"


def test_the_section_has_a_picture_a_table_and_a_file_for_each_stage(report):
    page = whole(report)
    section = page.partition('<details class="view fronts"')[2]
    choices = re.findall(r'class="choice" id="([^"]*)" data-choice="([^"]*)"', section)
    assert choices == [
        (f"w1-front-{number}", f"{stage} · float64 · uniform labels · 1 thread · n 100")
        for number, stage in ((1, "one"), (2, "two"))
    ]
    for number in (1, 2):
        rows = pd.read_csv(report / f"data/points/figures/w1-front-front-{number}.csv")
        assert set(rows["impl"]) == set(SECONDS)
        assert rows["stage"].nunique() == 1
    everything = pd.read_csv(report / "data/points/fronts.csv")
    assert len(everything) == 2 * len(SECONDS)
    assert 'href="data/points/fronts.csv"' in page
    assert "3 % of the rows" in section
    pictures = re.findall(r"<svg.*?</svg>", section, re.DOTALL)
    for picture in pictures[:2]:
        for told in (
            "grid (cells)",
            "draws (share)",
            "window, radius 8",
            "rounding:",
            "times as fast as loop",
        ):
            assert told in picture
    assert "Time of one call against error" not in page  # the other picture of errors would say it twice


def test_where_all_is_exact_there_is_no_such_section(quick_report):
    page = whole(quick_report)
    assert "Speed against error" not in page
    assert not list(quick_report.rglob("fronts.csv"))


def test_names_and_knobs_from_files_are_text(tmp_path):
    strange = rough(NASTY, NASTY, 2, [0.1, 0.2], finite=0.5)
    changed = world(facts=FACTS | {"grid:4": strange | {"accuracy": "approximate"}}, stages=(NASTY,))
    write_journal(changed, tmp_path / "results")
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert "Speed against error" in page
    assert all(html.count("<script") <= 2 for html in page.split("<!DOCTYPE html>"))
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("knobs", [1]), ("knobs", {"cells": "many"}), ("spread", 3), ("spread", {"errors": "none"}),
        ("spread", {"errors": [True]}), ("spread", {"finite_rows": {}}), ("knobs", {"cells": 2**1100}),
    ],
)  # fmt: skip
def test_a_line_with_unusable_facts_is_left_out_and_named(tmp_path, key, value):
    write_journal(world(facts=FACTS | {"grid:4": FACTS["grid:4"] | {key: value}}, sessions=1), tmp_path)
    results = load_results(tmp_path)
    assert "grid:4" not in set(results.workloads[0].lines["impl"])
    assert any("1 line was" in w or "was left out" in w for w in results.warnings)


def test_a_baseline_without_a_time_leaves_the_time_itself_across(tmp_path):
    absent = world(trouble=lambda impl, *_: ("timeout", "over 10 s") if impl == "loop" else None)
    write_journal(absent, tmp_path / "results")
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    picture = re.search(r"<svg.*?</svg>", page.partition('class="choice"')[2], re.DOTALL)
    assert picture
    assert "time of one call" in picture.group()
    assert "times as fast" not in picture.group()
