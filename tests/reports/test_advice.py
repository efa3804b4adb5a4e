"""Rules, fronts and first calls on data whose answer is known."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from reports.analyse.rules import Case, distil, plain_number
from reports.analyse.tradeoffs import first_calls, pareto_front
from reports.sources import sources


def grid(*axes):
    points = np.array(list(itertools.product(*axes)), dtype=float)
    return {name: points[:, i] for i, name in enumerate("LFK"[: len(axes)])}


def followed(cases: list[Case], value) -> str:
    """What a rule names; its cases must not overlap."""
    fits = [c.impl for c in cases if all((value[x.feature] < x.threshold) == x.below for x in c.conditions)]
    assert len(fits) == 1
    return fits[0]


def test_a_planted_product_rule_is_found():
    sizes = grid(2.0 ** np.arange(3, 10), 2.0 ** np.arange(2, 9), 2.0 ** np.arange(1, 10))
    lean = sizes["F"] * sizes["K"] < 1500
    logs = np.log(
        np.column_stack([np.where(lean, 1.0, 3.0), np.where(lean, 2.0, 1.0), np.full(len(lean), 2.9)])
    )
    best = distil(sizes, logs, ["small", "large", "never"])
    assert best is not None
    assert [case.impl for case in best.cases] == ["small", "large"]
    condition = best.cases[0].conditions[0]
    assert condition.feature == "F·K"
    assert 1024 < condition.threshold <= 2048
    assert best.worst == pytest.approx(1.0)


def test_regret_is_what_following_the_rule_costs():
    sizes = grid(np.arange(1.0, 11.0))
    logs = np.log(np.column_stack([np.ones(10), np.full(10, 1.5)]))
    logs[4] = np.log([1.2, 1.0])  # one size against the grain is not worth a comparison of its own
    best = distil(sizes, logs, ["a", "b"])
    assert best is not None
    assert [(case.conditions, case.impl) for case in best.cases] == [((), "a")]
    assert best.worst == pytest.approx(1.2)
    assert best.typical == pytest.approx(1.2 ** (1 / 10))


def test_two_comparisons_and_no_time():
    sizes = grid(2.0 ** np.arange(10))
    logs = np.zeros((10, 3))
    for column, (start, stop) in enumerate([(0, 3), (3, 7), (7, 10)]):
        logs[:, column] = np.log(5)
        logs[start:stop, column] = 0
    logs[9, 0] = np.nan
    best = distil(sizes, logs, ["a", "b", "c"])
    assert best is not None
    assert [followed(best.cases, {"L": size}) for size in sizes["L"]] == list("aaabbbbccc")
    assert distil(sizes, np.full((10, 2), np.nan), ["a", "b"]) is None


def test_thresholds_have_few_digits_and_stay_between_the_sizes():
    assert plain_number(900, 2100) == 1000
    for low, high in ((1, 2), (15, 16), (1023, 1024), (0.011, 0.012), (99_999, 100_001)):
        assert low < plain_number(low, high) <= high


def test_front_of_two_costs():
    cost = np.array([1.0, 2.0, 3.0, 3.0, np.nan])
    other = np.array([5.0, 5.0, 1.0, 1.0, 0.0])
    assert pareto_front(cost, other).tolist() == [True, False, True, True, False]


def test_calls_that_pay_for_a_compile():
    names, first, each = ["plain", "jit", "hopeless"], [0.010, 1.0, 2.0], [0.010, 0.001, 0.02]
    rows = pd.DataFrame({"impl": names, "first_call_s": first, "seconds": each})
    table = first_calls(rows).set_index("impl")
    assert table.loc["plain", "calls"] == 1
    assert table.loc["jit", "calls"] == 111  # 1 + 110 * 0.001 = 0.01 + 110 * 0.01
    assert np.isinf(table["calls"].to_numpy(dtype=float)).tolist() == [False, False, True]
    assert set(table["against"]) == {"plain"}


def test_sources_are_read_not_imported():
    found = sources(["sparse_matmul", "jax_of_somebody", "../../etc/passwd"], "vlad")
    assert found["sparse_matmul"].requires == ("scipy",)
    assert "def bucket_sums" in found["sparse_matmul"].text
    assert sources(["sparse_matmul:wide"], "vlad")["sparse_matmul:wide"] == found["sparse_matmul"]
    assert found["jax_of_somebody"].requires == ("jax",)
    assert found["../../etc/passwd"].text == ""
