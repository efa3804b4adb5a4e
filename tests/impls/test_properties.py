"""Random cases against the brute-force oracle, and what must not change a result (metamorphic tests)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impls import vlad
from impls.accuracy import max_error_over_rms

from .helpers import DTYPES, assert_close, batch, brute_force, oracle, run

HOST = [name for name in vlad.strategies() if vlad.get(name).available and not name.startswith("jax")]
JITTED = [name for name in vlad.strategies() if vlad.get(name).available and name.startswith("jax")]


#: Each shape is a compilation for JAX (cached from one run to the next): those strategies get any data in a few shapes.
JITTED_SHAPES = [(1, 0, 1, 1), (1, 1, 3, 2), (3, 2, 1, 7), (7, 5, 4, 1), (2, 7, 7, 3)]
ANY_SHAPES = st.tuples(*(st.integers(low, 12) for low in (1, 0, 1, 1)))


@st.composite
def cases(draw, shapes=ANY_SHAPES):
    """Descriptors, labels, centers: any sizes, any assignment, values on a common offset or not."""
    T, L, F, K = draw(shapes)
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


@pytest.mark.skipif(not JITTED, reason="jax is not installed")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(st.sampled_from(JITTED_SHAPES)))
def test_jitted_strategies_on_random_cases(case):
    check_all(JITTED, case)


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


def test_scaling_by_two_scales_the_result(strategy, dtype):
    descriptors, labels, centers = batch(5, 60, 17, 6, dtype, seed=8)
    doubled = run(strategy, 2 * descriptors, labels, 2 * centers)
    np.testing.assert_array_equal(doubled, 2 * run(strategy, descriptors, labels, centers))
