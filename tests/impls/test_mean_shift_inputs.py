"""Mean shift: wrong input is one clear sentence, memory is predicted, and files say what they are."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import numpy as np
import pytest

from impls import MemoryBudgetError, StrategyUnavailable, mean_shift
from impls.mean_shift._strategy import CONTRACT

from .helpers import optional_packages_after
from .mean_shift_helpers import BANDWIDTH, clusters, errors
from .test_memory import assert_predicted, peak_beyond_result
from .test_registry import dropped

GOOD = clusters(20, 2)
BAD: dict[str, Any] = {
    "zero bandwidth": ((GOOD, 0.0), ValueError, "bandwidth is 0.0, expected a finite number above 0"),
    "negative bandwidth": ((GOOD, -1), ValueError, "bandwidth is -1.0"),
    "NaN bandwidth": ((GOOD, float("nan")), ValueError, "bandwidth is nan"),
    "infinite bandwidth": ((GOOD, np.inf), ValueError, "bandwidth is inf"),
    "two bandwidths": ((GOOD, np.ones(2)), TypeError, "expected one number"),
    "tiny bandwidth": ((GOOD, 1e-30), ValueError, "remove outliers or choose a larger bandwidth"),
    "NaN row": ((np.array([[1.0, np.nan]]), 1.0), ValueError, "points holds 1 NaN or infinite"),
    "one axis": ((np.ones(5), 1.0), ValueError, r"points has 1 axes \(5,\), expected \(n, d\)"),
    "no dimensions": ((np.ones((5, 0)), 1.0), ValueError, "expected at least one"),
    "integers": ((np.ones((5, 2), int), 1.0), TypeError, "expected float32 or float64"),
    "no iterations": ((GOOD, 1.0, 0), ValueError, "iterations is 0, expected at least 1"),
    "half an iteration": ((GOOD, 1.0, 0.5), TypeError, "iterations is 0.5, expected an integer"),
    "unknown rule": ((GOOD, 1.0, 1, "jacobi"), ValueError, "expected one of J, GS, bGS, NB"),
    "no such strategy": ((GOOD, 1.0, 1, "J", "gem_blocks"), ValueError, "did you mean gemm_blocks"),
    "another rule": ((GOOD, 1.0, 1, "GS", "gemm_symmetric"), ValueError, "it computes J, not GS"),
    "no batch": ((GOOD, 1.0, 1, "bGS", "loop", 0), ValueError, "batch is 0"),
    "too many dimensions": ((clusters(9, 4), 1.0, 1, "J", "grid:2"), ValueError, "at most 3 dimensions"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case):
    arguments, kind, words = BAD[case]
    with pytest.raises(kind, match=words) as caught:
        mean_shift.run(*arguments)
    assert "\n" not in str(caught.value)


def test_far_outliers_do_not_fill_the_memory_with_grid():
    points = np.vstack([clusters(50, 2), [[1e6, -1e6]]])
    with pytest.raises(ValueError, match="points lie too far apart for this bandwidth"):
        mean_shift.step(points, BANDWIDTH, "grid:4")


def test_memory_limit():
    with pytest.raises(MemoryBudgetError, match="'broadcast' is predicted to need"):
        mean_shift.step(clusters(500, 2), BANDWIDTH, "broadcast", memory_limit=1 << 20)
    assert mean_shift.step(clusters(500, 2), BANDWIDTH, "broadcast", memory_limit=1 << 26).shape == (500, 2)


def test_bandwidth_grows_with_the_root_of_the_dimension():
    assert mean_shift.bandwidth_for(2) == 2.5
    assert mean_shift.bandwidth_for(32) == 10.0


TRACED = ["loop", "loop_in_place", "lesson_batches", "broadcast", "einsum", "gemm_blocks", "gemm_one_product"]
TRACED += ["gemm_symmetric", "merge_coincident", "cdist", "norm_window:8", "kd_leaves:8", "sampled:25"]


@pytest.mark.parametrize("shape", [(1500, 2), (700, 16)])
@pytest.mark.parametrize("name", TRACED)
def test_predicted_memory(name, shape, dtype):
    strategy = mean_shift.get(name)
    n, d = shape
    # One tight cluster: the prediction is for every point being a neighbour of every other.
    points = clusters(n, d, dtype, groups=1) - clusters(n, d, dtype, groups=1).mean(axis=0)
    rule, iterations = strategy.semantics[0], 1
    measured = peak_beyond_result(
        lambda: strategy.run(points, mean_shift.bandwidth_for(d), iterations, rule, batch=256)
    )
    assert_predicted(strategy.workspace_bytes(n, d, points.itemsize), measured)


def every():
    return [mean_shift.get(name) for name in mean_shift.strategies()]


@pytest.mark.parametrize("each", every(), ids=lambda each: each.name)
def test_docstring_states_cost_memory_error_and_source(each):
    for part in (r"^Cost: ", r"Extra\s+memory:\s", r"^Error: ", r"^Source: "):
        assert re.search(part, each.docstring, re.MULTILINE), f"{each.name}: no {part!r}"
    assert 20 < len(each.summary) <= 118
    assert each.source.stem == each.family == each.name.partition(":")[0]
    assert "workspace_bytes" in each.listing.functions
    if each.kind != "exact":
        assert each.kind in each.docstring
    if each.expands:
        assert "expanded" in each.docstring or "expan" in each.docstring


def test_all_required_strategies_are_listed():
    families = {each.family: each.kind for each in every()}
    exact = "loop loop_in_place broadcast einsum lesson_batches gemm_blocks gemm_one_product cdist numba_loop"
    for (
        name
    ) in f"{exact} numba_in_place merge_coincident jax_vmap jax_gemm torch_broadcast torch_vmap".split():
        assert families[name] == "exact"
    assert {families[name] for name in ("norm_window", "kd_leaves", "radius_graph")} == {"bounded"}
    posted = ("forum_window", "sampled", "lsh_forum", "lsh_pstable", "grid")
    assert {families[name] for name in posted} == {"approximate"}
    fractions = [each.knobs["fraction"] for each in every() if each.family == "sampled"]
    assert fractions == [0.1, 0.25, 0.5]
    assert mean_shift.strategies() == sorted(mean_shift.strategies())


def test_listing_imports_nothing():
    code = """
        from impls import mean_shift
        for name in mean_shift.strategies():
            strategy = mean_shift.get(name)
            strategy.available, strategy.summary, strategy.knobs, strategy.bounds("float32", 9)
    """
    assert optional_packages_after(code) == []


DROPPED = '''
    """Keeps writing into what it reads. A test's strategy."""
    import numpy as np
    def shift(queries, points, bandwidth):
        moved = points.copy()
        for i in range(len(queries)):
            weights = np.exp(-0.5 / bandwidth**2 * np.square(moved - queries[i]).sum(axis=1))
            moved[i] = weights @ moved / weights.sum()
        return moved
    def workspace_bytes(n, d, itemsize):
        return 0
'''


@pytest.mark.drops_files
def test_a_dropped_file_is_a_strategy_and_a_wrong_one_is_caught():
    points = clusters(60, 2)
    with dropped("mean_shift", "dropped_wrong", DROPPED):
        strategy = mean_shift.get("dropped_wrong")
        assert (strategy.kind, strategy.semantics) == ("exact", mean_shift.RULES)
        found = errors(strategy.run(points, BANDWIDTH, 1), mean_shift.oracle(points, BANDWIDTH, 1))
        assert found[0] > CONTRACT["float32"][0]
    assert "dropped_wrong" not in mean_shift.strategies()


@pytest.mark.drops_files
@pytest.mark.parametrize(
    "line", ['ACCURACY = "good"', 'SEMANTICS = ("jacobi",)', "VARIANTS = dict(a={})", "SEMANTICS = ()"]
)
def test_a_wrong_declaration_costs_only_its_file(line):
    with dropped("mean_shift", "dropped_odd", f"{line}\n{textwrap.dedent(DROPPED)}"):
        odd = next(each for each in every() if each.name.startswith("dropped_odd"))
        assert not odd.available
        with pytest.raises(StrategyUnavailable, match=r"expected|literal"):
            mean_shift.step(GOOD, 1.0, odd.name)
    assert mean_shift.step(GOOD, 1.0).shape == (20, 2)
