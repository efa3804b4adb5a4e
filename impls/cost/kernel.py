"""The covariance of what the terms leave unexplained: smooth over the logs of the sizes, alike between settings."""

from __future__ import annotations

from typing import Optional

import numpy as np

#: Octaves over which residuals are alike.
LENGTH = 3.0
#: How much of a residual another itemsize shares, and how much other labels share.
SAME_ITEMSIZE, SAME_LABELS = 0.8, 0.9


def matern(distance: np.ndarray) -> np.ndarray:
    """Return the Matern 3/2 correlation at distances in lengths."""
    scaled = np.sqrt(3.0) * distance
    return (1.0 + scaled) * np.exp(-scaled)


def correlation(
    left: np.ndarray,
    right: np.ndarray,
    left_setting: Optional[np.ndarray] = None,
    right_setting: Optional[np.ndarray] = None,
) -> np.ndarray:
    """Return the correlation of residuals between two lists of places.

    Half of it falls with the distance over all axes, half is the mean of one curve an axis.

    Parameters
    ----------
    left, right : (n, axes), (m, axes) float64
        log2 of the sizes.
    left_setting, right_setting : (n, 2), (m, 2) int, optional
        Codes of itemsize and of labels.

    Returns
    -------
    (n, m) float64
    """
    gaps = np.abs(left[:, None, :] - right[None, :, :]) / LENGTH
    together = matern(np.sqrt(np.einsum("nma,nma->nm", gaps, gaps)))
    alone = matern(gaps).mean(axis=2)
    shared = 0.5 * together + 0.5 * alone
    if left_setting is not None and right_setting is not None:
        for column, share in enumerate((SAME_ITEMSIZE, SAME_LABELS)):
            same = left_setting[:, None, column] == right_setting[None, :, column]
            shared = shared * np.where(same, 1.0, share)
    return shared
