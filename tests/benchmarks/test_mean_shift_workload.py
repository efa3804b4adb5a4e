"""Mean shift through the protocol: its data, the gate for what promises something, the record of what does not."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import mean_shift_sets, sets, workloads
from benchmarks.grids import Grid
from benchmarks.protocol.block import run_block
from benchmarks.protocol.plan import KEPT, Block, Budget
from benchmarks.workloads import point_clouds, spread
from impls import mean_shift
from tests.impls.test_registry import dropped

BUDGET = Budget(min_sample_s=0.0005, strategy_s=0.002, min_reps=2, max_reps=2)


def block(
    stage: str = "step", dtype: str = "float64", labels: str = "uniform", n: int = 120, d: int = 2
) -> Block:
    return Grid("mean_shift", {"n": [n], "d": [d]}, stage, dtype, labels).blocks()[0]


def measured(impls: list[str], folder: Path, **how: Any) -> dict[str, dict]:
    def ignore(event: str, **facts: Any) -> None:
        """Stand in for the pipe to the supervisor."""

    found = run_block(block(**how), impls, BUDGET, (1, 2), str(folder), ignore)
    return {line["impl"]: line for line in found["lines"]}


def test_the_lesson_is_the_lesson(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    points = point_clouds.lesson()
    assert (points.shape, points.dtype) == ((1500, 2), np.float32)
    centers = points.reshape(6, 250, 2).mean(axis=1)
    np.testing.assert_allclose(
        centers[0], [26.759, 29.050], atol=0.5
    )  # six standard errors: 5**0.5 / 250**0.5
    assert np.abs(points.reshape(6, 250, 2).var(axis=1) - 5).max() < 2
    np.save(tmp_path / "other.npy", points + 1)
    monkeypatch.setattr(point_clouds, "LESSON", str(tmp_path / "other.npy"))
    with pytest.raises(ValueError, match="does not hold the points it should"):
        point_clouds.lesson()


@pytest.mark.parametrize("labels", ["uniform", "many", "wide"])
def test_inputs_repeat_and_are_shared_by_stages(labels: str) -> None:
    workload = workloads.get("mean_shift")
    first, again = (workload.inputs(block(labels=labels, n=240, d=3), 7) for _ in range(2))
    np.testing.assert_array_equal(first.points, again.points)
    other = workload.inputs(block("run_NB", labels=labels, n=240, d=3), 7)
    np.testing.assert_array_equal(first.points, other.points)
    assert np.abs(first.points.mean(axis=0)).max() < 1e-10
    expected = mean_shift.bandwidth_for(3) * (10 if labels == "wide" else 1)
    assert first.bandwidth == pytest.approx(expected)
    extent = np.ptp(first.points, axis=0).max()
    assert (extent > 150) == (labels == "many")


def test_wrong_clouds_are_named() -> None:
    with pytest.raises(ValueError, match="there are lesson, lesson_wide, uniform, many, wide"):
        point_clouds.cloud(block(labels="zipf"), 1)
    with pytest.raises(ValueError, match="n=1500 d=2"):
        point_clouds.cloud(block(labels="lesson"), 1)
    with pytest.raises(ValueError, match="no point cloud named 'elsewhere'; there are"):
        workloads.get("mean_shift").inputs(block(labels="elsewhere"), 1)


@pytest.mark.parametrize("stage", workloads.get("mean_shift").stages)
def test_every_stage_measures_what_computes_it(stage: str, tmp_path: Path) -> None:
    rule = "J" if stage == "step" else stage.partition("_")[2]
    names = [
        name
        for name in mean_shift.strategies()
        if mean_shift.get(name).requires in ((), ("scipy",)) and name.partition(":")[2] in ("", "8", "25")
    ]
    lines = measured(names, tmp_path, stage=stage)
    for name in names:
        strategy, line = mean_shift.get(name), lines[name]
        if strategy.why_not_for(rule, 2):
            assert line["status"] == "skipped"
            assert "another algorithm" in line["reason"]
            continue
        assert line["status"] == "ok", line
        assert line["accuracy"] == strategy.kind
        assert (line["tolerance"] is None) == (strategy.kind == "approximate")
        assert line.get("knobs", {}) == dict(strategy.knobs)
    assert lines["gemm_blocks@control"]["accuracy"] == "exact"


WRONG = '''
    """Forgets the last point. A test's strategy."""
    import numpy as np
    {declared}
    def shift(queries, points, bandwidth{knob}):
        points = points[:-1]
        squares = np.square(queries[:, None] - points[None]).sum(axis=2)
        weights = np.exp(-0.5 / bandwidth**2 * squares)
        return {result}
    def workspace_bytes(n, d, itemsize{knob}):
        return 0
'''
MEANS = "weights @ points / weights.sum(axis=1, keepdims=True)"


def wrong(declared: str = "", result: str = MEANS, knob: str = "") -> str:
    return textwrap.dedent(WRONG).format(declared=declared, result=result, knob=knob)


@pytest.mark.drops_files
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wrong_answer_is_invalid_unless_it_claims_nothing(dtype: str, tmp_path: Path) -> None:
    with dropped("mean_shift", "dropped_exact", wrong()):
        line = measured(["dropped_exact"], tmp_path, dtype=dtype)["dropped_exact"]
    assert (line["status"], line["seconds"]) == ("invalid", [])
    assert "wrong answer" in line["reason"]
    bounded = 'ACCURACY = "bounded"\nVARIANTS = {"8": {"radius": 8.0}}'
    with dropped("mean_shift", "dropped_bounded", wrong(bounded, knob=", radius")):
        line = measured(["dropped_bounded:8"], tmp_path, dtype=dtype)["dropped_bounded:8"]
    assert line["status"] == "invalid"
    with dropped("mean_shift", "dropped_rough", wrong('ACCURACY = "approximate"')):
        line = measured(["dropped_rough"], tmp_path, dtype=dtype)["dropped_rough"]
    assert (line["status"], line["tolerance"]) == ("ok", None)
    assert 1e-3 < line["error"] < 1
    assert line["error"] == pytest.approx(line["spread"]["errors"][0])


@pytest.mark.drops_files
@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("weights @ points * np.nan", "not one row of the result is finite"),
        ("weights[:, :1]", "the result is float64 (120, 1), expected float64 (120, 2)"),
        ("points.astype('f4')", "the result is float32"),
    ],
)
def test_even_an_approximate_answer_has_to_be_one(result: str, said: str, tmp_path: Path) -> None:
    with dropped("mean_shift", "dropped_empty", wrong('ACCURACY = "approximate"', result)):
        line = measured(["dropped_empty"], tmp_path)["dropped_empty"]
    assert line["status"] in ("invalid", "failed")
    assert said in line["reason"]
    assert line["error"] is None


def test_random_strategies_are_recorded_over_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEPT, str(tmp_path))
    first = measured(["sampled:10", "sampled:50", "grid:4"], tmp_path, stage="run_J", n=300)
    for name, seeds in (("sampled:10", spread.SEEDS), ("sampled:50", spread.SEEDS), ("grid:4", 1)):
        found = first[name]["spread"]
        assert found["seeds"] == len(found["errors"]) == len(found["rand_index"]) == seeds
        assert first[name]["error"] == pytest.approx(found["errors"][0])
        assert found["finite_rows"] == 1.0
    assert len(set(first["sampled:10"]["spread"]["errors"])) > 1
    assert np.mean(first["sampled:10"]["spread"]["errors"]) > np.mean(first["sampled:50"]["spread"]["errors"])
    assert first["grid:4"]["spread"]["rand_index"] == [1.0]
    monkeypatch.setattr(spread, "account", None)  # a later session does not ask again
    again = measured(["sampled:10"], tmp_path, stage="run_J", n=300)
    assert again["sampled:10"]["spread"] == first["sampled:10"]["spread"]


def test_modes_are_told_apart_and_rows_counted() -> None:
    rng = np.random.default_rng(0)
    centers = np.array([[0.0, 0], [10, 0], [0, 10]])[np.arange(300) % 3]
    labels = spread.modes(centers + 0.01 * rng.standard_normal((300, 2)), 2.5)
    assert len(set(labels)) == 3
    assert spread.agreement(centers, centers, 2.5) == 1.0
    broken = centers.copy()
    broken[0] = np.nan
    found = spread.account(lambda seed: broken, 2, centers, centers, 2.5, gathered=True)
    assert found["finite_rows"] == pytest.approx(299 / 300)
    assert found["unmoved_rows"] == 299
    assert found["errors"] == [0.0, 0.0]
    some = spread.account(lambda seed: centers * (1.0, np.nan)[seed], 2, centers, centers, 2.5, gathered=True)
    assert (some["errors"], some["finite_rows"], some["rand_index"]) == ([0.0, None], 0.0, [1.0, 0.0])
    assert spread.agreement(np.full((4, 2), np.nan), centers[:4], 2.5) == 0.0


def test_the_rand_index_is_scikit_learns() -> None:
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(0)
    for groups, others in ((3, 3), (1, 4), (1, 1), (40, 2), (5, 60)):
        first, second = rng.integers(0, groups, 60), rng.integers(0, others, 60)
        found = spread.adjusted_rand_index(first, second)
        assert found == pytest.approx(adjusted_rand_score(first, second))
        assert spread.adjusted_rand_index(first, 7 - first) == 1.0


def test_the_set_holds_what_the_questions_need() -> None:
    blocks = mean_shift_sets.MEAN_SHIFT.blocks
    assert {"n": 5000, "d": 8} in [found.cell for found in blocks if found.stage == "step"]
    lesson = [found for found in blocks if found.labels == "lesson"]
    assert {found.stage for found in lesson} == set(workloads.get("mean_shift").stages)
    assert {found.dtype for found in lesson if found.stage == "step"} == {"float32", "float64"}
    assert any(found.labels == "many" for found in blocks)
    assert len(blocks) == len(set(blocks)) <= 14


def test_no_measured_cell_is_so_wide_that_the_public_functions_would_widen_it() -> None:
    """Beyond that extent they compute in float64 what expands a square, and the protocol times what it is given."""
    from impls.mean_shift._api import WIDEST_FLOAT32

    extents = {}
    for found in (block for plan in sets.SETS.values() for block in plan.blocks):
        if (found.workload, found.dtype) == ("mean_shift", "float32"):
            data = workloads.get("mean_shift").inputs(found, 1)
            extents[found.key] = np.ptp(data.points, axis=0).max() / data.bandwidth
    assert len(extents) >= 2
    assert max(extents.values()) < WIDEST_FLOAT32
    many = workloads.get("mean_shift").inputs(block(dtype="float32", labels="many", n=6000), 1)
    assert np.ptp(many.points, axis=0).max() / many.bandwidth > WIDEST_FLOAT32  # such cells exist


def test_the_report_does_not_name_this_workload() -> None:
    root = Path(point_clouds.__file__).parents[2] / "reports"
    for path in root.rglob("*"):
        if path.suffix in (".py", ".j2", ".js", ".css", ".toml") and path.is_file():
            text = path.read_text(encoding="utf-8").lower()
            assert "mean_shift" not in text, path
            assert "mean shift" not in text, path
