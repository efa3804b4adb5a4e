"""Weighted sums into bins (numpy issue 23176) as asv sees them: params N, bins, impl."""

from __future__ import annotations

from typing import Any

from benchmarks import sets
from benchmarks.protocol.asv_class import SET_TIMEOUT_S, ReadOut, parameters
from benchmarks.protocol.readout import Table, measured


class _Scatter1D(ReadOut):
    param_names = ("N", "bins", "impl")

    def setup_cache(self) -> Any:
        """Measure the set Scatter1D."""
        return measured(sets.SCATTER1D)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]

    def track_seconds(self, cache: Table, N: int, bins: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, N, bins, impl)


class Scatter1DFloat64(_Scatter1D):
    """Float64 values, 64-bit index, in random order."""

    grid = sets.SCATTER1D_FLOAT64
    params = parameters(grid)


class Scatter1DFloat64Sorted(_Scatter1D):
    """Float64 values, 64-bit index, sorted."""

    grid = sets.SCATTER1D_FLOAT64_SORTED
    params = parameters(grid)


class Scatter1DFloat64Int32(_Scatter1D):
    """Float64 values, 32-bit index, in random order."""

    grid = sets.SCATTER1D_FLOAT64_INT32
    params = parameters(grid)


class Scatter1DFloat64Int32Sorted(_Scatter1D):
    """Float64 values, 32-bit index, sorted."""

    grid = sets.SCATTER1D_FLOAT64_INT32_SORTED
    params = parameters(grid)


class Scatter1DFloat32(_Scatter1D):
    """Float32 values, 64-bit index, in random order."""

    grid = sets.SCATTER1D_FLOAT32
    params = parameters(grid)


class Scatter1DFloat32Sorted(_Scatter1D):
    """Float32 values, 64-bit index, sorted."""

    grid = sets.SCATTER1D_FLOAT32_SORTED
    params = parameters(grid)


class Scatter1DFloat32Int32(_Scatter1D):
    """Float32 values, 32-bit index, in random order."""

    grid = sets.SCATTER1D_FLOAT32_INT32
    params = parameters(grid)


class Scatter1DFloat32Int32Sorted(_Scatter1D):
    """Float32 values, 32-bit index, sorted."""

    grid = sets.SCATTER1D_FLOAT32_INT32_SORTED
    params = parameters(grid)


class Scatter1DApi(_Scatter1D):
    """A thousand values through the public function, as a caller waits for it."""

    grid = sets.SCATTER1D_API
    params = parameters(grid)
