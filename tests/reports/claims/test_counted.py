"""Rules on quantities, directions, gains, the best and its memory: planted journals with known answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.analyse.views import analyse
from reports.claims import verdicts, write
from reports.claims.load import read_book
from reports.claims.model import Entry
from reports.claims.page import section
from reports.load.folder import load_results
from reports.selfcheck.planted import World, write_journal

HEAD = """
[source.s]
title = "a paper without an address"
[[claim]]
id = "one"
text = "something is claimed"
source = "s"
"""
PLACE = """
[place.{name}]
title = "{name}"
workload = "w"
benchmarks = ["S"]
stage = "{stage}"
labels = "uniform"
dtype = "float64"
threads = 1
cell = {{ n = {n} }}
"""
PLACES = "".join(
    PLACE.format(name=name, stage=stage, n=n) for name, stage, n in (("here", "a", 10), ("there", "b", 10))
)
AT = 'variant = [{ name = "v", place = "here" }]\n'


def plant(folder: Path, seconds: dict[str, Any], **changes: Any) -> None:
    times = {name: (value if callable(value) else lambda cell, s=value: s) for name, value in seconds.items()}
    settings: dict[str, Any] = {
        **{"workload": "w", "benchmark": "S", "stages": ("a",), "noise": 0.003, "sessions": 5},
    }
    write_journal(World(times, changes.pop("cells", ({"n": 10},)), **(settings | changes)), folder)


def judged(folder: Path, rule: str, variant: str = AT) -> Entry:
    book = folder / "claims.toml"
    book.write_text(HEAD + rule + variant + PLACES)
    results = load_results(folder)
    analyses = {workload.name: analyse(workload, results.limits) for workload in results.workloads}
    findings = write.find(results, analyses, folder, read_book(book))
    write.write_findings(folder / "out", findings)
    if findings.tested:
        assert section(findings) is not None
    (entry,) = findings.entries
    told = json.loads((folder / "out" / "claims.json").read_text())[0]
    assert told["verdict"] == entry.verdict
    assert entry.sentence.endswith(".")
    assert "nan" not in entry.sentence
    return entry


def counted(**values: Any) -> dict[str, Any]:
    return {"quantities": values}


# -- a direction without a size ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.01, verdicts.REPRODUCED),
        (0.094, verdicts.REPRODUCED),
        (0.1, verdicts.NOT_REPRODUCED),
        (0.2, verdicts.FLIPPED),
    ],
)
def test_faster_by_whatever_size(tmp_path: Path, seconds: float, expected: str) -> None:
    plant(tmp_path, {"slow": 0.1, "fast": seconds})
    entry = judged(tmp_path, 'rule = "faster"\nnumerator = "slow"\ndenominator = "fast"\n')
    assert entry.verdict == expected, entry.sentence
    assert entry.measured == pytest.approx(0.1 / seconds, rel=0.02)


def test_faster_without_an_interval_decides_nothing(tmp_path: Path) -> None:
    plant(tmp_path, {"slow": 0.1, "fast": 0.01}, sessions=1)
    entry = judged(tmp_path, 'rule = "faster"\nnumerator = "slow"\ndenominator = "fast"\n')
    assert entry.verdict == verdicts.INCONCLUSIVE


# -- quantities ----------------------------------------------------------------------------------------------------
QUANTITY = 'rule = "quantity"\nsubject = "x"\nquantity = "errors"\nunit = 2.5\npublished = { value = 1.0 }\n'


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.4], verdicts.REPRODUCED),
        ([0.49], verdicts.REPRODUCED),
        ([0.55], verdicts.NOT_REPRODUCED),
        ([0.2], verdicts.NOT_REPRODUCED),
        ([0.39, 0.41, 0.42], verdicts.REPRODUCED),
        ([0.5, 0.6, 0.55], verdicts.INCONCLUSIVE),  # its interval reaches the published value's neighbourhood
        ([0.59, 0.6, 0.61], verdicts.NOT_REPRODUCED),
    ],
)
def test_a_value_is_the_published_one_within_a_factor(
    tmp_path: Path, values: list[float], expected: str
) -> None:
    plant(tmp_path, {"x": 0.1}, facts={"x": counted(errors=values)})
    entry = judged(tmp_path, QUANTITY)
    assert entry.verdict == expected, entry.sentence
    assert entry.measured == pytest.approx(2.5 * sum(values) / len(values))
    assert ("over 3 seeds" in entry.sentence) == (len(values) == 3)


def test_a_quantity_that_no_line_has_is_not_tested(tmp_path: Path) -> None:
    plant(tmp_path, {"x": 0.1}, facts={"x": counted(other=[1.0])})
    entry = judged(tmp_path, QUANTITY)
    assert (entry.verdict, entry.reason) == (
        verdicts.NOT_TESTED,
        "x: the journal has no errors; measure again",
    )


def test_a_seed_without_an_answer_leaves_nothing_to_judge(tmp_path: Path) -> None:
    plant(tmp_path, {"x": 0.1}, facts={"x": counted(errors=[0.4, None, 0.4])})
    entry = judged(tmp_path, QUANTITY)
    assert (entry.verdict, entry.reason) == (
        verdicts.NOT_TESTED,
        "x gave no answer for 1 of 3 seeds, so its errors are not known",
    )


def test_a_strategy_that_failed_has_no_quantity(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"x": 0.1},
        facts={"x": counted(errors=[1.0])},
        trouble=lambda *_: ("skipped", "no packages"),
    )
    assert judged(tmp_path, QUANTITY).reason == "x has no time: skipped: no packages"


LESS = 'rule = "less"\nsubject = "x"\nagainst = "y"\nquantity = "errors"\n'


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        (0.1, 0.2, verdicts.REPRODUCED),
        (0.2, 0.2, verdicts.NOT_REPRODUCED),
        (0.2, 0.1, verdicts.FLIPPED),
        (0.0, 0.1, verdicts.REPRODUCED),
        (0.1, 0.0, verdicts.FLIPPED),
        (0.0, 0.0, verdicts.INCONCLUSIVE),
    ],
)
def test_less_of_something(tmp_path: Path, own: float, other: float, expected: str) -> None:
    plant(
        tmp_path,
        {"x": 0.1, "y": 0.1},
        facts={"x": counted(errors=[own]), "y": counted(errors=[other])},
    )
    entry = judged(tmp_path, LESS)
    assert entry.verdict == expected
    assert ("y has 0.500× as much" in entry.sentence) == (expected == verdicts.FLIPPED and other > 0)
    assert ("y has 2.00× as much" in entry.sentence) == (expected == verdicts.REPRODUCED and own > 0)


@pytest.mark.parametrize(
    ("own", "expected", "reason"),
    [
        ([0.0, 0.0, 0.0], verdicts.REPRODUCED, ""),
        (
            [0.0, 0.0, 0.1],
            verdicts.INCONCLUSIVE,
            "errors of zero for some seeds only: no ratio has an interval",
        ),
    ],
)
def test_none_of_something_for_all_seeds_or_for_some(
    tmp_path: Path, own: list[float], expected: str, reason: str
) -> None:
    facts = {"x": counted(errors=own), "y": counted(errors=[0.1, 0.2, 0.15])}
    plant(tmp_path, {"x": 0.1, "y": 0.1}, facts=facts)
    entry = judged(tmp_path, LESS)
    assert (entry.verdict, entry.reason) == (expected, reason)


def test_less_than_another_at_another_place(tmp_path: Path) -> None:
    plant(tmp_path, {"x": 0.1}, facts={"x": counted(errors=[0.1])})
    variant = 'variant = [{ name = "v", place = "here", against_place = "there" }]\n'
    assert "there: not measured here" in judged(tmp_path, LESS, variant).reason
    facts = {"x": counted(errors=[0.1]), "y": counted(errors=[0.4])}
    plant(tmp_path / "both", {"x": 0.1, "y": 0.1}, facts=facts, stages=("a", "b"))
    entry = judged(tmp_path / "both", LESS, variant)
    assert (entry.verdict, entry.measured) == (verdicts.REPRODUCED, pytest.approx(4.0))


KEEPS = 'rule = "keeps"\nsubject = "x"\nagainst = "y"\nquantity = "accuracy"\nwithin = 0.02\n'


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([0.93], verdicts.REPRODUCED),
        ([0.92, 0.93, 0.94], verdicts.INCONCLUSIVE),
        ([0.929, 0.93, 0.931], verdicts.REPRODUCED),
        ([0.90], verdicts.FLIPPED),
        ([0.80, 0.81, 0.82], verdicts.FLIPPED),
        ([1.0], verdicts.REPRODUCED),
    ],
)
@pytest.mark.parametrize("holds", [True, False])
def test_keeping_what_another_has(tmp_path: Path, own: list[float], expected: str, holds: bool) -> None:
    facts = {"x": counted(accuracy=own), "y": counted(accuracy=[0.93])}
    plant(tmp_path, {"x": 0.1, "y": 0.1}, facts=facts)
    if not holds:
        swapped = {verdicts.REPRODUCED: verdicts.FLIPPED, verdicts.FLIPPED: verdicts.REPRODUCED}
        expected = swapped.get(expected, expected)
    entry = judged(tmp_path, KEEPS + ("" if holds else "holds = false\n"))
    assert entry.verdict == expected, entry.sentence
    assert entry.measured == pytest.approx(sum(own) / len(own) - 0.93)


def test_where_there_is_nothing_to_lose_nothing_is_decided(tmp_path: Path) -> None:
    for reference, tested in ((0.50, False), (0.80, True)):
        folder = tmp_path / str(tested)
        facts = {"x": counted(accuracy=[reference]), "y": counted(accuracy=[reference])}
        plant(folder, {"x": 0.1, "y": 0.1}, facts=facts)
        entry = judged(folder, KEEPS + "floor = 0.75\n")
        assert (entry.verdict == verdicts.REPRODUCED) == tested
        assert ("y itself has 0.500, below 0.75" in entry.sentence) == (not tested)


# -- a gain that grows ---------------------------------------------------------------------------------------------
GAIN = 'rule = "gain"\nnumerator = "slow"\ndenominator = "fast"\naxis = "n"\nfactor = 4\npublished = { ratio = 4.0 }\n'


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        (1.0, verdicts.REPRODUCED),
        (1.161, verdicts.INCONCLUSIVE_ON_SIZE),  # grows by 3.2, the edge of 4 / 1.25
        (1.6, verdicts.DIRECTION_ONLY),
        (2.0, verdicts.NOT_REPRODUCED),
        (2.5, verdicts.FLIPPED),
    ],
)
def test_a_gain_over_what_is_quadratic(tmp_path: Path, power: float, expected: str) -> None:
    times = {"slow": lambda cell: 1e-4 * cell["n"] ** 2, "fast": lambda cell: 1e-4 * cell["n"] ** power}
    plant(tmp_path, times, cells=({"n": 10}, {"n": 40}))
    entry = judged(tmp_path, GAIN)
    assert entry.verdict == expected, entry.sentence
    assert entry.measured == pytest.approx(4 ** (2 - power), rel=0.03)


def test_a_gain_needs_both_sizes_and_all_times(tmp_path: Path) -> None:
    plant(tmp_path / "one", {"slow": 0.1, "fast": 0.1})
    assert judged(tmp_path / "one", GAIN).reason == "here, n 40: not measured here"
    plant(
        tmp_path / "lost",
        {"slow": 0.1, "fast": 0.1},
        cells=({"n": 10}, {"n": 40}),
        trouble=lambda impl, cell, _: ("timeout", "over 2 s") if (impl, cell["n"]) == ("slow", 40) else None,
    )
    entry = judged(tmp_path / "lost", GAIN)
    assert entry.verdict == verdicts.NOT_TESTED
    assert entry.reason == "at n 40: slow has no time: timeout: over 2 s"


# -- the best, which is never approximate --------------------------------------------------------------------------
ROUGH, BOUNDED = {"accuracy": "approximate"}, {"accuracy": "bounded"}
BEST = 'rule = "best_exact"\nbaseline = "loop"\nat_least = 20\n'


@pytest.mark.parametrize(
    ("best", "expected"), [(0.004, verdicts.REPRODUCED), (0.006, verdicts.NOT_REPRODUCED)]
)
def test_the_best_exact_strategy_against_a_loop(tmp_path: Path, best: float, expected: str) -> None:
    times = {"loop": 0.1, "gemm": best, "sampled": 0.0001, "window": 0.0002}
    plant(tmp_path, times, facts={"sampled": ROUGH, "window": BOUNDED})
    entry = judged(tmp_path, BEST)
    assert entry.verdict == expected
    assert entry.cells[0]["best"] == "gemm"
    assert "The best exact strategy, gemm" in entry.sentence


def test_the_best_needs_a_baseline_and_somebody_else(tmp_path: Path) -> None:
    plant(tmp_path / "none", {"loop": 0.1, "sampled": 0.001}, facts={"sampled": ROUGH})
    assert judged(tmp_path / "none", BEST).reason == "no exact strategy"
    plant(tmp_path / "slow", {"loop": 0.1, "gemm": 0.001}, trouble=lambda impl, *_: (
        ("timeout", "over 2 s") if impl == "loop" else None
    ))  # fmt: skip
    assert judged(tmp_path / "slow", BEST).reason == "loop has no time: timeout: over 2 s"


@pytest.mark.parametrize(
    ("most", "expected"), [(100.0, verdicts.REPRODUCED), (101.0, verdicts.NOT_REPRODUCED)]
)
def test_memory_of_the_leading_ones(tmp_path: Path, most: float, expected: str) -> None:
    times = {"a": 0.01, "b": 0.02, "c": 0.03, "hungry": 0.04, "sampled": 0.001}
    memory = dict.fromkeys(times, lambda cell: 1.0) | {
        **{"hungry": lambda cell: 1e9, "sampled": lambda cell: 1e9, "c": lambda cell: most}
    }
    plant(tmp_path, times, memory=memory, facts={"sampled": ROUGH})
    entry = judged(tmp_path, 'rule = "leading_memory"\nleading = 3\nmost_bytes = 100\n')
    assert entry.verdict == expected
    assert [cell["impl"] for cell in entry.cells] == ["a", "b", "c"]
    assert entry.measured == pytest.approx(most / 100)


def test_memory_that_nobody_weighed_or_too_few_leaders(tmp_path: Path) -> None:
    rule = 'rule = "leading_memory"\nleading = 3\nmost_bytes = 100\n'
    plant(tmp_path / "few", {"a": 0.01, "b": 0.02}, memory=dict.fromkeys("ab", lambda cell: 1.0))
    assert judged(tmp_path / "few", rule).reason == "fewer than 3 exact strategies"
    plant(tmp_path / "blind", {"a": 0.01, "b": 0.02, "c": 0.03}, memory=dict.fromkeys("ab", lambda cell: 1.0))
    assert judged(tmp_path / "blind", rule).reason == "c was not weighed"


def test_a_region_over_all_others_leaves_out_what_is_approximate(tmp_path: Path) -> None:
    rule = 'rule = "region"\nsubject = "loop"\nagainst = ["*"]\naxis = "n"\nat_least = 5\nbeside = ["m"]\n'
    times = {"loop": 0.1, "gemm": 0.11, "sampled": 0.001}
    cells = [{"n": n, "m": m} for n in range(10, 18) for m in (1, 2, 3)]
    plant(tmp_path / "told", times, facts={"sampled": ROUGH}, cells=cells)
    entry = judged(tmp_path / "told", rule)
    assert entry.verdict == verdicts.REPRODUCED
    assert entry.cells[0]["best"] == "gemm"
    plant(tmp_path / "untold", times, cells=cells)
    assert judged(tmp_path / "untold", rule).verdict == verdicts.FLIPPED


# -- what nothing here can decide ----------------------------------------------------------------------------------
def test_what_cannot_be_tested_says_why(tmp_path: Path) -> None:
    plant(tmp_path, {"x": 0.1})
    entry = judged(
        tmp_path, 'rule = "untested"\nbecause = "a matter of taste"\n', 'variant = [{ name = "v" }]\n'
    )
    assert (entry.verdict, entry.sentence) == (verdicts.NOT_TESTED, "Not tested: a matter of taste.")


def test_one_variant_may_be_untested_beside_others(tmp_path: Path) -> None:
    plant(tmp_path, {"x": 0.1, "y": 0.1})
    entry = judged(tmp_path, KEEPS, 'variant = [{ name = "v", untested = "the data is not here" }]\n')
    assert entry.sentence == "Not tested: the data is not here."


def test_broken_quantities_are_named(tmp_path: Path) -> None:
    for number, broken in enumerate(({"quantities": 7}, counted(errors="many"), counted(errors=[None]))):
        plant(tmp_path / str(number), {"x": 0.1, "y": 0.1}, facts={"x": broken})
        results = load_results(tmp_path / str(number))
        told = "quantities" in " ".join(results.warnings)
        assert told == (number < 2)
    assert judged(tmp_path / "2", QUANTITY).verdict == verdicts.NOT_TESTED  # null is no number
