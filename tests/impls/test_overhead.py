"""The public functions add a fixed, small number of steps to their kernel: folders are scanned once, not a call."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from impls import dbscan, discovery, mean_shift, published, scatter, vlad

from .helpers import batch

X, LABELS, C = batch(2, 20, 5, 4, "float64")
ROWS, BUCKET = X[0], LABELS[0]
SUMS = np.zeros((4, 5))
#: Calls of Python functions and built-ins that a public function may add: some 0.1 microseconds each.
MOST_CALLS = 74  # with the look at the file, which is left out within 0.25 ms

CALLS = {
    "bucket_sums": lambda name, **how: scatter.bucket_sums(ROWS, BUCKET, 4, name, **how),
    "aggregate": lambda name, **how: vlad.aggregate(X, LABELS, C, name, **how),
}


def calls_in(function):
    """How many functions and built-ins a call of `function` enters."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("check_finite", [True, False])
@pytest.mark.parametrize("name", ["bincount", "sparse_matmul", "ufunc_at"])
@pytest.mark.parametrize("public", CALLS)
def test_few_steps_are_added(public, name, check_finite, monkeypatch):
    residuals = np.zeros((2, 4, 5))
    CALLS[public](name)  # its packages are imported
    monkeypatch.setattr(scatter.BucketStrategy, "bucket_sums", lambda self, *arrays: SUMS)
    monkeypatch.setattr(vlad.ResidualStrategy, "residual_sums", lambda self, *arrays: residuals)
    for _ in range(3):
        added = calls_in(lambda: CALLS[public](name, check_finite=check_finite))
    assert added <= MOST_CALLS, f"{added} calls"


@pytest.mark.parametrize("public", CALLS)
def test_no_folder_is_scanned_and_no_memory_predicted_unasked(public, monkeypatch):
    CALLS[public]("bincount")

    def refuse(*arguments, **options):
        raise AssertionError("not in a call")

    monkeypatch.setattr(discovery, "scan", refuse)
    monkeypatch.setattr(Path, "glob", refuse)
    monkeypatch.setattr(scatter.BucketStrategy, "workspace_bytes", refuse)
    monkeypatch.setattr(vlad.ResidualStrategy, "workspace_bytes", refuse)
    CALLS[public]("bincount")


@pytest.mark.parametrize("room", [scatter, vlad, mean_shift, dbscan.ROOM, published], ids=str)
def test_a_strategy_is_made_once_until_a_rescan(room):
    name = room.strategies()[0]
    first = room.get(name)
    assert room.get(name) is first
    discovery.rescan()
    assert room.get(name) is not first
    assert room.get(name) == first


def test_check_finite_is_a_choice():
    bad = X.copy()
    bad[0, 0, 0] = np.inf
    for call in (
        lambda **how: scatter.bucket_sums(bad[0], LABELS[0], 4, "bincount", **how),
        lambda **how: vlad.aggregate(bad, LABELS, C, "loop", **how),
        lambda **how: vlad.encode(bad, C, "loop", labels=LABELS, **how),
        lambda **how: vlad.normalize(bad, **how),
        lambda **how: vlad.assign(bad, C, **how),
    ):
        with pytest.raises(ValueError, match="1 NaN or infinite"):
            call()
        with np.errstate(all="ignore"):
            assert isinstance(call(check_finite=False), np.ndarray)
    rows = scatter.bucket_sums(bad[0], LABELS[0], 4, "bincount", check_finite=False)
    assert np.isinf(rows[LABELS[0, 0], 0])


@pytest.mark.parametrize("name", scatter.strategies())
def test_rows_of_one_value_need_no_second_axis(name, dtype):
    if not scatter.get(name).available:
        pytest.skip(str(scatter.get(name).why_not))
    values = ROWS[:, 0].astype(dtype)
    sums = scatter.bucket_sums(values, BUCKET, 4, name)
    assert sums.shape == (4,)
    assert sums.dtype == dtype
    np.testing.assert_array_equal(sums, scatter.bucket_sums(values[:, None], BUCKET, 4, name)[:, 0])
    np.testing.assert_array_equal(
        scatter.oracle(values, BUCKET, 4), scatter.oracle(values[:, None], BUCKET, 4)[:, 0]
    )
    assert scatter.bucket_sums(values[:0], [], 4, name).shape == (4,)
