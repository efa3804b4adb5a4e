"""Residual sums that keep their bound for any data: images with very full buckets are aggregated slice by slice.

A strategy that adds float32 residuals one after the other drifts by about n * 1e-8 in a bucket of n rows that all
pull the same way; random data hide that, flat data do not. The shared adapter cuts such buckets. Strategies with a
way of their own are given some descriptors of every image at a time, and what they return is added up in float64.
"""

from __future__ import annotations

from typing import Callable, List, Optional

import numpy as np

from ..inputs import Descriptors, Labels
from ._strategy import ResidualStrategy

Aggregate = Callable[[Descriptors, Labels, np.ndarray], np.ndarray]
#: Rows of a bucket that may be added up in order, for strategies bound to the contract, and to ten times of it.
STRAIGHT_ROWS = (512, 4096)


def straight_rows(strategy: ResidualStrategy, dtype: np.dtype) -> Optional[int]:
    """Return up to how many rows of a bucket the strategy keeps its bound on any data; None where on any number.

    A file may declare ``STRAIGHT_ROWS``: how many, where it sums in parts of its own.
    """
    if dtype != np.float32 or strategy.adapted:  # the adapter cuts
        return None
    declared = strategy.listing.declared.get("STRAIGHT_ROWS")
    if declared is not None:
        return int(declared)
    bound = strategy.error_bound(dtype)
    return None if bound > 1e-3 else STRAIGHT_ROWS[bound > 2e-5]


def in_slices(
    strategy: ResidualStrategy, run: Aggregate, descriptors: Descriptors, labels: Labels, centers: np.ndarray
) -> np.ndarray:
    """Return the (T, K, F) residual sums that `run` computes, of slices of the images where a bucket is too full."""
    rows = straight_rows(strategy, centers.dtype)
    longest = max((len(label) for label in labels), default=0) if rows else 0
    if not rows or longest <= rows or fullest(labels, len(centers)) <= rows:
        return run(descriptors, labels, centers)
    pieces = -(-longest // rows)
    edges = [longest * piece // pieces for piece in range(pieces + 1)]
    total = np.zeros((len(labels), *centers.shape))
    for low, high in zip(edges, edges[1:]):
        if isinstance(descriptors, list):
            total += run(
                [image[low:high] for image in descriptors], [label[low:high] for label in labels], centers
            )
        else:
            total += run(descriptors[:, low:high], labels[:, low:high], centers)  # type: ignore[call-overload]
    with np.errstate(over="ignore"):
        return total.astype(centers.dtype)


def predicted_bytes(
    strategy: ResidualStrategy, descriptors: Descriptors, labels: Labels, centers: np.ndarray
) -> int:
    """Return the bytes that `in_slices` is predicted to need for the data at hand, beyond inputs and result."""
    rows, (T, (K, F)) = straight_rows(strategy, centers.dtype), (len(labels), centers.shape)
    longest = max((len(label) for label in labels), default=0)
    if not rows or longest <= rows or fullest(labels, K) <= rows:
        return strategy.predicted_bytes(descriptors, labels, centers)
    piece = -(-longest // -(-longest // rows))
    own = strategy.workspace_bytes(T, piece, F, K, centers.itemsize)
    sliced = 0 if isinstance(descriptors, list) else T * piece * (F * centers.itemsize + 8)
    return own + sliced + T * K * F * (8 + centers.itemsize)


def fullest(labels: Labels, K: int) -> int:
    """Return how many rows the fullest bucket of a batch holds."""
    counted: List[int] = [int(np.bincount(label, minlength=K).max()) for label in labels if len(label)]
    return max(counted, default=0)
