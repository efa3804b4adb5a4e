"""DESIGN section 4, line by line, over all available strategies and both dtypes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from impls import vlad
from impls.accuracy import max_error_over_rms

from .helpers import CASES, aggregate, assert_close, batch, brute_force, run


@lru_cache(maxsize=None)
def case_with_sums(case, dtype):
    """A case's arrays and their sums by plain Python."""
    arrays = batch(dtype=dtype, **CASES[case])
    return arrays, brute_force(*arrays)


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_brute_force(strategy, dtype, case):
    (descriptors, labels, centers), reference = case_with_sums(case, dtype)
    result = run(strategy, descriptors, labels, centers)
    assert result.dtype == np.dtype(dtype)
    assert_close(strategy, result, reference, dtype)
    counts = np.stack([np.bincount(row, minlength=len(centers)) for row in labels])
    assert np.all(result[counts == 0] == 0)


@pytest.mark.parametrize("offset", [1e5, -1e5])
def test_large_offset_in_float64(strategy, offset):
    descriptors, labels, centers = batch(3, 40, 17, 5, "float64", offset=offset)
    assert_close(
        strategy,
        run(strategy, descriptors, labels, centers),
        brute_force(descriptors, labels, centers),
        "float64",
    )


@pytest.mark.parametrize("K", [2, 16])
@pytest.mark.parametrize("labels", ["nearest", "one"])
def test_long_images_do_not_drift(strategy, dtype, K, labels):
    descriptors, labels, centers = batch(2, 8192, 16, K, dtype, labels=labels)
    result = run(strategy, descriptors, labels, centers)
    assert_close(strategy, result, vlad.oracle(descriptors, labels, centers), dtype)


def test_all_but_one_bucket_empty(strategy, dtype):
    descriptors, labels, centers = batch(T=1, L=6, F=9, K=30, dtype=dtype, labels="one")
    result = run(strategy, descriptors, labels, centers)
    assert_close(strategy, result, brute_force(descriptors, labels, centers), dtype)
    assert np.count_nonzero(np.any(result != 0, axis=2)) == 1


def test_image_without_descriptors(strategy, dtype):
    descriptors, labels, centers = batch(3, 0, 9, 4, dtype, labels="uniform")
    result = run(strategy, descriptors, labels, centers)
    assert result.shape == (3, 4, 9)
    assert np.all(result == 0)
    for T in (3, 0):
        encoded = vlad.encode(descriptors[:T], centers, strategy.name, normalization=("mass", "intra", "l2"))
        assert encoded.shape == (T, 36)
        assert np.all(encoded == 0)
        assert encoded.dtype == np.dtype(dtype)


def _layouts(array):
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    frozen = array.copy()
    frozen.flags.writeable = False
    return {
        "F-ordered": np.asfortranarray(array),
        "non-contiguous": wide[..., ::2],
        "reversed": np.ascontiguousarray(array[::-1])[::-1],
        "read-only": frozen,
    }


@pytest.mark.parametrize("layout", ["F-ordered", "non-contiguous", "reversed", "read-only"])
def test_any_memory_layout(strategy, dtype, layout):
    descriptors, labels, centers = batch(3, 40, 17, 5, dtype)
    arrays = [_layouts(array)[layout] for array in (descriptors, labels, centers)]
    reference = brute_force(descriptors, labels, centers)
    assert_close(strategy, run(strategy, *arrays), reference, dtype)
    assert_close(strategy, aggregate(arrays, strategy.name), reference, dtype)


def test_never_writes_to_inputs(strategy, dtype):
    for offset in (0.0, 1e3):  # subtracting after and before the sum are different code
        arrays = batch(3, 40, 17, 5, dtype, offset=offset)
        before = [array.copy() for array in arrays]
        aggregate(arrays, strategy.name)
        run(strategy, *arrays)
        for array, copy in zip(arrays, before):
            np.testing.assert_array_equal(array, copy)


def test_result_is_the_callers_own(strategy, dtype):
    arrays = batch(3, 40, 17, 5, dtype)
    first = aggregate(arrays, strategy.name)
    first[...] = 7
    second = aggregate(arrays, strategy.name)
    assert max_error_over_rms(second, brute_force(*arrays)) < max(1e-3, strategy.error_bound(dtype))


def test_same_bits_again(strategy, dtype):
    if str(strategy.device()).endswith("gpu") and "atomics" in strategy.docstring:
        pytest.skip("its docstring says why not on a GPU")
    descriptors, labels, centers = batch(7, 150, 33, 6, dtype)
    first = run(strategy, descriptors, labels, centers)
    for _ in range(3):
        np.testing.assert_array_equal(first, run(strategy, descriptors, labels, centers))


def test_threads_do_not_change_bits(dtype):
    numba = pytest.importorskip("numba")
    threads = numba.get_num_threads()
    serial = vlad.get("numba_scatter")
    parallel = vlad.get("numba_scatter_threads")
    arrays = batch(7, 600, 33, 6, dtype)
    try:
        for number in range(1, threads + 1):
            numba.set_num_threads(number)
            np.testing.assert_array_equal(run(parallel, *arrays), run(serial, *arrays))
    finally:
        numba.set_num_threads(threads)


@pytest.mark.parametrize("lengths", [(4, 0, 7, 1), (0, 0, 3, 0), (5, 5, 5, 5)])
def test_ragged_batches(strategy, dtype, lengths):
    full, _, centers = batch(4, 7, 9, 4, dtype)
    images = [full[t, :n] for t, n in enumerate(lengths)]
    labels = vlad.assign(images, centers)
    if not strategy.ragged and len(set(lengths)) > 1:
        with pytest.raises(ValueError, match=r"equally many descriptors.*loop"):
            vlad.aggregate(images, labels, centers, strategy=strategy.name)
        return
    result = vlad.aggregate(images, labels, centers, strategy=strategy.name)
    assert_close(strategy, result, brute_force(images, labels, centers), dtype)
    encoded = vlad.encode(images, centers, strategy=strategy.name)
    assert np.isfinite(encoded).all()
    assert np.all(encoded[np.array(lengths) == 0] == 0)
