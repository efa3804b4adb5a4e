"""Rules, fronts and first calls on data whose answer is known."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from reports import words
from reports.analyse.rules import Case, cross_validated, distil, plain_number
from reports.analyse.tradeoffs import first_calls, pareto_front, with_compilation
from reports.analyse.views import analyse
from reports.build import build_report
from reports.load.folder import load_results
from reports.selfcheck.planted import World, write_journal
from reports.sources import sources
from tests.reports.conftest import HUB, quick_world
from tests.reports.pages import whole


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


def test_the_regret_of_a_rule_is_that_of_sizes_it_has_not_seen():
    """Where nothing can be learned, a rule fits its own sizes well and others badly."""
    rng = np.random.default_rng(1)
    sizes = grid(2.0 ** np.arange(6), 2.0 ** np.arange(6))
    noise = rng.normal(0, 0.5, (36, 8))
    names = [f"s{number}" for number in range(8)]
    own = distil(sizes, noise, names)
    held_out = cross_validated(sizes, noise, names)
    assert own is not None
    assert held_out is not None
    typical, worst = held_out
    assert typical > 1.15 * own.typical
    assert worst >= own.worst
    lean = sizes["F"] * sizes["L"] < 100
    clear = np.where(lean[:, None], [0.0, 1.0], [1.0, 0.0])
    learned = cross_validated(sizes, clear, ["small", "large"])
    assert learned is not None
    assert learned[0] < 1.1
    assert cross_validated({"L": np.arange(1.0, 9.0)}, noise[:8], names) is None


def test_no_rule_from_few_sizes(tmp_path):
    """13 sizes, one factor at a time, are fitted by four cases whatever is true."""
    write_journal(quick_world(), tmp_path / "few")
    assert 'class="rule"' not in whole(build_report(tmp_path / "few", tmp_path / "a").page.parent)
    cells = [HUB | {"L": 2**length, "K": 2**k} for length in range(4, 10) for k in range(1, 7)]
    many = quick_world()
    many.cells = cells  # a full grid
    write_journal(many, tmp_path / "many")
    html = whole(build_report(tmp_path / "many", tmp_path / "b").page.parent)
    assert "On sizes that it was not distilled from" in html
    assert "a fifth of the 36 sizes left out, five times" in html
    assert "(T 256, L 16 to 512, F 64 and K 2 to 64), and for float64" in html


def test_a_first_call_that_compiled_earlier_is_not_shown_as_cheap():
    rows = pd.DataFrame(
        {
            "impl": ["plain", "shapes", "once", "cached", "unsaid"],
            "seconds": [1e-3] * 5,
            "first_call_s": [2e-3, 0.3, 1.5e-3, 1.5e-3, np.nan],
            "compile_s": [np.nan, 0.25, np.nan, np.nan, np.nan],
            "longest_first_s": [2e-3, 0.8, 0.7, 0.01, 0.6],
        }
    )
    known, unknown = with_compilation(rows, {"shapes", "once", "cached", "unsaid"})
    assert known.set_index("impl")["first_call_s"].to_dict() == pytest.approx(
        {"plain": 2e-3, "shapes": 0.3, "once": 0.701, "unsaid": 0.601}
    )
    assert known.loc[known["elsewhere"], "impl"].tolist() == ["once", "unsaid"]
    assert unknown == ["cached"]


def test_only_first_calls_of_a_process_count(tmp_path):
    """Warm ones are quick; one at another size compiled."""
    times = {"loop": lambda c: 1e-3, "numba_scatter": lambda c: 1e-4}
    path = write_journal(World(times, [HUB, HUB | {"K": 64}], sessions=3), tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line.get("impl"):
            cold = line["first_call_cold"] = line["session"] == 0
            line["first_call_s"] = 0.02 if cold else 0.001
            if line["impl"] == "numba_scatter" and line["cell"]["K"] == 64 and cold:
                line["first_call_s"] = 0.9
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    speedups = analyse(load_results(tmp_path).workloads[0]).speedups.set_index(["impl", "K"])
    assert speedups["first_call_s"].to_dict() == {
        ("loop", 16): 0.02,
        ("loop", 64): 0.02,
        ("numba_scatter", 16): 0.02,
        ("numba_scatter", 64): 0.9,
    }
    html = whole(build_report(tmp_path, tmp_path / "out").page.parent)
    assert "900 ms*" in html
    assert "compiled earlier in the same process" in html


@pytest.mark.parametrize("threads", [1, 2])
def test_with_one_thread_two_names_of_one_code_are_one(tmp_path, threads):
    times = {
        "loop": lambda c: 1e-3,
        "numba_scatter": lambda c: 1e-4,
        "numba_scatter_threads": lambda c: 0.9e-4,
    }
    write_journal(World(times, [HUB], threads=threads, sessions=5), tmp_path / "both")
    analysis = analyse(load_results(tmp_path / "both").workloads[0])
    (row,) = analysis.winners.to_dict("records")
    expected = {1: ("numba_scatter", "loop"), 2: ("numba_scatter_threads", "numba_scatter")}
    assert (row["winner"], row["runner_up"]) == expected[threads]
    reasons = analysis.speedups.set_index("impl")["reason"]
    assert (reasons["numba_scatter_threads"] != "") == (threads == 1)
    del times["numba_scatter"]
    write_journal(World(times, [HUB], threads=threads), tmp_path / "alone")
    (row,) = analyse(load_results(tmp_path / "alone").workloads[0]).winners.to_dict("records")
    assert row["winner"] == "numba_scatter_threads"


def test_memory_that_is_not_resolved_leads_nothing(tmp_path):
    times = {"loop": lambda c: 3e-3, "lean": lambda c: 2e-3, "quick": lambda c: 1e-3}
    memory = {"loop": lambda c: 1e6, "lean": lambda c: 0, "quick": lambda c: 20_000}
    write_journal(World(times, [HUB, HUB | {"K": 64}], memory=memory), tmp_path / "r")
    html = whole(build_report(tmp_path / "r", tmp_path / "out").page.parent)
    assert "Nobody is faster or leaner in memory than <code>quick</code>" in html
    assert "&lt; 64.0 KiB" in html
    flat = dict.fromkeys(times, lambda c: 4096)
    write_journal(World(times, [HUB, HUB | {"K": 64}], memory=flat), tmp_path / "flat")
    html = whole(build_report(tmp_path / "flat", tmp_path / "none").page.parent)
    assert "against extra memory" not in html
    told = [words.memory(value) for value in (0, 65535, 65536)]
    assert told == ["< 64 KiB, not resolved", "< 64 KiB, not resolved", "64.0 KiB"]


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
