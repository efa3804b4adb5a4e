"""The race within a block: a pure decision."""

from __future__ import annotations

import pytest

from benchmarks.protocol import race

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


def test_out_of_the_race_means_beyond_twice_the_best_of_every_set() -> None:
    fastest = {
        "loop": 9.0,
        "bincount": 4.1,
        "onehot": 2.0,
        "sparse": 1.5,
        "jax_sum": 1.0,
        "numba_scatter": 0.1,
    }
    wanted = race.samples_wanted(fastest, SETS, ["loop"], (3, 9), done=1)
    # bincount: 2.05 times the best of NumPy alone; jax_sum: ten times numba, and yet the best without it
    assert wanted == {"loop": 3, "bincount": 1, "onehot": 3, "sparse": 3, "jax_sum": 3, "numba_scatter": 3}


def test_only_what_is_still_close_after_a_few_samples_gets_many() -> None:
    fastest = {"bincount": 2.4, "onehot": 2.0, "sparse": 1.9, "jax_sum": 1.0, "numba_scatter": 0.1}
    wanted = race.samples_wanted(fastest, SETS, [], (3, 9), done=3)
    # bincount is 1.2 times onehot; onehot and sparse are close; jax_sum and numba_scatter have won their sets
    assert wanted == {"bincount": 9, "onehot": 9, "sparse": 9, "jax_sum": 3, "numba_scatter": 3}


@pytest.mark.parametrize("done", [1, 3, 9])
def test_one_strategy_alone_has_nobody_to_race(done: int) -> None:
    assert race.samples_wanted({"loop": 1.0}, SETS, [], (3, 9), done) == {"loop": 3}


def test_the_copy_of_the_control_is_never_measured_less_than_the_control() -> None:
    fastest = {"bincount": 5.0, "bincount@control": 5.3, "onehot": 1.0}
    wanted = race.samples_wanted(fastest, SETS, ["bincount", "bincount@control"], (3, 9), done=3)
    assert wanted["bincount"] == wanted["bincount@control"] == 3
