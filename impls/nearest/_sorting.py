"""The k smallest of many distances, in order."""

from __future__ import annotations

import numpy as np


def smallest(squares: np.ndarray, k: int) -> np.ndarray:
    """Return the places of the k smallest of (n,) values, the smallest first."""
    if k >= len(squares):
        return np.argsort(squares, kind="stable")
    places = np.argpartition(squares, k - 1)[:k]
    return places[np.argsort(squares[places], kind="stable")]
