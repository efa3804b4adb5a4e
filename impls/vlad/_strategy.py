"""Names to residual strategies: the dense ones of this folder, and all bucket strategies through the adapter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from .. import accuracy, discovery, registry, scatter
from ..inputs import Descriptors, Labels
from . import _adapter, _adapter_memory

#: What a dense strategy may declare beside what any strategy may: how many rows of a bucket it adds up without drift
#: in float32; that a bucket's result depends on the rows of others; that its own encoding assigns exactly, takes
#: ragged batches where it does, and looks for NaN and infinities on the way; and whose residual sums it takes.
CONSTANTS = ("STRAIGHT_ROWS", "MIXES_BUCKETS", "EXACT_ENCODE", "SUMS_OF")


@dataclass(frozen=True)
class ResidualStrategy(registry.Strategy):
    """A strategy for residual sums; its functions take what they are given without checks."""

    @property
    def adapted(self) -> bool:
        """Whether it is a bucket strategy that has no residual sums of its own."""
        return "residual_sums" not in self.listing.functions

    @property
    def ragged(self) -> bool:
        """Whether it takes a list of (L_t, F) arrays as well as one (T, L, F) array."""
        return self.kind == "bucket" or self.listing.ragged

    @property
    def fused(self) -> bool:
        """Whether it has an encoding of its own, in which nothing returns to the host between the steps."""
        return "encode" in self.listing.functions

    @property
    def exact_encode(self) -> bool:
        """Whether its own encoding takes each descriptor's nearest centroid, as `assign` finds it, on the host."""
        return self.fused and bool(self.listing.declared.get("EXACT_ENCODE", False))

    @property
    def sums_of(self) -> Optional[str]:
        """The strategy whose residual sums it takes as they are, if any: only its encoding is its own."""
        return self.listing.declared.get("SUMS_OF")

    def error_bound(self, dtype: Any) -> float:
        """Return the largest ``max_error_over_rms`` that the residual sums may show for `dtype`.

        A bucket strategy's own bound is about its bucket sums; as a VLAD strategy the adapter keeps it within
        the contract, unless the file declares a ``RESIDUAL_ERROR_BOUND``.
        """
        dense = self.kind == "dense"
        declared = self.listing.error_bound if dense else self.listing.residual_error_bound
        return accuracy.tolerance(dtype, declared)

    def put(self, *arrays: Any) -> Tuple[Any, ...]:
        """Return the arrays where the strategy wants them; the adapter works on the host and does its own."""
        return arrays if self.adapted or isinstance(arrays[0], list) else super().put(*arrays)

    def residual_sums(self, descriptors: Any, labels: Any, centers: Any) -> Any:
        """Return the (T, K, F) residual sums in the strategy's own array type.

        Parameters
        ----------
        descriptors : (T, L, F) array, or list of (L_t, F) arrays
        labels : (T, L) intp, or list of (L_t,)
        centers : (K, F)
        """
        ragged = isinstance(descriptors, list)
        if ragged and not self.ragged:
            able = ", ".join(name for name in strategies() if get(name).ragged)
            raise ValueError(
                f"Strategy {self.name!r} needs images with equally many descriptors: pass one (T, L, F) array, "
                f"or choose a strategy that takes ragged batches ({able})."
            )
        if self.adapted or (ragged and not self.listing.ragged):
            return _adapter.residual_sums(self._host_bucket_sums, descriptors, labels, centers, *self._asks)
        return self.module.residual_sums(descriptors, labels, centers)

    def adapter_share(self, descriptors: Any, labels: Any, centers: Any) -> Optional[float]:
        """Return the shared adapter's part of the time of its residual sums, 0 to 1; None where it has its own.

        Measured now, by a few calls. Parameters as in `residual_sums`.
        """
        if not self.adapted:
            return None
        return _adapter.share_of_time(self._host_bucket_sums, descriptors, labels, centers, *self._asks)

    def encode(self, descriptors: Any, centers: Any, steps: Sequence[str], **asked: Any) -> Any:
        """Return the (T, K*F) encodings of a `fused` strategy in its own array type.

        Parameters
        ----------
        descriptors : (T, L, F) array, or list of (L_t, F) arrays where `encodes` them
        centers : (K, F)
        steps : sequence of str
            Normalisation, as in `impls.vlad.normalize`.
        **asked
            ``check_finite`` and ``out`` as in `impls.vlad.encode`, of one with an `exact_encode`.
        """
        return self.module.encode(descriptors, centers, tuple(steps), **asked)

    def encodes(self, descriptors: Descriptors) -> bool:
        """Return whether its own encoding takes these descriptors; an empty batch needs none."""
        if isinstance(descriptors, list):
            return self.exact_encode and self.ragged and any(map(len, descriptors))
        return self.fused and descriptors.size > 0

    def not_timed(self, dtype: str, encoding: bool = False) -> Optional[str]:
        """Return why its time would say nothing: with labels given it may be another strategy."""
        if self.sums_of and not encoding:
            return f"given labels it is {self.sums_of}"
        return super().not_timed(dtype)

    def encode_workspace_bytes(self, T: int, L: int, F: int, K: int, itemsize: int) -> int:
        """Return the bytes its encoding is predicted to need: residual sums, labels and, fused, the assignment.

        NumPy assigns in small chunks; one compiled function holds shifted descriptors and scores of all.
        """
        if "encode_workspace_bytes" in self.listing.functions:
            return int(self.module.encode_workspace_bytes(T, L, F, K, itemsize))
        assignment = T * L * (F + K) * itemsize if self.fused else 0
        own = self.workspace_bytes(T, L, F, K, itemsize)
        return max(own, assignment) + T * K * F * itemsize + 8 * T * L

    @property
    def _asks(self) -> Tuple[bool, bool]:
        """Whether it must be given residuals, and whether some images at a time."""
        return self.listing.residuals_first, bool(self.listing.declared.get("SUMS_IN_BLOCKS", False))

    def _host_bucket_sums(self, rows: np.ndarray, bucket: np.ndarray, n_buckets: int) -> np.ndarray:
        result = self.module.bucket_sums(*super().put(rows, bucket), n_buckets)
        return self.to_numpy(self.wait(result))

    def workspace_bytes(self, T: int, L: int, F: int, K: int, itemsize: int) -> int:
        """Return the bytes it is predicted to allocate at its peak, beyond inputs and result."""
        if self.kind == "dense":
            return int(self.predictor()(T, L, F, K, itemsize))
        if not self.adapted and "residual_workspace_bytes" in self.listing.functions:
            return int(self.module.residual_workspace_bytes(T, L, F, K, itemsize))
        return _adapter_memory.workspace_bytes(self._own_bytes, T, L, F, K, itemsize, *self._asks)

    def predicted_bytes(self, descriptors: Descriptors, labels: Labels, centers: np.ndarray) -> int:
        """Return the same for the data at hand: a bucket strategy's need goes with how full the buckets are."""
        ragged = isinstance(descriptors, list)
        if self.adapted or (ragged and not self.listing.ragged):
            return _adapter_memory.predicted_bytes(self._own_bytes, descriptors, labels, centers, *self._asks)
        # A loop meets one image at a time, the largest at worst.
        L = max(map(len, labels), default=0)
        return self.workspace_bytes(len(labels), L, centers.shape[1], len(centers), centers.itemsize)

    def _own_bytes(self, N: int, F: int, M: int, itemsize: int, longest: Optional[int]) -> int:
        return scatter.BucketStrategy(self.listing, "bucket").workspace_bytes(N, F, M, itemsize, longest)


def listings() -> Dict[str, Tuple[discovery.Listing, str]]:
    """Return (listing, kind) by name. Where a dense file has a bucket strategy's name, the dense one counts."""
    found = {name: (listing, "bucket") for name, listing in scatter.listings().items()}
    dense = discovery.scan(Path(__file__).parent, __package__, "residual_sums", CONSTANTS)
    found.update({name: (listing, "dense") for name, listing in dense.items()})
    return {name: found[name] for name in sorted(found)}


def _find() -> Dict[str, ResidualStrategy]:
    return {name: ResidualStrategy(listing, kind) for name, (listing, kind) in listings().items()}


_CATALOG = registry.Catalog(
    _find,
    "VLAD",
    [(Path(__file__).parent, "residual_sums"), (Path(scatter.__file__).parent, "bucket_sums")],
)


def strategies() -> List[str]:
    """Return the names of all strategies, sorted; also of those that cannot run here."""
    return _CATALOG.names()


def get(name: str) -> ResidualStrategy:
    """Return the strategy called `name`; an unknown name is a ValueError."""
    return _CATALOG.get(name)
