"""Every mean shift strategy against an independent reference: semantics, offsets, duplicates, layouts."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from impls import mean_shift

from .mean_shift_helpers import BANDWIDTH, assert_contract, brute_force, clusters, errors


def named(kind=None):
    return [
        name
        for name in mean_shift.strategies()
        if kind is None or mean_shift.get(name).kind in ((kind,) if isinstance(kind, str) else kind)
    ]


PROMISING = named(("exact", "bounded"))


def usable(name):
    strategy = mean_shift.get(name)
    if not strategy.available:
        pytest.skip(f"{name}: {strategy.why_not}")
    return strategy


@functools.lru_cache(maxsize=None)
def reference(n, d, dtype, offset, rule, iterations):
    return brute_force(clusters(n, d, dtype, offset=offset), BANDWIDTH, iterations, rule, batch=16)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5, -1e5])
@pytest.mark.parametrize("name", PROMISING)
def test_every_rule_at_every_offset(name, dtype, offset):
    strategy = usable(name)
    points = clusters(60, 2, dtype, offset=offset)
    for rule in strategy.semantics:
        for iterations in (1, 5):
            moved = mean_shift.run(points, BANDWIDTH, iterations, rule, name, batch=16)
            assert moved.dtype == points.dtype
            expected = reference(60, 2, dtype, offset, rule, iterations)
            assert_contract(strategy, moved, expected, iterations=iterations)


def ring(n):
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return 9 * np.column_stack([np.cos(angles), np.sin(angles)])


EDGES = {
    "duplicates": np.repeat(clusters(15, 2, seed=3), 4, axis=0),
    "all equal": np.full((60, 2), 7.25),
    "equal norms": ring(60),
    "a far outlier": np.vstack([clusters(59, 2, seed=4), [[60.0, -60.0]]]),
    "many small clusters": clusters(60, 2, seed=5, groups=20),
    "sorted": clusters(60, 2, seed=6)[np.argsort(clusters(60, 2, seed=6)[:, 0])],
    "one row": clusters(1, 2),
    "one dimension": clusters(60, 1),
    "eight dimensions": clusters(60, 8),
}


@functools.lru_cache(maxsize=None)
def edge_reference(case, dtype, rule):
    return brute_force(EDGES[case].astype(dtype), BANDWIDTH, 5, rule, batch=16)


@pytest.mark.parametrize("case", EDGES)
@pytest.mark.parametrize("name", PROMISING)
def test_edge_cases(name, dtype, case):
    strategy, points = usable(name), EDGES[case].astype(dtype)
    for rule in strategy.semantics:
        moved = mean_shift.run(points, BANDWIDTH, 5, rule, name, batch=16)
        assert_contract(strategy, moved, edge_reference(case, dtype, rule), iterations=5)


@pytest.mark.parametrize("name", named())
def test_edge_cases_leave_approximate_strategies_finite(name):
    strategy = usable(name)
    for case, points in EDGES.items():
        if strategy.why_not_for("J", points.shape[1]) and strategy.semantics != ("GS",):
            continue
        moved = mean_shift.run(points, BANDWIDTH, 2, strategy.semantics[0], name)
        assert moved.shape == points.shape
        if strategy.family != "lsh_forum":  # loses rows, as posted
            assert np.isfinite(moved).all(), case
        if case == "all equal" and strategy.family != "lsh_forum":
            np.testing.assert_allclose(moved, points, atol=1e-12)


@pytest.mark.parametrize("name", named())
def test_no_points_stay_no_points(name):
    strategy = usable(name)
    moved = mean_shift.run(np.empty((0, 2), "float32"), 1.0, 5, strategy.semantics[0], name)
    assert moved.shape == (0, 2)
    assert moved.dtype == np.float32


def layouts(array):
    wide = np.zeros((len(array), 2 * array.shape[1]), array.dtype)
    wide[:, ::2] = array
    frozen = array.copy()
    frozen.flags.writeable = False
    return [np.asfortranarray(array), wide[:, ::2], np.ascontiguousarray(array[::-1])[::-1], frozen]


@pytest.mark.parametrize("name", named())
def test_layouts_inputs_and_results(name, dtype):
    strategy = usable(name)
    rule, points = strategy.semantics[0], clusters(60, 2, dtype)
    before = points.copy()
    first = mean_shift.run(points, BANDWIDTH, 2, rule, name, batch=16)
    for array in layouts(points):
        again = mean_shift.run(array, BANDWIDTH, 2, rule, name, batch=16)
        np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(points, before)
    (placed,) = strategy.put(points)
    strategy.wait(strategy.run(placed, BANDWIDTH, 2, rule, batch=16))
    np.testing.assert_array_equal(points, before)
    first[...] = 7


@pytest.mark.parametrize("rule", mean_shift.RULES)
def test_the_oracle_is_right_and_its_own(rule):
    points = clusters(60, 3, "float32", offset=1e3)
    expected = brute_force(points, BANDWIDTH, 5, rule, batch=16)
    found = mean_shift.oracle(points, BANDWIDTH, 5, rule, batch=16)
    assert found.dtype == np.float64
    assert errors(found, expected)[1] < 1e-11


def test_the_rules_are_four_algorithms():
    points = clusters(200, 2)
    after = {rule: mean_shift.oracle(points, BANDWIDTH, 5, rule, batch=50) for rule in mean_shift.RULES}
    for one, first in after.items():
        for other, second in after.items():
            if one != other:
                assert errors(first, second)[0] > 1e-3, (one, other)
    np.testing.assert_array_equal(mean_shift.oracle(points, BANDWIDTH, 5, "bGS", batch=1), after["GS"])
    np.testing.assert_array_equal(mean_shift.oracle(points, BANDWIDTH, 5, "bGS", batch=200), after["J"])
    j, nb = (mean_shift.oracle(points, BANDWIDTH, 1, rule) for rule in ("J", "NB"))
    np.testing.assert_array_equal(j, nb)


def test_row_order_matters_to_gauss_and_seidel_alone():
    points, order = clusters(100, 2), np.random.default_rng(1).permutation(100)
    for rule, moves in (("J", False), ("NB", False), ("GS", True)):
        straight = mean_shift.oracle(points, BANDWIDTH, 5, rule)
        shuffled = mean_shift.oracle(points[order], BANDWIDTH, 5, rule)
        assert (errors(shuffled, straight[order])[1] > 1e-6) == moves
