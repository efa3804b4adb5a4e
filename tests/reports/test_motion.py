"""Trajectories: read with checks, packed and merged without loss, judged, and on the page only where there are any."""

from __future__ import annotations

import base64
import json
import re
import zlib

import numpy as np
import pytest

from reports import pack
from reports.analyse.motion import Move, gathered, judge, pictures
from reports.build import build_report
from reports.load.folder import load_results
from reports.load.journal import Journal, add_record
from reports.load.trajectories import trajectory_of
from reports.merge import merge
from reports.selfcheck.planted import records
from reports.site import motion, workloads
from reports.site.motion_picture import differences, drawn, packed
from tests.reports.conftest import NASTY
from tests.reports.motion_world import CELL, SIZES, moving_records, moving_world, record, write_moving
from tests.reports.pages import text_of, whole
from tests.reports.test_site import Reader


def planted_moves() -> list[Move]:
    """What the planted records are judged to be."""
    read = (trajectory_of(one, CELL) for one in moving_records())
    return pictures(one for one in read if one is not None)[0]


def found(**changes):
    return trajectory_of(record(**changes), CELL)


def test_a_record_becomes_points_and_lost_ones_are_no_numbers():
    points = np.zeros((3, 4, 2))
    points[:, :, 0] = np.arange(4) * 2.5
    points[2, 1] = np.nan
    told = found(points=points, resolution=0.5)
    assert told is not None
    np.testing.assert_array_equal(told.points, points)
    assert (told.unit, told.unit_name, told.accuracy, told.of) == (2.0, "span", "exact", 4)
    assert trajectory_of({"status": "killed", "reason": "by SIGSEGV"}, CELL) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"points_text": "no base64!"}, "not base64"),
        ({"points_text": 7}, "without points"),
        ({"rows": 5}, "has 48 bytes"),
        ({"rows": 10**9}, "expected 1 to 20,000"),
        ({"frames": True}, "frames of a trajectory is 'True'"),
        ({"resolution": float("nan")}, "resolution of a trajectory is 'nan'"),
        ({"resolution": 10**400}, "expected a length"),
        ({"unit": {"name": "", "length": 1}}, "unit has no name"),
        ({"unit": {"name": "span", "length": 0}}, "length of a trajectory"),
        ({"rule": None}, "without rule"),
        ({"cell": {}}, "without a cell"),
    ],
)
def test_what_no_run_writes_is_refused_in_a_sentence(changes, told, tmp_path):
    broken = record(points=np.zeros((3, 4, 2)), **changes)
    with pytest.raises(ValueError, match=told):
        add_record(Journal(tmp_path), broken)


def test_trajectories_of_the_shown_run_are_read_and_survive_packing_and_merging(tmp_path):
    journal = write_moving(tmp_path / "plain")
    older = [r for r in records(moving_world(run="older", started_at=1.0)) if r.get("kind") != "machine"]
    with journal.open("a") as file:
        for line in [*older, record(run="older", impl="of another run")]:
            file.write(json.dumps(line) + "\n")
    plain = load_results(tmp_path / "plain")
    assert [one.impl for one in plain.trajectories] == ["loop", "approx", "in_place"]
    assert {(one.machine, one.env, one.cell) for one in plain.trajectories} == {
        ("planted-machine", "py3.11", tuple(CELL.items()))
    }
    (packed_file,) = pack.pack([journal], tmp_path / "packed" / "planted-machine")
    merge(packed_file.path, tmp_path / "merged")
    for folder in ("packed", "merged"):
        again = load_results(tmp_path / folder)
        assert [one.impl for one in again.trajectories] == ["loop", "approx", "in_place"]
        for one, other in zip(plain.trajectories, again.trajectories, strict=True):
            np.testing.assert_array_equal(one.points, other.points)


def test_a_way_is_judged_by_the_exact_result_of_its_rule_only():
    moves = {move.told.impl: move for move in planted_moves()}
    assert list(moves) == ["loop", "approx", "in_place"]
    assert moves["loop"].exact is moves["loop"].told
    assert moves["approx"].exact is moves["loop"].told
    assert moves["in_place"].exact is moves["in_place"].told
    # planted: all points of the approximate one end one unit to the right, but one, which is lost
    assert moves["approx"].apart == pytest.approx(1.0, abs=0.01)
    assert moves["approx"].farthest == pytest.approx(1.0, abs=0.01)
    assert moves["approx"].lost == 1
    assert (moves["loop"].places, moves["loop"].lost) == (2, 0)
    alone = judge(moves["approx"].told, None)
    assert np.isnan(alone.apart)
    assert gathered(np.array([[0.0, 0.0], [0.9, 0.0], [1.8, 0.0], [4.0, 0.0]]), reach=1.0) == 2


def test_points_travel_as_differences_and_come_back():
    moves = planted_moves()
    picture = drawn(moves, 1)
    data = json.loads(zlib.decompress(base64.b64decode(packed(picture))))
    for move, places in zip(data["moves"], picture.places, strict=True):
        seen = np.array(data["start"], dtype=float)
        for step, frame in zip(move["steps"], places, strict=True):
            moved = np.array(step, dtype=float)  # null becomes NaN
            np.testing.assert_array_equal(seen + moved, frame.T)
            seen = np.where(np.isnan(moved), seen, seen + moved)
    back = np.array([[[0.0, 0]], [[np.nan, np.nan]], [[3.0, 1]]])
    assert differences(back, np.zeros((1, 2))) == [[[0], [0]], [[None], [None]], [[3], [1]]]


@pytest.fixture(scope="module")
def html(moving_report):
    return whole(moving_report)


def test_the_page_tells_what_is_to_be_seen(html, moving_report):
    text = re.sub(r"\s+", " ", "".join(Reader(html).text))
    assert "The halos are where loop, which is exact, takes the same points under the same rule." in text
    assert (
        "the points of approx lie 1 span from there (root mean square), the farthest, in the frame, 1 span."
        in text
    )
    assert f"1 of {SIZES} points have no place in the end" in text
    assert "another rule is another algorithm" in text
    assert 'value="1" selected' in html  # what differs is shown first
    (link,) = set(re.findall(r'href="(data/[^"]*motion[^"]*\.csv)"', html))
    assert (moving_report / link).read_text().count("\n") == 1 + 3 * 4 * SIZES


def test_the_still_picture_has_start_end_and_halos_without_a_script(html):
    layers = dict(re.findall(r'<path class="(goal|start|now)"[^>]* d="([^"]*)"', html))
    assert {name: d.count("h0") for name, d in layers.items()} == {
        "goal": SIZES,
        "start": SIZES,
        "now": SIZES - 1,
    }
    assert "hidden data-part" in html  # what only a script can serve


def test_a_report_without_trajectories_has_no_animation(quick_report):
    html = whole(quick_report)
    assert "motion-play" not in re.sub(r"<(script|style)>.*?</\1>", "", html, flags=re.DOTALL)


def test_names_of_any_kind_are_text(tmp_path):
    write_moving(
        tmp_path / "results",
        impl=NASTY,
        rule=NASTY,
        stage=NASTY,
        step=NASTY,
        unit={"name": NASTY, "length": 2.0},
    )
    html = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert NASTY not in html
    assert "&lt;script&gt;alert" in html
    assert all(page.count("<script") <= 2 for page in html.split("<!DOCTYPE html>"))


def test_where_there_are_too_many_points_the_animation_is_thinned_and_then_left_out(tmp_path, monkeypatch):
    write_moving(tmp_path / "results", most=True)

    def points(html: str) -> int:
        start = re.search(r"<path class=.start. d=.([^\"']*)", html)
        return start.group(1).count("h0") if start else 0

    counts = []
    for most in (motion.MOTION_BYTES, 30_000, 0):
        monkeypatch.setattr(workloads, "MOTION_BYTES", most)
        html = text_of(build_report(tmp_path / "results", tmp_path / "out").page.parent)
        counts.append(points(html))
    assert counts[0] >= 2 * counts[1] > 0
    assert counts[2] == 0
    assert "There are too many points for an animation" in html
