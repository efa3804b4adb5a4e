"""Maps replayed on the published Laptop journal, and on planted machines: how good they get, for how much of the time.

Each test prints its figures: ``pytest -s tests/impls/test_cost_replay.py``.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any, Callable, Dict, List, Set, Tuple

import numpy as np
import pytest

from impls import cost, vlad
from impls.cost import choose as deciding
from impls.cost.build import build, control_noise, observations_of, regrets
from impls.cost.choose import Candidate, Question
from impls.cost.profile import Profile
from tests.impls import replay
from tests.impls.replay import LAPTOP, QUICK, REAL, REQUIRES, SETS, Cell, cell_of, is_main, journal, measured
from tests.relative import in_reference_works

SEEDS = range(6)
CELLS = 96
AXES = ("T", "L", "F", "K")


@lru_cache(maxsize=None)
def mapped(seed: int) -> Tuple[replay.Log, cost.CostModel]:
    """A map of 96 cells in three sessions, its order drawn with a seed."""
    world = replay.laptop()
    order = replay.in_order(world, CELLS, seed)
    rng = np.random.default_rng(seed)
    log = replay.survey(order, lambda cell: set(world.truth[cell]), replay.from_journal(world), rng)
    return log, log.fit()


@lru_cache(maxsize=None)
def profile(held_out: bool = False) -> Profile:
    """The profile that the Laptop journal alone gives."""
    return build(journal(LAPTOP), requires=REQUIRES, held_out=held_out)


# -- 1: regret on cells that were not measured, for a tenth of the time -----------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_map_for_a_tenth_of_the_time_is_nearly_as_good_as_the_grid(seed):
    world = replay.laptop()
    log, model = mapped(seed)
    rest = {cell: times for cell, times in world.truth.items() if cell not in log.strategies}
    assert len(rest) == 455 - CELLS
    share = log.seconds / world.recorded_seconds
    found = {name: replay.judge(model, rest, members) for name, members in SETS.items()}
    told = ", ".join(
        f"{name} {100 * j.mean:.2f} % ({100 * j.within:.0f} % within 5 %)" for name, j in found.items()
    )
    print(f"\norder {seed}: {log.seconds:.0f} s, {100 * share:.1f} % of the grid's; mean regret {told}")
    assert share <= 0.10
    assert found["numpy"].mean <= 0.009
    assert found["scipy"].mean <= 0.009
    assert found["jax"].mean <= 0.025
    assert min(found["numpy"].within, found["scipy"].within) >= 0.94
    assert found["jax"].within >= 0.85
    assert found["numba"].mean == found["everything"].mean == 0


def test_all_orders_together_lie_well_inside():
    world = replay.laptop()
    mean: Dict[str, List[float]] = defaultdict(list)
    for seed in SEEDS:
        log, model = mapped(seed)
        rest = {cell: times for cell, times in world.truth.items() if cell not in log.strategies}
        for name in ("numpy", "scipy", "jax"):
            mean[name].append(replay.judge(model, rest, SETS[name]).mean)
    assert np.mean(mean["numpy"]) <= 0.007
    assert np.mean(mean["scipy"]) <= 0.006
    assert np.mean(mean["jax"]) <= 0.02


# -- 2: where one strategy takes over from another --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_boundaries_are_where_the_grid_has_them(name):
    known = replay.boundaries(replay.laptop(), SETS[name])
    assert len(known) > 50
    errors, held = zip(*(replay.boundary_errors(mapped(seed)[1], known) for seed in SEEDS))
    medians, shares = [float(np.median(each)) for each in errors], [float(each.mean()) for each in held]
    print(
        f"\n{name}: {len(known)} boundaries, median error {np.round(medians, 3)} octaves, "
        f"inside the 95 % interval {np.round(shares, 3)}"
    )
    assert np.median(np.concatenate(errors)) <= 0.12
    assert max(medians) <= 0.135
    assert min(shares) >= 0.90


# -- 3: times between the measured cells, and off their planes --------------------------------------------------------


def test_times_between_the_cells_of_the_planes():
    lines = [line for line in measured(LAPTOP) if is_main(line)]
    cells = sorted({cell_of(line) for line in lines})
    fold = dict(zip(cells, np.random.default_rng(0).permutation(len(cells)) % 5))
    off, inside = [], []
    for out in range(5):
        observed = observations_of([line for line in lines if fold[cell_of(line)] != out], AXES)
        model = cost.fit(observed, caches=replay.CACHES, noise=control_noise(journal_lines()))
        left = [cell for cell in cells if fold[cell] == out][::3]
        mean, deviation = model.predict(np.array(left, float))
        wide = 1.96 * model.measured_deviation(deviation)
        truth = replay.laptop().truth
        for row, strategy in enumerate(model.strategies):
            for column, cell in enumerate(left):
                if strategy in truth[cell]:
                    off.append(abs(mean[row, column] - truth[cell][strategy]))
                    inside.append(off[-1] <= wide[row, column])
    print(
        f"\n5-fold: error {100 * np.median(off):.1f} %, p95 {100 * np.quantile(off, 0.95):.1f} %, "
        f"coverage {100 * np.mean(inside):.1f} %"
    )
    assert np.median(off) <= 0.03
    assert np.quantile(off, 0.95) <= 0.12
    assert 0.93 <= np.mean(inside) <= 0.97


def journal_lines() -> List[Dict[str, Any]]:
    return [line for line in journal(LAPTOP) if line.get("kind") is None and line["status"] == "ok"]


def logs_of(commit: str, wanted: Callable[[Dict[str, Any]], bool]) -> Dict[Cell, Dict[str, float]]:
    found: Dict[Cell, Dict[str, List[float]]] = defaultdict(lambda: defaultdict(list))
    for line in measured(commit):
        if wanted(line):
            found[cell_of(line)][line["impl"]].append(float(np.log(min(line["seconds"]))))
    return {
        cell: {name: float(np.mean(v)) for name, v in times.items() if name in SETS["everything"]}
        for cell, times in found.items()
    }


def test_shapes_off_the_planes_from_the_planes_alone():
    truth = logs_of(QUICK, is_main)
    assert len(truth) == 13
    found = {name: replay.judge(profile().entries[0].model, truth, SETS[name], itemsize=8) for name in SETS}
    print("\nQuick from Laptop:", ", ".join(f"{name} {100 * j.mean:.1f} %" for name, j in found.items()))
    assert found["numpy"].mean <= 0.05
    assert found["scipy"].mean <= 0.05


# -- 4: nothing faster than the machine, and no number where nothing is known ------------------------------------------


def test_no_prediction_is_below_the_limit_ladder():
    model = profile().entries[0].model
    assert model.limits is not None
    rng = np.random.default_rng(0)
    cells = np.round(2 ** rng.uniform([0, 3, 2, 1], [12, 13, 11, 11], (300, 4)))
    mean, _ = model.predict(cells, deviations=False)
    least = cost.features.least_bytes(AXES, cells, np.full(300, 8.0))
    floor = model.limits.floor(least, np.zeros(300), np.full(300, 8))
    assert (np.exp(mean) >= 0.999 * floor).all()
    assert (np.exp(mean) <= 1.001 * floor).any()  # somewhere the floor is what holds


@pytest.mark.parametrize(("cell", "ratio"), [((256, 128, 256, 16), "8"), ((32, 3000, 128, 64), "11.7")])
def test_what_exceeds_the_arrays_measured_is_outside(cell, ratio):
    for packages in (("numpy", "scipy"), None):
        choice = vlad.choose(**dict(zip(AXES, cell)), packages=packages, calls=1000, profile=profile())
        assert choice.basis == "outside"
        assert f"is {ratio} times the largest (1,048,576)" in choice.why
        assert choice.low is None or choice.low > 1e-3


def test_far_beyond_everything_there_is_no_number():
    choice = vlad.choose(T=4096, L=8192, F=1024, K=2048, memory_limit=1e15, profile=profile())
    assert (choice.seconds, choice.low, choice.high, choice.basis) == (None, None, None, "outside")


# -- 5: real shapes from other real shapes ----------------------------------------------------------------------------


def test_a_real_shape_from_the_other_real_shapes():
    every_third = set(sorted(replay.laptop().truth)[::3])
    base = [line for line in measured(LAPTOP) if cell_of(line) in every_third]
    real = list(measured(REAL))
    truth = logs_of(REAL, lambda line: True)
    lost: Dict[str, List[float]] = defaultdict(list)
    for shape in sorted({cell[:3] for cell in truth}):
        seen = base + [line for line in real if cell_of(line)[:3] != shape]
        model = cost.fit(observations_of(seen, AXES), caches=replay.CACHES)
        cells = [cell for cell in truth if cell[:3] == shape]
        mean, _ = model.predict(np.array(cells, float), 4, "photos", deviations=False)
        known = np.array([[truth[cell].get(name, np.inf) for cell in cells] for name in model.strategies])
        for name, members in SETS.items():
            rows = [row for row, strategy in enumerate(model.strategies) if strategy in members]
            lost[name] += list(regrets(np.where(np.isfinite(known[rows]), mean[rows], np.inf), known[rows]))
    print(
        "\nReal, one shape left out:",
        ", ".join(f"{name} {100 * np.mean(v):.1f} %" for name, v in lost.items()),
    )
    assert len(lost["numpy"]) == 10
    assert np.mean(lost["numpy"]) <= 0.10
    assert np.mean(lost["scipy"]) <= 0.10


# -- 6: compiling -----------------------------------------------------------------------------------------------------


def test_jax_is_not_named_for_a_single_call_of_a_new_shape():
    source = profile()
    entry, truth = source.entries[0], replay.laptop().truth
    able = [Candidate(name, REQUIRES[name], lambda: 0, 0.0) for name in SETS["jax"]]
    loaded = frozenset({"scipy", "jax"})
    share = {}
    for calls in (1, 100, 10_000):
        named = {}
        for cell in list(truth)[::5]:
            question = Question(cell, calls=calls, loaded=loaded)
            named[cell] = deciding.best_name(able, entry, source, question)
        jax = {cell for cell, name in named.items() if "jax" in REQUIRES[name]}
        share[calls] = len(jax) / len(named)
        if calls == 1:
            plain = {cell: min(t for n, t in truth[cell].items() if n in SETS["scipy"]) for cell in jax}
            assert all(np.exp(best) >= 0.05 for best in plain.values())
    print("\nJAX named:", {calls: f"{100 * each:.0f} %" for calls, each in share.items()})
    assert share[1] <= share[100] <= 0.2
    assert share[10_000] >= 0.7


# -- 8: planted machines ----------------------------------------------------------------------------------------------


def formulas(T: int, L: int, F: int, K: int) -> Dict[str, float]:
    """Seconds of five strategies; loop_residuals is up to 30 % off any sum of terms."""
    rows, sums = T * L * F, T * K * F
    return {
        "bincount": 5e-6 + 2e-9 * rows,
        "sparse_matmul": 8e-5 + 4e-10 * rows + 1e-9 * sums,
        "onehot_matmul": 2e-6 + 5e-11 * rows * K,
        "loop_residuals": 2e-6 * T * K + 3e-10 * rows * np.exp(0.3 * np.sin(np.log2(F) * np.pi / 3)),
        "reduceat": 3e-5 + 9e-10 * rows + 5e-10 * sums,
    }


def in_island(T: int, L: int, F: int, K: int) -> bool:
    return abs(np.log2(T) - 6) <= 1 and abs(np.log2(L) - 8) <= 1


def with_island(*cell: int) -> Dict[str, float]:
    found = formulas(*cell)
    if in_island(*cell):
        found["reduceat"] /= 4
    return found


def with_late_one(*cell: int) -> Dict[str, float]:
    """One strategy is 10 times slower than others in small cells, and the best beyond."""
    found, rows = formulas(*cell), cell[0] * cell[1] * cell[2]
    found["ufunc_at"] = 1e-5 + (5e-9 * rows if rows <= 1 << 17 else 5e-10 * (1 << 17) + 1e-10 * rows)
    return found


def four_dimensional(count: int, seed: int) -> List[Cell]:
    """Sobol cells of the box with arrays to 64 MiB: 32 small ones, then a small one and two larger in turn."""
    found: Dict[bool, List[Cell]] = {True: [], False: []}
    for point in replay.sobol(4096, seed):
        T, L, F, K = (round(float(size)) for size in 2**point)
        if T * F * max(L, K) <= 1 << 23:
            found[T * L * F <= 1 << 17].append((T, L, F, K))
    order, large = found[True][: replay.FULL], iter(found[False])
    for small in found[True][replay.FULL :]:
        order += [small, next(large), next(large)]
        if len(order) >= count:
            return order[:count]
    raise AssertionError("too few cells")


def planted(world: Callable[..., Dict[str, float]], seed: int) -> Tuple[replay.Log, cost.CostModel]:
    rng = np.random.default_rng(seed)

    def measure(cell: Cell, wanted: Set[str], session: int) -> Tuple[replay.Times, float]:
        times, slow = world(*cell), 0.05 * rng.standard_normal()
        once = {n: times[n] * np.exp(slow + 0.09 * abs(rng.standard_normal())) for n in wanted}
        near = replay.near_best(once)
        best = {n: times[n] * np.exp(slow + 0.03 * rng.standard_normal()) for n in near}
        return {n: (best[n], 3) if n in near else (once[n], 1) for n in wanted}, 0.1

    names = set(world(8, 8, 8, 8))
    log = replay.survey(four_dimensional(CELLS, seed), lambda cell: names, measure, rng)
    return log, log.fit()


def picked(
    model: cost.CostModel, world: Callable[..., Dict[str, float]], cells: List[Cell]
) -> Tuple[np.ndarray, np.ndarray]:
    """Regret of the map's choice in each cell, and how often the choice is the best of 400 draws."""
    mean, deviation = model.predict(np.array(cells, float))
    known = np.array([[np.log(world(*cell)[name]) for cell in cells] for name in model.strategies])
    rng = np.random.default_rng(0)
    drawn = mean + cost.regret.WIDEN * deviation * rng.standard_normal((400, *mean.shape))
    return regrets(mean, known), (drawn.argmin(axis=1) == mean.argmin(axis=0)).mean(axis=0)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_island_is_found_or_said_to_be_doubtful(seed):
    _, model = planted(with_island, seed)
    cells = four_dimensional(600, seed + 50)[replay.FULL :]
    lost, sure = picked(model, with_island, cells)
    fastest = [min(with_island(*cell), key=with_island(*cell).__getitem__) for cell in cells]
    island = np.array([in_island(*cell) and name == "reduceat" for cell, name in zip(cells, fastest)])
    settled = (lost <= 0.05) | (sure < 0.8)
    print(
        f"\nisland, order {seed}: {island.sum()} of {len(cells)} cells; right {(lost[island] <= 0.05).mean():.2f}, "
        f"right or doubtful {settled[island].mean():.2f}; mean regret everywhere {100 * lost.mean():.1f} %"
    )
    assert settled[island].mean() >= 0.6
    assert lost.mean() <= 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_is_slow_at_first_and_the_best_beyond_is_found_by_the_audit(seed):
    _, model = planted(with_late_one, seed)
    cells = four_dimensional(400, seed + 50)[replay.FULL :]
    lost, _ = picked(model, with_late_one, cells)
    there = np.array(
        [with_late_one(*cell)["ufunc_at"] <= min(with_late_one(*cell).values()) for cell in cells]
    )
    print(
        f"\nlate one, order {seed}: best in {there.sum()} cells, chosen in {(lost[there] == 0).mean():.2f} of them"
    )
    assert there.sum() > 100
    assert (lost[there] <= 0.05).mean() >= 0.7


# -- the profile itself -----------------------------------------------------------------------------------------------


def test_the_shipped_profile_is_made_of_the_published_journals():
    shipped = Profile.load(cost.profile.SHIPPED)
    assert shipped.machine == "cloud-vm-2core"
    found = {(entry.workload, entry.stage, entry.threads) for entry in shipped.entries}
    assert {("vlad", "aggregate", 1), ("vlad", "encode", 1)} <= found
    entry = shipped.entry("vlad", "aggregate")
    assert entry is not None
    assert set(entry.model.labels) >= {"uniform", "skewed"}
    assert entry.held_out["regret"]["scipy"]["mean"] < 0.01


def test_24_strategies_on_128_cells_fit_in_2_s_and_answer_in_1_ms_where_the_reference_work_takes_2_ms():
    lines = [line for line in measured(LAPTOP) if is_main(line) and line["session"] == 0]
    chosen = set(sorted({cell_of(line) for line in lines})[::3][:128])
    observed = observations_of([line for line in lines if cell_of(line) in chosen], AXES)
    model = cost.fit(observed)
    cell = np.array([[16, 100, 60, 20]], dtype=float)
    fitting = in_reference_works(lambda: cost.fit(observed), tries=3)
    asking = in_reference_works(lambda: model.predict(cell), tries=20)
    print(
        f"\n{len(model.strategies)} strategies, {len(chosen)} cells: {fitting:.0f} works, then {asking:.2f}"
    )
    assert len(model.strategies) >= 23
    assert fitting < 1000
    assert asking < 0.5
