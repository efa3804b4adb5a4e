"""What the torch strategies share: the device, the way there and back, and an encoding that stays on it."""

from __future__ import annotations

import warnings
from typing import Any, Callable, Sequence, Tuple

import numpy as np
import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device() -> str:
    """Return the runtime and the kind of device strategies compute on here: ``torch cpu`` or ``torch gpu``."""
    return "torch gpu" if DEVICE.type == "cuda" else "torch cpu"


def put(*arrays: Any) -> Tuple[Any, ...]:
    """Return the arrays as tensors on the device, once they are there; on a CPU they share the arrays' memory."""
    return tuple(wait(_shared(array).to(DEVICE)) for array in arrays)


def _shared(array: np.ndarray) -> torch.Tensor:
    """Return a tensor on the array's memory; a copy where torch cannot have it so (negative strides).

    Torch warns of read-only memory, since it does not keep it so. Nothing here writes to what is put, and a copy would
    be on the clock wherever the way to the device is.
    """
    array = array if min(array.strides, default=0) >= 0 else array.copy()
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not writable")
        return torch.from_numpy(array)


def wait(result: Any) -> Any:
    """Return the tensor when it is computed."""
    if result.is_cuda:
        torch.cuda.synchronize()
    return result


def to_numpy(result: Any) -> np.ndarray:
    """Return the tensor as a NumPy array."""
    return result.cpu().numpy()


def encoder(residual_sums: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """Return ``encode(descriptors, centers, steps)`` around the given residual sums, all of it on the device."""

    def encode(descriptors: Any, centers: Any, steps: Sequence[str] = ("signed_sqrt", "l2")) -> Any:
        labels = nearest_centroid(descriptors, centers)
        return normalized(residual_sums(descriptors, labels, centers), labels, steps)

    return encode


def nearest_centroid(descriptors: Any, centers: Any) -> Any:
    """Return the (T, L) index of the nearest of the (K, F) centers, by products relative to the centers' mean.

    On a GPU ties go to any of the nearest: torch promises no order there. Between two centers that are equally near
    within the rounding of the products, some ``F * eps * |x - mean| * |c - mean|``, rounding decides, where
    `impls.vlad.assign` is exact.
    """
    T, L, F = descriptors.shape
    mean = centers.mean(dim=0)
    shifted = centers - mean
    bias = shifted.square().sum(dim=1).mul_(-0.5)
    rows = (descriptors - mean).reshape(T * L, F)
    return torch.addmm(bias, rows, shifted.T).argmax(dim=1).reshape(T, L)


def normalized(sums: Any, labels: Any, steps: Sequence[str]) -> Any:
    """Return (T, K, F) residual sums as (T, K*F) encodings; the steps are those of `impls.vlad.normalize`."""
    T, K, F = sums.shape
    if "mass" in steps:
        counts = torch.zeros((T, K), dtype=sums.dtype, device=sums.device)
        counts.scatter_add_(1, labels, torch.ones_like(labels, dtype=sums.dtype))
        sums = sums / counts.clamp(min=1)[:, :, None]
    if "signed_sqrt" in steps:
        sums = sums.sign() * sums.abs().sqrt()
    if "intra" in steps:
        sums = unit_length(sums)
    flat = sums.reshape(T, K * F)
    return unit_length(flat) if "l2" in steps else flat


def unit_length(vectors: Any) -> Any:
    """Return vectors along the last axis divided by their length; a zero vector stays zero."""
    largest = vectors.abs().amax(dim=-1, keepdim=True)
    scaled = vectors / torch.where(largest > 0, largest, 1)
    length = scaled.square().sum(dim=-1, keepdim=True).sqrt()
    return scaled / torch.where(length > 0, length, 1)
