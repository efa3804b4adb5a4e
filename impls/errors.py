"""The two errors of this package that are not plain ValueError or TypeError."""

from __future__ import annotations


class MemoryBudgetError(MemoryError):
    """A strategy is predicted to need more memory than the caller's ``memory_limit``."""


class StrategyUnavailable(ImportError):
    """A strategy cannot run here: a package is missing, or its file is broken."""
