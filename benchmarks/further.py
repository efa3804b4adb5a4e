"""The small sets as asv sees them: the axes of each computation, then impl."""

from __future__ import annotations

from typing import Any

from benchmarks import further_sets as sets
from benchmarks.protocol.asv_class import SET_TIMEOUT_S, ReadOut, parameters
from benchmarks.protocol.readout import Table, measured


class _KMeans(ReadOut):
    param_names = ("N", "F", "K", "impl")

    def setup_cache(self) -> Any:
        """Measure the set KMeans."""
        return measured(sets.KMEANS)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]

    def track_seconds(self, cache: Table, N: int, F: int, K: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, N, F, K, impl)


class KMeansUpdate(_KMeans):
    """New centers from labelled rows."""

    grid = sets.KMEANS_UPDATE
    params = parameters(grid)


class KMeansFit(_KMeans):
    """Ten iterations of Lloyd's algorithm."""

    grid = sets.KMEANS_FIT
    params = parameters(grid)


class DbscanLabels(ReadOut):
    """DBSCAN on many small clusters."""

    grid = sets.DBSCAN_LABELS
    param_names = ("n", "d", "impl")
    params = parameters(grid)

    def setup_cache(self) -> Any:
        """Measure the set Dbscan."""
        return measured(sets.DBSCAN)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]

    def track_seconds(self, cache: Table, n: int, d: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, n, d, impl)


class TruncatedSvdProduct(ReadOut):
    """k terms of a decomposition, multiplied out."""

    grid = sets.SVD_PRODUCT
    param_names = ("m", "n", "k", "impl")
    params = parameters(grid)

    def setup_cache(self) -> Any:
        """Measure the set TruncatedSvd."""
        return measured(sets.TRUNCATED_SVD)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]

    def track_seconds(self, cache: Table, m: int, n: int, k: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, m, n, k, impl)


class NearestQuery(ReadOut):
    """The points nearest to one query."""

    grid = sets.NEAREST_QUERY
    param_names = ("n", "d", "k", "impl")
    params = parameters(grid)

    def setup_cache(self) -> Any:
        """Measure the set Nearest."""
        return measured(sets.NEAREST)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]

    def track_seconds(self, cache: Table, n: int, d: int, k: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, n, d, k, impl)
