"""The race within a block: a pure decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.grids import Grid
from benchmarks.protocol import race
from benchmarks.protocol.block import run_block
from benchmarks.protocol.plan import Budget

NEEDS = {
    "loop": (),
    "bincount": (),
    "onehot": (),
    "sparse": ("scipy",),
    "jax_sum": ("jax",),
    "numba_scatter": ("numba",),
    "both": ("jax", "numba"),
}
SETS = race.package_sets(NEEDS)


def test_package_sets_are_what_may_be_installed() -> None:
    numpy = frozenset({"loop", "bincount", "onehot"})
    scipy = numpy | {"sparse"}
    assert [numpy, scipy, scipy | {"jax_sum"}, scipy | {"numba_scatter"}, frozenset(NEEDS)] == SETS
    assert race.package_sets({"a": (), "b": ()}) == [frozenset("ab")]


def wanted(fastest: dict[str, float], always: list[str], done: int, **affordable: int) -> dict[str, int]:
    return race.samples_wanted(fastest, SETS, always, (3, 9), affordable, done)


def test_out_of_the_race_means_beyond_twice_the_best_of_every_set() -> None:
    fastest = {
        "loop": 9.0,
        "bincount": 4.1,
        "onehot": 2.0,
        "sparse": 1.5,
        "jax_sum": 1.0,
        "numba_scatter": 0.1,
    }
    # bincount: 2.05 times the best of NumPy alone; jax_sum: ten times numba, and yet the best without it
    found = {"loop": 3, "bincount": 1, "onehot": 3, "sparse": 3, "jax_sum": 3, "numba_scatter": 3}
    assert wanted(fastest, ["loop"], done=1) == found
    assert wanted(fastest, ["loop"], done=1, loop=0, onehot=0) == dict(found, loop=1)


def test_only_what_is_still_close_after_a_few_samples_gets_many() -> None:
    fastest = {"bincount": 2.4, "onehot": 2.0, "sparse": 1.9, "jax_sum": 1.0, "numba_scatter": 0.1}
    # bincount is 1.2 times onehot; onehot and sparse are close; jax_sum and numba_scatter have won their sets
    found = {"bincount": 9, "onehot": 9, "sparse": 9, "jax_sum": 3, "numba_scatter": 3}
    assert wanted(fastest, [], done=3) == found
    assert wanted(fastest, [], done=3, sparse=5, onehot=1) == dict(found, sparse=5, onehot=3)


def test_who_was_disturbed_stays_in_the_race() -> None:
    fastest = {"bincount": 9.0, "onehot": 1.0, "loop": 7.0}
    found = race.samples_wanted(fastest, SETS, [], (3, 9), {}, 1, disturbed=["bincount"])
    assert found == {"bincount": 3, "onehot": 3, "loop": 1}
    found = race.samples_wanted(fastest, SETS, [], (3, 9), {}, 3, disturbed=["bincount"])
    assert found["bincount"] == 1, "and is out when its further samples say the same"


@pytest.mark.parametrize("done", [1, 3, 9])
def test_one_strategy_alone_has_nobody_to_race(done: int) -> None:
    assert wanted({"loop": 1.0}, [], done) == {"loop": 3}


def test_the_copy_of_the_control_is_measured_as_often_as_the_control() -> None:
    slow = {"bincount": 5.0, "bincount@control": 5.3, "onehot": 1.0}
    both = ["bincount", "bincount@control"]
    assert wanted(slow, both, done=3) == {"bincount": 3, "bincount@control": 3, "onehot": 3}
    close = {"bincount": 1.1, "bincount@control": 5.3, "onehot": 1.0}
    assert wanted(close, both, done=3) == {"bincount": 9, "bincount@control": 9, "onehot": 9}


@pytest.mark.parametrize(("own_core", "samples_of_mask"), [(0.0, 1), (9.0, 3)])
def test_in_a_block_what_is_far_behind_has_one_sample_unless_it_was_disturbed(
    own_core: float, samples_of_mask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(race, "OWN_CORE", own_core)
    block = Grid("vlad", {"T": [32], "L": [64], "F": [16], "K": [16]}, "aggregate").blocks()[0]
    budget = Budget(min_sample_s=0.0005, strategy_s=5.0, min_reps=3, max_reps=6, race=True)
    names = ["loop", "bincount", "onehot_matmul", "mask_4d"]
    found = run_block(block, names, budget, (1, 2), str(tmp_path), lambda event, **facts: None)
    lines = {line["impl"]: line for line in found["lines"]}
    assert {line["status"] for line in lines.values()} == {"ok"}
    samples = {impl: len(line["seconds"]) for impl, line in lines.items()}
    assert samples["mask_4d"] == samples_of_mask, "ten times as slow as the best, at least"
    assert samples["onehot_matmul"] >= 3
    assert samples["loop"] == 3, "the baseline"
    assert samples["bincount"] == samples["bincount@control"] >= 3
