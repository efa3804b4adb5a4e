"""Predicted working memory against what tracemalloc sees, for the strategies whose arrays NumPy allocates."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from impls import scatter, vlad
from impls.errors import MemoryBudgetError
from impls.scatter._sorting import bucket_order, order_bytes

from .helpers import batch

# JAX, torch, numba and pandas allocate (in part) where tracemalloc does not look.
TRACED_DENSE = ["loop", "loop_residuals", "mask_4d", "mask_4d_blocks", "onehot_matmul"]
TRACED_BUCKET = [
    "bincount",
    "bincount_columns",
    "ragged_cumsum",
    "reduceat",
    "sparse_matmul",
    "ufunc_at_flat",
]

SORTING = ("ragged_cumsum", "reduceat")

SMALL_CHANGE = 64 * 1024  # interpreter objects, iterator buffers, index arrays of a few images


def peak_beyond_result(function):
    result = function()  # imports and first-time caches are not the strategy's memory
    tracemalloc.start()
    try:
        base = tracemalloc.get_traced_memory()[0]
        result = function()
        return tracemalloc.get_traced_memory()[1] - base - result.nbytes
    finally:
        tracemalloc.stop()


def hidden_bytes(rows):
    """What a stable sort of so many rows takes where tracemalloc does not look: NumPy before 2.5 asks the C library."""
    keys = np.arange(1 << 16, 0, -1).astype(np.uint16)  # in order they would need no sort, and no memory
    seen = peak_beyond_result(lambda: np.argsort(keys, kind="stable")) / len(keys)
    return rows * 8 if seen < 1 else 0


def assert_predicted(predicted, measured, hidden=0):
    said = f"predicted {predicted}, measured {measured}, of which tracemalloc misses {hidden}"
    assert measured <= 1.5 * predicted + SMALL_CHANGE, said
    assert measured + hidden >= 0.7 * predicted - SMALL_CHANGE, said


@pytest.mark.parametrize(
    "shape", [(64, 128, 64, 16), (8, 1024, 128, 64), (512, 25, 64, 16), (16, 64, 32, 256)]
)
@pytest.mark.parametrize("name", TRACED_DENSE + TRACED_BUCKET)
def test_residual_sums(name, shape, dtype):
    if name == "mask_4d" and np.prod(shape) > 2e7:
        pytest.skip("half a gigabyte, for nothing new")
    if name.startswith("loop") and shape[1] > 500:
        pytest.skip("the loop's prediction is for all descriptors in one cluster")
    strategy = vlad.get(name)
    T, L, F, K = shape
    predicted = strategy.workspace_bytes(T, L, F, K, np.dtype(dtype).itemsize)
    measured = 0
    for offset in (0.0, 1e6):  # centers subtracted after summing, and before: the prediction is for either
        labels = "one" if name.startswith("loop") else "uniform"
        arrays = batch(T, L, F, K, dtype, labels=labels, offset=offset)
        measured = max(measured, peak_beyond_result(lambda arrays=arrays: strategy.residual_sums(*arrays)))
    assert_predicted(predicted, measured, hidden_bytes(T * L if name in SORTING else 0))


@pytest.mark.parametrize(
    "shape", [(60_000, 32, 1000), (3000, 200, 40), (500_000, 1, 2000), (20_000, 16, 80_000)]
)
@pytest.mark.parametrize("name", TRACED_BUCKET)
def test_bucket_sums(name, shape, dtype):
    N, F, M = shape
    rng = np.random.default_rng(0)
    rows, bucket = rng.standard_normal((N, F)).astype(dtype), rng.integers(0, M, N)
    strategy = scatter.get(name)
    measured = peak_beyond_result(lambda: strategy.bucket_sums(rows, bucket, M))
    hidden = hidden_bytes(N if name in SORTING else 0)
    assert_predicted(strategy.workspace_bytes(N, F, M, rows.itemsize), measured, hidden)


@pytest.mark.parametrize("buckets", [1000, 100_000], ids=["one pass", "two passes"])
def test_the_order_of_buckets(buckets):
    bucket = np.random.default_rng(0).integers(0, buckets, 200_000)
    order = bucket.nbytes  # as large as the buckets, and counted by the prediction
    measured = order + peak_beyond_result(lambda: bucket_order(bucket, buckets))
    predicted = order_bytes(len(bucket), buckets)
    assert measured <= 1.02 * predicted
    assert measured + hidden_bytes(len(bucket)) >= 0.98 * predicted


def limit_of(call):
    """The bytes that the refusal of a public function names."""
    try:
        call(memory_limit=0)
    except MemoryBudgetError as refusal:
        return int(str(refusal).split("predicted to need ")[1].split(" ")[0])
    return 0


def drawn_labels(kind, N, M, rng):
    """Uniform, all in one bucket, or skewed."""
    if kind == "one":
        return np.zeros(N, np.intp)
    return rng.integers(0, M, N) if kind == "uniform" else np.minimum(rng.zipf(1.3, N) - 1, M - 1)


@pytest.mark.parametrize("kind", ["uniform", "one", "skewed"])
@pytest.mark.parametrize("shape", [(60_000, 32, 1000), (60_000, 1, 50), (100_000, 7, 3), (100_000, 3, 2000)])
@pytest.mark.parametrize("name", TRACED_BUCKET)
def test_public_bucket_sums_keep_to_the_prediction_for_the_data(name, shape, kind, dtype):
    """Within 1.2 times of what is predicted for these labels, however full the fullest bucket is."""
    N, F, M = shape
    rng = np.random.default_rng(0)
    rows, bucket = rng.standard_normal((N, F)).astype(dtype), drawn_labels(kind, N, M, rng)

    def call(**how):
        return scatter.bucket_sums(rows, bucket, M, strategy=name, **how)

    predicted, measured = limit_of(call), peak_beyond_result(call)
    hidden = hidden_bytes(N)
    assert measured <= 1.2 * predicted + SMALL_CHANGE, f"predicted {predicted}, measured {measured}"
    assert measured + hidden >= 0.6 * predicted - SMALL_CHANGE, f"predicted {predicted}, measured {measured}"


@pytest.mark.parametrize("kind", ["uniform", "one", "skewed"])
@pytest.mark.parametrize(
    "shape",
    [(6, 20_000, 6, 72), (64, 128, 64, 16), (512, 25, 64, 16), (1, 30_000, 16, 4), (40, 300, 64, 128)],
)
@pytest.mark.parametrize("name", TRACED_BUCKET + TRACED_DENSE)
def test_public_aggregate_keeps_to_the_prediction_for_the_data(name, shape, kind):
    """Within 1.2 times, in the dtype whose buckets are cut and with centers subtracted late and early."""
    if name in TRACED_DENSE and (kind != "one" or np.prod(shape) > 2e7):
        pytest.skip("nothing new: what a dense strategy needs does not go with the labels")
    T, L, F, K = shape
    for dtype, offset in (("float32", 0.0), ("float32", 1e4), ("float64", 0.0)):
        descriptors, labels, centers = batch(T, L, F, K, dtype, labels=kind, offset=offset)

        def call(arrays=(descriptors, labels, centers), **how):
            return vlad.aggregate(arrays[0], arrays[1], arrays[2], strategy=name, **how)

        predicted, measured = limit_of(call), peak_beyond_result(call)
        assert measured <= 1.2 * predicted + SMALL_CHANGE, (dtype, offset, predicted, measured)
        if name in TRACED_BUCKET:
            hidden = hidden_bytes(T * L)
            assert measured + hidden >= 0.5 * predicted - SMALL_CHANGE, (dtype, offset, predicted, measured)


def test_ragged_batches_keep_to_the_prediction():
    X, labels, C = batch(30, 2000, 16, 8, "float32", labels="skewed")
    images, their = (
        [x[: 100 * t] for t, x in enumerate(X[:21])],
        [y[: 100 * t] for t, y in enumerate(labels[:21])],
    )
    for name in (*TRACED_BUCKET, "loop"):

        def call(name=name, **how):
            return vlad.aggregate(images, their, C, name, **how)

        predicted, measured = limit_of(call), peak_beyond_result(call)
        assert measured <= 1.2 * predicted + SMALL_CHANGE, (name, predicted, measured)
