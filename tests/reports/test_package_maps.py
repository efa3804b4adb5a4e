"""The page's maps for every set of packages, from the profile that a map leaves: planted winners are drawn."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.protocol.plan import Block
from impls.cost.build import build
from impls.cost.profile import Profile
from reports.analyse.package_maps import POST, Mapped, map_of
from reports.build import build_report
from reports.figures.package_maps import draw_package_map
from reports.figures.style import hue_number
from reports.ideas import idea_of
from reports.load.folder import load_results
from tests.benchmarks.planted_machine import REQUIRES, SETS, Machine
from tests.reports.pages import whole


@pytest.fixture(scope="module")
def machine() -> Machine:
    return Machine(island=True)


@pytest.fixture(scope="module")
def profile(machine: Machine) -> Profile:
    mapper = machine.mapper([], sessions=2)
    mapper.run()
    lines = [dict(line, benchmark="Map", block=str(line["block"])) for line in mapper.book.lines]
    return build(lines, {"machine": "planted"}, requires=REQUIRES, held_out=False)


@pytest.fixture(scope="module")
def plane(profile: Profile) -> Mapped:
    found = map_of(profile)
    assert found is not None
    return found


def test_the_planted_winner_is_named_where_the_map_is_sure(machine: Machine, plane: Mapped) -> None:
    assert [one.package_set for one in plane.maps] == ["numpy", "scipy", "jax"]
    rows = pd.concat([plane.rows(one) for one in plane.maps])
    assert set(rows["packages"]) == {"NumPy alone", "+ SciPy", "+ JAX"}
    names: Any = dict(zip(["NumPy alone", "+ SciPy", "+ JAX"], SETS.values(), strict=True))
    assert (rows["winner"] != "").all()
    sure = rows[rows["probability"] > 0.95]
    assert len(sure) > 0.3 * len(rows)
    lost = []
    records: Any = sure.to_dict("records")
    for row in records:
        sizes = tuple((axis, int(row[axis])) for axis in POST)
        block = Block("vlad", "aggregate", "float64", "uniform", 1, sizes)
        lost.append(machine.seconds(row["winner"], block) / machine.best(block, names[row["packages"]]) - 1)
    assert np.quantile(lost, 0.95) < 0.1
    assert rows["T"].eq(256).all()
    assert rows["L"].nunique() > 10


def test_what_is_unsure_is_hatched_and_the_rest_in_the_ideas_colours(plane: Mapped) -> None:
    assert sum(int((one.sure < 0.8).sum()) for one in plane.maps) > 0
    for one in plane.maps:
        svg = draw_package_map(plane, one, "m", "words")
        patterns = set(re.findall(r'<pattern[^>]* id="([^"]*)"', svg))
        assert bool(patterns) == bool((one.sure < 0.8).any())
        assert patterns <= set(re.findall(r"url\(#([^)]*)\)", svg)), (
            "the hatch refers to a pattern of another name"
        )
        for idea, share in one.shares().items():
            assert share < 0.05 or (idea in svg and f"var(--hue-{hue_number(idea)}" in svg)
        assert 'aria-label="words"' in svg


def test_strategies_of_one_idea_are_one_region(plane: Mapped) -> None:
    for one in plane.maps:
        rows = plane.rows(one)
        assert set(rows["idea"]) == set(one.ideas) - {"", *(set(one.ideas) - set(rows["idea"]))}
        assert all(
            idea_of(str(winner)) == idea for winner, idea in zip(rows["winner"], rows["idea"], strict=True)
        )
        assert sum(one.shares().values()) == pytest.approx(1.0)


def test_the_page_has_the_maps_and_the_rows_behind_them(
    quick_results: Path, profile: Profile, tmp_path: Path
) -> None:
    results, out = tmp_path / "results", tmp_path / "site"
    shutil.copytree(quick_results, results)
    folder = next(path for path in results.iterdir() if path.is_dir())
    profile.save(folder / "profile.json")
    built = build_report(results, out)
    assert not built.warnings, "a profile is no result file of asv"
    html = built.page.read_text(encoding="utf-8")
    section = html[html.index('<section id="maps">') :]
    section = section[: section.index("</section>")]
    titles = re.findall(r"<figcaption>([^<]*)</figcaption>", section)
    assert titles[:3] == ["NumPy alone", "+ SciPy", "+ JAX"]
    assert section.count("<svg") == len(titles)
    for package_set in ("numpy", "scipy", "jax"):
        rows = pd.read_csv(out / f"data/vlad/figures/map-{package_set}-1.csv")
        assert {"packages", "winner", "idea", "probability", "speedup", *POST} <= set(rows.columns)


def test_a_map_that_did_not_reach_the_plane_says_so(quick_results: Path, tmp_path: Path) -> None:
    """Small cells come first: a machine without time for more has no picture, and a reason."""
    mapper = Machine().mapper([], sessions=1, budget_s=0.1)
    mapper.run()
    lines = [dict(line, benchmark="Map", block=str(line["block"])) for line in mapper.book.lines]
    short = build(lines, {"machine": "hurried"}, requires=REQUIRES, held_out=False)
    assert map_of(short) is None
    results = tmp_path / "results"
    shutil.copytree(quick_results, results)
    short.save(next(path for path in results.iterdir() if path.is_dir()) / "profile.json")
    html = build_report(results, tmp_path / "site").page.read_text(encoding="utf-8")
    assert "The map of hurried is not drawn: the time there was reached 12 cells" in html
    assert '<section id="maps">' not in html


def test_without_a_profile_there_is_no_section(quick_results: Path, tmp_path: Path) -> None:
    assert '<section id="maps">' not in whole(build_report(quick_results, tmp_path).page.parent)


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 1, "kind": "profile"}'])
def test_a_broken_profile_costs_its_maps_only(quick_results: Path, tmp_path: Path, text: str) -> None:
    results = tmp_path / "results"
    shutil.copytree(quick_results, results)
    next(path for path in results.iterdir() if path.is_dir()).joinpath("profile.json").write_text(text)
    found = load_results(results)
    assert found.profiles == []
    assert [words for words in found.warnings if "profile.json was left out" in words]
