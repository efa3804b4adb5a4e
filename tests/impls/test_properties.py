"""Random cases against the brute-force oracle, and what must not change a result (metamorphic tests)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impls import vlad
from impls.accuracy import max_error_over_rms

from .helpers import DTYPES, assert_close, batch, brute_force, oracle, run

# Each new shape is a new compilation for JAX: those strategies get their random shapes in fewer cases.
HOST = [name for name in vlad.strategies() if vlad.get(name).available and not name.startswith("jax")]
JITTED = [name for name in vlad.strategies() if vlad.get(name).available and name.startswith("jax")]


@st.composite
def cases(draw, most=12):
    """Descriptors, labels, centers: any sizes, any assignment, values on a common offset or not."""
    T, L, F, K = (draw(st.integers(low, most)) for low in (1, 0, 1, 1))
    dtype = draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offset = draw(st.sampled_from([0.0, 0.0, 1.0, -30.0, 1e3]))
    centers = (rng.standard_normal((K, F)) + offset).astype(dtype)
    descriptors = (rng.standard_normal((T, L, F)) + offset).astype(dtype)
    used = draw(st.lists(st.integers(0, K - 1), min_size=1, max_size=K))
    labels = rng.choice(np.array(used, np.intp), (T, L))
    return descriptors, labels, centers


def meaningful(reference, descriptors, labels, centers):
    """Whether error over rms says anything: not where the few sums there are happen to cancel."""
    residuals = descriptors.astype(float) - centers.astype(float)[labels]
    return np.sqrt(np.mean(reference**2)) >= 0.1 * np.sqrt(np.mean(residuals**2)) if residuals.size else True


def check_all(names, case):
    descriptors, labels, centers = case
    reference = brute_force(descriptors, labels, centers)
    assert max_error_over_rms(oracle(case), reference) < 1e-13 or not reference.any()
    for name in names:
        strategy = vlad.get(name)
        result = run(strategy, *case)
        assert np.isfinite(result).all()
        if meaningful(reference, *case):
            assert_close(strategy, result, reference, centers.dtype)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_host_strategies_on_random_cases(case):
    check_all(HOST, case)


@pytest.mark.skipif(not JITTED, reason="jax is not installed (pip install 'crossover-bench[jax]')")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(most=7))
def test_jitted_strategies_on_random_cases(case):
    check_all(JITTED, case)


@pytest.fixture
def arrays(dtype):
    return batch(5, 60, 17, 6, dtype, seed=8)


def test_order_of_descriptors_does_not_matter(strategy, dtype, arrays):
    descriptors, labels, centers = arrays
    order = np.random.default_rng(1).permutation(labels.shape[1])
    shuffled = run(strategy, descriptors[:, order], labels[:, order], centers)
    assert_close(strategy, shuffled, brute_force(*arrays), dtype)


def test_order_of_images_only_reorders(strategy, dtype, arrays):
    descriptors, labels, centers = arrays
    order = np.array([3, 0, 4, 2, 1])
    result = run(strategy, descriptors[order], labels[order], centers)
    assert_close(strategy, result, brute_force(*arrays)[order], dtype)


def test_names_of_clusters_do_not_matter(strategy, dtype, arrays):
    descriptors, labels, centers = arrays
    new = np.array([5, 2, 0, 1, 4, 3])  # cluster k is called new[k]
    renamed = np.empty_like(centers)
    renamed[new] = centers
    result = run(strategy, descriptors, new[labels], renamed)
    assert_close(strategy, result[:, new], brute_force(*arrays), dtype)


@pytest.mark.parametrize("d", [2.0**3, 2.0**10, 2.0**17])
def test_common_offset_does_not_matter(strategy, dtype, d):
    """Adding d to descriptors and centers, on a grid on which that is exact, changes no residual."""
    descriptors, labels, centers = batch(5, 60, 17, 6, dtype, seed=8)
    step = d * (2.0**-18 if dtype == "float32" else 2.0**-45)
    grid = [(np.round(array / step) * step).astype(dtype) for array in (descriptors, centers)]
    moved = [array + array.dtype.type(d) for array in grid]
    for before, after in zip(grid, moved):
        np.testing.assert_array_equal(after.astype("float64") - d, before)
    reference = brute_force(grid[0], labels, grid[1])
    np.testing.assert_array_equal(moved[0].astype("float64") - round(d / step) * step, grid[0])
    assert_close(strategy, run(strategy, moved[0], labels, moved[1]), reference, dtype)


def test_sums_of_parts_add_up(strategy, dtype, arrays):
    descriptors, labels, centers = arrays
    parts = [run(strategy, descriptors[:, part], labels[:, part], centers) for part in np.s_[:25, 25:]]
    assert_close(strategy, parts[0] + parts[1], brute_force(*arrays), dtype)


def test_scaling_by_two_scales_the_result(strategy, dtype, arrays):
    descriptors, labels, centers = arrays
    doubled = run(strategy, 2 * descriptors, labels, 2 * centers)
    np.testing.assert_array_equal(doubled, 2 * run(strategy, descriptors, labels, centers))
