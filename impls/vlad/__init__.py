"""VLAD encoding: assign descriptors to centroids, sum residuals, normalise. Strategies are files.

Every bucket strategy of `impls.scatter` is a strategy here too, through one shared adapter; the files of
this folder are those that need the images x descriptors layout.

>>> from impls import vlad
>>> vlad.encode(descriptors, centers, strategy="sparse_matmul")  # doctest: +SKIP
"""

from __future__ import annotations

from ._api import aggregate, assign, encode, encode_valid, normalize, oracle
from ._choose import choose, options
from ._strategy import ResidualStrategy, get, strategies

__all__ = [
    "ResidualStrategy",
    "aggregate",
    "assign",
    "choose",
    "encode",
    "encode_valid",
    "get",
    "normalize",
    "options",
    "oracle",
    "strategies",
]
