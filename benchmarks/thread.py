"""The set ThreadClaims as asv sees it: params n, d, impl; the update rule and the data are in the class's name."""

from __future__ import annotations

from typing import Any

from benchmarks import thread_sets as sets
from benchmarks.protocol.asv_class import SET_TIMEOUT_S, ReadOut, parameters
from benchmarks.protocol.readout import Table, measured


class _ThreadClaims(ReadOut):
    param_names = ("n", "d", "impl")

    def setup_cache(self) -> Any:
        """Measure the set ThreadClaims."""
        return measured(sets.THREAD_CLAIMS)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]

    def track_seconds(self, cache: Table, n: int, d: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, n, d, impl)


class ThreadClaimsGrowth(_ThreadClaims):
    """Five iterations in place, at a size and at four times that size."""

    grid = sets.GROWTH
    params = parameters(grid)


class ThreadClaimsWide(_ThreadClaims):
    """One step on the lesson's points with ten times their bandwidth."""

    grid = sets.WIDE
    params = parameters(grid)


class ThreadClaimsPair30(_ThreadClaims):
    """Five iterations on two clusters with a silhouette of about 0.30."""

    grid = sets.PAIR_30
    params = parameters(grid)


class ThreadClaimsPair40(_ThreadClaims):
    """Five iterations on two clusters with a silhouette of about 0.40."""

    grid = sets.PAIR_40
    params = parameters(grid)


class ThreadClaimsPair57(_ThreadClaims):
    """Five iterations on two clusters with a silhouette of about 0.57."""

    grid = sets.PAIR_57
    params = parameters(grid)


class ThreadClaimsPair70(_ThreadClaims):
    """Five iterations on two clusters with a silhouette of about 0.70."""

    grid = sets.PAIR_70
    params = parameters(grid)
