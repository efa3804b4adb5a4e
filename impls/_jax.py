"""What the JAX strategies share: where arrays live, how to wait, and float64 without touching global settings."""

from __future__ import annotations

import importlib
from typing import Any, Callable, ContextManager, Tuple

import jax
import numpy as np

# Where the context manager lives depends on the version: jax itself, before 0.8 jax.experimental.
_home = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
enable_x64: Callable[[bool], ContextManager[Any]] = _home.enable_x64


def precision_of(array: Any) -> ContextManager[Any]:
    """Return a context in which JAX computes in the array's own precision, float64 included.

    JAX turns float64 into float32 unless told otherwise; the caller's global setting is left alone.
    """
    return enable_x64(array.dtype == np.float64)


def put(*arrays: Any) -> Tuple[Any, ...]:
    """Return the arrays on the default device; integers as int32, which every device prefers."""
    return tuple(_put(array) for array in arrays)


def _put(array: np.ndarray) -> Any:
    if array.dtype.kind in "iu":
        if array.size and array.max() > np.iinfo(np.int32).max:
            raise ValueError(f"Bucket {array.max()} does not fit the 32-bit integers used on the device.")
        array = array.astype(np.int32)
    with precision_of(array):
        return jax.device_put(array)


def wait(result: Any) -> Any:
    """Return the result when all of it is computed."""
    return jax.block_until_ready(result)
