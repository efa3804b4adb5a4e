"""Fits a cost model to measured times: non-negative terms for the trend, a Gaussian process for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from . import features
from .kernel import correlation
from .model import CostModel, Curve, Limits

AMPLITUDES = (0.06, 0.15, 0.35)
#: A strategy's own noise, in units of the noise of the run: some allocate, and scatter more.
NOISES = (1.0, 2.0)
#: What slows a whole process, in the same units.
BLOCK_NOISES = (0.5, 1.0, 2.0, 4.0, 8.0)
LEAST_NOISE = 0.03
RIDGE = 1e-3
REWEIGHTINGS = 3
#: With fewer cells a strategy's terms are not fitted; those of the prior, or a plain few, stand instead.
FEW_CELLS, OWN_CELLS = 10, 32
FEW_AMPLITUDE = 0.5
#: A process is slower or faster as a whole only where as many strategies say so.
LEAST_STRATEGIES = 4


@dataclass
class Observations:
    """Measured times.

    Attributes
    ----------
    strategy : list of str, n
    cell : (n, axes) float64
        Sizes.
    seconds : (n,) float64
        Best time of a call in one block.
    block : (n,) int
        Times of one process at one cell share a number: what slowed all of them is noise.
    itemsize : (n,) int, optional
        4 or 8; `fit`'s itemsize by default.
    labels : list of str, n, optional
        Label distribution; ``uniform`` by default.
    """

    strategy: List[str]
    cell: np.ndarray
    seconds: np.ndarray
    block: np.ndarray
    itemsize: Optional[np.ndarray] = None
    labels: Optional[List[str]] = None


def fit(
    observations: Observations,
    *,
    itemsize: int = 8,
    caches: Tuple[float, float] = (1 << 20, 32 << 20),
    noise: float = 0.05,
    prior: Optional[CostModel] = None,
    axes: Sequence[str] = features.GROUP_SUM,
    limits: Optional[Limits] = None,
    encode: bool = False,
) -> CostModel:
    """Fit one model to all strategies.

    Parameters
    ----------
    observations : Observations
    itemsize : int
        Bytes a number, where the observations do not say.
    caches : (float, float)
        Bytes of L2 and of L3.
    noise : float
        Deviation of a log time within a process; half the spread of an A/A pair is a measure of it.
    prior : CostModel, optional
        What is known from elsewhere, for strategies with few cells. On the same axes.
    axes : sequence of str
        Names of the sizes.
    limits : Limits, optional
        What the machine allows; no prediction lies below.
    encode : bool
        Whether the times are of whole encodings.

    Returns
    -------
    CostModel

    Raises
    ------
    ValueError
        There is no observation, or a time or a size is not a positive number.
    """
    data = _Data.of(observations, itemsize, tuple(axes), tuple(caches))
    noise = max(float(noise), LEAST_NOISE)
    names = sorted(set(observations.strategy))
    priors = _prior_means(data, names, prior)
    trends = [_trend(data, name, data.log_seconds, priors.get(name)) for name in names]
    common, block_noise = _common(data, names, trends, noise)
    clean = data.log_seconds - common
    alike = correlation(data.places, data.places, data.settings, data.settings)
    curves = {}
    for name in names:
        weights = _trend(data, name, clean, priors.get(name))
        curves[name] = _curve(data, name, clean, weights, alike, noise)
    return CostModel(
        axes=tuple(axes),
        curves=curves,
        terms=data.terms,
        caches=(float(caches[0]), float(caches[1])),
        places=data.places,
        settings=data.settings,
        labels=data.labels,
        noise=noise,
        block_noise=block_noise,
        limits=limits,
        encode=encode,
    )


@dataclass
class _Data:
    """Observations by point: one point is a cell, an itemsize and a label distribution."""

    places: np.ndarray
    settings: np.ndarray
    labels: Tuple[str, ...]
    terms: List[features.Term]
    values: np.ndarray
    point: np.ndarray
    block: np.ndarray
    strategy: np.ndarray
    log_seconds: np.ndarray

    @classmethod
    def of(
        cls, given: Observations, itemsize: int, axes: Tuple[str, ...], caches: Tuple[float, ...]
    ) -> _Data:
        seconds = np.asarray(given.seconds, dtype=float)
        cells = np.asarray(given.cell, dtype=float).reshape(len(seconds), len(axes))
        if not len(seconds):
            raise ValueError("There is no time to fit a cost model to, expected at least one observation.")
        if not (np.isfinite(seconds) & (seconds > 0)).all() or not (cells >= 1).all():
            raise ValueError("A cost model needs positive times and sizes of at least 1.")
        width = np.full(len(seconds), itemsize) if given.itemsize is None else np.asarray(given.itemsize)
        named = ["uniform"] * len(seconds) if given.labels is None else list(given.labels)
        # The usual labels come first: a question that does not name any is about them.
        labels = tuple(sorted(set(named), key=lambda name: (name != "uniform", -named.count(name), name)))
        code = np.array([labels.index(name) for name in named])
        keys = np.column_stack([cells, width, code])
        unique, point = np.unique(keys, axis=0, return_inverse=True)
        terms = features.terms_of(axes, len(np.unique(width)) > 1)
        values = features.evaluate(terms, unique[:, :-2], unique[:, -2], (caches[0], caches[1]))
        return cls(
            places=np.log2(unique[:, :-2]),
            settings=unique[:, -2:].astype(int),
            labels=labels,
            terms=terms,
            values=values,
            point=np.ravel(point),
            block=np.unique(np.asarray(given.block), return_inverse=True)[1],
            strategy=np.asarray(given.strategy),
            log_seconds=np.log(seconds),
        )

    def by_point(self, name: str, values: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points where a strategy was measured, the mean of its values there, and how many there were."""
        rows = self.strategy == name
        points, inverse, counts = np.unique(self.point[rows], return_inverse=True, return_counts=True)
        return points, np.bincount(np.ravel(inverse), values[rows]) / counts, counts


def non_negative(values: np.ndarray, log_seconds: np.ndarray) -> np.ndarray:
    """Return weights >= 0 of terms whose sum comes nearest to some times, as ratios.

    Parameters
    ----------
    values : (n, terms) float64
    log_seconds : (n,) float64

    Returns
    -------
    (terms,) float64
        Least squares of the relative error, reweighted until it is one of the log.
    """
    from scipy.optimize import nnls

    relative = values / np.exp(log_seconds)[:, None]
    scale = np.linalg.norm(relative, axis=0)
    scale[scale == 0] = 1.0
    relative = relative / scale
    ridge = np.sqrt(RIDGE) * np.eye(values.shape[1])
    weight = np.ones(len(values))
    for _ in range(REWEIGHTINGS + 1):
        rows = np.vstack([relative * weight[:, None], ridge])
        found = nnls(rows, np.concatenate([weight, np.zeros(values.shape[1])]))[0]
        ratio = np.maximum(relative @ found, 1e-3)
        off = ratio - 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.where(np.abs(off) < 1e-6, 1.0, np.log(ratio) / off)
        weight = np.clip(weight, 0.1, 3.0)
    return found / scale


#: Terms of a strategy with few cells: a constant, and the products that are whole arrays.
_PLAIN = 7


def _trend(
    data: _Data, name: str, log_seconds: np.ndarray, prior: Optional[_PriorMean]
) -> Tuple[np.ndarray, np.ndarray]:
    """Weights of the terms, and log of their sum at every point; few cells lean on the prior."""
    points, mean, _ = data.by_point(name, log_seconds)
    values = data.values
    if prior is not None and len(points) < OWN_CELLS:
        apart = mean - prior.at_points[points]
        shift = float(np.mean(apart)) * len(points) / (len(points) + 6.0)
        return prior.weights * np.exp(shift), prior.at_points + shift
    if len(points) < FEW_CELLS:
        values = values.copy()
        values[:, _PLAIN:] = 0.0
    weights = non_negative(values[points], mean)
    least = values[points] @ weights
    if not (least > 0).all():  # no term fits: a constant does
        weights[0] = max(float(np.exp(mean.min())), weights[0])
    return weights, np.log(data.values @ weights)


@dataclass
class _PriorMean:
    weights: np.ndarray
    at_points: np.ndarray


def _prior_means(data: _Data, names: Sequence[str], prior: Optional[CostModel]) -> Any:
    """What the prior says at the points, for the strategies it knows and whose own cells are few."""
    if prior is None:
        return {}
    known = [name for name in names if name in prior.curves]
    few = [name for name in known if len(data.by_point(name, data.log_seconds)[0]) < OWN_CELLS]
    found = {}
    for name in few:
        weights = np.zeros(len(data.terms))
        for term, weight in zip(prior.terms, prior.curves[name].weights):
            if term in data.terms:
                weights[data.terms.index(term)] = weight
        if weights.any():
            found[name] = _PriorMean(weights, np.log(data.values @ weights))
    return found


def _common(
    data: _Data, names: Sequence[str], trends: Sequence[Tuple[np.ndarray, np.ndarray]], noise: float
) -> Tuple[np.ndarray, float]:
    """What slowed each whole process, by row, and its deviation.

    The median of a block's residuals is noise of that process, and partly a fault that all trends share. The smooth
    part of it over the cells is the fault, which stays in the times.
    """
    residual = np.empty(len(data.point))
    for name, (_, trend) in zip(names, trends):
        rows = data.strategy == name
        residual[rows] = data.log_seconds[rows] - trend[data.point[rows]]
    blocks = int(data.block.max()) + 1
    order = np.argsort(data.block, kind="stable")
    bounds = np.searchsorted(data.block[order], np.arange(blocks + 1))
    effect, told = np.zeros(blocks), np.zeros(blocks, dtype=bool)
    where = np.zeros(blocks, dtype=int)
    for block in range(blocks):
        rows = order[bounds[block] : bounds[block + 1]]
        where[block] = data.point[rows[0]]
        told[block] = len(rows) >= LEAST_STRATEGIES
        effect[block] = np.median(residual[rows]) if told[block] else 0.0
    if told.sum() < FEW_CELLS:
        return np.zeros(len(data.point)), noise
    points, inverse, counts = np.unique(where[told], return_inverse=True, return_counts=True)
    mean = np.bincount(np.ravel(inverse), effect[told]) / counts
    places, settings = data.places[points], data.settings[points]
    alike = correlation(places, places, settings, settings)
    best = _likeliest(alike, mean, counts, noise, noises=BLOCK_NOISES)
    smooth = best.amplitude**2 * alike @ best.pull
    left = effect[told] - smooth[np.ravel(inverse)]
    deviation = float(1.4826 * np.median(np.abs(left)))
    effect[told] = left
    return effect[data.block], deviation


def _curve(
    data: _Data,
    name: str,
    log_seconds: np.ndarray,
    trend: Tuple[np.ndarray, np.ndarray],
    alike: np.ndarray,
    noise: float,
) -> Curve:
    points, mean, counts = data.by_point(name, log_seconds)
    weights, at_points = trend
    near = alike[np.ix_(points, points)]
    few = (FEW_AMPLITUDE,) if len(points) < FEW_CELLS else AMPLITUDES
    best = _likeliest(near, mean - at_points[points], counts, noise, few)
    return Curve(weights, points, best.pull, best.variance, best.amplitude, best.spread())


@dataclass
class _Process:
    """A Gaussian process through residuals; `score` is its log likelihood."""

    amplitude: float
    variance: np.ndarray
    pull: np.ndarray
    root: np.ndarray
    score: float

    def spread(self) -> float:
        """Factor that makes 95 % of the left-out residuals lie inside 1.96 deviations."""
        n = len(self.pull)
        if n < FEW_CELLS:
            return 1.0
        half = np.linalg.inv(self.root)
        scores = self.pull / np.sqrt((half**2).sum(axis=0))
        return float(np.clip(np.quantile(np.abs(scores), 0.95) / 1.96, 0.8, 2.0))


def _likeliest(
    alike: np.ndarray,
    residual: np.ndarray,
    counts: np.ndarray,
    noise: float,
    amplitudes: Sequence[float] = AMPLITUDES,
    noises: Sequence[float] = NOISES,
) -> _Process:
    """The amplitude and the noise under which the residuals are likeliest."""
    from scipy.linalg import cho_solve

    found = []
    for amplitude in amplitudes:
        for factor in noises:
            variance = (factor * noise) ** 2 / counts
            covariance = amplitude**2 * alike
            covariance[np.diag_indices_from(covariance)] += variance
            root = np.linalg.cholesky(covariance)
            pull = cho_solve((root, True), residual, check_finite=False)
            score = -0.5 * float(residual @ pull) - float(np.log(np.diag(root)).sum())
            found.append(_Process(amplitude, variance, pull, root, score))
    return max(found, key=lambda process: process.score)
