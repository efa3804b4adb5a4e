"""One-hot matrix products on all devices of the host, each with its own share of the images (`jax.sharding`).

The sums of an image need nothing from any other image, so the devices never talk to each other, and the result is
that of one device. This is how a batch that is too large for one device is encoded, and what a TPU of eight cores
does when it is compared as a whole.

Cost: 2*T*L*K*F flops, shared among the devices. Extra memory: the one-hot matrices, T*L*K, and the residuals, T*L*F,
shared among the devices; on the host a padded copy where the images do not divide evenly.
Error: residuals are formed before they are summed; the order of summation is XLA's.
Source: as `jax_onehot_matmul`; data parallelism by `jax.shard_map`, as in the JAX documentation.
"""

from __future__ import annotations

from typing import Any, Optional, Tuple

import jax

from .._jax import device, wait
from .._jax_encode import fused
from . import jax_onehot_matmul
from ._sharding import over_devices, put

__all__ = ["device", "encode", "not_timed", "put", "residual_sums", "wait"]

REQUIRES = ("jax",)

_encode = fused(jax_onehot_matmul.residual_sums)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    return over_devices(jax_onehot_matmul.residual_sums, descriptors, labels, centers)


def encode(descriptors: Any, centers: Any, steps: Tuple[str, ...]) -> Any:
    """Return (T, K*F) encodings of descriptors (T, L, F) by centers (K, F)."""
    return over_devices(_encode, descriptors, centers, static=(steps,))


def not_timed(dtype: str) -> Optional[str]:
    """Return why its time would say nothing: with one device it is `jax_onehot_matmul`."""
    return None if jax.local_device_count() > 1 else "there is one device here: it is jax_onehot_matmul"


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of all devices' one-hot matrices and residuals, and of a padded copy on the host."""
    return T * L * (K + F) * itemsize + T * L * F * itemsize
