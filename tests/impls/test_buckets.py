"""Bucket sums: the contract for rows and buckets, one feature included."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest

from impls import scatter
from impls.accuracy import max_error_over_rms


def exact(rows, bucket, n_buckets):
    """Bucket sums by math.fsum, in plain Python."""
    result = np.zeros((n_buckets, rows.shape[1]))
    columns = rows.astype(float).T.tolist()
    where = bucket.tolist()
    for f, column in enumerate(columns):
        members: list[list[float]] = [[] for _ in range(n_buckets)]
        for value, b in zip(column, where):
            members[b].append(value)
        result[:, f] = [math.fsum(values) for values in members]
    return result


def sample(N, F, M, dtype, seed=0, offset=0.0, used=None):
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((N, F)) + offset).astype(dtype)
    return rows, rng.integers(0, used or M, N), M


@pytest.mark.parametrize(
    ("N", "F", "M"), [(200, 7, 11), (200, 1, 11), (1, 3, 4), (50, 2, 400), (300, 64, 1), (33, 130, 5)]
)
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_agrees_with_fsum(bucket_strategy, dtype, N, F, M, offset):
    rows, bucket, M = sample(N, F, M, dtype, offset=offset)
    result = scatter.bucket_sums(rows, bucket, M, strategy=bucket_strategy.name)
    reference = exact(rows, bucket, M)
    assert result.dtype == np.dtype(dtype)
    assert max_error_over_rms(result, reference) <= bucket_strategy.error_bound(dtype)
    assert np.all(result[np.bincount(bucket, minlength=M) == 0] == 0)


@lru_cache(maxsize=3)
def in_many_buckets(M):
    """Rows and buckets with their exact sums, which take longer than all strategies together."""
    rows, bucket, M = sample(3000, 3, M, "float64")
    bucket[:3] = M - 1, 0, M - 1
    return rows, bucket, exact(rows, bucket, M)


@pytest.mark.parametrize("M", [65536, 65537, 200_000])
def test_many_buckets(bucket_strategy, M):
    """The sorting strategies change method beyond 16 bits."""
    rows, bucket, reference = in_many_buckets(M)
    result = scatter.bucket_sums(rows, bucket, M, strategy=bucket_strategy.name)
    assert max_error_over_rms(result, reference) <= 1e-12


def test_more_rows_than_one_block(bucket_strategy, dtype):
    """Strategies that work in blocks meet several blocks, and a bucket longer than one."""
    rows, bucket, M = sample(60_000, 16, 9, dtype, used=2)
    result = scatter.bucket_sums(rows, bucket, M, strategy=bucket_strategy.name)
    assert max_error_over_rms(result, scatter.oracle(rows, bucket, M)) <= bucket_strategy.error_bound(dtype)


def test_float32_drift_stays_within_the_declared_bound(bucket_strategy):
    rows, bucket, M = sample(400_000, 1, 16, "float32", offset=0.5)
    result = scatter.bucket_sums(rows, bucket, M, strategy=bucket_strategy.name)
    error = max_error_over_rms(result, scatter.oracle(rows, bucket, M))
    assert error <= bucket_strategy.error_bound("float32")


def test_layouts_and_empty_input(bucket_strategy, dtype):
    rows, bucket, M = sample(90, 5, 7, dtype)
    reference = exact(rows, bucket, M)
    wide = np.repeat(rows, 2, axis=1)[:, ::2]
    frozen, frozen_bucket = rows.copy(), bucket.copy()
    frozen.flags.writeable = frozen_bucket.flags.writeable = False
    for variant, index in ((np.asfortranarray(rows), bucket), (wide, bucket), (frozen, frozen_bucket)):
        for typed in (index, index.astype(np.int8), index.astype(np.uint64)):
            result = scatter.bucket_sums(variant, typed, M, strategy=bucket_strategy.name)
            assert max_error_over_rms(result, reference) <= bucket_strategy.error_bound(dtype)
    np.testing.assert_array_equal(frozen, rows)
    empty = scatter.bucket_sums(rows[:0], bucket[:0], M, strategy=bucket_strategy.name)
    assert empty.shape == (M, 5)
    assert not empty.any()


def test_raw_functions_take_no_rows(bucket_strategy, dtype):
    rows, bucket, M = sample(4, 5, 7, dtype)
    result = bucket_strategy.bucket_sums(*bucket_strategy.put(rows[:0], bucket[:0]), M)
    result = bucket_strategy.to_numpy(bucket_strategy.wait(result))
    assert result.shape == (M, 5)
    assert not result.any()


def test_oracle_is_correctly_rounded():
    """Sums that cancel to nothing in plain float64 come out exact."""
    rng = np.random.default_rng(3)
    for trial in range(200):
        N, M = int(rng.integers(1, 300)), int(rng.integers(1, 9))
        rows = rng.standard_normal((N, 2)) * 10.0 ** rng.uniform(-8, 8, (N, 2))
        rows = np.concatenate([rows, -rows[: N // 2] * (1 + 1e-15)]) if trial % 2 else rows
        bucket = rng.integers(0, M, len(rows))
        reference = exact(rows, bucket, M)
        result = scatter.oracle(rows, bucket, M)
        # One rounding of the result, and 2^-100 of the largest term.
        slack = 2.0**-52 * np.abs(reference) + 2.0**-95 * np.abs(rows).max()
        assert np.all(np.abs(result - reference) <= slack)
