"""The pipelines of the 2021 question and blog post, in our own code, with the structure that was published.

Each file is one pipeline, from descriptors and a fitted clustering to normalised encodings, in two forms:
``as_published(kmeans, descriptors)`` asks the clustering for the assignment where the published code did (once an
image in the loops, once for all elsewhere); ``fair(descriptors, labels, centers)`` is the same pipeline with the
assignment handed in. They are history to be measured, faults included, and not meant for use: `impls.vlad` is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple

from .. import discovery, registry

__all__ = ["Pipeline", "get", "strategies"]


@dataclass(frozen=True)
class Pipeline(registry.Strategy):
    """One published pipeline; its functions take what they are given without checks."""

    @property
    def normalization(self) -> Tuple[str, ...]:
        """The steps it applies to residual sums, named as in `impls.vlad.normalize`."""
        return tuple(self.listing.declared.get("NORMALIZATION", ("signed_sqrt", "l2")))

    def as_published(self, kmeans: Any, descriptors: Any) -> Any:
        """Return the (T, K*F) encodings of descriptors (T, L, F), assignment included, as the author timed it."""
        return self.module.as_published(kmeans, descriptors)

    def fair(self, descriptors: Any, labels: Any, centers: Any) -> Any:
        """Return the (T, K*F) encodings of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
        return self.module.fair(descriptors, labels, centers)

    def workspace_bytes(self, T: int, L: int, F: int, K: int, itemsize: int) -> int:
        """Return the bytes it is predicted to allocate at its peak, beyond inputs and result."""
        return int(self.predictor()(T, L, F, K, itemsize))


def listings() -> Dict[str, discovery.Listing]:
    """Return what the files of this folder say, by the name of the pipeline."""
    return discovery.scan(Path(__file__).parent, __name__, "as_published", ("NORMALIZATION",))


def _find() -> Dict[str, Pipeline]:
    return {name: Pipeline(listing, "pipeline") for name, listing in listings().items()}


_CATALOG = registry.Catalog(_find, "published", [(Path(__file__).parent, "as_published")])


def strategies() -> List[str]:
    """Return the names of all pipelines, sorted."""
    return _CATALOG.names()


def get(name: str) -> Pipeline:
    """Return the pipeline called `name`; an unknown name is a ValueError."""
    return _CATALOG.get(name)
