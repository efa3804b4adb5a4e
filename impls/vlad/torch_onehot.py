"""One-hot matrices times residuals in PyTorch: `torch.bmm`, on the GPU where there is one.

The other ecosystem's version of `jax_onehot_matmul`, kernel by kernel instead of compiled as a whole.

Cost: 2*T*L*K*F flops, and three passes over the residuals to gather, subtract and multiply. Extra memory: the one-hot
matrices, T*L*K, and the residuals, T*L*F.
Error: residuals are formed before they are summed; the order of summation is the BLAS's. PyTorch multiplies in float32
unless `torch.backends.cuda.matmul.allow_tf32` was set.
Source: NetVLAD's soft assignment, with hard labels; the PyTorch documentation.
"""

from __future__ import annotations

from typing import Any

import torch

from .._torch import DEVICE, device, encoder, put, to_numpy, wait

__all__ = ["DEVICE", "device", "encode", "put", "residual_sums", "to_numpy", "wait"]

REQUIRES = ("torch",)


def residual_sums(descriptors: Any, labels: Any, centers: Any) -> Any:
    """Return (T, K, F) residual sums of descriptors (T, L, F) with labels (T, L) about centers (K, F)."""
    (T, L, F), K = descriptors.shape, len(centers)
    onehot = torch.zeros((T, K, L), dtype=descriptors.dtype, device=descriptors.device)
    onehot.scatter_(1, labels[:, None, :], 1)
    residuals = torch.index_select(centers, 0, labels.reshape(-1)).reshape(T, L, F)
    torch.sub(descriptors, residuals, out=residuals)
    return torch.bmm(onehot, residuals)


encode = encoder(residual_sums)


def workspace_bytes(T: int, L: int, F: int, K: int, itemsize: int) -> int:
    """Return the bytes of the one-hot matrices and the residuals."""
    return T * L * (K + F) * itemsize
