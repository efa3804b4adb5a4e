"""The encoding in compiled tiles: what the other strategies give, for any input, in the same bits for any batch."""

from __future__ import annotations

import threading
from typing import Any, Callable, List, Tuple

import numpy as np
import pytest

from impls import inputs, vlad

pytest.importorskip("numba")

from impls.vlad import _threads, numba_fused

DTYPES = (np.float32, np.float64)
SHAPES = [  # T, L, F, K
    (3, 7, 5, 4),
    (1, 1, 2, 1),
    (2, 1, 1, 3),
    (4, 3, 9, 17),
    (5, 130, 33, 65),
    (2, 2500, 7, 6),
    (40, 25, 16, 2),
    (3, 900, 1, 300),
]
STEPS = [(), ("signed_sqrt", "l2"), ("mass", "signed_sqrt", "intra", "l2"), ("intra",), ("l2",), ("mass",)]


def drawn(T: int, L: int, F: int, K: int, dtype: type, seed: int = 0) -> Tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((T, L, F)).astype(dtype), rng.standard_normal((K, F)).astype(dtype)


def expected(descriptors, centers, steps=("signed_sqrt", "l2")):
    return vlad.encode(descriptors, centers, "loop_residuals", vlad.assign(descriptors, centers), steps)


def close(found, wanted, dtype):
    scale = np.abs(wanted).max() or 1.0
    root = (1e-5 if dtype == np.float32 else 1e-12) ** 0.5  # of a sum near 0, the root magnifies the rounding
    np.testing.assert_allclose(found, wanted, rtol=0, atol=root * scale)
    assert np.abs(found - wanted).mean() <= (2e-6 if dtype == np.float32 else 1e-14) * scale


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_encodes_as_the_three_steps_do(dtype, shape):
    T, L, F, K = shape
    descriptors, centers = drawn(T, L, F, K, dtype)
    for steps in STEPS:
        found = vlad.encode(descriptors, centers, "numba_fused", normalization=steps)
        assert found.dtype == dtype
        assert found.shape == (T, K * F)
        close(found, expected(descriptors, centers, steps), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_in_any_batch_and_on_any_number_of_threads(dtype, monkeypatch):
    descriptors, centers = drawn(9, 700, 48, 20, dtype)
    whole = vlad.encode(descriptors, centers, "numba_fused")
    for t in (0, 4, 8):
        alone = vlad.encode(descriptors[t : t + 1], centers, "numba_fused")
        assert np.array_equal(alone[0], whole[t])
    assert np.array_equal(vlad.encode(list(descriptors), centers, "numba_fused"), whole)
    assert np.array_equal(vlad.encode(np.asarray(descriptors, order="F"), centers, "numba_fused"), whole)
    monkeypatch.setattr(numba_fused, "THREAD_WORK", 1e3)
    for threads in (1, 2, 5):
        monkeypatch.setattr(numba_fused, "blas_threads", lambda threads=threads: threads)
        assert np.array_equal(vlad.encode(descriptors, centers, "numba_fused"), whole)


@pytest.mark.parametrize("dtype", DTYPES)
def test_ragged_batches_with_empty_images(dtype):
    rng = np.random.default_rng(3)
    lengths = [0, 3, 0, 0, 5000, 1, 0]
    images = [rng.standard_normal((n, 40)).astype(dtype) for n in lengths]
    centers = rng.standard_normal((6, 40)).astype(dtype)
    found = vlad.encode(images, centers, "numba_fused")
    close(found, expected(images, centers), dtype)
    assert not found[[0, 2, 3, 6]].any()
    assert not vlad.encode(np.empty((3, 0, 4), dtype), np.eye(4, dtype=dtype), "numba_fused").any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", ["duplicates", "whole numbers", "spread", "far", "huge", "small"])
def test_labels_are_those_of_assign(dtype, case):
    """Ties, near ties and squares out of range: raw sums show every label that differs."""
    rng = np.random.default_rng(5)
    descriptors, centers = drawn(6, 300, 8, 12, dtype, seed=5)
    if case == "duplicates":
        centers[7:] = centers[:5]
    elif case == "whole numbers":
        descriptors, centers = np.rint(descriptors * 2), np.rint(centers * 2)
    elif case == "spread":
        centers = (centers * 1e4).astype(dtype)
        descriptors = centers[rng.integers(12, size=(6, 300))] + descriptors
    elif case == "far":
        descriptors, centers = descriptors + dtype(1e3), centers + dtype(1e3)
    else:
        scale = dtype({"huge": 1e25, "small": 1e-25}[case]) ** (1 if dtype == np.float32 else 7)
        descriptors, centers = descriptors * scale, centers * scale
    found = vlad.encode(descriptors, centers, "numba_fused", normalization=())
    labels = vlad.assign(descriptors, centers)
    wanted = vlad.oracle(descriptors, labels, centers).reshape(found.shape)
    rms = np.abs(wanted).max()
    assert np.abs(found / rms - wanted / rms).max() <= (1e-5 if dtype == np.float32 else 1e-12)
    normal = vlad.encode(descriptors, centers, "numba_fused")
    np.testing.assert_allclose(np.linalg.norm(normal.astype(float), axis=1), 1, rtol=1e-5)


def test_a_ragged_batch_is_shared_by_threads_and_joined_a_tile_at_a_time(monkeypatch):
    rng = np.random.default_rng(0)
    images = [rng.standard_normal((n, 64)).astype(np.float32) for n in (10, 20, 3000, 5, 0, 7, 2500, 900)]
    centers = rng.standard_normal((16, 64)).astype(np.float32)
    runs = list(numba_fused._runs(images, 0, len(images)))
    assert [(low, high) for low, high, _, _ in runs] == [(0, 2), (2, 3), (3, 6), (6, 7), (7, 8)]
    assert np.shares_memory(runs[1][2], images[2])
    one = vlad.encode(images, centers, "numba_fused")
    shared: List[Tuple[int, int]] = []

    def noted(call: Callable[[int, int], int], ranges: List[Tuple[int, int]]) -> List[int]:
        shared.extend(ranges)
        return _threads.each_on_a_thread(call, ranges)

    monkeypatch.setattr(numba_fused, "each_on_a_thread", noted)
    monkeypatch.setattr(numba_fused, "blas_threads", lambda: 2)
    monkeypatch.setattr(numba_fused, "THREAD_WORK", 1e4)
    assert np.array_equal(vlad.encode(images, centers, "numba_fused"), one)
    assert shared == [(0, 7), (7, 8)]


def test_the_strategy_that_is_chosen_looks_for_nan_by_itself(monkeypatch):
    """No pass of the public function goes before an encoding that notices on its way, chosen or named."""
    descriptors, centers = drawn(4, 50, 6, 5, np.float32)
    monkeypatch.setattr(vlad._api, "_automatic", lambda *what, **how: vlad.get("numba_fused"))
    looked: List[Any] = []
    monkeypatch.setattr(inputs, "require_finite_batch", looked.append)
    found = vlad.encode(descriptors, centers)
    assert not looked
    assert np.array_equal(found, vlad.encode(descriptors, centers, "numba_fused"))
    vlad.encode(descriptors, centers, "bincount")
    assert len(looked) == 1


def test_with_labels_given_it_has_no_time_of_its_own():
    strategy = vlad.get("numba_fused")
    assert strategy.not_timed("float64") == "given labels it is numba_scatter"
    assert strategy.not_timed("float64", encoding=True) is None


def test_long_images_do_not_drift():
    rng = np.random.default_rng(0)
    descriptors = (rng.random((1, 200_000, 3)) + 5).astype(np.float32)
    centers = np.array([[0, 0, 0], [100, 100, 100]], np.float32)
    found = vlad.encode(descriptors, centers, "numba_fused", normalization=())[0, :3]
    wanted = descriptors[0].astype(float).sum(axis=0)
    assert np.abs(found / wanted - 1).max() < 1e-5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("ragged", [False, True])
def test_what_is_not_finite_is_refused_as_elsewhere(value, ragged):
    descriptors, centers = drawn(4, 50, 6, 5, np.float32)
    descriptors[2, 7, 3] = value
    batch = list(descriptors) if ragged else descriptors
    with pytest.raises(ValueError, match="NaN or infinite") as usual:
        vlad.encode(batch, centers, "bincount")
    for K in (5, 1):
        with pytest.raises(ValueError, match="NaN or infinite") as own:
            vlad.encode(batch, centers[:K], "numba_fused")
        assert str(own.value) == str(usual.value)
    unchecked = vlad.encode(batch, centers, "numba_fused", check_finite=False)
    good = [0, 1, 3]
    assert np.array_equal(unchecked[good], vlad.encode(descriptors[good], centers, "numba_fused"))


@pytest.mark.parametrize("strategy", ["numba_fused", "bincount"])
def test_results_go_where_they_are_wanted(strategy):
    descriptors, centers = drawn(4, 50, 6, 5, np.float32)
    out = np.full((4, 30), np.nan, np.float32)
    assert vlad.encode(descriptors, centers, strategy, out=out) is out
    assert np.array_equal(out, vlad.encode(descriptors, centers, strategy))
    empty = np.full((2, 30), 7, np.float32)
    assert not vlad.encode(np.empty((2, 0, 6), np.float32), centers, strategy, out=empty).any()
    wrong: List[Tuple[Any, Any, str]] = [
        (out.tolist(), TypeError, "out is a list"),
        (out[:3], ValueError, "out has shape"),
        (out.astype(float), ValueError, "dtype float64"),
        (np.empty((30, 4), np.float32).T, ValueError, "C-contiguous"),
        (descriptors.reshape(-1)[:120].reshape(4, 30), ValueError, "shares memory"),
    ]
    for value, error, message in wrong:
        with pytest.raises(error, match=message):
            vlad.encode(descriptors, centers, strategy, out=value)


@pytest.mark.parametrize("shared", [True, False])
def test_blas_gets_its_threads_back_when_calls_overlap(shared, monkeypatch):
    """A library for which a limit holds everywhere, and one for which it holds on the thread that set it."""
    everywhere = [4]
    local = threading.local()

    class Limit:
        def __init__(self, limits: int) -> None:
            self.before = library.num_threads
            library.set(limits)

        def __enter__(self) -> None:
            pass

        def __exit__(self, *error: object) -> None:
            self.restore_original_limits()

        def restore_original_limits(self) -> None:
            library.set(self.before)

    class Library:
        def set(self, number: int) -> None:
            if shared:
                everywhere[0] = number
            else:
                local.number = number

        @property
        def num_threads(self) -> int:
            return everywhere[0] if shared else getattr(local, "number", 4)

        @property
        def lib_controllers(self) -> List[Any]:
            return [self]

        def limit(self, limits: int) -> Limit:
            return Limit(limits)

    library = Library()
    monkeypatch.setattr(_threads, "_libraries", lambda: library)
    _threads._shared.cache_clear()
    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", 8)
    assert _threads._shared() == shared
    inside, leave, seen = threading.Event(), threading.Event(), []

    def hold() -> None:
        with _threads.one_blas_thread():
            seen.append(library.num_threads)
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    inside.wait(10)
    assert _threads.blas_threads() == 4
    with _threads.one_blas_thread():
        assert library.num_threads == 1
        leave.set()
        other.join()
        assert library.num_threads == 1
    assert seen == [1]
    assert library.num_threads == 4
    _threads._shared.cache_clear()


def test_an_error_on_a_thread_is_raised():
    def call(first, last):
        if first == 0:
            raise KeyError("lost")
        return last

    with pytest.raises(KeyError, match="lost"):
        _threads.each_on_a_thread(call, [(0, 1), (1, 2)])
    assert _threads.each_on_a_thread(call, [(1, 2), (2, 5)]) == [2, 5]


def test_shares_are_of_about_equal_rows():
    ends = np.cumsum([1, 1, 1, 100, 1, 1, 95, 0])
    for parts in (1, 2, 3, 8):
        found = numba_fused.shares(ends, parts)
        assert [low for low, _ in found[1:]] == [high for _, high in found[:-1]]
        assert len(found) <= parts
        assert (found[0][0], found[-1][1]) == (0, 8)
    assert numba_fused.shares(np.arange(1, 9) * 10, 2) == [(0, 4), (4, 8)]
