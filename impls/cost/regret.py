"""How much is expected to be lost by trusting a model, and which strategies are still worth a measurement."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Set, Union

import numpy as np

from .model import CostModel

#: Regret is judged with deviations this much wider than the posterior's: those are too small.
WIDEN = 1.5
#: A strategy stays in the race at a cell while it may be within this factor of the best.
NEAR = 1.1
#: An audited cell times everything that is not predicted to be slower than this.
AUDIT_FACTOR = 20.0


def contenders(
    model: CostModel,
    cell: Sequence[float],
    package_sets: Mapping[str, Set[str]],
    audit: bool,
    feasible: Set[str],
    itemsize: Optional[int] = None,
    labels: Optional[str] = None,
) -> Set[str]:
    """Return the strategies that are worth a measurement at a cell.

    Parameters
    ----------
    model : CostModel
    cell : sequence of float
        Sizes, in the model's order of axes.
    package_sets : mapping of str to set of str
        The strategies of each package set that a map is drawn for.
    audit : bool
        Time all that are predicted within 20x of the best: what the model believes slow is checked now and then.
    feasible : set of str
        Strategies that fit the memory there and were not timed out at a smaller cell.
    itemsize, labels
        As in `CostModel.predict`.

    Returns
    -------
    set of str
        A subset of `feasible`; strategies the model knows nothing of are always in it.
    """
    names = [name for name in model.strategies if name in feasible]
    unknown = {name for name in feasible if name not in model.curves}
    if not names:
        return unknown
    means, deviations = model.predict(
        np.atleast_2d(np.asarray(cell, dtype=float)), itemsize=itemsize, labels=labels, only=names
    )
    mean, deviation = means[:, 0], deviations[:, 0]
    if audit:
        kept = mean <= mean.min() + np.log(AUDIT_FACTOR)
        return unknown | {name for name, keep in zip(names, kept) if keep}
    low = mean - 2.0 * np.sqrt((WIDEN * deviation) ** 2 + model.noise**2)
    found = set(unknown)
    for members in package_sets.values():
        inside = np.array([name in members for name in names])
        if inside.any():
            bound = mean[inside].min() + np.log(NEAR)
            found |= {name for name, ok in zip(names, inside & (low <= bound)) if ok}
    return found


def expected_regret(
    model: CostModel,
    cells: np.ndarray,
    package_sets: Mapping[str, Set[str]],
    rng: np.random.Generator,
    draws: int = 64,
    widen: float = WIDEN,
    feasible: Optional[np.ndarray] = None,
    itemsize: Union[int, np.ndarray, None] = None,
    labels: Union[str, Sequence[str], None] = None,
) -> Dict[str, float]:
    """Return the mean regret that the model itself expects of its choices, as a fraction.

    Parameters
    ----------
    model : CostModel
    cells : (n, axes) array
    package_sets : mapping of str to set of str
    rng : numpy.random.Generator
    draws : int
        Draws of the times at each cell.
    widen : float
        Factor on the deviations.
    feasible : (strategies, n) bool, optional
        Which strategy may be chosen where; all everywhere by default.
    itemsize, labels
        As in `CostModel.predict`.

    Returns
    -------
    dict of str to float
        By package set; 0 for a set with fewer than two strategies.
    """
    mean, deviation = model.predict(cells, itemsize, labels)
    mean = _only_feasible(mean, feasible)
    total: Dict[str, float] = dict.fromkeys(package_sets, 0.0)
    rows = {name: _rows(model, members) for name, members in package_sets.items()}
    picks = {name: mean[chosen].argmin(axis=0) for name, chosen in rows.items() if len(chosen)}
    for _ in range(draws):
        drawn = mean + widen * deviation * rng.standard_normal(mean.shape)
        for name, pick in picks.items():
            times = drawn[rows[name]]
            total[name] += _regret(times, pick) / draws
    return total


def noise_regret(
    model: CostModel,
    cells: np.ndarray,
    package_sets: Mapping[str, Set[str]],
    rng: np.random.Generator,
    noise: Optional[float] = None,
    draws: int = 64,
    feasible: Optional[np.ndarray] = None,
    itemsize: Union[int, np.ndarray, None] = None,
    labels: Union[str, Sequence[str], None] = None,
) -> Dict[str, float]:
    """Return the mean regret that measurement noise alone causes: the floor under any map of one session.

    Parameters
    ----------
    model, cells, package_sets, rng, draws, feasible, itemsize, labels
        As in `expected_regret`.
    noise : float, optional
        Deviation of a log time; the model's by default.
    """
    mean = _only_feasible(model.predict(cells, itemsize, labels, deviations=False)[0], feasible)
    size = model.noise if noise is None else noise
    total: Dict[str, float] = dict.fromkeys(package_sets, 0.0)
    rows = {name: _rows(model, members) for name, members in package_sets.items()}
    for _ in range(draws):
        noisy = mean + size * rng.standard_normal(mean.shape)
        for name, chosen in rows.items():
            if len(chosen):
                total[name] += _regret(mean[chosen], noisy[chosen].argmin(axis=0)) / draws
    return total


def _only_feasible(mean: np.ndarray, feasible: Optional[np.ndarray]) -> np.ndarray:
    # Far slower than anything: never picked, and never the best of a draw.
    return mean if feasible is None else np.where(feasible, mean, 700.0)


def _rows(model: CostModel, members: Set[str]) -> List[int]:
    return [row for row, name in enumerate(model.strategies) if name in members]


def _regret(times: np.ndarray, pick: np.ndarray) -> float:
    lost = times[pick, np.arange(times.shape[1])] - times.min(axis=0)
    return float(np.expm1(np.minimum(lost, 50.0)).mean())
