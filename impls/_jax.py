"""What the JAX strategies share: where arrays live, how to wait, and float64 without touching global settings."""

from __future__ import annotations

import importlib
from typing import Any, Callable, ContextManager, Optional, Sequence, Tuple

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


def device() -> str:
    """Return the runtime and the kind of device strategies compute on here, such as ``jax gpu``."""
    return f"jax {jax.default_backend()}"


def made_for(
    *platforms: str, because: str, dtypes: Sequence[str] = ("float32", "float64")
) -> Callable[[str], Optional[str]]:
    """Return a strategy's ``not_timed``: why its time would say nothing on this device or for a dtype, or None.

    Parameters
    ----------
    *platforms : str
        Devices it is made for, of ``cpu``, ``gpu``, ``tpu``.
    because : str
        What it is elsewhere.
    dtypes : sequence of str
        Dtypes it is made for.
    """

    def not_timed(dtype: str) -> Optional[str]:
        here = jax.default_backend()
        if here not in platforms:
            return f"made for a {' or '.join(platforms)}, and the device here is a {here}: {because}"
        if dtype not in dtypes:
            return f"made for {' and '.join(dtypes)}; {dtype} it computes in full precision"
        return None

    return not_timed


def int32(array: np.ndarray) -> np.ndarray:
    """Return integers as int32, which every device prefers; ValueError where one does not fit."""
    if array.size and array.max() > np.iinfo(np.int32).max:
        raise ValueError(f"Bucket {array.max()} does not fit the 32-bit integers used on the device.")
    return array.astype(np.int32)


def put(*arrays: Any) -> Tuple[Any, ...]:
    """Return the arrays on the default device, once they are there; integers as int32."""
    return tuple(jax.block_until_ready([_put(array) for array in arrays]))


def _put(array: np.ndarray) -> Any:
    with precision_of(array):
        return jax.device_put(int32(array) if array.dtype.kind in "iu" else array)


def wait(result: Any) -> Any:
    """Return the result when all of it is computed."""
    return jax.block_until_ready(result)
