"""What the PyTorch strategies share: where arrays live, how to wait, and the Gaussian off its slow path."""

from __future__ import annotations

from typing import Any

from .._torch import device, put, to_numpy, wait
from ._kernel import FLOOR

__all__ = ["FLOOR", "device", "gaussian", "put", "to_numpy", "wait"]


def gaussian(squares: Any, bandwidth: float) -> Any:
    """Turn squared distances into weights, in place; exponents stay above -80, where torch.exp is fast."""
    return squares.mul_(-0.5 / bandwidth**2).clamp_(min=FLOOR).exp_()
