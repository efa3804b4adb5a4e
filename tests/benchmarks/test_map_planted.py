"""Maps of a machine whose times are known: what is planted is found, or the map says that it is not sure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.map import answer
from benchmarks.map.loop import OPEN_WITHIN, Mapper
from benchmarks.map.model import Judgement, itemsizes, sizes
from benchmarks.protocol.plan import Block
from tests.benchmarks.planted_machine import REQUIRES, SETS, Machine, unseen


def made(machine: Machine, **options: Any) -> tuple[Mapper, list[str]]:
    said: list[str] = []
    mapper = machine.mapper(said, **options)
    mapper.run()
    return mapper, said


def fitted(mapper: Mapper) -> Judgement:
    return mapper.modellers["aggregate"].fit(mapper.book, set())


def lost(machine: Machine, judgement: Judgement, package_set: str, blocks: list[Block]) -> np.ndarray:
    members = SETS[package_set]
    return np.array(
        [
            machine.seconds(judgement.picks(block)[package_set], block) / machine.best(block, members) - 1
            for block in blocks
        ]
    )


def test_a_plain_machine_is_known_after_few_cells() -> None:
    machine = Machine()
    mapper, said = made(machine, sessions=3)
    judgement = fitted(mapper)
    for package_set in SETS:
        assert lost(machine, judgement, package_set, unseen(200)).mean() < 0.005
    assert mapper.book.measured(2) == mapper.book.measured(0)
    assert any("expected regret: NumPy" in words for words in said)


def test_where_one_strategy_wins_everywhere_nothing_is_left_to_find_out() -> None:
    mapper, said = made(Machine(runaway=True), sessions=2)
    assert len(mapper.book.measured(0)) == 64
    assert mapper.book.measured(1) == mapper.book.measured(0)
    assert "NumPy 0.0 % (done)" in said[3], "as soon as it shows"
    asked = mapper.book.blocks
    later = [lines for (session, _), lines in asked.items() if session == 1]
    assert sum(len(lines) for lines in later) < 1.6 * len(later)


def test_what_cannot_win_is_no_longer_measured() -> None:
    machine = Machine()
    mapper, _ = made(machine, sessions=2)
    asked = [set(impls) for session, _, impls in machine.asked if session == 0]
    assert sum(len(impls) for impls in asked[32:]) < 0.75 * len(REQUIRES) * len(asked[32:])
    assert sum("jax_sum" in impls for impls in asked[:32]) == 16, "compiled for every shape: in half of them"
    for session, block, impls in machine.asked:
        if session == 1:
            times = mapper.book.times[0][block.key]
            near = {impl for impl in impls if impl != "bincount"}
            for impl in near:
                best = [min(t for i, t in times.items() if i in m) for m in SETS.values() if impl in m]
                assert any(times[impl] <= OPEN_WITHIN * each for each in best)


def test_a_strategy_that_is_slow_in_small_cells_and_best_beyond_is_found_by_the_audit() -> None:
    machine = Machine(sleeper=True)
    mapper, _ = made(machine, sessions=1)
    small = [block for _, block, impls in machine.asked[:32]]
    assert all(machine.seconds("reduceat", block) > 5 * machine.best(block, SETS["scipy"]) for block in small)
    large = [block for block in unseen(600) if block.cell["T"] * block.cell["F"] * block.cell["L"] > 1 << 21]
    assert len(large) > 50
    judgement = fitted(mapper)
    picked = [judgement.picks(block)["scipy"] for block in large]
    assert picked.count("reduceat") > 0.8 * len(picked)
    assert lost(machine, judgement, "scipy", large).mean() < 0.1


@pytest.mark.parametrize("package_set", ["numpy", "scipy"])
def test_an_island_and_a_crooked_strategy_are_found_or_the_map_is_unsure_there(package_set: str) -> None:
    """Two octaves of L in which one-hot is 1.7 times as fast as its formula, and bincount 30 % off its own."""
    machine = Machine(island=True, crooked=True)
    mapper, _ = made(machine, sessions=3)
    judgement, blocks = fitted(mapper), unseen(400)
    wrong = [
        block
        for block, regret in zip(blocks, lost(machine, judgement, package_set, blocks), strict=True)
        if regret > 0.1
    ]
    assert len(wrong) < 0.15 * len(blocks)
    sure = [block for block in wrong if probability(judgement, package_set, block) > 0.8]
    assert len(sure) <= 0.03 * len(blocks), "wrong and sure of it"


def probability(judgement: Judgement, package_set: str, block: Block) -> float:
    """Of the choice of a package set being the best, by draws of the model."""
    model = judgement.model
    rows = [row for row, impl in enumerate(model.strategies) if impl in SETS[package_set]]
    drawn = model.draws(
        sizes([block]),
        200,
        np.random.default_rng(0),
        itemsize=itemsizes([block]),
        labels=[block.labels],
        widen=1.5,
    )[:, rows, 0]
    best = [model.strategies[rows[row]] for row in drawn.argmin(axis=1)]
    return best.count(judgement.picks(block)[package_set]) / len(best)


def test_a_map_that_is_taken_up_measures_only_what_is_missing() -> None:
    whole = Machine()
    mapper, _ = made(whole, sessions=2)
    for kept in (5, 40, 100):
        machine, said = Machine(), []  # type: ignore[var-annotated]
        again = machine.mapper(said, sessions=2)
        blocks = list(mapper.book.blocks)[:kept]
        again.book.add(line for block in blocks for line in mapper.book.blocks[block])
        again.run()
        asked = {(session, block.key) for session, block, _ in machine.asked}
        assert not asked & set(blocks)
        assert len(asked) == len(machine.asked), "a cell was measured twice"
        measured = [again.book.measured(session) for session in (0, 1)]
        assert measured[0] == measured[1]
        assert len(measured[0]) >= len(mapper.book.measured(0))


def test_what_the_time_did_not_reach_has_no_number() -> None:
    mapper, _ = made(Machine(), sessions=2, budget_s=0.5)
    box = mapper.plan.boxes[0]
    assert len(mapper.book.measured(0)) == 12
    (line,) = answer.closing(fitted(mapper), box)
    assert "No answer at T 256, L 128, F 64, K 16" in line
    assert "octaves outside what was measured" in line
    assert not [word for word in line.split() if word in ("s", "ms", "us")]


def test_a_map_that_is_to_reach_the_edges_does_whatever_the_budget_says() -> None:
    mapper, _ = made(Machine(), sessions=2, budget_s=0.5, reach=True)
    first = mapper.plan.of_stage("aggregate")
    assert len(mapper.book.measured(0)) == mapper.plan.needed < len(first)
    edges = {cell.block.key for cell in first if cell.edge}
    assert len(edges) == 4
    assert edges <= mapper.book.measured(0)
    lines = answer.closing(fitted(mapper), mapper.plan.boxes[0])
    assert lines[0] == "At T 256, L 128, F 64, K 16 in float64, and where another one is better:"
    assert len(lines) == 1 + len(answer.answers(fitted(mapper), mapper.plan.boxes[0])) > 2


def test_the_budget_holds_and_leaves_time_for_the_further_sessions() -> None:
    for budget in (4.0, 12.0, 60.0):
        machine = Machine(island=True, crooked=True)
        mapper, said = made(machine, sessions=3, budget_s=budget)
        assert machine.now < 1.1 * budget + 0.2, "but for the cells without which there is no map"
        if budget > 10:
            assert len(mapper.book.measured(2)) > 0.8 * len(mapper.book.measured(0))
        assert any("no time" in words for words in said) == (budget < 60.0)


def test_a_cell_where_nothing_can_run_is_passed_over() -> None:
    machine, said = Machine(), []  # type: ignore[var-annotated]
    mapper = machine.mapper(said, cells=48)
    modeller = mapper.modellers["aggregate"]
    closed = {cell.block.key for cell in mapper.plan.cells[3::10]}
    modeller.feasible = lambda block: set() if block.key in closed else set(REQUIRES)
    mapper.run()
    assert len(mapper.book.measured(0)) == 48 - len(closed)
    assert not closed & {block.key for _, block, _ in machine.asked}


def test_both_stages_are_mapped_and_the_second_is_not_left_without_time() -> None:
    machine = Machine(crooked=True, island=True)
    said: list[str] = []
    mapper = machine.mapper(said, stages=("aggregate", "encode"), sessions=2, budget_s=20.0)
    mapper.run()
    stages = [block.stage for session, block, _ in machine.asked if session == 0]
    assert stages.count("encode") >= 8
    assert stages.count("aggregate") >= 32


def test_the_answer_names_the_winner_its_time_and_the_nearest_change() -> None:
    machine = Machine()
    mapper, _ = made(machine, sessions=3)
    box = mapper.plan.boxes[0]
    found = {each.package_set: each for each in answer.answers(fitted(mapper), box)}
    assert list(found) == ["numpy", "scipy", "everything"]
    post = answer.block_of_the_post(box)
    for package_set, each in found.items():
        assert machine.seconds(each.impl, post) == machine.best(post, SETS[package_set])
        assert each.low < machine.seconds(each.impl, post) < each.high
    scipy = {(change.axis, change.above): change for change in found["scipy"].changes}
    fewer = scipy["K", False]
    blocks = answer.line_of(box, post, "K", False)
    members = SETS["scipy"]
    last = min(b.cell["K"] for b in blocks if machine.seconds("sparse", b) == machine.best(b, members))
    assert fewer.impl == "onehot"
    assert fewer.low <= last + 1
    assert fewer.high >= last - 1
    assert "K < " in found["scipy"].words()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ((9.1e-4, 7.77e-4, 1.2437e-3), "910 us [777, 1,244]"),
        ((1.5, 0.9, 2.25), "1.5 s [0.9, 2.25]"),
        ((9.996e-4, 9.994e-4, 2.0), "1,000 us [999, 2,000,000]"),
    ],
)
def test_an_interval_that_reaches_into_the_next_unit_has_no_exponents(
    seconds: tuple[float, float, float], said: str
) -> None:
    assert answer._span(*seconds) == said
