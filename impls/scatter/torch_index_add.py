"""`torch.Tensor.index_add_`: PyTorch's row scatter, on the GPU where there is one.

As a VLAD strategy residuals are formed on the device and summed there.

Cost: N*F additions; as a VLAD strategy two passes more, to gather the centroids and to subtract (written into what
was gathered: half the time of `descriptors - centers[labels]`). Extra memory: the residuals, N*F.
Error: residuals are formed before they are summed, in order, so float32 drifts in buckets of thousands of rows. On
a GPU atomics add in no fixed order, so last bits may differ from run to run there; on a CPU they do not.
Source: the PyTorch documentation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from .._torch import DEVICE, device, encoder, put, to_numpy, wait

__all__ = ["DEVICE", "bucket_sums", "device", "encode", "put", "residual_sums", "to_numpy", "wait"]

REQUIRES = ("torch",)
ERROR_BOUND = {"float32": 1e-4}
RESIDUAL_ERROR_BOUND = {"float32": 1e-4}


def bucket_sums(rows: Any, bucket: Any, n_buckets: int) -> Any:
    """Return the (n_buckets, F) sums of rows (N, F) by bucket (N,), as a tensor."""
    rows, bucket = put(rows, bucket) if isinstance(rows, np.ndarray) else (rows, bucket)
    sums = torch.zeros((n_buckets, rows.shape[1]), dtype=rows.dtype, device=rows.device)
    return sums.index_add_(0, bucket, rows)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    (T, L, F), K = descriptors.shape, len(centers)
    bucket = (labels + K * torch.arange(T, device=labels.device)[:, None]).reshape(-1)
    residuals = torch.index_select(centers, 0, labels.reshape(-1))
    torch.sub(descriptors.reshape(T * L, F), residuals, out=residuals)
    return bucket_sums(residuals, bucket, T * K).reshape(T, K, F)


encode = encoder(residual_sums)


def workspace_bytes(N: int, F: int, M: int, itemsize: int) -> int:
    """Return 0 for the CPU; a GPU holds the inputs once more, in its own memory."""
    return 0


def residual_workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the residuals and the buckets."""
    return T * L * (F * itemsize + 8)
