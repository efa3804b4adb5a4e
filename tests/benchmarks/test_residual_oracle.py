"""The oracle for many images at a time says what the slow one says; labels can be as skewed as photographs'."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.workloads import residual_oracle
from benchmarks.workloads.base import rounding_allowance
from benchmarks.workloads.draws import draw_skewed_labels
from impls import vlad


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("labels", ["uniform", "skewed", "one"])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (37, 19, 5, 3), (3, 700, 11, 130), (300, 8, 64, 2)])
def test_many_images_at_a_time_give_the_oracle_s_sums(
    shape: tuple[int, ...], labels: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residual_oracle, "NUMBERS", 5000)  # several blocks, the last one shorter
    sizes = {axis: [size] for axis, size in zip("TLFK", shape)}
    block = Grid("vlad", sizes, "aggregate", dtype, labels).blocks()[0]
    workload = workloads.get("vlad")
    inputs = workload.inputs(block, 3)
    found = workload.reference(block, inputs)
    T, _, F, K = shape
    right = vlad.oracle(inputs.descriptors, inputs.labels, inputs.centers)
    bucket = (inputs.labels + K * np.arange(T)[:, None]).ravel()
    residuals = (inputs.descriptors.astype(float) - inputs.centers.astype(float)[inputs.labels]).reshape(
        -1, F
    )
    sizes_of_sums = np.zeros((T * K, F))
    np.add.at(sizes_of_sums, bucket, np.abs(residuals))
    assert (np.abs(found.result - right) <= 4e-16 * sizes_of_sums.reshape(T, K, F)).all()
    granted = rounding_allowance(residuals, bucket, T * K, right, dtype)
    assert found.allowance == pytest.approx(granted, rel=1e-9)


def test_no_image_and_no_descriptor_have_sums_too() -> None:
    for T, L in ((0, 4), (3, 0)):
        found = residual_oracle.residual_reference(
            np.zeros((T, L, 2)), np.zeros((T, L), dtype=np.intp), np.ones((5, 2))
        )
        assert found.result.shape == (T, 5, 2)
        assert not found.result.any()
        assert found.allowance == 0


def test_skewed_labels_are_as_skewed_as_photographs() -> None:
    """With 64 centroids the longest of 1024 patches' buckets has 27, 52 and 90 % of a photograph (deciles 1, 5, 9)."""
    labels = draw_skewed_labels(np.random.default_rng(0), 200, 1024, 64)
    longest = np.array([np.bincount(image, minlength=64).max() for image in labels]) / 1024
    low, middle, high = np.quantile(longest, (0.1, 0.5, 0.9))
    assert 0.15 < low < 0.3
    assert 0.45 < middle < 0.65
    assert 0.7 < high < 0.95
    favourites = [np.bincount(image, minlength=64).argmax() for image in labels]
    assert len(set(favourites)) > 40, "every image has its own longest bucket"
    assert draw_skewed_labels(np.random.default_rng(0), 3, 5, 1).max() == 0
