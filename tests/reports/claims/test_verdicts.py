"""The verdict rule, case by case."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reports.analyse.intervals import over_sessions
from reports.claims import verdicts
from reports.claims.verdicts import (
    AS_CLAIMED,
    DIRECTION_ONLY,
    FLIPPED,
    INCONCLUSIVE,
    INCONCLUSIVE_ON_SIZE,
    NOT_REPRODUCED,
    NOT_TESTED,
    REPRODUCED,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("published", "low", "high", "verdict"),
    [
        (1.55, 1.50, 1.60, REPRODUCED),
        (1.55, 1.25, 1.93, REPRODUCED),  # all but the whole size band, 1.24 to 1.94
        (1.55, 1.10, 1.25, INCONCLUSIVE_ON_SIZE),  # across its lower end
        (1.55, 1.93, 2.50, INCONCLUSIVE_ON_SIZE),  # across its upper end
        (1.55, 1.10, 7.90, INCONCLUSIVE_ON_SIZE),  # all around it: nothing is known of the size
        (1.55, 1.06, 1.20, DIRECTION_ONLY),
        (1.55, 1.95, 2.50, DIRECTION_ONLY),
        (1.55, 1.04, 1.60, INCONCLUSIVE),  # reaches into the band
        (1.55, 0.97, 1.04, NOT_REPRODUCED),
        (1.55, 0.94, 1.04, INCONCLUSIVE),
        (1.55, 0.80, 0.94, FLIPPED),
        (1.55, 0.80, 0.96, INCONCLUSIVE),
        (1.55, 0.50, 3.00, INCONCLUSIVE),
        (1.06, 1.06, 1.10, REPRODUCED),  # beyond the band, just
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
    assert verdicts.of_ratio(1.0, 1 / 1.05, 1.05) == REPRODUCED
    assert verdicts.of_ratio(2.0, 1.05 + 1e-9, 1.1) == DIRECTION_ONLY


def draws(truth: float, spread: float, sessions: int = 5, number: int = 2000, seed: int = 7) -> np.ndarray:
    """Estimates and their intervals of a ratio, (number, 3), from sessions with noise."""
    logs = np.log(truth) + spread * np.random.default_rng(seed).standard_normal((number, sessions))
    found = over_sessions(logs)
    return np.exp(np.stack([found.mean, found.low, found.high], axis=1))


@pytest.mark.parametrize("spread", [0.01, 0.1, 0.2, 0.3, 0.6])
@pytest.mark.parametrize("sessions", [3, 5])
def test_noise_does_not_reproduce_a_size_that_is_not_there(spread: float, sessions: int) -> None:
    """A truth of 2.4 against 1.55 published; by overlap a session's spread of 30 % gave REPRODUCED in 3 of 4 draws."""
    found = [of_post(low, high) for _, low, high in draws(2.4, spread, sessions)]
    assert found.count(REPRODUCED) <= 0.005 * len(found)
    assert found.count(FLIPPED) + found.count(NOT_REPRODUCED) <= 0.005 * len(found)


def test_the_error_of_reproducing_a_size_at_the_limit_is_the_test_s() -> None:
    """At the edge of the size band itself, 2.5 % on one side of a 95 % interval."""
    found = [of_post(low, high) for _, low, high in draws(1.55 * 1.25, 0.03)]
    assert 0.01 < found.count(REPRODUCED) / len(found) < 0.04


def test_little_noise_reproduces_what_is_there_and_much_noise_decides_nothing() -> None:
    little, much = ([of_post(low, high) for _, low, high in draws(1.55, spread)] for spread in (0.03, 0.3))
    assert little.count(REPRODUCED) == len(little)
    assert much.count(REPRODUCED) < 0.1 * len(much)
    assert much.count(INCONCLUSIVE) + much.count(INCONCLUSIVE_ON_SIZE) > 0.9 * len(much)


def test_a_wider_interval_never_earns_a_better_verdict() -> None:
    """The old rule made REPRODUCED of DIRECTION ONLY when the same ratio came with more noise."""
    assert verdicts.of_ratio(0.629, 0.456, 0.482) == DIRECTION_ONLY
    assert verdicts.of_ratio(0.629, 0.434, 0.506) == INCONCLUSIVE_ON_SIZE
    for published in (0.5, 0.629, 1.0, 1.55, 4.0):
        for middle in np.exp(np.linspace(-2, 2, 41)):
            found = [
                verdicts.of_ratio(published, middle / wide, middle * wide) for wide in (1.001, 1.1, 1.5, 4)
            ]
            kept = [each == REPRODUCED for each in found]
            assert kept == sorted(kept, reverse=True), (published, middle)


def test_the_published_error_opens_a_size_and_decides_none() -> None:
    """Confirming and refuting both get harder; the direction is not touched."""
    reach = 0.115
    for low, high, plain, told in (
        (1.55, 1.60, REPRODUCED, REPRODUCED),
        (1.30, 1.36, REPRODUCED, INCONCLUSIVE_ON_SIZE),
        (2.00, 2.10, DIRECTION_ONLY, INCONCLUSIVE_ON_SIZE),
        (2.40, 2.50, DIRECTION_ONLY, DIRECTION_ONLY),
        (0.80, 0.90, FLIPPED, FLIPPED),
        (0.97, 1.03, NOT_REPRODUCED, NOT_REPRODUCED),
    ):
        assert verdicts.of_ratio(1.55, low, high) == plain
        assert verdicts.of_ratio(1.55, low, high, reach) == told
        assert verdicts.of_ratio(1 / 1.55, 1 / high, 1 / low, reach) == told


@pytest.mark.parametrize(
    ("low", "high", "above", "below", "not_above"),
    [
        (1.10, 1.20, REPRODUCED, FLIPPED, FLIPPED),
        (0.80, 0.90, FLIPPED, REPRODUCED, REPRODUCED),
        (0.97, 1.04, NOT_REPRODUCED, NOT_REPRODUCED, REPRODUCED),
        (0.60, 1.04, INCONCLUSIVE, INCONCLUSIVE, REPRODUCED),  # not above, wherever below
        (0.97, 1.10, INCONCLUSIVE, INCONCLUSIVE, INCONCLUSIVE),
        (0.50, 9.00, INCONCLUSIVE, INCONCLUSIVE, INCONCLUSIVE),
        (NAN, NAN, INCONCLUSIVE, INCONCLUSIVE, INCONCLUSIVE),
    ],
)
def test_words_are_judged_by_direction(
    low: float, high: float, above: str, below: str, not_above: str
) -> None:
    sides = (verdicts.ABOVE, verdicts.BELOW, verdicts.NOT_ABOVE)
    assert tuple(verdicts.of_direction(low, high, side) for side in sides) == (above, below, not_above)


def test_the_two_answers() -> None:
    assert verdicts.direction(verdicts.ABOVE, 1.9, 2.1) == AS_CLAIMED
    assert verdicts.direction(verdicts.EQUAL, 1.9, 2.1) == verdicts.DIFFERENCE
    assert verdicts.direction(verdicts.BELOW, 0.0, 0.0) == AS_CLAIMED  # a count may be nothing at all
    assert verdicts.size(2.0, 1.9, 2.1) == verdicts.SAME
    assert verdicts.size(2.0, 1.5, 2.1) == verdicts.OPEN
    assert verdicts.size(2.0, 0.9, 1.5) == verdicts.DIFFERENT
    assert verdicts.size(2.0, -0.5, 1.5) == verdicts.DIFFERENT  # an interval over seeds of what is no ratio


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (15.0, 18.0, NOT_REPRODUCED),
        (0.7, 0.8, NOT_REPRODUCED),
        (0.99, 1.01, INCONCLUSIVE),
        (0.9, 2.0, INCONCLUSIVE),
    ],
)
def test_a_cause_can_be_refuted_and_never_confirmed(low: float, high: float, verdict: str) -> None:
    assert verdicts.of_cause(low, high) == verdict


def test_verdicts_that_exclude_each_other() -> None:
    assert verdicts.contradict(REPRODUCED, DIRECTION_ONLY)
    assert verdicts.contradict(INCONCLUSIVE_ON_SIZE, FLIPPED)
    assert not verdicts.contradict(INCONCLUSIVE_ON_SIZE, REPRODUCED)
    assert not verdicts.contradict(INCONCLUSIVE_ON_SIZE, DIRECTION_ONLY)
    assert not verdicts.contradict(INCONCLUSIVE, FLIPPED)
    assert not verdicts.contradict(NOT_TESTED, FLIPPED)
    assert not verdicts.contradict(FLIPPED, FLIPPED)


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
        (1.5, 1.6, True),  # well inside the size band of 1.55
        (1.75, 1.9, False),  # twice as wide it leaves the band, at 1.94
        (1.85, 2.1, True),  # across its edge: the size is open, and the direction is beyond doubt
        (1.06, 9.0, False),  # the size is open, and the direction nearly so
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
    assert verdicts.is_firm(of_post, math.sqrt(low * high), low, high) == firm


@pytest.mark.parametrize("count", [0.0, 0.98, 1.04, 2.0, math.inf])
def test_a_count_without_noise_is_firm(count: float) -> None:
    """Also nothing at all: a strategy without any error has infinitely less of it than another."""
    assert verdicts.is_firm(verdicts.of_direction, count, count, count)


def test_firm_by_differences() -> None:
    def rule(low: float, high: float) -> str:
        return "REPRODUCED" if low >= -0.05 else "FLIPPED" if high < -0.05 else "INCONCLUSIVE"

    assert verdicts.is_firm(rule, 0.0, -0.02, 0.02, ratio=False)
    assert not verdicts.is_firm(rule, 0.0, -0.03, 0.03, ratio=False)


def test_two_runs_of_one_truth_do_not_contradict_each_other_firmly() -> None:
    """Ten thousand pairs of runs of five sessions, the truth at the edge of the size band or beside it."""
    for truth in (1.25, 1.27, 1.29):
        ends = draws(1.55 * truth, 0.03, number=5000)
        told = [(of_post(*each[1:]), verdicts.is_firm(of_post, *each)) for each in ends]
        pairs = list(zip(told[:2500], told[2500:], strict=True))
        assert any(first[0] != second[0] for first, second in pairs), (
            "the edge was not near: nothing was tested"
        )
        against = [
            first[1] and second[1] for first, second in pairs if verdicts.contradict(first[0], second[0])
        ]
        assert len(against) < 0.01 * len(pairs)
        assert sum(against) == 0


def of_post(low: float, high: float) -> str:
    return verdicts.of_ratio(1.55, low, high)
