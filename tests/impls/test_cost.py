"""The cost model on a machine whose times are known: planted terms, noise, blocks, islands."""

from __future__ import annotations

import numpy as np
import pytest

from impls import cost

NAMES = {
    "calls": lambda T, L, F, K: 2e-6 * T * K + 4e-10 * T * L * F,
    "bytes": lambda T, L, F, K: 3e-5 + 6e-9 * T * L * F,
    "product": lambda T, L, F, K: 2e-6 + 5e-11 * T * L * F * K,
    "results": lambda T, L, F, K: 4e-4 + 2e-10 * T * L * F + 1e-9 * T * K * F,
}


def places(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logs = rng.uniform([0, 3, 2, 1], [8, 9, 8, 8], (4 * n, 4))
    logs = logs[(logs[:, 0] + logs[:, 1] + logs[:, 2] < 20) & (logs[:, 0] + logs[:, 3] + logs[:, 2] < 20)]
    return np.round(2 ** logs[:n])


def planted(n: int, noise: float = 0.03, block: float = 0.0, seed: int = 0) -> cost.Observations:
    rng = np.random.default_rng(seed + 1)
    cells = places(n, seed)
    slow = block * rng.standard_normal(n)
    rows = [(name, i) for i in range(n) for name in NAMES]
    seconds = [NAMES[name](*cells[i]) * np.exp(slow[i] + noise * rng.standard_normal()) for name, i in rows]
    at = np.array([i for _, i in rows])
    return cost.Observations([name for name, _ in rows], cells[at], np.array(seconds), at)


def known(cells: np.ndarray) -> np.ndarray:
    return np.log([[NAMES[name](*cell) for cell in cells] for name in sorted(NAMES)])


def test_times_between_measured_sizes_are_predicted_within_the_noise():
    model = cost.fit(planted(96), noise=0.03)
    cells = places(200, seed=5)
    mean, deviation = model.predict(cells)
    assert model.strategies == sorted(NAMES)
    assert np.median(np.abs(mean - known(cells))) < 0.03
    inside = np.abs(mean - known(cells)) < 1.96 * model.measured_deviation(deviation)
    assert 0.9 < inside.mean() <= 1.0


def test_what_slows_a_whole_process_is_not_taken_for_the_strategies():
    steady, shaken = (cost.fit(planted(64, block=size), noise=0.03) for size in (0.0, 0.3))
    cells = places(200, seed=5)
    ratios = [model.predict(cells)[0] for model in (steady, shaken)]
    wrong = [np.abs((mean - mean[:1]) - (known(cells) - known(cells)[:1])) for mean in ratios]
    assert np.median(wrong[1]) < 1.5 * np.median(wrong[0]) + 0.01
    assert 0.2 < shaken.block_noise < 0.4


def test_a_prior_stands_where_a_strategy_was_hardly_measured():
    prior = cost.fit(planted(96), noise=0.03)
    few = planted(4, seed=9)
    model = cost.fit(few, noise=0.03, prior=prior)
    cells = places(100, seed=5)
    assert np.median(np.abs(model.predict(cells)[0] - known(cells))) < 0.1
    assert model.predict(cells)[1].mean() > 3 * prior.predict(cells)[1].mean()


def test_draws_are_the_posterior():
    model = cost.fit(planted(48), noise=0.03)
    cells = places(5, seed=7)
    mean, deviation = model.predict(cells)
    drawn = model.draws(cells, 4000, np.random.default_rng(0))
    assert drawn.shape == (4000, 4, 5)
    assert np.abs(drawn.mean(axis=0) - mean).max() < 0.02
    assert np.allclose(drawn.std(axis=0), deviation, rtol=0.1, atol=0.003)


def test_no_prediction_lies_below_what_the_machine_allows():
    limits = cost.Limits(np.array([1e4, 1e9]), np.array([1e9, 1e9]), {8: 1e10})
    model = cost.fit(planted(48), noise=0.03, limits=limits)
    big = np.array([[256.0, 512, 256, 16]])
    least = 8 * (256 * 512 * 256 + 256 * 16 * 256 + 16 * 256) + 8 * 256 * 512
    assert model.predict(big)[0].min() == pytest.approx(np.log(least / 1e9))
    assert model.draws(big, 3, np.random.default_rng(0)).min() == pytest.approx(np.log(least / 1e9))


def test_products_of_sizes_count_as_outside_though_every_axis_is_inside():
    model = cost.fit(planted(64), noise=0.03)
    high = {name: bounds[1] for name, bounds in model.hull.items()}
    inside = np.array([[high["T"], high["L"], high["F"], high["K"]]])
    names, octaves = model.beyond(inside)
    assert dict(zip(names, octaves[0]))["T*L*F"] == pytest.approx(
        np.log2(inside[0, 0] * inside[0, 1] * inside[0, 2] / high["T*L*F"])
    )
    assert model.outside(inside)[0] > 2
    assert (model.outside(places(64)) == 0).all()


def test_contenders_are_those_that_may_be_the_best_of_a_package_set():
    model = cost.fit(planted(96), noise=0.03)
    sets = {"all": set(NAMES), "plain": {"calls", "results"}}
    many = [256.0, 8, 4, 2]
    assert "product" in cost.contenders(model, many, sets, False, set(NAMES))
    large = [64.0, 64, 64, 128]
    best = model.strategies[int(model.predict(np.array([large]))[0][:, 0].argmin())]
    found = cost.contenders(model, large, sets, False, set(NAMES))
    assert best in found
    assert "calls" not in found  # a call for each of 8192 buckets
    assert cost.contenders(model, large, sets, False, {"calls", "new"}) == {"calls", "new"}


def test_expected_regret_falls_with_more_cells_and_noise_has_a_floor():
    sets, cells = {"all": set(NAMES), "one": {"calls"}}, places(300, seed=5)
    few, many = (cost.fit(planted(n), noise=0.05) for n in (12, 128))
    lost = [cost.expected_regret(m, cells, sets, np.random.default_rng(0)) for m in (few, many)]
    assert lost[0]["all"] > lost[1]["all"] > 0
    assert lost[1]["one"] == 0
    floor = cost.noise_regret(many, cells, sets, np.random.default_rng(0))
    assert 0 < floor["all"] < 0.02


def test_package_sets_name_what_may_be_used():
    needs = {"a": (), "b": ("scipy.sparse",), "c": ("jax",), "d": ("numba",), "e": ("torch",)}
    assert cost.allowed(needs, "numpy") == {"a"}
    assert cost.allowed(needs, "scipy") == {"a", "b"}
    assert cost.allowed(needs, "jax") == {"a", "b", "c"}
    assert cost.allowed(needs, "numba") == {"a", "b", "d"}
    assert cost.allowed(needs, "everything") == set(needs)
    with pytest.raises(ValueError, match="expected one of numpy"):
        cost.allowed(needs, "julia")


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_time_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="positive"):
        cost.fit(cost.Observations(["a"], np.array([[1.0, 2, 3, 4]]), np.array([wrong]), np.array([0])))
