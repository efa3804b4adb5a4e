"""Sums keep their bound on flat data, ramps and long buckets, and one bucket does not spoil another."""

from __future__ import annotations

import numpy as np
import pytest

from impls import kmeans, scatter, vlad
from impls.accuracy import max_error_over_bucket
from impls.scatter._parts import LONG_ROWS, cut_long, rows_of_part, sum_in_parts, totals

from .helpers import run

LENGTHS = [1, LONG_ROWS, LONG_ROWS + 1, 1000, 16_385, 100_000]
BOUND = {"float32": 1e-5, "float64": 1e-10}  # of float64, n * 2**-53 is promised


def flat(N, F, dtype, kind):
    """Data that pull one way: equal numbers, a ramp up, or one down."""
    column = {"equal": np.full(N, 0.1), "up": np.arange(1.0, N + 1), "down": np.arange(N, 0.0, -1)}[kind]
    return np.repeat(column[:, None], F, axis=1).astype(dtype)


def bucket_error(rows, bucket, M, result):
    return max_error_over_bucket(
        result, scatter.oracle(rows, bucket, M), scatter.oracle(np.abs(rows), bucket, M)
    )


@pytest.mark.parametrize("F", [1, 7])
@pytest.mark.parametrize("kind", ["equal", "up", "down"])
def test_public_bucket_sums_of_flat_data(bucket_strategy, dtype, F, kind):
    for N in LENGTHS if kind == "equal" and not bucket_strategy.device() else LENGTHS[-1:]:
        rows = flat(N, F, dtype, kind)
        bucket = np.where(np.arange(N) % 10 == 9, 2, 1)
        result = scatter.bucket_sums(rows, bucket, 4, strategy=bucket_strategy.name)
        assert result.dtype == np.dtype(dtype)
        assert bucket_error(rows, bucket, 4, result) <= BOUND[dtype], N


def test_adding_does_not_stop_at_the_24th_bit():
    """jax issue 18393: 20,971,520 ones in float32 gave 2**24."""
    ones = np.ones(20_971_520, np.float32)
    for strategy in ("ufunc_at", "sparse_matmul"):
        assert scatter.bucket_sums(ones, np.zeros(len(ones), np.intp), 1, strategy=strategy)[0] == len(ones)


@pytest.mark.parametrize("L", [3000, 100_000])
def test_public_aggregate_of_flat_data(strategy, L):
    """One cluster takes all the descriptors but a tenth, and every residual is the same number."""
    if L > 3000 and strategy.name == "mask_4d":
        L = 20_000
    labels = np.where(np.arange(L) % 10 == 9, 1, 0)[None]
    descriptors, centers = np.full((1, L, 3), 0.3, np.float32), np.full((2, 3), 0.2, np.float32)
    result = vlad.aggregate(descriptors, labels, centers, strategy=strategy.name)
    reference = vlad.oracle(descriptors, labels, centers)
    assert max_error_over_bucket(result, reference, np.abs(reference)) <= strategy.error_bound("float32")


def test_slices_are_needed_and_give_the_same_sums():
    """The loop of its own drifts beyond its bound on these data; as a public function it does not."""
    descriptors, centers = np.full((2, 100_000, 3), 0.3, np.float32), np.zeros((2, 3), np.float32)
    labels = np.zeros((2, 100_000), np.intp)
    reference = vlad.oracle(descriptors, labels, centers)
    raw = run(vlad.get("loop"), descriptors, labels, centers)
    assert max_error_over_bucket(raw, reference, np.abs(reference)) > 1e-5
    ragged = vlad.aggregate([descriptors[0], descriptors[1, :5]], [labels[0], labels[1, :5]], centers, "loop")
    assert max_error_over_bucket(ragged[0], reference[0], np.abs(reference[0])) <= 1e-5
    np.testing.assert_allclose(ragged[1, 0], 1.5, rtol=1e-6)


def test_kmeans_of_flat_data():
    rows = np.full((100_000, 2), 0.1, np.float32)
    found = kmeans.update(rows, np.zeros(len(rows), np.intp), np.zeros((3, 2), np.float32))
    np.testing.assert_allclose(found[0], 0.1, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e3, 1e10])
def test_one_bucket_does_not_spoil_another(bucket_strategy, scale):
    """A bucket of large values beside one of small ones: arkouda issue 964."""
    rng = np.random.default_rng(0)
    rows, bucket = rng.standard_normal((400, 3)), np.repeat([0, 1, 2, 3], 100)
    rows[:100] *= scale
    rows[200:300] *= scale
    result = scatter.bucket_sums(rows, bucket, 4, strategy=bucket_strategy.name)
    error = bucket_error(rows, bucket, 4, result)
    if bucket_strategy.mixes_buckets:
        assert 1e-16 < error <= 1e-14 * scale
    else:
        assert error <= 1e-14


def test_what_mixes_buckets_says_so():
    rows, bucket = np.array([[1e16], [1e16], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    wrong = {
        name
        for name in scatter.strategies()
        if scatter.get(name).available and scatter.bucket_sums(rows, bucket, 2, strategy=name)[1, 0] != 3
    }
    assert wrong == {name for name in scatter.strategies() if scatter.get(name).mixes_buckets} != set()
    assert vlad.get("jax_ragged_cumsum").mixes_buckets
    for name in (*wrong, "jax_ragged_cumsum"):
        assert "mixed" in vlad.get(name).docstring


def test_measure_by_bucket():
    reference = np.array([[1e16], [3.0]])
    assert max_error_over_bucket([[1e16], [4.0]], reference, reference) == pytest.approx(1 / 3)
    assert max_error_over_bucket(np.zeros((2, 1)), np.zeros((2, 1)), np.zeros((2, 1))) == 0
    assert max_error_over_bucket(np.ones((2, 1)), np.zeros((2, 1)), np.zeros((2, 1))) == np.inf
    assert max_error_over_bucket(np.full((2, 1), np.nan), reference, reference) == np.inf
    assert max_error_over_bucket(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2))) == 0
    with pytest.raises(ValueError, match="expected one shape"):
        max_error_over_bucket(np.zeros(2), np.zeros(2), np.zeros(3))


def test_cutting_keeps_every_row_and_no_part_is_long():
    """Any labels: the parts of a bucket hold its rows, in order, and no more than asked for."""
    rng = np.random.default_rng(0)
    for seed in range(60):
        M, N, limit = int(rng.integers(1, 40)), int(rng.integers(1, 3000)), int(rng.integers(1, 200))
        before = np.minimum(rng.zipf(1.5, N) - 1, M - 1) if seed % 2 else np.sort(rng.integers(0, M, N))
        counts, bucket = np.bincount(before, minlength=M), before.copy()
        parts = cut_long(bucket, counts, limit)
        if parts is None:
            assert counts.max() <= limit
            np.testing.assert_array_equal(bucket, before)
            continue
        assert np.bincount(bucket, minlength=parts.n_buckets).max() <= limit
        owner = np.arange(parts.n_buckets)
        owner[M:] = np.repeat(parts.long, np.diff(np.append(parts.first, parts.n_buckets - M)))
        np.testing.assert_array_equal(owner[bucket], before)
        ones = np.bincount(bucket, minlength=parts.n_buckets).astype(np.float64)[:, None]
        np.testing.assert_array_equal(totals(ones, M, parts)[:, 0], counts[parts.long])
        for b in parts.long:
            assert np.all(np.diff(np.where(bucket[before == b] < M, -1, bucket[before == b])) >= 0)
    assert rows_of_part(10**9) == LONG_ROWS


def test_cutting_leaves_what_is_short_and_what_is_not_its_own():
    rows, bucket = np.ones((300, 2), np.float32), np.zeros(300, np.intp)
    bucket.flags.writeable = False
    seen = []

    def sums(rows, bucket, n_buckets):
        seen.append((bucket, n_buckets))
        return np.stack([np.bincount(bucket, rows[:, f], n_buckets) for f in (0, 1)], axis=1)

    assert np.all(sum_in_parts(sums, rows, bucket, 2, 128) == [[300, 300], [0, 0]])
    assert seen[0][1] > 2
    sum_in_parts(sums, rows[:128], bucket[:128], 2, 128)
    assert np.shares_memory(seen[1][0], bucket)
