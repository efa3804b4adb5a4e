"""Crossover's strategies: pure functions on arrays. Ground floor, imports nothing else of the project.

`impls.scatter` sums rows into buckets; `impls.vlad` builds VLAD encodings from such sums. Importing
them loads no optional package: a strategy's packages load when its functions are first used.

A strategy is a file in `scatter/` or `vlad/`; what it must and may define is listed in `impls.discovery.Listing`.
"""

from __future__ import annotations

from .errors import MemoryBudgetError, StrategyUnavailable

__all__ = ["MemoryBudgetError", "StrategyUnavailable"]
