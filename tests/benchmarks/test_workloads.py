"""Inputs are the same bits everywhere for the same block and seed, and as skewed as they claim to be."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.workloads.base import WrongAnswerError, judged, rounding_allowance
from benchmarks.workloads.draws import draw_labels


def vlad_block(stage="aggregate", dtype="float64", labels="uniform", T=3, L=40, F=6, K=5):
    return Grid("vlad", {"T": [T], "L": [L], "F": [F], "K": [K]}, stage, dtype, labels).blocks()[0]


@pytest.mark.parametrize("labels", ["uniform", "zipf", "one", "sorted", "photos"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_inputs_repeat_and_fit_together(labels: str, dtype: str) -> None:
    block = vlad_block(labels=labels, dtype=dtype)
    first, second = (workloads.get("vlad").inputs(block, 7) for _ in range(2))
    for name in ("descriptors", "labels", "centers"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.descriptors.dtype == first.centers.dtype == dtype
    assert first.labels.shape == (3, 40)
    assert 0 <= first.labels.min() <= first.labels.max() < 5
    expected = np.zeros((3, 5, 6))
    for image in range(3):
        for row, label in zip(first.descriptors[image].astype(float), first.labels[image], strict=True):
            expected[image, label] += row - first.centers[label]
    found = workloads.get("vlad").reference(block, first)
    np.testing.assert_allclose(found.result, expected, atol=1e-12)


def test_the_seed_matters() -> None:
    first, second = (workloads.get("vlad").inputs(vlad_block(), seed).descriptors for seed in (1, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("kind", ["uniform", "zipf", "one", "sorted"])
def test_label_distributions(kind: str) -> None:
    labels = draw_labels(np.random.default_rng(0), kind, 50_000, 64)
    counts = np.bincount(labels, minlength=64)
    imbalance = 64 * np.sum(counts.astype(float) ** 2) / counts.sum() ** 2
    low, high = {"uniform": (1, 1.05), "sorted": (1, 1.05), "zipf": (3, 10), "one": (64, 64)}[kind]
    assert low <= imbalance <= high
    assert labels.dtype == np.intp
    assert (np.all(np.diff(labels) >= 0)) == (kind in ("sorted", "one"))


def test_unknown_distribution_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="there are uniform, zipf, one, sorted"):
        draw_labels(np.random.default_rng(0), "poisson", 3, 2)


def test_photographs_give_skewed_labels() -> None:
    inputs = workloads.get("vlad").inputs(vlad_block(labels="photos", T=16, L=128, F=32, K=32), 1)
    counts = np.bincount(inputs.labels.ravel(), minlength=32)
    assert 32 * np.sum(counts.astype(float) ** 2) / counts.sum() ** 2 > 1.5


def test_the_gate_names_what_is_wrong() -> None:
    reference = np.ones((2, 3))
    assert judged(np.ones((2, 3), "f4"), reference, "float32") == 0
    with pytest.raises(WrongAnswerError, match=r"float64 \(2, 3\), expected float32"):
        judged(np.ones((2, 3)), reference, "float32")
    with pytest.raises(WrongAnswerError, match="NaN"):
        judged(np.full((2, 3), np.nan), reference, "float64")


def test_rounding_is_granted_to_long_buckets_only() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((4000, 3)) + 2
    even = np.arange(4000) % 100
    assert rounding_allowance(rows, even, 100, np.ones((100, 3)), "float32") == 0
    one = np.zeros(4000, int)
    reference = np.zeros((100, 3))
    reference[0] = rows.sum(axis=0)
    granted = rounding_allowance(rows, one, 100, reference, "float32")
    honest = np.abs(np.cumsum(rows.astype("f4"), axis=0, dtype="f4")[-1] - reference[0]).max()
    assert honest / np.sqrt(np.mean(reference**2)) <= granted < 1e-3


@pytest.mark.parametrize("name", sorted(workloads.NAMES))
def test_workloads_describe_themselves(name: str) -> None:
    workload = workloads.get(name)
    assert workload.name == name
    assert {workload.baseline, workload.control} <= set(workload.strategies())
    assert workload.why_not(workload.control) is None


def test_unknown_workload_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"scatter1d, .*vlad"):
        workloads.get("sorting")


@pytest.mark.parametrize("stage", ["int64_index", "int32_index"])
def test_scatter1d_hands_the_index_over_as_it_is(stage: str) -> None:
    block = Grid("scatter1d", {"N": [100], "bins": [7]}, stage, "float32", "sorted").blocks()[0]
    workload = workloads.get("scatter1d")
    inputs = workload.inputs(block, 3)
    assert inputs.bucket.dtype.name == stage.split("_")[0]
    for impl in ("ufunc_at", "bincount", "sparse_matmul"):
        task = workload.task(block, inputs, impl, workload.reference(block, inputs))
        assert task.error(task.call()) <= task.tolerance
        assert workload.task(block, inputs, impl).error(task.call()) == float("inf")


def test_a_line_records_the_error_of_each_bucket_and_the_adapters_share() -> None:
    workload, block = workloads.get("vlad"), vlad_block()
    inputs = workload.inputs(block, 1)
    reference = workload.reference(block, inputs)
    for impl in ("bincount", "loop", "ragged_cumsum"):
        task = workload.task(block, inputs, impl, reference)
        assert task.facts is not None
        assert task.error(task.call()) < 1e-12
        facts = task.facts()
        assert 0 <= facts["bucket_error"] < 1e-14
        assert ("adapter_share" in facts) == (impl != "loop")
        assert 0 < facts.get("adapter_share", 0.5) < 1
        assert facts.get("mixes_buckets", False) == (impl == "ragged_cumsum")
    spoilt = task.call()
    spoilt[0, 0] += 1.0
    task = workload.task(block, inputs, "loop", reference)
    assert task.facts is not None
    task.error(spoilt)
    assert task.facts()["bucket_error"] > 1e-3
    residuals = np.abs(inputs.descriptors - inputs.centers[inputs.labels])
    np.testing.assert_allclose(inputs.absolute().sum(axis=1), residuals.sum(axis=1))
