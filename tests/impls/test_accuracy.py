"""The error measure, its tolerances, and the decision to subtract centers before or after the sum."""

from __future__ import annotations

import time

import numpy as np
import pytest

from impls import scatter, vlad
from impls.accuracy import max_error_over_rms, tolerance
from impls.vlad import _adapter
from impls.vlad._conditioning import subtract_first

from .helpers import batch, brute_force


def test_tolerance():
    assert tolerance("float64") == 1e-12
    assert tolerance(np.float32) == 1e-5
    assert tolerance("float32", {"float32": 1e-3}) == 1e-3
    assert tolerance("float64", {"float32": 1e-3}) == 1e-12
    with pytest.raises(TypeError, match="no error bound for float16"):
        tolerance("float16")


def test_error_measure():
    reference = np.array([[3.0, -4.0], [0.0, 5.0]])  # rms is sqrt(50 / 4)
    one_off = reference.copy()
    one_off[1, 0] += 1
    assert max_error_over_rms(reference, reference) == 0
    assert max_error_over_rms(one_off, reference) == pytest.approx(1 / np.sqrt(12.5))
    for scale in (1e-200, 1e200):
        assert max_error_over_rms(scale * one_off, scale * reference) == pytest.approx(1 / np.sqrt(12.5))


def test_error_measure_at_its_edges():
    assert max_error_over_rms(np.zeros(3), np.zeros(3)) == 0
    assert max_error_over_rms(np.full(3, 1e-300), np.zeros(3)) == np.inf
    assert max_error_over_rms(np.array([1.0, np.nan]), np.ones(2)) == np.inf
    assert max_error_over_rms(np.array([1.0, np.inf]), np.ones(2)) == np.inf
    assert max_error_over_rms(np.zeros((0, 3)), np.zeros((0, 3))) == 0
    with pytest.raises(ValueError, match=r"shape \(3,\).*\(2,\)"):
        max_error_over_rms(np.zeros(3), np.zeros(2))


def test_oracle_agrees_with_brute_force(dtype):
    rng = np.random.default_rng(0)
    for seed in range(100):
        T, L, F, K = (int(rng.integers(low, 9)) for low in (1, 0, 1, 1))
        offset = float(rng.choice([0.0, 1e3, 1e6]))
        descriptors, labels, centers = batch(T, 4 * L, F, K, dtype, seed, "uniform", offset)
        reference = brute_force(descriptors, labels, centers)
        result = vlad.oracle(descriptors, labels, centers)
        assert result.dtype == np.float64
        # Each float64 residual is rounded once, relative to itself.
        assert np.abs(result - reference).max(initial=0) <= 4 * L * 2.0**-53 * 12


def counts_of(labels, K):
    return np.stack([np.bincount(row, minlength=K) for row in labels])


def decision(descriptors, labels, centers):
    rows = descriptors.reshape(-1, centers.shape[1])
    return subtract_first(rows, labels.reshape(-1), centers, counts_of(labels, len(centers)))


@pytest.mark.parametrize("fitted", [False, True])
def test_well_conditioned_data_take_the_fast_way(dtype, fitted):
    """At the post's shape, for sampled and for fitted centers."""
    descriptors = np.random.default_rng(0).standard_normal((256, 128, 64)).astype(dtype)
    centers = descriptors[0, :16].copy()
    if fitted:
        for _ in range(2):
            labels = vlad.assign(descriptors, centers)
            centers = np.stack([descriptors[labels == k].mean(axis=0) for k in range(16)])
    labels = vlad.assign(descriptors, centers)
    assert not decision(descriptors, labels, centers)
    batch_ = _adapter.flatten(descriptors, labels, 16)
    assert _adapter.late_parts(batch_, centers, counts_of(labels, 16).reshape(-1))[1] == 0


@pytest.mark.parametrize(
    "shape", [(8, 1024, 64, 64), (2, 1200, 64, 16), (2, 8192, 16, 64), (512, 25, 64, 16)]
)
def test_float64_takes_the_fast_way_without_offset(shape):
    T, L, F, K = shape
    descriptors, labels, centers = batch(T, L, F, K, "float64")
    assert not decision(descriptors, labels, centers)


@pytest.mark.parametrize(("dtype", "offset"), [("float32", 10.0), ("float32", 1e3), ("float64", 1e5)])
def test_large_offsets_take_the_accurate_way(dtype, offset):
    assert decision(*batch(16, 200, 16, 8, dtype, offset=offset))


def test_the_decision_is_needed(monkeypatch):
    """Without it the contract breaks: so the tests above test something."""
    arrays = batch(16, 200, 16, 8, "float32", offset=100.0)
    strategy = vlad.get("sparse_matmul")
    reference = brute_force(*arrays)
    assert max_error_over_rms(strategy.residual_sums(*arrays), reference) < 1e-5
    monkeypatch.setattr(_adapter, "SMALL_BYTES", 0)
    assert max_error_over_rms(strategy.residual_sums(*arrays), reference) < 1e-5
    monkeypatch.setattr(_adapter, "late_parts", lambda *_: (200, 0))
    assert max_error_over_rms(strategy.residual_sums(*arrays), reference) > 1e-5


def test_parts_are_needed(monkeypatch):
    descriptors, labels, centers = batch(4, 8192, 32, 16, "float32", seed=1)
    strategy = vlad.get("ufunc_at_flat")
    reference = vlad.oracle(descriptors, labels, centers)
    with_parts = max_error_over_rms(strategy.residual_sums(descriptors, labels, centers), reference)
    monkeypatch.setattr(_adapter, "straight_rows", lambda *_: 8192)
    monkeypatch.setattr(_adapter, "late_parts", lambda *_: (0, 0))
    without = max_error_over_rms(strategy.residual_sums(descriptors, labels, centers), reference)
    assert with_parts < 1e-5
    assert without > 1.5 * with_parts


def test_contract_over_random_conditioning():
    """Between harmless and hopeless offsets, where the decision is not obvious, the contract holds."""
    rng = np.random.default_rng(4)
    strategies = [vlad.get(name) for name in ("sparse_matmul", "reduceat", "onehot_matmul")]
    for seed in range(150):
        dtype = "float32" if seed % 3 else "float64"
        T, L, K = int(rng.integers(2, 9)), int(2 ** rng.uniform(3, 9)), int(2 ** rng.uniform(0, 5))
        offset = float(10 ** rng.uniform(-1, 2 if dtype == "float32" else 6))
        arrays = batch(T, L, 32, K, dtype, seed, str(rng.choice(["uniform", "skewed", "nearest"])), offset)
        reference = vlad.oracle(arrays[0], arrays[1], arrays[2])
        for strategy in strategies:
            error = max_error_over_rms(strategy.residual_sums(*arrays), reference)
            assert error <= strategy.error_bound(dtype), (strategy.name, seed, T, L, K, offset)


def test_parts_of_ragged_images():
    """Long images of different lengths, one of them empty, are split and put together again."""
    full, _, centers = batch(3, 8192, 16, 4, "float32", seed=2)
    images = [full[0, :7000], full[1, :0], full[2, :5001]]
    labels = [np.full(len(image), 2) for image in images]
    reference = vlad.oracle(images, labels, centers)
    for name in ("ufunc_at_flat", "sparse_matmul", "reduceat"):
        result = vlad.aggregate(images, labels, centers, strategy=name)
        assert max_error_over_rms(result, reference) <= 1e-5


@pytest.mark.parametrize("strategy", ["sparse_matmul", "ufunc_at_flat", "onehot_matmul"])
def test_one_large_feature_of_a_centroid_is_not_averaged_away(strategy):
    """Whitened patches of sky: whole images in one cluster, small residuals, one feature twenty times the others."""
    rng = np.random.default_rng(0)
    T, L, F, K = 256, 25, 128, 16
    centers = 0.19 * rng.standard_normal((K, F)).astype("f4")
    centers[8, 0] = -4
    labels = rng.integers(0, K, (T, L))
    labels[::3] = 8
    spread = np.where(labels == 8, 0.17, 1.3)[..., None]
    descriptors = (centers[labels] + spread * rng.standard_normal((T, L, F))).astype("f4")
    result = vlad.aggregate(descriptors, labels, centers, strategy=strategy)
    assert max_error_over_rms(result, vlad.oracle(descriptors, labels, centers)) <= 1e-5


def test_the_adapters_share_is_what_the_kernel_does_not_take():
    arrays = batch(4, 50, 8, 4, "float32")

    def slow(rows, bucket, n_buckets):
        time.sleep(0.02)
        return np.zeros((n_buckets, rows.shape[1]), rows.dtype)

    assert 0 < _adapter.share_of_time(slow, arrays[0], arrays[1], arrays[2], calls=2) < 0.5
    assert 0 < (vlad.get("bincount").adapter_share(*arrays) or 0) < 1
    assert vlad.get("loop").adapter_share(*arrays) is None


def test_what_shares_memory_with_the_descriptors_is_copied(monkeypatch):
    """Bucket sums that return a view of their rows: the descriptors stay as they are."""
    for small in (0, 1 << 30):
        monkeypatch.setattr(_adapter, "SMALL_BYTES", small)
        descriptors, labels, centers = batch(2, 30, 4, 3, "float64", labels="uniform")
        before = descriptors.copy()
        result = _adapter.residual_sums(lambda rows, bucket, M: rows[:M], descriptors, labels, centers)
        assert not np.shares_memory(result, descriptors)
        np.testing.assert_array_equal(descriptors, before)
    monkeypatch.setattr(scatter.get("ufunc_at").module, "bucket_sums", lambda rows, bucket, M: rows[:M])
    rows = np.ones((5, 2))
    assert not np.shares_memory(scatter.bucket_sums(rows, [0, 1, 0, 1, 0], 2, "ufunc_at"), rows)
