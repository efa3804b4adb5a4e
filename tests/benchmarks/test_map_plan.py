"""Which cells a map measures, when it stops, and what it asks for where: pure decisions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.map import plan
from benchmarks.map.book import Book, still_in_question
from benchmarks.map.box import AXES, MIDDLE, SMALL, numbers, size_class
from benchmarks.map.plan import MapPlan, Options
from benchmarks.map.stopping import FEWEST_CELLS, STEADY_BATCHES, Stops
from benchmarks.map.words import Batch
from benchmarks.protocol.plan import Block, fingerprint


@pytest.fixture(scope="module")
def usual() -> MapPlan:
    return plan.made(Options())


def test_cells_fill_the_box_with_sizes_that_are_no_powers_of_two(usual: MapPlan) -> None:
    cells = usual.of_stage("aggregate")
    assert len(cells) == Options().cells
    assert len({cell.block.key for cell in usual.cells}) == len(usual.cells)
    for position, (axis, (low, high)) in enumerate(AXES.items()):
        logs = np.log2([cell.block.cell[axis] for cell in cells])
        share = (logs - np.log2(low)) / (np.log2(high) - np.log2(low))
        assert share.min() < 0.15, axis
        assert share.max() > 0.85, axis
        assert position == list("TLFK").index(axis)
    odd = sum(cell.block.cell["K"] % 2 for cell in cells)
    assert 0.3 < odd / len(cells) < 0.7


def test_all_cells_are_within_the_bytes_that_are_allowed() -> None:
    for most in (1 << 16, 1 << 21, 64 << 20):
        for cell in plan.made(Options(most_bytes=most)).cells:
            assert numbers(cell.block) * np.dtype(cell.block.dtype).itemsize <= most
            if cell.block.stage == "encode":
                assert np.prod([float(size) for size in cell.block.cell.values()]) <= plan.ENCODE_PRODUCTS


def test_small_cells_come_first_then_all_sizes_in_turn(usual: MapPlan) -> None:
    cells = usual.of_stage("aggregate")
    assert {cell.size_class for cell in cells[: plan.FULL_CELLS]} == {"small"}
    assert all(cell.full for cell in cells[: plan.FULL_CELLS])
    later = [cell.size_class for cell in cells[plan.FULL_CELLS :]]
    assert later[:6] == ["small", "mid", "big", "small", "mid", "big"]
    assert not any(cell.full for cell in cells[plan.FULL_CELLS :])
    assert numbers(cells[0].block) <= SMALL < MIDDLE
    assert size_class(cells[plan.FULL_CELLS + 2].block) == "big"


@pytest.mark.parametrize("cells", [56, 96])
@pytest.mark.parametrize("most", [8 << 20, 64 << 20])
def test_the_largest_arrays_are_measured_in_both_precisions(cells: int, most: int) -> None:
    made = plan.made(Options(cells=cells, most_bytes=most))
    fitted = [cell.block for cell in made.of_stage("aggregate")[: plan.FULL_CELLS + 24] if not cell.held_out]
    for dtype in ("float32", "float64"):
        for array in "LK":
            sizes = [
                block.cell["T"] * block.cell["F"] * block.cell[array] * np.dtype(dtype).itemsize
                for block in fitted
                if block.dtype == dtype
            ]
            assert max(sizes) >= 0.7 * most, (dtype, array)
    largest = {
        dtype: max(b.cell["T"] * b.cell["L"] * b.cell["F"] for b in blocks)
        for dtype in ("float32", "float64")
        for blocks in [[cell.block for cell in made.of_stage("encode") if cell.block.dtype == dtype]]
    }
    assert largest["float32"] * 4 >= 0.7 * most


def test_precision_and_labels_are_met_at_all_sizes(usual: MapPlan) -> None:
    cells = usual.of_stage("aggregate")
    for some in (cells, cells[: plan.FULL_CELLS], [cell for cell in cells if cell.size_class == "big"]):
        kinds = Counter((cell.block.dtype, cell.block.labels) for cell in some)
        assert len(kinds) == 4
        assert min(kinds.values()) >= len(some) // 8


def test_what_else_a_cell_is_for(usual: MapPlan) -> None:
    cells = usual.of_stage("aggregate")
    assert [cell.held_out for cell in cells] == [number % 8 == 4 for number in range(len(cells))]
    full = cells[: plan.FULL_CELLS]
    assert sum(cell.compiled for cell in full) == plan.FULL_CELLS // 2
    small = plan.made(Options(cells=56)).of_stage("aggregate")[: plan.FULL_CELLS]
    assert sum(cell.compiled and not cell.held_out for cell in small) == 10, "as many as a fit needs"
    audits = [cell for cell in cells if cell.audit]
    assert {"mid", "big"} <= {cell.size_class for cell in audits}
    assert 0.03 < len(audits) / len(cells) < 0.12
    assert not any(cell.held_out for cell in audits)
    assert sum(cell.weighed for cell in usual.cells) == plan.WEIGHED
    assert {cell.block.stage for cell in usual.cells if cell.weighed} == {"aggregate", "encode"}


def test_the_same_words_make_the_same_plan_and_others_another(usual: MapPlan) -> None:
    def mark(made: MapPlan) -> str:
        return fingerprint(made.measurement_set, {}, {})

    assert mark(plan.made(Options())) == mark(usual)
    assert mark(plan.made(Options(budget_s=5.0))) == mark(usual), "a longer budget takes a map up"
    assert mark(plan.made(Options(cells=64))) != mark(usual)
    assert mark(plan.made(Options(most_bytes=1 << 20))) != mark(usual)


# -- when to stop ------------------------------------------------------------------------------------------------
def stops(
    *regrets: float, cells: int = FEWEST_CELLS, floor: float = 0.0, clear: bool = False
) -> dict[str, str]:
    made = Stops()
    for regret in regrets:
        made.judge(cells, {"numpy": regret}, {"numpy": floor}, {"numpy"} if clear else set())
    return made.done


def test_a_package_set_stops_for_a_reason() -> None:
    assert stops(0.005) == {"numpy": "good enough"}
    assert stops(0.005, cells=FEWEST_CELLS - 1) == {}
    assert stops(0.03, floor=0.025) == {"numpy": "as good as the noise allows"}
    assert stops(0.03, floor=0.015) == {}
    assert stops(*[0.050] * (STEADY_BATCHES + 1)) == {"numpy": "further cells change nothing"}
    assert stops(*[0.050] * STEADY_BATCHES) == {}
    assert stops(0.07, 0.06, 0.05, 0.04) == {}
    assert stops(0.3, cells=32, clear=True) == {"numpy": "one strategy wins everywhere"}


def test_a_package_set_goes_on_when_it_turns_out_worse() -> None:
    assert stops(0.005, 0.08) == {}
    made = Stops()
    made.judge(64, {"numpy": 0.001, "scipy": 0.2}, {}, set())
    assert list(made.open({"numpy": {"a"}, "scipy": {"a", "b"}})) == ["scipy"]


# -- the book ----------------------------------------------------------------------------------------------------
def line(impl: str, seconds: float | None, session: int = 0, T: int = 4, status: str = "ok") -> dict:
    return {
        **{"impl": impl, "status": status, "seconds": [] if seconds is None else [seconds * 1.5, seconds]},
        **{
            "session": session,
            "workload": "vlad",
            "stage": "aggregate",
            "dtype": "float64",
            "labels": "uniform",
        },
        **{"threads_planned": 1, "cell": {"T": T, "L": 8, "F": 4, "K": 2}},
    }


def test_the_book_means_over_sessions_and_leaves_the_copy_out() -> None:
    book = Book()
    book.add(
        [line("a", 1.0), line("a@control", 1.3), line("a", 4.0, session=1), line("b", None, status="failed")]
    )
    (key,) = book.measured(0)
    assert book.at(key) == {"a": pytest.approx(2.0)}
    assert book.strategies_a_cell("aggregate") == 1
    assert book.noise() is None, "one pair says nothing"


def test_the_noise_is_that_of_the_control() -> None:
    book = Book()
    for T in range(1, 60):
        book.add([line("a", 1.0, T=T), line("a@control", float(np.exp(0.1 * np.sin(17.0 * T))), T=T)])
    assert book.noise() == pytest.approx(0.1 * 1.4826 * np.sin(np.pi / 4), rel=0.1)
    assert book.noise(session=1) is None


def test_who_never_has_a_time_is_asked_no_more() -> None:
    book = Book()
    for T in (1, 2, 3):
        book.add([line("absent", None, T=T, status="skipped"), line("once", None, T=T, status="failed")])
    book.add([line("once", 1.0, T=9)])
    assert book.hopeless("aggregate", "float64") == {"absent"}
    assert book.hopeless("aggregate", "float32") == frozenset()


def test_a_time_out_holds_for_all_that_is_larger() -> None:
    book = Book()
    book.add([line("slow", None, T=16, status="timeout")])
    small, large = (
        Block("vlad", "aggregate", "float64", "uniform", 1, (("T", T), ("L", 8), ("F", 4), ("K", 2)))
        for T in (8, 32)
    )
    assert book.too_slow(large) == {"slow"}
    assert book.too_slow(small) == frozenset()


def test_in_question_is_what_is_near_the_best_of_a_package_set() -> None:
    times = {"loop": 9.0, "onehot": 1.0, "bincount": 1.9, "numba": 0.01}
    sets = {"numpy": {"loop", "onehot", "bincount"}, "everything": set(times)}
    assert still_in_question(times, sets, 2.0) == {"onehot", "bincount", "numba"}


def test_a_line_of_progress_has_all_that_is_asked_for(usual: MapPlan) -> None:
    batch = Batch(
        41.2,
        "aggregate",
        64,
        96,
        5.23,
        {"numpy": 0.019, "everything": 0.0},
        {"everything": "why"},
        list(usual.cells[64:72]),
        75.0,
    )
    assert batch.line() == (
        "    41 s  64 cells of at most 96, 5.2 strategies a cell  expected regret: NumPy 1.9 %, everything 0.0 % (done)"
        f"  next: 8 cells{large(usual)}  at most 75 s left"
    )


def large(usual: MapPlan) -> str:
    count = sum(
        numbers(cell.block) * np.dtype(cell.block.dtype).itemsize > 32 << 20 for cell in usual.cells[64:72]
    )
    return f", {count} of them over 32 MiB" if count else ""
