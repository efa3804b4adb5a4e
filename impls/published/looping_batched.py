"""The post's loop with one call that assigns all descriptors: what of its time is no matter of vectorizing sums.

Not published: it stands between `looping` and the vectorized pipelines, which all assign once. The step from `looping`
to this one is what batching the assignment gains; the step from this one to `optvec` is what the reduction gains.
With the assignment handed in it is `looping` itself.

Cost, memory and error: as `looping`, with one call of ``predict``.
Source: ours, for the decomposition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._steps import predict_all
from .looping import fair, workspace_bytes

__all__ = ["as_published", "fair", "workspace_bytes"]

REQUIRES = ("sklearn",)


def as_published(kmeans: Any, descriptors: np.ndarray) -> np.ndarray:
    """Return the (T, K*F) encodings; ``predict`` is called once."""
    return fair(descriptors, predict_all(kmeans, descriptors), kmeans.cluster_centers_)
