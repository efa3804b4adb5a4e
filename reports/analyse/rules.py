"""A short rule distilled from the measured sizes: which strategy to take, by one or two comparisons, and its regret.

The rule is a small decision tree over the logs of sizes, of products of two sizes and of quotients of two. It is
chosen to lose as little time as possible: the regret of a size is the time of the strategy that the rule names there
over the time of the fastest. A comparison is added only while it lowers the typical regret by `WORTH` or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

#: A further comparison must lower the mean log regret by this much, and there are at most so many.
WORTH, COMPARISONS = 0.01, 2
#: Log regret of a size where a strategy has no time: taking it there would be a mistake by a factor of 20.
NO_TIME = float(np.log(20))


@dataclass(frozen=True)
class Feature:
    """A quantity that a rule may compare: a size, a product or a quotient of two, or the product of all."""

    name: str
    logs: np.ndarray


@dataclass(frozen=True)
class Rule:
    """`impl`, or, when `feature` is set, `below` for values under `threshold` and `above` for the others."""

    impl: str
    feature: str = ""
    threshold: float = np.nan
    below: Rule | None = None
    above: Rule | None = None

    def leaves(self) -> list[Rule]:
        """The ends of the tree, in order."""
        return [*self.below.leaves(), *self.above.leaves()] if self.below and self.above else [self]


@dataclass(frozen=True)
class Distilled:
    """A rule with what following it costs on the measured sizes (ratios >= 1 to the fastest of each)."""

    rule: Rule
    typical: float
    worst: float
    sizes: int


def features(sizes: dict[str, np.ndarray]) -> list[Feature]:
    """The quantities over which rules are sought, simple ones first.

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
    return [feature for feature in found if np.ptp(feature.logs) > 0]


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
    rule, followed = _grow(quantities, regret, impls, np.ones(len(regret), dtype=bool), COMPARISONS)
    return Distilled(rule, float(np.exp(followed.mean())), float(np.exp(followed.max())), len(followed))


def _grow(
    quantities: list[Feature], regret: np.ndarray, impls: list[str], here: np.ndarray, comparisons: int
) -> tuple[Rule, np.ndarray]:
    """The best tree for the cells `here`; returns it with the regret of each of them."""
    totals = regret[here].sum(axis=0)
    best = int(np.argmin(totals))
    plain = Rule(impls[best]), regret[here, best]
    split = _best_split(quantities, regret, here) if comparisons and here.sum() > 1 else None
    if split is None or totals[best] - split[0] < WORTH * len(regret):
        return plain
    _, quantity, threshold = split
    under = here & (quantity.logs < threshold)
    below, low = _grow(quantities, regret, impls, under, comparisons - 1)
    above, high = _grow(quantities, regret, impls, here & ~under, comparisons - 1)
    followed = np.empty(int(here.sum()))
    followed[under[here]], followed[~under[here]] = low, high
    return Rule(impls[best], quantity.name, float(np.exp(threshold)), below, above), followed


def _best_split(
    quantities: list[Feature], regret: np.ndarray, here: np.ndarray
) -> tuple[float, Feature, float] | None:
    """The comparison with the least total regret when the best strategy is taken on either side."""
    best: tuple[float, Feature, float] | None = None
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
