"""The race within a block: a pure decision."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.protocol import race
from benchmarks.protocol.block import Entry, racing, run_block
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


def test_in_a_block_samples_are_added_round_by_round() -> None:
    names = ["loop", "bincount", "bincount@control", "onehot_matmul", "reduceat", "mask_4d", "ragged_cumsum"]
    entries = {name: Entry(name, reps=5, affordable=9) for name in names}
    entries["loop"].affordable = 0
    budget = Budget(min_reps=3, max_reps=9, race=True)
    gate: Any = SimpleNamespace(workload=workloads.get("vlad"))
    extend = racing(list(entries.values()), budget, gate)
    extend(0)
    assert {entry.reps for entry in entries.values()} == {1}
    seconds = {"loop": 20.0, "bincount": 3.0, "bincount@control": 3.1, "onehot_matmul": 1.0}
    seconds.update({"reduceat": 1.9, "mask_4d": 50.0, "ragged_cumsum": 40.0})
    for name, entry in entries.items():
        entry.seconds, entry.cpu_over_wall = [seconds[name]], [0.5 if name == "ragged_cumsum" else 1.0]
    extend(1)
    found = {name: entry.reps for name, entry in entries.items()}
    assert found == {
        **{"loop": 1, "bincount": 3, "bincount@control": 3, "onehot_matmul": 3},
        **{"reduceat": 3, "mask_4d": 1, "ragged_cumsum": 3},
    }
    entries["reduceat"].seconds += [1.1, 1.2]  # close to the best after all
    entries["mask_4d"].stop("failed", "it is gone")
    extend(2)
    extend(3)
    assert {name for name, entry in entries.items() if entry.reps == 9} == {"onehot_matmul", "reduceat"}


def test_in_a_block_everyone_has_a_sample_that_was_checked(tmp_path: Path) -> None:
    block = Grid("vlad", {"T": [32], "L": [64], "F": [16], "K": [16]}, "aggregate").blocks()[0]
    budget = Budget(min_sample_s=0.0005, strategy_s=5.0, min_reps=3, max_reps=6, race=True)
    names = ["loop", "bincount", "onehot_matmul", "mask_4d"]
    found = run_block(block, names, budget, (1, 2), str(tmp_path), lambda event, **facts: None)
    lines = {line["impl"]: line for line in found["lines"]}
    assert {line["status"] for line in lines.values()} == {"ok"}
    samples = {impl: len(line["seconds"]) for impl, line in lines.items()}
    assert set(samples) == {*names, "bincount@control"}
    assert set(samples.values()) <= {1, 3, 4, 5, 6}
    assert max(samples.values()) >= 3
    assert samples["bincount"] == samples["bincount@control"] >= 3
    assert samples["loop"] >= 3, "the baseline"
