"""What a call holds of a device's memory at its peak, asked of its runtime in the process that timed it."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Callable, List, Optional, Sequence

from benchmarks.protocol.devices import memory_of_jax, on_host
from benchmarks.protocol.plan import Budget


def ballast_of_jax(size: int) -> Any:
    """Take so many bytes of the device's memory until the result is dropped."""
    jnp = import_module("jax.numpy")
    return jnp.zeros(size, jnp.uint8).block_until_ready()


def peak_extra_bytes(call: Callable[[], Any], device: str) -> Optional[int]:
    """Bytes of device memory that `call` holds at its peak beyond its inputs and its result, or None if unknown."""
    if device.startswith("torch"):
        return _peak_of_torch(call)
    return _peak_of_jax(call)


def weigh(entries: Sequence[Any], budget: Budget, emit: Callable[..., None]) -> None:
    """Fill ``peak_extra_bytes`` of those `block.Entry` that did not compute on the host.

    The timing worker does this behind the samples: a TPU serves one process at a time.
    """
    for entry in entries:
        if entry.device is None or on_host(entry.device):
            continue
        limit = budget.watched(2)
        emit("begin", impl=entry.impl, doing="peak memory", limit_s=limit)
        try:
            entry.peak_extra_bytes = peak_extra_bytes(entry.task.call, entry.device)
        except Exception as problem:  # it was timed all the same; only this number is missing
            emit("begin", impl=entry.impl, doing=f"peak memory: {problem}", limit_s=limit)


def _peak_of_torch(call: Callable[[], Any]) -> int:
    torch = import_module("torch")
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result = call()
    peak, size = torch.cuda.max_memory_allocated(), _device_bytes(result)
    return max(0, int(peak - before - size))


def _peak_of_jax(call: Callable[[], Any]) -> Optional[int]:
    """JAX's peak is that of the whole process and cannot be reset: ballast lifts what is in use up to it first."""
    account = memory_of_jax()
    if not {"bytes_in_use", "peak_bytes_in_use"} <= set(account):
        return None
    missing = account["peak_bytes_in_use"] - account["bytes_in_use"]
    if account["peak_bytes_in_use"] > account.get("bytes_limit", float("inf")) / 2:
        return None  # too little would be left for the call itself
    ballast: List[Any] = [ballast_of_jax(missing)] if missing > 0 else []
    before = memory_of_jax()
    result = call()
    after = memory_of_jax()
    size = _device_bytes(result)
    ballast.clear()
    if after["peak_bytes_in_use"] <= before["peak_bytes_in_use"]:
        # The allocator rounds, and the ballast may itself have gone a little above: less than that was needed.
        return 0
    # What is not filled up to the old peak would have been used first.
    gap = before["peak_bytes_in_use"] - before["bytes_in_use"]
    return max(0, int(after["peak_bytes_in_use"] - before["peak_bytes_in_use"] + gap - size))


def _device_bytes(result: Any) -> int:
    """Bytes of a result that is still on its device; 0 for one that came to the host."""
    if type(result).__module__.split(".")[0] == "numpy":
        return 0
    return int(getattr(result, "nbytes", 0))
