"""The sets of the time machine as asv sees them: params T, L, F, K, impl. `asv.eras.conf.json` has the environments."""

from __future__ import annotations

from typing import Any

from benchmarks import era_sets
from benchmarks.protocol.asv_class import SET_TIMEOUT_S, ReadOut, parameters
from benchmarks.protocol.readout import Table, measured


class _Pipelines(ReadOut):
    param_names = ("T", "L", "F", "K", "impl")

    def track_seconds(self, cache: Table, T: int, L: int, F: int, K: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, T, L, F, K, impl)


class _Eras(_Pipelines):
    def setup_cache(self) -> Any:
        """Measure the set Eras."""
        return measured(era_sets.ERAS)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class ErasFitted(_Eras):
    """The pipelines on the data as published, clusters numbered by the scikit-learn at hand."""

    grid = era_sets.ERAS_FITTED
    params = parameters(grid)


class ErasPublished(_Eras):
    """The pipelines as published, clusters numbered so that no edge bucket is empty."""

    grid = era_sets.ERAS_PUBLISHED
    params = parameters(grid)


class ErasFair(_Eras):
    """The pipelines with the assignment handed in."""

    grid = era_sets.ERAS_FAIR
    params = parameters(grid)


class ErasOverF(_Eras):
    """The pipelines, more and fewer features."""

    grid = era_sets.ERAS_OVER_F
    params = parameters(grid)


class ErasOverL(_Eras):
    """The pipelines, more and fewer descriptors an image."""

    grid = era_sets.ERAS_OVER_L
    params = parameters(grid)


class ErasMoreT(_Eras):
    """The pipelines, more images."""

    grid = era_sets.ERAS_MORE_T
    params = parameters(grid)


class ErasMoreK(_Eras):
    """The pipelines, more centroids."""

    grid = era_sets.ERAS_MORE_K
    params = parameters(grid)


class ErasFittedMeant(_Eras):
    """The pipelines with more centroids than descriptors an image, as scikit-learn numbers them."""

    grid = era_sets.ERAS_FITTED_MEANT
    params = parameters(grid)


class ErasFirstEmpty(_Eras):
    """The pipelines where the first bucket is empty: one of them gives a wrong answer."""

    grid = era_sets.ERAS_FIRST_EMPTY
    params = parameters(grid)


class ErasLastEmpty(_Eras):
    """The pipelines where the last bucket is empty: one of them fails."""

    grid = era_sets.ERAS_LAST_EMPTY
    params = parameters(grid)


class _ErasMeant(_Pipelines):
    def setup_cache(self) -> Any:
        """Measure the set ErasMeant."""
        return measured(era_sets.ERAS_MEANT)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class ErasMeantPublished(_ErasMeant):
    """The pipelines as published, with the 512 centroids that the post declares."""

    grid = era_sets.ERAS_MEANT_PUBLISHED
    params = parameters(grid)


class ErasMeantFair(_ErasMeant):
    """The pipelines with the assignment handed in, and 512 centroids."""

    grid = era_sets.ERAS_MEANT_FAIR
    params = parameters(grid)


class _ErasStrategies(_Pipelines):
    def setup_cache(self) -> Any:
        """Measure the set ErasStrategies."""
        return measured(era_sets.ERAS_STRATEGIES)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class ErasStrategiesPost(_ErasStrategies):
    """Today's strategies at the post's shape."""

    grid = era_sets.ERAS_TODAY
    params = parameters(grid)


class ErasStrategiesFirstEmpty(_ErasStrategies):
    """Today's strategies where the first bucket is empty."""

    grid = era_sets.ERAS_TODAY_FIRST_EMPTY
    params = parameters(grid)


class ErasStrategiesLastEmpty(_ErasStrategies):
    """Today's strategies where the last bucket is empty."""

    grid = era_sets.ERAS_TODAY_LAST_EMPTY
    params = parameters(grid)


class _ErasRegions(_Pipelines):
    def setup_cache(self) -> Any:
        """Measure the set ErasRegions."""
        return measured(era_sets.ERAS_REGIONS)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class ErasRegionsFeatures(_ErasRegions):
    """The pipelines, many features."""

    grid = era_sets.ERAS_MANY_FEATURES
    params = parameters(grid)


class ErasRegionsDescriptors(_ErasRegions):
    """The pipelines, many descriptors an image."""

    grid = era_sets.ERAS_MANY_DESCRIPTORS
    params = parameters(grid)


class _ErasRegionsToday(_Pipelines):
    def setup_cache(self) -> Any:
        """Measure the set ErasRegionsToday."""
        return measured(era_sets.ERAS_REGIONS_TODAY)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class ErasRegionsTodayFeatures(_ErasRegionsToday):
    """Today's strategies, many features."""

    grid = era_sets.ERAS_MANY_FEATURES_TODAY
    params = parameters(grid)


class ErasRegionsTodayDescriptors(_ErasRegionsToday):
    """Today's strategies, many descriptors an image."""

    grid = era_sets.ERAS_MANY_DESCRIPTORS_TODAY
    params = parameters(grid)
