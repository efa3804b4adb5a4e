"""Wrong input is one clear error before any work; the memory limit and missing packages say what to do."""

from __future__ import annotations

import re

import numpy as np
import pytest

from impls import MemoryBudgetError, StrategyUnavailable, registry, scatter, vlad

from .helpers import batch

X, LABELS, C = batch(2, 6, 4, 3, "float64")
NAN = X.copy()
NAN[1, 2, 3] = np.nan

WRONG = {
    "too few axes": (X[0], LABELS, C, ValueError, r"descriptors has 2 axes .*expected \(T, L, F\)"),
    "centers with 3 axes": (X, LABELS, C[None], ValueError, r"centers has 3 axes"),
    "other number of features": (
        X,
        LABELS,
        C[:, :3],
        ValueError,
        "centers have 3 features, but descriptors have 4",
    ),
    "label K": (X, LABELS * 0 + 3, C, ValueError, "labels runs from 3 to 3, expected 0 to 2"),
    "label -1": (X, LABELS * 0 - 1, C, ValueError, "expected 0 to 2"),
    "labels of floats": (X, LABELS * 1.0, C, TypeError, "labels has dtype float64, expected integers"),
    "labels of bools": (X, LABELS > 0, C, TypeError, "expected integers"),
    "labels of another shape": (
        X,
        LABELS[:, :5],
        C,
        ValueError,
        r"labels has shape \(2, 5\), expected \(2, 6\)",
    ),
    "NaN in descriptors": (NAN, LABELS, C, ValueError, "descriptors holds 1 NaN or infinite"),
    "infinity in centers": (X, LABELS, np.where(C > 0, np.inf, C), ValueError, "centers holds .* infinite"),
    "float16": (
        X.astype("f2"),
        LABELS,
        C,
        TypeError,
        "descriptors has dtype float16, expected float32 or float64",
    ),
    "complex": (X.astype(complex), LABELS, C, TypeError, "dtype complex128"),
    "object": (X.astype(object), LABELS, C, TypeError, "dtype object"),
    "integers": ((X * 9).astype(int), LABELS, C, TypeError, "dtype int64, expected float32 or float64"),
    "big-endian": (X.astype(">f8"), LABELS, C, TypeError, "dtype >f8"),
    "masked": (np.ma.masked_array(X), LABELS, C, TypeError, "masked array"),
    "integer centers": (X, LABELS, (C * 9).astype(int), TypeError, "centers has dtype int64"),
    "K=0": (X, LABELS, C[:0], ValueError, r"no centroid \(K = 0\)"),
    "F=0": (X[:, :, :0], LABELS, C[:, :0], ValueError, "no features"),
    "no image": ([], [], C, ValueError, "empty sequence"),
    "ragged in F": (
        [X[0], X[1, :, :3]],
        list(LABELS),
        C,
        ValueError,
        r"descriptors\[1\] has 3 features, but image 0",
    ),
    "ragged in dtype": ([X[0], X[1].astype("f4")], list(LABELS), C, TypeError, "but image 0 has float64"),
    "too few ragged labels": (list(X), [LABELS[0]], C, ValueError, "sequence of 2 arrays"),
    "ragged label too large": (list(X), [LABELS[0], LABELS[1] + 9], C, ValueError, r"labels\[1\] runs from"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input(case):
    descriptors, labels, centers, error, message = WRONG[case]
    for call in (
        lambda: vlad.aggregate(descriptors, labels, centers),
        lambda: vlad.encode(descriptors, centers, labels=labels),
        lambda: vlad.oracle(descriptors, labels, centers),
    ):
        with pytest.raises(error, match=message) as caught:
            call()
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "bucket", "n_buckets", "error", "message"),
    [
        (X, LABELS[0], 3, ValueError, "rows has 3 axes"),
        (X[0], LABELS[0], 0, ValueError, "n_buckets is 0, expected at least 1"),
        (X[0], LABELS[0], 2.0, TypeError, "n_buckets is 2.0, expected an integer"),
        (X[0], LABELS[0][:3], 3, ValueError, r"bucket has shape \(3,\), expected \(6,\)"),
        (X[0], LABELS[0] + 1, 3, ValueError, "expected 0 to 2"),
        (NAN[1], LABELS[0], 3, ValueError, "rows holds 1 NaN"),
    ],
)
def test_wrong_rows(rows, bucket, n_buckets, error, message):
    bucket = np.where(np.arange(len(bucket)) == 0, bucket.max(), bucket) if len(bucket) else bucket
    if message == "expected 0 to 2":
        bucket = bucket * 0 + 3
    with pytest.raises(error, match=message):
        scatter.bucket_sums(rows, bucket, n_buckets)


def test_large_finite_values_are_not_mistaken_for_infinite():
    big = np.full((1, 3, 2), np.float32(3e38))
    with np.errstate(over="ignore"):
        result = vlad.aggregate(big, np.zeros((1, 3), int), big[0, :1], strategy="loop")
    assert not result.any()


def test_unknown_names_list_near_ones():
    with pytest.raises(ValueError, match=r"no VLAD strategy named 'bincout': did you mean bincount"):
        vlad.aggregate(X, LABELS, C, strategy="bincout")
    with pytest.raises(ValueError, match="no bucket strategy named 'loop'"):
        scatter.get("loop")
    with pytest.raises(ValueError, match=r"expected one of .*sparse_matmul"):
        scatter.get("zzzzzz")


def test_unfitted_and_fitted_estimators():
    cluster = pytest.importorskip("sklearn.cluster")
    with pytest.raises(ValueError, match="KMeans that is not fitted: call its fit method"):
        vlad.assign(X, cluster.KMeans(3))
    for kind in (cluster.KMeans, cluster.MiniBatchKMeans):
        fitted = kind(3, n_init=1, random_state=0).fit(X.reshape(-1, 4))
        for data in (X, X.astype("float32")):
            result = vlad.aggregate(data, LABELS, fitted)
            assert result.dtype == data.dtype
            expected = vlad.aggregate(data, LABELS, fitted.cluster_centers_.astype(data.dtype))
            np.testing.assert_array_equal(result, expected)


def test_memory_limit_is_compared_with_the_prediction(strategy):
    needed = strategy.workspace_bytes(2, 6, 4, 3, 8)
    result = vlad.aggregate(X, LABELS, C, strategy=strategy.name, memory_limit=needed)
    assert result.shape == (2, 3, 4)
    if needed == 0:
        return
    with pytest.raises(MemoryBudgetError, match=rf"\b{needed} bytes.*memory_limit of {needed - 1} bytes"):
        vlad.aggregate(X, LABELS, C, strategy=strategy.name, memory_limit=needed - 1)
    with pytest.raises(MemoryError):
        vlad.encode(X, C, strategy=strategy.name, memory_limit=0)


def test_memory_limit_of_bucket_sums():
    needed = scatter.get("bincount").workspace_bytes(6, 4, 3, 8)
    scatter.bucket_sums(X[0], LABELS[0], 3, "bincount", memory_limit=needed)
    with pytest.raises(MemoryBudgetError, match=f"{needed} bytes"):
        scatter.bucket_sums(X[0], LABELS[0], 3, "bincount", memory_limit=needed - 1)


@pytest.mark.parametrize("limit", [-1, "1 GB", True, float("nan")])
def test_wrong_memory_limit(limit):
    with pytest.raises(ValueError, match="expected a number of bytes"):
        vlad.aggregate(X, LABELS, C, memory_limit=limit)


def test_missing_package_names_what_to_install(monkeypatch):
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    strategy = scatter.get("numba_scatter")
    assert not strategy.available
    assert strategy.extra == "numba"
    assert "numba_scatter" in vlad.strategies()
    for call in (
        lambda: scatter.bucket_sums(X[0], LABELS[0], 3, "numba_scatter"),
        lambda: vlad.aggregate(X, LABELS, C, "numba_scatter"),
    ):
        with pytest.raises(StrategyUnavailable, match=re.escape("(pip install numba)")):
            call()
