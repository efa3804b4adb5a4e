"""A short rule distilled from the measured sizes: which strategy to take, by a few comparisons, and its regret.

The rule is a small decision tree over the logs of sizes, of products of two sizes and of quotients of two. It is
chosen to lose as little time as possible: the regret of a size is the time of the strategy that the rule names there
over the time of the fastest. A comparison is added only while it lowers the typical regret by `WORTH` or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

#: A further comparison must lower the mean log regret by this much, and a rule has at most so many cases.
WORTH, CASES = 0.01, 4
#: Log regret of a size where a strategy has no time: taking it there would be a mistake by a factor of 20.
NO_TIME = float(np.log(20))


@dataclass(frozen=True)
class Feature:
    """A quantity that a rule may compare: a size, a product or a quotient of two, or the product of all."""

    name: str
    logs: np.ndarray


@dataclass(frozen=True)
class Condition:
    """`feature` below `threshold`, or else at least that."""

    feature: str
    below: bool
    threshold: float


@dataclass(frozen=True)
class Case:
    """One case of a rule: where all conditions hold, take `impl`."""

    conditions: tuple[Condition, ...]
    impl: str


@dataclass(frozen=True)
class Distilled:
    """A rule (every size is in one case), and what following it costs: ratios >= 1 to the fastest of each size."""

    cases: list[Case]
    typical: float
    worst: float
    sizes: int


def features(sizes: dict[str, np.ndarray]) -> list[Feature]:
    """The quantities over which rules are sought: those of `all_features` that differ between the cells."""
    return [feature for feature in all_features(sizes) if np.ptp(feature.logs) > 0]


def all_features(sizes: dict[str, np.ndarray]) -> list[Feature]:
    """All quantities that a rule may compare, simple ones first.

    Parameters
    ----------
    sizes : dict
        Axis -> positive sizes of the cells, (cells,).
    """
    logs = {axis: np.log(values.astype(float)) for axis, values in sizes.items()}
    found = [Feature(axis, values) for axis, values in logs.items()]
    found += [Feature(f"{a}·{b}", logs[a] + logs[b]) for a, b in combinations(logs, 2)]
    found += [Feature(f"{a}/{b}", logs[a] - logs[b]) for a in logs for b in logs if a != b and a < b]
    if len(logs) > 2:
        found.append(Feature("·".join(logs), np.sum(list(logs.values()), axis=0)))
    return found


def distil(sizes: dict[str, np.ndarray], logs: np.ndarray, impls: list[str]) -> Distilled | None:
    """The rule for a set of cells.

    Parameters
    ----------
    sizes : dict
        Axis -> sizes of the cells, (cells,).
    logs : ndarray, (cells, impls), float64
        Log times, NaN where there is none.
    impls : list of str

    Returns
    -------
    Distilled or None
        None when no cell has a time.
    """
    some = ~np.isnan(logs).all(axis=1)
    if not some.any() or any((values <= 0).any() for values in sizes.values()):
        return None
    logs = logs[some]
    regret = np.where(np.isnan(logs), NO_TIME, logs - np.nanmin(logs, axis=1, keepdims=True))
    quantities = features({axis: values[some] for axis, values in sizes.items()})
    cases, followed = _grow(quantities, regret, impls)
    return Distilled(cases, float(np.exp(followed.mean())), float(np.exp(followed.max())), len(followed))


def cross_validated(
    sizes: dict[str, np.ndarray], logs: np.ndarray, impls: list[str], folds: int = 5
) -> tuple[float, float] | None:
    """What following a rule costs on sizes that it was not distilled from.

    The sizes are dealt into parts at random (always in the same way); the rule distilled from all other parts is
    followed on each.

    Parameters
    ----------
    sizes, logs, impls
        As `distil` takes them.
    folds : int

    Returns
    -------
    tuple of float, or None
        Typical and worst ratio >= 1 to the fastest of each size; None with too few sizes for so many parts.
    """
    some = ~np.isnan(logs).all(axis=1)
    logs, sizes = logs[some], {axis: values[some] for axis, values in sizes.items()}
    if len(logs) < 2 * folds:
        return None
    part = np.random.default_rng(0).permutation(len(logs)) % folds
    behind = np.where(np.isnan(logs), NO_TIME, logs - np.nanmin(logs, axis=1, keepdims=True))
    lost = np.empty(len(logs))
    for number in range(folds):
        out = part == number
        rule = distil({axis: values[~out] for axis, values in sizes.items()}, logs[~out], impls)
        if rule is None:
            return None
        chosen = followed(rule, {axis: values[out] for axis, values in sizes.items()})
        lost[out] = behind[out, [impls.index(impl) for impl in chosen]]
    return float(np.exp(lost.mean())), float(np.exp(lost.max()))


def followed(rule: Distilled, sizes: dict[str, np.ndarray]) -> list[str]:
    """The strategy that a rule names for each of some sizes."""
    logs = {feature.name: feature.logs for feature in all_features(sizes)}
    count = len(next(iter(sizes.values())))
    chosen = [""] * count
    for case in rule.cases:
        here = np.ones(count, dtype=bool)
        for condition in case.conditions:
            here &= (logs[condition.feature] < np.log(condition.threshold)) == condition.below
        for at in np.flatnonzero(here):
            chosen[at] = case.impl
    return chosen


def _grow(quantities: list[Feature], regret: np.ndarray, impls: list[str]) -> tuple[list[Case], np.ndarray]:
    """Split the case that gains most, again and again; returns the cases and the regret of each cell."""
    leaves: list[tuple[tuple[Condition, ...], np.ndarray]] = [((), np.ones(len(regret), dtype=bool))]
    while len(leaves) < CASES:
        splits = [_best_split(quantities, regret, here) for _, here in leaves]
        gains = [
            regret[here].sum(axis=0).min() - split[0] if split else -np.inf
            for split, (_, here) in zip(splits, leaves, strict=True)
        ]
        at = int(np.argmax(gains))
        split = splits[at]
        if split is None or gains[at] < WORTH * len(regret):
            break
        _, quantity, threshold = split
        conditions, here = leaves[at]
        under = quantity.logs < threshold
        leaves[at : at + 1] = [
            (
                (*conditions, Condition(quantity.name, below, float(np.exp(threshold)))),
                here & (under == below),
            )
            for below in (True, False)
        ]
    followed = np.empty(len(regret))
    cases = []
    for conditions, here in leaves:
        best = int(np.argmin(regret[here].sum(axis=0)))
        followed[here] = regret[here, best]
        cases.append(Case(conditions, impls[best]))
    return cases, followed


def _best_split(
    quantities: list[Feature], regret: np.ndarray, here: np.ndarray
) -> tuple[float, Feature, float] | None:
    """The comparison with the least total regret when the best strategy is taken on either side."""
    best: tuple[float, Feature, float] | None = None
    if here.sum() < 2:
        return None
    for quantity in quantities:
        values = quantity.logs[here]
        order = np.argsort(values, kind="stable")
        sums = np.cumsum(regret[here][order], axis=0)
        total = sums[:-1].min(axis=1) + (sums[-1] - sums[:-1]).min(axis=1)
        total[np.diff(values[order]) < 1e-9] = np.inf  # a threshold must lie between two different values
        at = int(np.argmin(total))
        if np.isfinite(total[at]) and (best is None or total[at] < best[0] - 1e-9):
            low, high = np.exp(values[order][at : at + 2])
            best = (float(total[at]), quantity, float(np.log(plain_number(low, high))))
    return best


def plain_number(low: float, high: float) -> float:
    """The number with fewest digits above `low` and not above `high`, near their geometric mean."""
    middle = float(np.sqrt(low * high))
    for digits in range(1, 8):
        number = float(f"{middle:.{digits - 1}e}")
        if low < number <= high:
            return number
    return middle
