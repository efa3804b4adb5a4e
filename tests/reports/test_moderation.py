"""Variances shrunk toward those of a run: honest on the published A/A pairs, absent from small sets, the same in JS."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.analyse.control import control_table
from reports.analyse.cube import Cube, build_cube
from reports.analyse.intervals import over_sessions
from reports.analyse.moderation import LEAST_CELLS, MOST_FREEDOM, Priors, fitted, moderated
from reports.analyse.views import analyse, views_of
from reports.analyse.winners import winner_table
from reports.load.folder import load_results
from reports.selfcheck.planted import World, write_journal
from reports.site.payload import page_payload, view_payload

ROOT = Path(__file__).resolve().parents[2]
JUDGE = ROOT / "reports" / "site" / "static" / "judge.js"
LAPTOP = next(Path(ROOT / "reports/published").glob("*/7e793030-*.jsonl.xz"), Path())


@pytest.fixture(scope="module")
def laptop(tmp_path_factory) -> Cube:
    folder = tmp_path_factory.mktemp("laptop") / LAPTOP.parent.name
    folder.mkdir()
    shutil.copy(LAPTOP, folder)
    return build_cube(load_results(folder.parent).workloads[0])


def halves(table: pd.DataFrame) -> np.ndarray:
    return np.log(table["ratio_high"].to_numpy() / table["ratio_low"].to_numpy()) / 2


def inside(table: pd.DataFrame) -> float:
    return float(((table["ratio_low"] <= 1) & (table["ratio_high"] >= 1)).mean())


def test_the_published_pairs_of_equals_have_narrower_intervals_that_still_hold(laptop):
    told = control_table(laptop)
    nothing = Priors(np.zeros(len(laptop.cells)), np.full((len(laptop.cells), len(laptop.impls)), np.nan))
    plain_cube = build_cube_like(laptop, nothing)
    plain = control_table(plain_cube)
    print(
        f"\nA/A, {len(told)} cells: half-width {100 * np.median(halves(plain)):.1f} -> "
        f"{100 * np.median(halves(told)):.1f} %, inside {100 * inside(plain):.1f} -> {100 * inside(told):.1f} %"
    )
    assert len(told) == len(plain) == 523
    assert np.median(halves(plain)) == pytest.approx(0.073, abs=0.002)
    assert np.median(halves(told)) <= 0.046
    assert 0.95 <= inside(told) <= 0.98
    assert not (told["verdict"] == "win").any()
    wins = [int((winner_table(cube)["verdict"] == "win").sum()) for cube in (plain_cube, laptop)]
    assert wins[1] > wins[0]


def build_cube_like(cube: Cube, priors: Priors) -> Cube:
    """The same cube with other priors."""
    other = Cube(**{name: getattr(cube, name) for name in cube.__dataclass_fields__})
    other.__dict__["priors"] = priors
    return other


@pytest.mark.parametrize(("d0", "s0"), [(4.0, 0.03), (10.0, 0.01)])
def test_a_planted_prior_comes_back(d0, s0):
    rng = np.random.default_rng(0)
    true = s0**2 * d0 / rng.chisquare(d0, 20_000)
    variances = true * rng.chisquare(2, 20_000) / 2
    freedom, variance = fitted(variances, np.full(20_000, 2.0))
    assert freedom == pytest.approx(d0, rel=0.3)
    assert np.sqrt(variance) == pytest.approx(s0, rel=0.1)


def test_equal_variances_give_the_prior_all_weight_there_is():
    variances = 1e-4 * np.random.default_rng(0).chisquare(4, 5000) / 4
    assert fitted(variances, np.full(5000, 4.0))[0] >= 0.5 * MOST_FREEDOM


def test_shrinking_is_the_weighted_mean_of_both_variances():
    values = np.array([[0.0, 0.02, 0.04], [0.1, 0.1, 0.1], [0.3, np.nan, np.nan]])
    plain = over_sessions(values)
    told = moderated(plain, np.array([4.0, 4.0, 4.0]), np.array([1e-4, 1e-4, 1e-4]))
    assert told.freedom[:2].tolist() == [6.0, 6.0]
    assert told.spread[0] == pytest.approx(np.sqrt((2 * 4e-4 + 4 * 1e-4) / 6 / 3))
    assert told.spread[1] == pytest.approx(np.sqrt(4 * 1e-4 / 6 / 3))  # three equal times are no certainty
    assert np.isnan(told.low[2])
    same = moderated(plain, np.zeros(3), np.zeros(3))
    assert np.array_equal(same.low, plain.low, equal_nan=True)


def noisy(cells: int) -> World:
    times = {
        "loop": lambda cell: 2e-4,
        "a": lambda cell: 1e-4,
        "b": lambda cell: 1e-4 * (1 + 0.3 * (cell["n"] % 3)),
    }
    grid = [{"n": n} for n in range(1, cells + 1)]
    return World(times, grid, control="a", sessions=3, noise=0.02, tails=4.0, seed=5)


@pytest.mark.parametrize(("cells", "shrunk"), [(LEAST_CELLS - 1, False), (LEAST_CELLS + 30, True)])
def test_a_small_set_is_left_alone(tmp_path, cells, shrunk):
    write_journal(noisy(cells), tmp_path)
    cube = build_cube(load_results(tmp_path).workloads[0])
    assert (cube.priors.freedom > 0).all() == shrunk
    assert (cube.priors.freedom == 0).all() != shrunk


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
def test_the_page_judges_the_same(tmp_path):
    write_journal(noisy(80), tmp_path)
    analysis = analyse(load_results(tmp_path).workloads[0])
    view = views_of(analysis)[0]
    rest = json.loads(str(page_payload({}, {}, {})))
    told = view_payload(view, analysis.cube)
    assert told["prior"] is not None
    script = tmp_path / "run.js"
    script.write_text(
        JUDGE.read_text()
        + f"\nconst DATA = {json.dumps(rest)}, view = {json.dumps(told, default=float)};\n"
        + "console.log(JSON.stringify(judge(view, new Set(view.impls)).map((row) => "
        + "[row.winner, row.next, row.margin.mean, row.margin.low, row.margin.high, row.verdict])));\n"
    )
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    table = view.winners
    assert len(rows) == len(table) == 80
    for row, here in zip(rows, table.to_dict("records"), strict=True):
        assert [row[0], row[1], row[5]] == [here["winner"], here["runner_up"], here["verdict"]]
        assert row[2:5] == pytest.approx(
            [np.log(here["margin"]), np.log(here["margin_low"]), np.log(here["margin_high"])], abs=5e-4
        )
