"""A fitted cost model: what every strategy takes at sizes that need not have been measured, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from . import features
from .kernel import correlation

#: The posterior deviation of a Gaussian process is too small away from data: factors inside, near and far outside.
WIDENING = ((0.0, 1.5), (1.0, 2.0), (np.inf, 3.0))
#: Beyond twice as many points, deviations come from this many that are most alike: hardly larger, and much cheaper.
NEAREST = 96


@dataclass
class Curve:
    """The model of one strategy: log seconds = log(terms . weights) + a Gaussian process through the residuals.

    Attributes
    ----------
    weights : (terms,) float64
        Seconds a unit of each term, at least 0.
    points : (n,) int
        Which of the model's points this strategy was measured at.
    pull : (n,) float64
        Inverse covariance times residual: correlation with the points times amplitude squared times this is the mean.
    variance : (n,) float64
        Noise variance of each residual.
    amplitude : float
        Prior deviation of the residual.
    spread : float
        Factor on predictive deviations, from leave-one-out residuals.
    """

    weights: np.ndarray
    points: np.ndarray
    pull: np.ndarray
    variance: np.ndarray
    amplitude: float
    spread: float = 1.0
    _inverse: Optional[np.ndarray] = field(default=None, repr=False, compare=False)


@dataclass
class Limits:
    """What a machine moves and multiplies at most: (n,) working sets in bytes, bytes a second, flops by itemsize."""

    sizes: np.ndarray
    rates: np.ndarray
    flops: Dict[int, float] = field(default_factory=dict)

    def floor(self, moved: np.ndarray, flops: np.ndarray, itemsize: np.ndarray) -> np.ndarray:
        """Return the (n,) seconds that nothing can beat; 0 where nothing is known of what must be done."""
        rate = np.exp(np.interp(np.log(np.maximum(moved, 1.0)), np.log(self.sizes), np.log(self.rates)))
        rates = np.array([self.flops.get(int(width), np.inf) for width in np.ravel(itemsize)])
        return np.maximum(moved / rate, flops / rates)


@dataclass
class CostModel:
    """Predicted times of all strategies of one stage of a workload on one machine.

    Attributes
    ----------
    axes : tuple of str
    curves : dict of str to Curve
        By strategy.
    terms : list of features.Term
    caches : (float, float)
        Bytes of L2 and of L3.
    places : (points, axes) float64
        log2 of the sizes measured.
    settings : (points, 2) int
        Itemsize, and position in `labels`.
    labels : tuple of str
        Label distributions measured; the first is the usual one.
    noise : float
        Deviation of one strategy's log time within a process.
    block_noise : float
        Deviation of a whole process.
    limits : Limits, optional
    encode : bool
        Whether assignment and normalisation belong to the times.
    """

    axes: Tuple[str, ...]
    curves: Dict[str, Curve]
    terms: List[features.Term]
    caches: Tuple[float, float]
    places: np.ndarray
    settings: np.ndarray
    labels: Tuple[str, ...] = ("uniform",)
    noise: float = 0.05
    block_noise: float = 0.0
    limits: Optional[Limits] = None
    encode: bool = False

    @property
    def strategies(self) -> List[str]:
        """Names of the strategies it knows, in the order of all its results."""
        return list(self.curves)

    @property
    def itemsize(self) -> int:
        """The itemsize most cells were measured with."""
        widths, counts = np.unique(self.settings[:, 0], return_counts=True)
        return int(widths[np.argmax(counts)]) if len(widths) else 8

    def predict(
        self,
        cells: np.ndarray,
        itemsize: Union[int, np.ndarray, None] = None,
        labels: Union[str, Sequence[str], None] = None,
        only: Optional[Sequence[str]] = None,
        deviations: bool = True,
    ) -> Tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of the log seconds of every strategy.

        Parameters
        ----------
        cells : (n, axes) array
            Sizes.
        itemsize : int or (n,) int, optional
            4 or 8; what most cells were measured with by default.
        labels : str or sequence of str, optional
            Label distribution; the usual one by default. One that was not measured is as unlike as any other.
        only : sequence of str, optional
            Strategies to predict; all by default.
        deviations : bool
            False leaves the deviations NaN, which is cheaper.

        Returns
        -------
        mean, deviation : (strategies, n) float64
            Of the curve, without the noise of a measurement. No mean lies below what the machine allows.
        """
        asked = self._asked(cells, itemsize, labels)
        near = correlation(self.places, asked.logs, self.settings, asked.settings)
        names = self.strategies if only is None else list(only)
        mean = np.full((len(names), len(asked.logs)), np.nan)
        deviation = np.full_like(mean, np.nan)
        for row, name in enumerate(names):
            curve = self.curves[name]
            covariance = near[curve.points] * curve.amplitude**2
            mean[row] = np.log(asked.terms @ curve.weights) + covariance.T @ curve.pull
            if deviations:
                deviation[row] = self._deviation(curve, covariance)
        return np.maximum(mean, asked.floor), deviation

    def draws(
        self,
        cells: np.ndarray,
        count: int,
        rng: np.random.Generator,
        itemsize: Union[int, np.ndarray, None] = None,
        labels: Union[str, Sequence[str], None] = None,
        widen: float = 1.0,
    ) -> np.ndarray:
        """Return (count, strategies, n) log seconds drawn from the posterior, joint over the cells."""
        asked = self._asked(cells, itemsize, labels)
        near = correlation(self.places, asked.logs, self.settings, asked.settings)
        own = correlation(asked.logs, asked.logs, asked.settings, asked.settings)
        n, jitter = len(asked.logs), 1e-9 * np.eye(len(asked.logs))
        drawn = np.empty((count, len(self.curves), n))
        for row, curve in enumerate(self.curves.values()):
            covariance = near[curve.points] * curve.amplitude**2
            mean = np.log(asked.terms @ curve.weights) + covariance.T @ curve.pull
            left = own * curve.amplitude**2 - covariance.T @ (self._inverse(curve) @ covariance)
            root = np.linalg.cholesky(left + (jitter + 1e-6 * np.eye(n)) * curve.amplitude**2)
            drawn[:, row] = mean + widen * rng.standard_normal((count, n)) @ root.T
        return np.maximum(drawn, asked.floor)

    def measured_deviation(self, deviation: np.ndarray, names: Optional[Sequence[str]] = None) -> np.ndarray:
        """Return the deviation of a *measured* log time: the curve's, the noise's and the process's together.

        Parameters
        ----------
        deviation : (strategies, n) float64
            From `predict`.
        names : sequence of str, optional
            The strategies of the rows; all by default.
        """
        chosen = self.strategies if names is None else list(names)
        spread = np.array([self.curves[name].spread for name in chosen])[:, None]
        return spread * np.sqrt(deviation**2 + self.noise**2 + self.block_noise**2)

    @property
    def hull(self) -> Dict[str, Tuple[float, float]]:
        """Smallest and largest measured size by axis, and of the products that are whole arrays."""
        return self._hull(self.places)

    def hull_of(self, itemsize: int) -> Optional[Dict[str, Tuple[float, float]]]:
        """The same of what was measured with an itemsize; None where nothing was."""
        own = self.places[self.settings[:, 0] == itemsize]
        return self._hull(own) if len(own) else None

    def _hull(self, places: np.ndarray) -> Dict[str, Tuple[float, float]]:
        names, logs = features.extents(self.axes, 2.0**places)
        ends = np.stack([2.0 ** logs.min(axis=0), 2.0 ** logs.max(axis=0)], axis=1)
        return {name: (float(low), float(high)) for name, (low, high) in zip(names, ends)}

    def beyond(self, cells: np.ndarray, itemsize: Optional[int] = None) -> Tuple[List[str], np.ndarray]:
        """Return names of the hull's extents, and octaves (n, names) above it (positive), below it (negative).

        What was measured with another itemsize only counts as an octave away: the bytes differ by as much.
        """
        names, logs = features.extents(self.axes, np.atleast_2d(cells))
        _, measured = features.extents(self.axes, 2.0**self.places)
        past = _past(logs, measured)
        width = self.itemsize if itemsize is None else itemsize
        own = measured[self.settings[:, 0] == width]
        if len(own) and len(own) < len(measured):
            alone = _past(logs, own)
            alone = np.sign(alone) * np.maximum(np.abs(alone) - 1.0, 0.0)
            past = np.where(np.abs(alone) > np.abs(past), alone, past)
        return names, past

    def outside(self, cells: np.ndarray, itemsize: Optional[int] = None) -> np.ndarray:
        """Return how many octaves each cell lies outside what was measured; (n,), 0 inside."""
        return np.abs(self.beyond(cells, itemsize)[1]).max(axis=1)

    def outside_of(self, name: str, cell: np.ndarray) -> float:
        """Return how many octaves a cell (1, axes) lies outside the cells at which one strategy was measured."""
        _, logs = features.extents(self.axes, np.atleast_2d(cell))
        _, measured = features.extents(self.axes, 2.0 ** self.places[self.curves[name].points])
        return float(np.abs(_past(logs, measured)).max())

    def floor_seconds(self, cell: np.ndarray, itemsize: Optional[int] = None) -> float:
        """Return the seconds that nothing can beat at a cell (1, axes); 0 without limits."""
        return float(np.exp(self._asked(cell, itemsize, None).floor[0]))

    def _asked(self, cells: np.ndarray, itemsize: object, labels: object) -> _Asked:
        sizes = np.atleast_2d(np.asarray(cells, dtype=float))
        n = len(sizes)
        width = np.broadcast_to(np.asarray(self.itemsize if itemsize is None else itemsize, dtype=float), n)
        named = (
            [self.labels[0]] * n if labels is None else [labels] * n if isinstance(labels, str) else labels
        )
        code = {name: position for position, name in enumerate(self.labels)}
        codes = np.array([code.get(str(name), -1) for name in named])  # type: ignore[attr-defined]
        floor = np.full(n, -np.inf)
        if self.limits is not None:
            moved = features.least_bytes(self.axes, sizes, width, self.encode)
            flops = features.least_flops(self.axes, sizes, self.encode)
            with np.errstate(divide="ignore"):
                floor = np.log(self.limits.floor(moved, flops, width))
        terms = features.evaluate(self.terms, sizes, width, self.caches)
        settings = np.stack([width.astype(int), codes], axis=1)
        return _Asked(np.log2(np.maximum(sizes, 1.0)), settings, terms, floor)

    def _deviation(self, curve: Curve, covariance: np.ndarray) -> np.ndarray:
        """Posterior deviation where the covariance with a strategy's points is (points, n)."""
        if len(curve.points) <= 2 * NEAREST:
            explained = np.einsum("im,im->m", covariance, self._inverse(curve) @ covariance)
        else:
            explained = np.empty(covariance.shape[1])
            for column in range(covariance.shape[1]):
                chosen = np.argsort(-covariance[:, column], kind="stable")[:NEAREST]
                known = covariance[chosen, column]
                explained[column] = known @ np.linalg.solve(self._covariance(curve, chosen), known)
        return np.sqrt(np.maximum(curve.amplitude**2 - explained, 0.0))

    def _inverse(self, curve: Curve) -> np.ndarray:
        """The inverse covariance of a strategy's residuals; made when first needed, (n, n)."""
        if curve._inverse is None:
            curve._inverse = np.linalg.inv(self._covariance(curve, np.arange(len(curve.points))))
        return curve._inverse

    def _covariance(self, curve: Curve, chosen: np.ndarray) -> np.ndarray:
        """The covariance of some of a strategy's residuals, noise included."""
        points = curve.points[chosen]
        places, settings = self.places[points], self.settings[points]
        covariance = correlation(places, places, settings, settings) * curve.amplitude**2
        covariance[np.diag_indices_from(covariance)] += curve.variance[chosen]
        return covariance


@dataclass(frozen=True)
class _Asked:
    """Questions in the model's own coordinates."""

    logs: np.ndarray
    settings: np.ndarray
    terms: np.ndarray
    floor: np.ndarray


def _past(logs: np.ndarray, measured: np.ndarray) -> np.ndarray:
    above = np.maximum(logs - measured.max(axis=0), 0.0)
    below = np.maximum(measured.min(axis=0) - logs, 0.0)
    found = above - below
    return np.where(np.abs(found) < 1e-9, 0.0, found)


def widening(octaves: float) -> float:
    """Return the factor on deviations at a distance outside what was measured."""
    return next(factor for bound, factor in WIDENING if octaves <= bound)
