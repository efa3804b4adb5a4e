"""What is chosen on profiles whose right answers are known, and what the public functions do with it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Tuple

import numpy as np
import pytest

from impls import cost, registry, scatter, vlad
from impls.cost import answer, machine
from impls.cost import choose as deciding
from impls.cost import profile as profiles
from impls.cost.build import build
from impls.cost.choose import Candidate, Question
from impls.cost.profile import Entry, Profile, Strategy
from impls.vlad import _choose
from tests.relative import in_reference_works

ROOT = Path(__file__).resolve().parents[2]
LIMITS = cost.Limits(np.array([1e4, 1e9]), np.array([5e10, 1e10]), {4: 1e11, 8: 5e10})
SECONDS = {
    "bincount": lambda T, L, F, K: 1e-5 + 2e-9 * T * L * F,
    "sparse_matmul": lambda T, L, F, K: 1e-4 + 4e-10 * T * L * F,
    "loop_residuals": lambda T, L, F, K: 1e-6 * T * K + 6e-10 * T * L * F,
    "numba_scatter": lambda T, L, F, K: 3e-6 + 2e-10 * T * L * F,
    "jax_segment_sum": lambda T, L, F, K: 2e-6 + 3e-10 * T * L * F,
}
REQUIRES = {"sparse_matmul": ("scipy",), "numba_scatter": ("numba",), "jax_segment_sum": ("jax",)}


def cells(n: int = 64) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.round(2 ** rng.uniform([0, 3, 2, 1], [7, 8, 6, 6], (n, 4)))


def profile_of(stage: str = "aggregate", **changed) -> Profile:
    at = cells()
    rows = [(name, i) for i in range(len(at)) for name in SECONDS]
    noise = np.random.default_rng(1).standard_normal(len(rows))
    seconds = [SECONDS[name](*at[i]) * np.exp(0.02 * e) for (name, i), e in zip(rows, noise)]
    where = np.array([i for _, i in rows])
    observed = cost.Observations([name for name, _ in rows], at[where], np.array(seconds), where)
    model = cost.fit(observed, limits=LIMITS)
    extra = {name: Strategy(REQUIRES.get(name, ())) for name in SECONDS}
    extra["jax_segment_sum"] = Strategy(("jax",), first_call_s=0.1, process_s=0.2)
    extra["bincount"] = Strategy(memory_factor={"uniform": 2.0})
    entry = Entry("vlad", stage, 1, model, extra)
    key = {"cpu": "Testing", "cores": 2, "caches": {}, "versions": {"numpy": "2.4"}}
    return Profile("bench", key, [entry], "2026-01-01", import_s={"numba": 0.5, "jax": 0.7}, **changed)


PROFILE = profile_of()
CANDIDATES = [Candidate(name, REQUIRES.get(name, ()), lambda: 1000, 1e-12) for name in SECONDS]


def ask(sizes, candidates=CANDIDATES, **changed) -> deciding.Choice:
    return deciding.choose(candidates, PROFILE.entries[0], PROFILE, Question(sizes, **changed))


def interval(choice: deciding.Choice) -> Tuple[float, float]:
    assert choice.low is not None
    assert choice.high is not None
    return choice.low, choice.high


def of(*names):
    return [each for each in CANDIDATES if each.name in names]


def test_the_least_time_is_named_with_an_interval_that_holds_it():
    choice = ask((64, 128, 32, 16), of("bincount", "sparse_matmul"), loaded=frozenset({"scipy"}))
    true = SECONDS["sparse_matmul"](64, 128, 32, 16)
    assert choice.strategy == "sparse_matmul"
    low, high = interval(choice)
    assert low < true < high < 1.4 * low
    assert choice.seconds == pytest.approx(true, rel=0.05)
    assert (choice.basis, choice.runner_up) == ("interpolated", None)
    assert choice.regret is not None
    assert 0 <= choice.regret < 0.02
    assert choice.profile.startswith("bench (Testing, 2 cores), another machine")


def test_a_size_that_was_measured_says_so():
    measured = tuple(int(size) for size in cells()[3])
    assert ask(measured).basis == "measured"
    assert ask(measured, itemsize=4).basis != "measured"


def test_two_that_are_as_fast_are_both_named():
    sizes = min(
        ((T, 64, 16, K) for T in (1, 2, 4, 8, 16, 32, 64) for K in (2, 3, 4, 6, 8, 12, 16, 24, 32)),
        key=lambda size: abs(np.log(SECONDS["loop_residuals"](*size) / SECONDS["sparse_matmul"](*size))),
    )
    choice = ask(sizes, of("loop_residuals", "sparse_matmul"), loaded=frozenset({"scipy"}))
    assert choice.runner_up is not None
    assert choice.runner_up != choice.strategy
    assert ask(sizes, of("bincount", "numba_scatter"), calls=10**6).runner_up is None


def test_an_import_and_compiling_count_with_the_calls_at_hand():
    names = of("bincount", "numba_scatter", "jax_segment_sum")
    small = (16, 64, 16, 8)
    once = ask(small, names)
    assert once.strategy == "bincount"
    assert "pays from" in once.why
    assert ask(small, names, calls=10**6).strategy == "numba_scatter"
    loaded = frozenset({"numba", "jax"})
    assert ask(small, names, loaded=loaded).strategy == "numba_scatter"
    # Imported, but this shape is not compiled yet; and then it is.
    assert ask(small, of("bincount", "jax_segment_sum"), loaded=loaded).strategy == "bincount"
    warm = frozenset({"jax_segment_sum"})
    assert (
        ask(small, of("bincount", "jax_segment_sum"), loaded=loaded, warm=warm).strategy == "jax_segment_sum"
    )


def test_the_break_even_that_is_told_is_where_the_answer_changes():
    names, small = of("bincount", "numba_scatter"), (16, 64, 16, 8)
    told = int(ask(small, names).why.split("pays from ")[1].split(" calls")[0].replace(",", ""))
    assert ask(small, names, calls=told - 1).strategy == "bincount"
    assert ask(small, names, calls=told).strategy == "numba_scatter"


def test_memory_is_the_prediction_times_what_was_measured_above_it():
    need = [Candidate("bincount", (), lambda: 1000, 0.0), Candidate("sparse_matmul", (), lambda: 1200, 0.0)]
    assert (
        ask((64, 128, 32, 16), need, memory_limit=1900).strategy == "sparse_matmul"
    )  # 1.5 x: it was not weighed
    with pytest.raises(
        ValueError, match=r"memory limit of 1,700 bytes: the least .* 1,800 \(sparse_matmul\)"
    ):
        ask((64, 128, 32, 16), need, memory_limit=1700)
    assert ask((64, 128, 32, 16), of("bincount"), memory_limit=2000).strategy == "bincount"
    with pytest.raises(ValueError, match=r"expected to need 2,000 \(bincount\)"):
        ask((64, 128, 32, 16), of("bincount"), memory_limit=1999)


def test_no_strategy_promises_more_than_it_declares():
    loose = [CANDIDATES[0]._replace(error=1e-9), CANDIDATES[1]]
    assert ask((2, 32, 8, 4), loose, max_error=1e-12, loaded=frozenset({"scipy"})).strategy == "sparse_matmul"
    with pytest.raises(ValueError, match="promises an error of at most 1e-15"):
        ask((2, 32, 8, 4), loose, max_error=1e-15)


def test_near_outside_tells_the_ratio_and_far_outside_no_number():
    high = PROFILE.entries[0].model.hull["T*L*F"][1]
    near = ask((128, 256, 16, 16))
    assert near.basis == "outside"
    assert f"T*L*F = 524,288 is {524288 / high:.3g} times the largest ({high:,.0f})" in near.why
    assert near.seconds is not None
    far = ask((4096, 8192, 1024, 2048))
    assert (far.seconds, far.low, far.high, far.regret, far.basis) == (None, None, None, None, "outside")
    assert far.strategy in SECONDS
    assert "too far from anything measured" in far.why


def test_no_time_is_below_what_the_machine_moves():
    sizes, slow = (128, 256, 16, 32), cost.Limits(np.array([1e4, 1e9]), np.array([1e9, 1e9]))
    entry = Entry("vlad", "aggregate", 1, replace(PROFILE.entries[0].model, limits=slow))
    least = (8 * (128 * 256 * 16 + 128 * 32 * 16 + 32 * 16) + 8 * 128 * 256) / 1e9
    free, held = (
        deciding.options(CANDIDATES, each, PROFILE, Question(sizes)) for each in (PROFILE.entries[0], entry)
    )
    assert min(option.seconds for option in free) < least
    assert min(option.low for option in held) >= 0.999 * least
    assert min(option.seconds for option in held) >= 0.999 * least


def test_a_dtype_that_was_not_measured_is_outside():
    choice = ask((64, 128, 32, 16), itemsize=4)
    assert choice.basis == "outside"
    assert "float32 was not" in choice.why
    unsure, sure = (interval(each) for each in (choice, ask((64, 128, 32, 16))))
    assert unsure[1] / unsure[0] > sure[1] / sure[0]


def test_a_strategy_given_up_at_large_sizes_is_not_chosen_there():
    at = cells()
    small = at[:, 0] * at[:, 1] * at[:, 2] < 2**11
    rows = [
        (name, i) for i in range(len(at)) for name in ("bincount", "quick") if name == "bincount" or small[i]
    ]
    where = np.array([i for _, i in rows])
    times = {"bincount": SECONDS["bincount"], "quick": lambda *size: 0.1 * SECONDS["bincount"](*size)}
    seconds = np.array([times[name](*at[i]) for name, i in rows])
    model = cost.fit(cost.Observations([name for name, _ in rows], at[where], seconds, where))
    entry = Entry("vlad", "aggregate", 1, model)
    both = [Candidate(name, (), lambda: 0, 0.0) for name in times]
    assert deciding.choose(both, entry, PROFILE, Question((4, 16, 8, 4))).strategy == "quick"
    assert deciding.choose(both, entry, PROFILE, Question((128, 256, 64, 16))).strategy == "bincount"


def test_a_profile_is_what_its_file_says(tmp_path):
    path = PROFILE.save(tmp_path / "below" / "profile.json")
    again = Profile.load(path)
    asked = np.array([[16, 100, 30, 9], [1, 8, 4, 2]])
    for stage in (0, 1):
        here, there = (each.entries[0].model.predict(asked)[stage] for each in (PROFILE, again))
        assert np.allclose(here, there, atol=1e-3)
    assert again.entries[0].strategies == PROFILE.entries[0].strategies
    assert again.to_json() == json.loads(path.read_text())
    path.write_text(path.read_text()[:200])
    with pytest.raises(ValueError, match="is no profile"):
        Profile.load(path)
    path.write_text(json.dumps({"schema": 1, "kind": "profile", "machine": "m", "key": {}, "models": [{}]}))
    with pytest.raises(ValueError, match="damaged profile"):
        Profile.load(path)


def test_the_file_that_is_named_counts_then_the_users_then_the_shipped(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(profiles.VARIABLE, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert profiles.current().source == str(profiles.SHIPPED)
    own = PROFILE.save(profiles.user_path())
    assert profiles.current().source == str(profiles.SHIPPED)  # of another machine
    monkeypatch.setattr(machine, "is_here", lambda key: key.get("cpu") == "Testing")
    assert profiles.current().source == str(own)
    named = PROFILE.save(tmp_path / "named.json")
    monkeypatch.setenv(profiles.VARIABLE, str(named))
    assert profiles.current().source == str(named)
    monkeypatch.setenv(profiles.VARIABLE, str(tmp_path / "absent.json"))
    with pytest.raises(OSError, match="absent"):
        profiles.current()


def line(impl, cell, seconds, session=0, **changed):
    return {
        "schema": 1,
        "run": "r",
        "workload": "vlad",
        "benchmark": "Map",
        "stage": "aggregate",
        "session": session,
        "block": f"r/{session}/{cell}",
        "pid": session,
        "cell": dict(zip("TLFK", cell)),
        "dtype": "float64",
        "labels": "uniform",
        "threads": 1,
        "impl": impl,
        "status": "ok",
        "seconds": [seconds, 1.1 * seconds],
        "first_call_s": seconds + 0.2,
        "error": 1e-15,
        "predicted_bytes": 1 << 21,
        "peak_extra_bytes": 3 << 20,
        "versions": {"numpy": "2.4.6"},
        "started_at": 1.78e9,
        **changed,
    }


def lines():
    rng = np.random.default_rng(3)
    machine = {
        "kind": "machine",
        "machine": "mine",
        "cpu": "C",
        "facts": {"cores": 4, "caches": {"L2": 1, "L3": 4}},
    }
    ladder = {
        "kind": "limits",
        "threads": 1,
        "rates": [
            {"bytes": 1e4, "copy_bytes_per_s": 1e10, "read_bytes_per_s": 2e10},
            {"bytes": 1e8, "copy_bytes_per_s": 1e10},
        ],
        "gemm_flops_per_s": {"float64": 5e10},
    }
    found = [machine, ladder]
    for cell in [tuple(int(size) for size in cell) for cell in cells(24)]:
        for session in (0, 1):
            for name in ("bincount", "loop_residuals", "bincount@control"):
                seconds = SECONDS[name.split("@")[0]](*cell) * np.exp(0.1 * rng.standard_normal())
                found.append(line(name, cell, seconds, session))
    return found


def test_a_profile_is_made_of_journal_lines():
    made = build(lines(), requires={})
    entry = made.entries[0]
    assert entry.model.limits is not None
    assert (made.machine, made.key["cpu"], made.key["cores"], made.date) == ("mine", "C", 4, "2026-05-28")
    assert entry.model.strategies == ["bincount", "loop_residuals"]  # no copy of the control
    assert entry.model.caches == (1.0, 4.0)
    assert 0.06 < entry.model.noise < 0.15  # the pairs say 0.1
    assert entry.strategies["bincount"].first_call_s == pytest.approx(0.2, rel=0.1)
    assert entry.strategies["bincount"].memory_factor == {"uniform": 1.5}
    assert entry.strategies["bincount"].error == {8: 1e-15}
    assert list(entry.model.limits.rates) == [2e10, 1e10]
    assert entry.held_out["cells"] == 3
    assert set(entry.held_out["regret"]) == {"numpy"}
    assert made.entry("vlad", "encode") is None


def test_wrong_and_approximate_answers_and_other_statuses_have_no_time_in_a_profile():
    plain = lines()
    spoiled = [*plain]
    for record in plain:
        if record.get("impl") == "bincount":
            spoiled.append({**record, "impl": "wrong", "session": 0})
            spoiled.append({**record, "impl": "wrong", "session": 1, "status": "invalid", "seconds": []})
            spoiled.append({**record, "impl": "rough", "accuracy": "approximate"})
            spoiled.append({**record, "impl": "slow", "status": "timeout", "seconds": []})
    assert build(spoiled).entries[0].model.strategies == ["bincount", "loop_residuals"]
    with pytest.raises(ValueError, match="at 10 sizes or more"):
        build(plain[:12])


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """No choice remembered, and this profile instead of the shipped one."""

    def use(profile: Profile = PROFILE) -> None:
        monkeypatch.setenv(profiles.VARIABLE, str(profile.save(tmp_path / "profile.json")))
        monkeypatch.setattr(deciding, "loaded_packages", lambda: frozenset({"scipy"}))
        _choose._remembered.forget()
        scatter._choose._remembered.forget()

    yield use
    _choose._remembered.forget()
    scatter._choose._remembered.forget()


def batch(T=16, L=64, F=16, K=8):
    rng = np.random.default_rng(0)
    return rng.standard_normal((T, L, F)), rng.integers(0, K, (T, L)), rng.standard_normal((K, F))


def test_auto_takes_what_choose_names_and_asks_once_a_shape(fresh, monkeypatch):
    fresh()
    asked = []
    inner = deciding.best_name

    def counted(*given):
        asked.append(given)
        return inner(*given)

    monkeypatch.setattr(deciding, "best_name", counted)
    descriptors, labels, centers = batch()
    for _ in range(3):
        found = vlad.aggregate(descriptors, labels, centers)
    assert len(asked) == 1
    vlad.aggregate(descriptors.astype(np.float32), labels, centers)
    vlad.aggregate(descriptors[:8], labels[:8], centers)
    assert len(asked) == 3
    assert np.allclose(found, vlad.oracle(descriptors, labels, centers))
    name = _choose.automatic(16, 64, 16, 8, np.dtype(float), None).name
    assert np.array_equal(found, vlad.aggregate(descriptors, labels, centers, strategy=name))


def test_auto_keeps_to_the_memory_limit_or_says_what_does_not_fit(fresh):
    fresh()
    descriptors, labels, centers = batch(T=64, L=256, F=32, K=32)
    free = _choose.automatic(64, 256, 32, 32, np.dtype(float), None)
    need = free.workspace_bytes(64, 256, 32, 32, 8)
    held = _choose.automatic(64, 256, 32, 32, np.dtype(float), need // 2)
    assert held.name != free.name
    vlad.aggregate(descriptors, labels, centers, memory_limit=need // 2)
    with pytest.raises(MemoryError, match="memory_limit of 10 bytes"):
        vlad.aggregate(descriptors, labels, centers, memory_limit=10)
    with pytest.raises(ValueError, match="memory_limit is 'much'"):
        vlad.aggregate(descriptors, labels, centers, memory_limit="much")  # type: ignore[arg-type]


def test_auto_encodes_with_the_nearest_centroid_only(fresh, monkeypatch):
    """An encoding on a device assigns by products: centroids next to each other, far from all else, are one to it."""
    fresh()
    asked = []

    def noted(able, *rest):
        asked.append(able)
        return "loop_residuals"

    monkeypatch.setattr(deciding, "best_name", noted)
    _choose.automatic(16, 64, 16, 8, np.dtype(float), None, stage="encode")
    assert asked[0]
    own = {each.name for each in asked[0] if vlad.get(each.name).fused}
    assert own <= {"numba_fused"}, "it decides by differences what products cannot"
    assert any(vlad.get(name).fused for name in vlad.strategies())
    centers = np.array([[-1e4, -1e4], [-9999, -1e4], [1e4, 1e4], [10001, 1e4]], np.float32)
    encoded = vlad.encode(centers[None], centers)
    assert not encoded.any(), "each descriptor is its own centroid"


def test_auto_passes_over_a_package_that_is_there_but_broken(fresh, monkeypatch):
    fresh()
    broken = []

    def loads(strategy):
        if strategy.name == "sparse_matmul":
            broken.append(strategy.name)
            return False
        return True

    monkeypatch.setattr(answer, "_loads", loads)
    found = _choose.automatic(64, 128, 32, 16, np.dtype(float), None)
    assert broken == ["sparse_matmul"]
    assert found.name == "bincount"


def test_auto_takes_ragged_and_empty_batches(fresh):
    fresh()
    rng = np.random.default_rng(0)
    images = [rng.standard_normal((length, 16)) for length in (0, 3, 70, 12)]
    labels = [rng.integers(0, 8, len(image)) for image in images]
    centers = rng.standard_normal((8, 16))
    assert np.allclose(vlad.aggregate(images, labels, centers), vlad.oracle(images, labels, centers))
    assert vlad.encode(images, centers).shape == (4, 128)
    assert not vlad.aggregate(np.empty((3, 0, 16)), np.empty((3, 0), int), centers).any()
    assert not scatter.bucket_sums(np.empty((0, 4)), np.empty(0, int), 5).any()
    with pytest.raises(ValueError, match="no VLAD strategy named 'autto'"):
        vlad.aggregate(images, labels, centers, strategy="autto")


def test_bucket_sums_are_chosen_from_residual_sums_of_their_size(fresh):
    fresh()
    choice = scatter.choose(N=1024, F=16, M=256, packages=("numpy", "scipy"))
    assert choice.strategy == "bincount"
    assert "from residual sums of the same size" in choice.why
    rng = np.random.default_rng(0)
    rows, bucket = rng.standard_normal((500, 3)), rng.integers(0, 40, 500)
    assert np.allclose(scatter.bucket_sums(rows, bucket, 40), scatter.oracle(rows, bucket, 40))


def test_a_remembered_choice_costs_at_most_20_us_where_the_reference_work_takes_2_ms(fresh):
    fresh()
    dtype = np.dtype(float)
    _choose.automatic(16, 64, 16, 8, dtype, None)
    scatter._choose.automatic(1024, 16, 128, dtype, None)

    def works(call) -> float:
        def often() -> None:
            for _ in range(2000):
                call()

        return in_reference_works(often) / 2000

    assert works(lambda: _choose.automatic(16, 64, 16, 8, dtype, None)) < 0.01
    assert works(lambda: scatter._choose.automatic(1024, 16, 128, dtype, None)) < 0.01


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"T": 0}, "T is 0, expected at least 1"),
        ({"L": 2.5}, "L is 2.5, expected an integer"),
        ({"dtype": "int32"}, "no error bound for int32"),
        ({"packages": ["numpi"]}, "'numpi', which no strategy needs: expected some of .*numpy"),
        ({"stage": "enkode"}, "no times of a stage 'enkode'"),
        ({"calls": 0}, "calls is 0"),
        ({"memory_limit": -1}, "memory_limit is -1"),
    ],
)
def test_a_wrong_question_is_one_sentence(wrong, words):
    with pytest.raises((ValueError, TypeError), match=words):
        vlad.choose(**{"T": 4, "L": 16, "F": 8, "K": 4, "profile": PROFILE, **wrong})


def test_choose_names_only_what_is_installed(monkeypatch):
    real = importlib.util.find_spec
    hidden = {"numba", "jax", "torch"}
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name in hidden else real(name))
    choice = vlad.choose(T=64, L=128, F=32, K=16, calls=10**9, profile=PROFILE)
    assert choice.strategy == "sparse_matmul"
    assert {each.name for each in vlad.options(T=64, L=128, F=32, K=16, profile=PROFILE)} == {
        "bincount",
        "sparse_matmul",
        "loop_residuals",
    }


ONE_CALL = """
import sys
import numpy as np
from impls import scatter, vlad
rng = np.random.default_rng(0)
for dtype in (np.float32, np.float64):
    rows, centers = rng.standard_normal((8, 32, 16)).astype(dtype), rng.standard_normal((4, 16)).astype(dtype)
    vlad.encode(rows, centers)
    vlad.aggregate(rows, rng.integers(0, 4, (8, 32)), centers)
    scatter.bucket_sums(rows[0], rng.integers(0, 4, 32), 4)
print([name for name in ("scipy", "numba", "jax", "torch", "pandas") if name in sys.modules])
"""


def test_one_small_call_imports_no_package_for_it():
    done = subprocess.run(
        [sys.executable, "-c", ONE_CALL], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_whole_that_was_measured_at_few_sizes_is_its_part_and_more():
    rng = np.random.default_rng(4)

    def whole(name, cell):
        T, L, F, K = cell
        extra = 4e-5 + 2e-10 * T * L * F * K + 3e-9 * T * K * F
        # One strategy does all of it in its own way.
        return 2e-5 + 1e-10 * T * L * F * K if name == "fused" else SECONDS[name](*cell) + extra

    at = [tuple(int(size) for size in cell) for cell in cells(64)]
    found = lines()[:2]
    for number, cell in enumerate(at):
        for name in ("bincount", "loop_residuals", "sparse_matmul", "fused"):
            part = 1e-3 if name == "fused" else SECONDS[name](*cell)
            found.append(line(name, cell, part * np.exp(0.02 * rng.standard_normal())))
            if number < 14:
                seconds = whole(name, cell) * np.exp(0.02 * rng.standard_normal())
                found.append(line(name, cell, seconds, stage="encode", block=f"e/{cell}"))
    entry = build(found, held_out=False).entry("vlad", "encode")
    assert entry is not None
    left = np.array(at[14:], float)
    mean, _ = entry.model.predict(left)
    off = {}
    for name, predicted in zip(entry.model.strategies, mean):
        off[name] = float(np.median(np.abs(predicted - np.log([whole(name, cell) for cell in at[14:]]))))
    assert max(off[name] for name in ("bincount", "loop_residuals", "sparse_matmul")) < 0.06
    assert off["fused"] < 0.4
