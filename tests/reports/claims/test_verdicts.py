"""The verdict rule, case by case."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reports.analyse.intervals import over_sessions
from reports.claims import verdicts
from reports.claims.verdicts import (
    DIRECTION_ONLY,
    FLIPPED,
    INCONCLUSIVE,
    NOT_REPRODUCED,
    NOT_TESTED,
    REPRODUCED,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("published", "low", "high", "verdict"),
    [
        (1.55, 1.50, 1.60, REPRODUCED),
        (1.55, 1.10, 1.25, REPRODUCED),  # meets 1.24, the lower end of the same size
        (1.55, 1.93, 2.50, REPRODUCED),  # meets 1.94, the upper end
        (1.55, 1.06, 1.20, DIRECTION_ONLY),
        (1.55, 1.95, 2.50, DIRECTION_ONLY),
        (1.55, 1.04, 1.60, INCONCLUSIVE),  # reaches into the band
        (1.55, 0.97, 1.04, NOT_REPRODUCED),
        (1.55, 0.94, 1.04, INCONCLUSIVE),
        (1.55, 0.80, 0.94, FLIPPED),
        (1.55, 0.80, 0.96, INCONCLUSIVE),
        (1.55, 0.50, 3.00, INCONCLUSIVE),
        (1.55, NAN, NAN, INCONCLUSIVE),
        (0.629, 0.55, 0.70, REPRODUCED),
        (0.629, 0.30, 0.40, DIRECTION_ONLY),
        (0.629, 1.10, 1.20, FLIPPED),
        (0.629, 0.97, 1.03, NOT_REPRODUCED),
        (1.00, 0.97, 1.03, REPRODUCED),  # a published tie
        (1.04, 1.10, 1.20, NOT_REPRODUCED),
        (1.00, 0.90, 1.03, INCONCLUSIVE),
    ],
)
def test_a_ratio(published: float, low: float, high: float, verdict: str) -> None:
    assert verdicts.of_ratio(published, low, high) == verdict
    assert (
        verdicts.of_ratio(1 / published, 1 / high, 1 / low) == verdict
    )  # the same, told the other way round


def test_the_band_s_edge_is_inside_it() -> None:
    assert verdicts.of_ratio(1.0, 1 / 1.05 + 1e-9, 1.05 - 1e-9) == REPRODUCED
    assert verdicts.of_ratio(2.0, 1.05 + 1e-9, 1.1) == DIRECTION_ONLY


@pytest.mark.parametrize(
    ("low", "high", "fine"), [(0.2, 0.3, True), (1.0, 1.10, True), (1.05, 1.2, None), (1.11, 1.2, False)]
)
def test_fine_is_within_ten_percent(low: float, high: float, fine: bool | None) -> None:
    assert verdicts.is_fine(low, high) is fine
    assert verdicts.is_fine(NAN, NAN) is None


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        ([True, True], REPRODUCED),
        ([False, False], FLIPPED),
        ([True, False], DIRECTION_ONLY),
        ([True, False, None], DIRECTION_ONLY),
        ([True, None], INCONCLUSIVE),
        ([False, None], INCONCLUSIVE),
        ([], INCONCLUSIVE),
    ],
)
def test_a_region(cells: list[bool | None], verdict: str) -> None:
    assert verdicts.of_region(cells) == verdict


def test_a_share() -> None:
    assert verdicts.at_most(0.7) == verdicts.at_most(1.04) == REPRODUCED
    assert verdicts.at_most(1.06) == FLIPPED
    assert verdicts.at_most(NAN) == NOT_TESTED


def test_a_whole_is_as_good_as_its_worst_part() -> None:
    assert verdicts.worst([REPRODUCED, DIRECTION_ONLY]) == DIRECTION_ONLY
    assert verdicts.worst([REPRODUCED, INCONCLUSIVE, FLIPPED]) == FLIPPED
    assert verdicts.worst([FLIPPED, NOT_TESTED]) == NOT_TESTED
    assert verdicts.worst([]) == NOT_TESTED


@pytest.mark.parametrize(
    ("low", "high", "firm"),
    [
        (1.5, 1.6, True),  # well inside what meets 1.55
        (1.85, 2.1, False),  # meets 1.55 * 1.25 = 1.94, and its middle does not
        (1.945, 2.0, False),  # just beyond: twice as wide it meets
        (2.4, 2.6, True),
        (1.06, 1.12, False),  # twice as wide it reaches the band
        (0.98, 1.02, True),
        (0.96, 1.04, False),  # a tie, barely
        (0.5, 0.6, True),
        (math.nan, math.nan, True),  # no verdict is given: nothing to move
    ],
)
def test_firm_is_what_another_run_will_not_move(low: float, high: float, firm: bool) -> None:
    assert verdicts.is_firm(_of_post, math.sqrt(low * high), low, high) == firm


@pytest.mark.parametrize("count", [0.0, 0.98, 1.04, 2.0, math.inf])
def test_a_count_without_noise_is_firm(count: float) -> None:
    """Also nothing at all: a strategy without any error has infinitely less of it than another."""
    assert verdicts.is_firm(verdicts.of_direction, count, count, count)


def test_firm_by_differences() -> None:
    def rule(low: float, high: float) -> str:
        return "REPRODUCED" if low >= -0.05 else "FLIPPED" if high < -0.05 else "INCONCLUSIVE"

    assert verdicts.is_firm(rule, 0.0, -0.02, 0.02, ratio=False)
    assert not verdicts.is_firm(rule, 0.0, -0.03, 0.03, ratio=False)


def test_two_runs_of_one_truth_do_not_disagree_firmly() -> None:
    """Ten thousand pairs of runs of five sessions, the truth on the limit of 1.25 or beside it."""
    rng = np.random.default_rng(7)
    for truth in (1.25, 1.27, 1.29):
        logs = np.log(1.55 * truth) + 0.03 * rng.standard_normal((2, 2500, 5))
        found = over_sessions(logs.reshape(-1, 5))
        ends = np.exp(np.stack([found.mean, found.low, found.high], axis=1))
        told = [(_of_post(*each[1:]), verdicts.is_firm(_of_post, *each)) for each in ends]
        pairs = list(zip(told[:2500], told[2500:], strict=True))
        differ = [first[1] and second[1] for first, second in pairs if first[0] != second[0]]
        assert len(differ) > 100, "the limit was not near: nothing was tested"
        assert sum(differ) / len(pairs) < 0.01


def _of_post(low: float, high: float) -> str:
    return verdicts.of_ratio(1.55, low, high)
