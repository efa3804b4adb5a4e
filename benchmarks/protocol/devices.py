"""Which device measured: asked of the runtimes (JAX, torch) where they are loaded already, or in a process of its own.

Nothing here loads a runtime into a process that measures or plans. A worker tells what it used; the run asks a
short-lived process beforehand, because the journal's name depends on the answer and a TPU serves one process at a time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module, metadata
from typing import Any, Callable, Dict, Iterable, Optional

from benchmarks import ROOT
from benchmarks.protocol.clock import perf_counter

PROBE_LIMIT_S = 180.0
HOST = "cpu"
#: distributions that decide what a device does, by the beginning of their names
PARTS = ("jax", "libtpu", "torch", "triton", "nvidia-cublas", "nvidia-cudnn", "nvidia-cuda-runtime")
SETTINGS = ("XLA_FLAGS", "LIBTPU_INIT_ARGS", "JAX_PLATFORMS", "CUDA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE")


def of_jax() -> Dict[str, Any]:
    """What JAX says of its device and of its own settings."""
    jax = import_module("jax")
    devices = jax.local_devices()
    memory = memory_of_jax()
    return {
        "platform": jax.default_backend(),
        "kind": devices[0].device_kind,
        "count": len(devices),
        "memory_bytes": memory.get("bytes_limit"),
        "runtime": str(getattr(devices[0].client, "platform_version", "")),
        "x64": bool(jax.config.jax_enable_x64),
        "default_matmul_precision": jax.config.jax_default_matmul_precision or "default",
    }


def of_torch() -> Dict[str, Any]:
    """What torch says of its device and of its own settings."""
    torch = import_module("torch")
    if not torch.cuda.is_available():
        return {"platform": HOST, "kind": HOST, "count": 1, "memory_bytes": None, "runtime": ""}
    return {
        "platform": "gpu",
        "kind": torch.cuda.get_device_name(0),
        "count": torch.cuda.device_count(),
        "memory_bytes": torch.cuda.get_device_properties(0).total_memory,
        "runtime": f"CUDA {torch.version.cuda}" if torch.version.cuda else f"HIP {torch.version.hip}",
        "allow_tf32": bool(torch.backends.cuda.matmul.allow_tf32),
    }


RUNTIMES: Dict[str, Callable[[], Dict[str, Any]]] = {"jax": of_jax, "torch": of_torch}


def driver() -> Optional[str]:
    """Version of the graphics driver as the kernel shows it, or None."""
    try:
        with open("/proc/driver/nvidia/version", encoding="utf-8", errors="replace") as handle:
            return handle.readline().split(":", 1)[-1].strip()
    except OSError:
        return None


def versions() -> Dict[str, str]:
    """Versions of the installed packages that decide what a device does."""
    names = {name for name in (each.metadata["Name"] for each in metadata.distributions()) if name}
    return {name: metadata.version(name) for name in sorted(names) if name.lower().startswith(PARTS)}


def described(names: Iterable[str]) -> Dict[str, Any]:
    """Facts about the devices of the named runtimes, which are loaded for it where they are not."""
    found: Dict[str, Any] = {name: RUNTIMES[name]() for name in names}
    if found:
        settings = {name: os.environ[name] for name in SETTINGS if name in os.environ}
        found.update(driver=driver(), versions=versions(), settings=settings)
    return found


def loaded() -> Dict[str, Any]:
    """Facts about the devices of the runtimes that this process has loaded; empty where it has none.

    A device that is not the host is measured as well: JAX tells its ``limits``, as `noise.measured_limits` does the
    host's.
    """
    found = described(name for name in RUNTIMES if name in sys.modules)
    if found.get("jax", {}).get("platform", HOST) != HOST:
        found["jax"]["limits"] = limits_of_jax()
    return found


def limits_of_jax(copied: int = 1 << 26, side: int = 4096) -> Dict[str, Any]:
    """Speed limits of JAX's first device.

    Parameters
    ----------
    copied : int
        Float32 numbers in the array that is copied.
    side : int
        Of the square matrices that are multiplied.

    Returns
    -------
    dict
        ``copy_bytes_per_s``: bytes read plus bytes written by ``x + 1``. ``gemm_flops_per_s``: 2 n^3 over the time of
        a product, for float32 in full (``float32``) and in the device's default precision (``float32_default``), and
        for bfloat16 summed in float32 (``bfloat16``).
    """
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    highest, default = jax.lax.Precision.HIGHEST, jax.lax.Precision.DEFAULT

    def product(precision: Any) -> Callable[[Any], Any]:
        return lambda a: jnp.matmul(a, a, precision=precision, preferred_element_type=jnp.float32)

    def fastest(function: Callable[[Any], Any], array: Any) -> float:
        compiled, best = jax.jit(function), float("inf")
        compiled(array).block_until_ready()
        for _ in range(5):
            started = perf_counter()
            compiled(array).block_until_ready()
            best = min(best, perf_counter() - started)
        return best

    square, flops = jnp.full((side, side), 0.5, jnp.float32), 2.0 * side**3
    return {
        "copy_bytes_per_s": 8.0 * copied / fastest(lambda x: x + 1, jnp.ones(copied, jnp.float32)),
        "gemm_flops_per_s": {
            "float32": flops / fastest(product(highest), square),
            "float32_default": flops / fastest(product(default), square),
            "bfloat16": flops / fastest(product(default), square.astype(jnp.bfloat16)),
        },
    }


def probed(packages: Iterable[str]) -> Dict[str, Any]:
    """Facts about the devices that the runtimes among `packages` find here, asked in a process of its own.

    Returns
    -------
    dict
        As `loaded`; empty when none of the packages is a runtime; ``{"error": reason}`` where the process failed.
    """
    names = [name for name in RUNTIMES if name in set(packages)]
    if not names:
        return {}
    command = [sys.executable, "-m", "benchmarks.protocol.devices", *names]
    environment = dict(os.environ, XLA_PYTHON_CLIENT_PREALLOCATE="false")
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PROBE_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return {"error": f"asking {' and '.join(names)} for a device took over {PROBE_LIMIT_S:.0f} s"}
    if done.returncode:
        words = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        return {"error": words[0][:300]}
    answer: Dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def suffix(found: Dict[str, Any]) -> str:
    """What an environment's name ends with, such as ``-jax0.10.2-gpu``; nothing where all compute on the host.

    The version is part of it: results of several on one device must not take each other's place.
    """
    for name in RUNTIMES:
        platform = found.get(name, {}).get("platform", HOST)
        if platform != HOST:
            return "-{}{}-{}".format(name, found.get("versions", {}).get(name, ""), platform)
    return ""


def on_host(device: Optional[str]) -> bool:
    """Tell whether a strategy's device (``jax gpu``, None) is the host's own processor."""
    return device is None or device.split()[-1] == HOST


def memory_of_jax() -> Dict[str, int]:
    """JAX's account of its first device's memory; empty where the runtime keeps none."""
    first = import_module("jax").local_devices()[0]
    return dict(first.memory_stats() or {})


if __name__ == "__main__":
    print(json.dumps(described(sys.argv[1:])))
