"""What claims count beside time and error: against scikit-learn, by hand, and through the protocol."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import thread_sets, workloads
from benchmarks.grids import Grid
from benchmarks.protocol.block import run_block
from benchmarks.protocol.plan import Block, Budget
from benchmarks.workloads import point_clouds, quantities, spread
from impls import mean_shift

BUDGET = Budget(min_sample_s=0.0005, strategy_s=0.002, min_reps=2, max_reps=2)


def block(stage: str, labels: str, n: int, d: int) -> Block:
    return Grid("mean_shift", {"n": [n], "d": [d]}, stage, "float64", labels).blocks()[0]


def lines(found: Block, impls: list[str], folder: Path) -> dict[str, dict]:
    def ignore(event: str, **facts: object) -> None:
        """Stand in for the pipe to the supervisor."""

    run = run_block(found, impls, BUDGET, (1, 2), str(folder), ignore)
    return {line["impl"]: line for line in run["lines"]}


def test_the_silhouette_is_scikit_learns() -> None:
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(0)
    for groups in (2, 5):
        classes = np.arange(600) % groups
        points = rng.standard_normal((600, 3)) + 2.0 * classes[:, None]
        expected = silhouette_score(points, classes)
        assert quantities.silhouette(points, classes) == pytest.approx(expected)
    alone = np.array([0, 0, 1])
    points = np.array([[0.0], [1.0], [5.0]])
    assert quantities.silhouette(points, alone) == pytest.approx(silhouette_score(points, alone))


def test_what_a_bandwidth_covers_is_counted_without_the_point_itself() -> None:
    points = np.array([[0.0, 0], [1, 0], [0, 1], [9, 9]])
    assert quantities.covered(points, 1.0) == pytest.approx(4 / 12)
    assert quantities.covered(points, 1.5) == pytest.approx(6 / 12)
    assert quantities.covered(points, 100.0) == 1.0
    many = np.random.default_rng(0).random((700, 2))  # more than one block of rows
    near = (np.linalg.norm(many[:, None] - many[None], axis=2) <= 0.3).sum() - 700
    assert quantities.covered(many, 0.3) == pytest.approx(near / (700 * 699))


def test_neither_many_clusters_nor_one_pass_for_a_good_answer() -> None:
    classes = np.repeat([0, 1], [60, 40])
    assert quantities.class_accuracy(1 - classes, classes) == 1.0
    assert quantities.class_accuracy(np.zeros(100, int), classes) == 0.6
    assert quantities.class_accuracy(np.arange(100), classes) == 0.02
    split = np.repeat([7, 3, 5], [30, 30, 40])
    assert quantities.class_accuracy(split, classes) == 0.7


def test_rows_that_were_lost_count_as_wrong() -> None:
    points = np.repeat([[0.0, 0.0], [50.0, 50.0]], 10, axis=0)
    classes = np.repeat([0, 1], 10)
    assert spread.accuracy_of_modes(points, classes, 2.5) == 1.0
    points[:5] = np.nan
    assert spread.accuracy_of_modes(points, classes, 2.5) == 0.75
    assert spread.accuracy_of_modes(points * np.nan, classes, 2.5) == 0.0


@pytest.mark.parametrize("percent", [30, 40, 57, 70])
def test_pairs_have_the_silhouette_they_are_called_by(percent: int) -> None:
    found = block("run_J", f"pair_{percent}", 683, 9)
    points, classes = point_clouds.cloud_and_classes(found, 3)
    assert sorted(np.bincount(classes)) == [341, 342]
    assert quantities.silhouette(points, classes) == pytest.approx(percent / 100, abs=0.02)


def test_the_classes_of_a_cloud_are_those_it_was_drawn_from() -> None:
    for labels, n in (("lesson", 1500), ("uniform", 300)):
        points, classes = point_clouds.cloud_and_classes(block("step", labels, n, 2), 1)
        np.testing.assert_array_equal(points, point_clouds.cloud(block("step", labels, n, 2), 1))
        within = [points[classes == label].var(axis=0).mean() for label in range(6)]
        assert np.max(within) < 9  # their variance is 5; two clusters in one would have far more


def test_the_journal_tells_them(tmp_path: Path) -> None:
    run = block("run_GS", "pair_70", 200, 9)
    found = lines(run, ["loop_in_place", "forum_window", "forum_window:6"], tmp_path)
    exact = found["loop_in_place"]["quantities"]
    assert exact["class_accuracy"] == [1.0]
    assert exact["silhouette"][0] == pytest.approx(0.7, abs=0.05)
    data = workloads.get("mean_shift").inputs(run, 1)
    at = [mean_shift.oracle(data.points, data.bandwidth, count, "GS") for count in (5, 6)]
    way = np.sqrt(np.square(at[1] - at[0]).sum(axis=1).mean()) / data.bandwidth
    assert exact["remaining"] == [pytest.approx(way)]
    for name in ("forum_window", "forum_window:6"):
        rough = found[name]["quantities"]
        assert rough["errors"] == [pytest.approx(found[name]["error"])]
        assert len(rough["class_accuracy"]) == len(rough["rand_index"]) == 1
    step = lines(block("step", "wide", 100, 2), ["sampled:25", "gemm_blocks"], tmp_path)
    assert 0 < step["gemm_blocks"]["quantities"]["covered"][0] < 1
    assert set(step["sampled:25"]["quantities"]) == {"errors"}
    assert len(step["sampled:25"]["quantities"]["errors"]) == spread.SEEDS


def test_the_set_holds_what_the_claims_ask_for() -> None:
    blocks = thread_sets.THREAD_CLAIMS.blocks
    assert len(blocks) == len(set(blocks)) == 7
    growth = sorted(found.cell["n"] for found in blocks if found.stage == "run_GS")
    assert growth[1] == 4 * growth[0]
