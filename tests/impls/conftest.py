"""Parametrises tests over all strategies; those whose packages are missing are skipped, by name."""

from __future__ import annotations

import pytest

from impls import scatter, vlad


def _usable(strategy):
    if not strategy.available:
        pytest.skip(f"{strategy.name}: {strategy.why_not}")
    return strategy


@pytest.fixture(params=vlad.strategies())
def strategy(request):
    """Every VLAD strategy."""
    return _usable(vlad.get(request.param))


@pytest.fixture(params=scatter.strategies())
def bucket_strategy(request):
    """Every bucket strategy."""
    return _usable(scatter.get(request.param))


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    """Both dtypes."""
    return request.param
