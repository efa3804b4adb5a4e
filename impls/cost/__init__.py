"""What a strategy costs: a model of its time, fitted to measurements, and the choice that follows from it.

`fit` makes a `CostModel` of measured times; a `Profile` holds the models of one machine and is a JSON file; `choose`
answers from it. Predicting needs NumPy alone, fitting SciPy too.
"""

from __future__ import annotations

from .fitting import Observations, fit
from .model import CostModel, Limits
from .package_sets import PACKAGE_SETS, allowed
from .regret import contenders, expected_regret, noise_regret

__all__ = [
    "PACKAGE_SETS",
    "CostModel",
    "Limits",
    "Observations",
    "allowed",
    "contenders",
    "expected_regret",
    "fit",
    "noise_regret",
]
