"""The accelerator sets as asv sees them: params T, L, F, K, impl; the stage and dtype are in the class's name."""

from __future__ import annotations

from typing import Any

from benchmarks import accelerator_sets as sets
from benchmarks.protocol.asv_class import SET_TIMEOUT_S, ReadOut, parameters
from benchmarks.protocol.readout import Table, measured


class _Vlad(ReadOut):
    param_names = ("T", "L", "F", "K", "impl")

    def track_seconds(self, cache: Table, T: int, L: int, F: int, K: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, T, L, F, K, impl)


class _Accelerator(_Vlad):
    def setup_cache(self) -> Any:
        """Measure the set Accelerator."""
        return measured(sets.ACCELERATOR)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class _AcceleratorTiny(_Vlad):
    def setup_cache(self) -> Any:
        """Measure the set AcceleratorTiny."""
        return measured(sets.ACCELERATOR_TINY)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class AcceleratorPostAggregate(_Accelerator):
    """The post's shape, and fewer images: residual sums, data on the device."""

    grid = sets.POST["aggregate"]
    params = parameters(grid)


class AcceleratorPostEncode(_Accelerator):
    """The post's shape, and fewer images: end to end, data on the device."""

    grid = sets.POST["encode"]
    params = parameters(grid)


class AcceleratorPostAggregateFromHost(_Accelerator):
    """The post's shape, and fewer images: residual sums, from and to the host."""

    grid = sets.POST["aggregate_from_host"]
    params = parameters(grid)


class AcceleratorPostEncodeFromHost(_Accelerator):
    """The post's shape, and fewer images: end to end, from and to the host."""

    grid = sets.POST["encode_from_host"]
    params = parameters(grid)


class AcceleratorPostFloat64Aggregate(_Accelerator):
    """The post's shape in double precision: residual sums, data on the device."""

    grid = sets.POST_FLOAT64["aggregate"]
    params = parameters(grid)


class AcceleratorPostFloat64Encode(_Accelerator):
    """The post's shape in double precision: end to end, data on the device."""

    grid = sets.POST_FLOAT64["encode"]
    params = parameters(grid)


class AcceleratorPostFloat64AggregateFromHost(_Accelerator):
    """The post's shape in double precision: residual sums, from and to the host."""

    grid = sets.POST_FLOAT64["aggregate_from_host"]
    params = parameters(grid)


class AcceleratorPostFloat64EncodeFromHost(_Accelerator):
    """The post's shape in double precision: end to end, from and to the host."""

    grid = sets.POST_FLOAT64["encode_from_host"]
    params = parameters(grid)


class AcceleratorSiftAggregate(_Accelerator):
    """SIFT on Holidays: residual sums, data on the device."""

    grid = sets.SIFT["aggregate"]
    params = parameters(grid)


class AcceleratorSiftEncode(_Accelerator):
    """SIFT on Holidays: end to end, data on the device."""

    grid = sets.SIFT["encode"]
    params = parameters(grid)


class AcceleratorSiftAggregateFromHost(_Accelerator):
    """SIFT on Holidays: residual sums, from and to the host."""

    grid = sets.SIFT["aggregate_from_host"]
    params = parameters(grid)


class AcceleratorSiftEncodeFromHost(_Accelerator):
    """SIFT on Holidays: end to end, from and to the host."""

    grid = sets.SIFT["encode_from_host"]
    params = parameters(grid)


class AcceleratorDinoAggregate(_Accelerator):
    """AnyLoc on DINOv2: residual sums, data on the device."""

    grid = sets.DINO["aggregate"]
    params = parameters(grid)


class AcceleratorDinoEncode(_Accelerator):
    """AnyLoc on DINOv2: end to end, data on the device."""

    grid = sets.DINO["encode"]
    params = parameters(grid)


class AcceleratorDinoAggregateFromHost(_Accelerator):
    """AnyLoc on DINOv2: residual sums, from and to the host."""

    grid = sets.DINO["aggregate_from_host"]
    params = parameters(grid)


class AcceleratorDinoEncodeFromHost(_Accelerator):
    """AnyLoc on DINOv2: end to end, from and to the host."""

    grid = sets.DINO["encode_from_host"]
    params = parameters(grid)


class AcceleratorPatchAggregate(_Accelerator):
    """Patch-NetVLAD: residual sums, data on the device."""

    grid = sets.PATCH["aggregate"]
    params = parameters(grid)


class AcceleratorPatchEncode(_Accelerator):
    """Patch-NetVLAD: end to end, data on the device."""

    grid = sets.PATCH["encode"]
    params = parameters(grid)


class AcceleratorPatchAggregateFromHost(_Accelerator):
    """Patch-NetVLAD: residual sums, from and to the host."""

    grid = sets.PATCH["aggregate_from_host"]
    params = parameters(grid)


class AcceleratorPatchEncodeFromHost(_Accelerator):
    """Patch-NetVLAD: end to end, from and to the host."""

    grid = sets.PATCH["encode_from_host"]
    params = parameters(grid)


class AcceleratorVideoAggregate(_Accelerator):
    """YouTube-8M NetVLAD: residual sums, data on the device."""

    grid = sets.VIDEO["aggregate"]
    params = parameters(grid)


class AcceleratorVideoEncode(_Accelerator):
    """YouTube-8M NetVLAD: end to end, data on the device."""

    grid = sets.VIDEO["encode"]
    params = parameters(grid)


class AcceleratorVideoAggregateFromHost(_Accelerator):
    """YouTube-8M NetVLAD: residual sums, from and to the host."""

    grid = sets.VIDEO["aggregate_from_host"]
    params = parameters(grid)


class AcceleratorVideoEncodeFromHost(_Accelerator):
    """YouTube-8M NetVLAD: end to end, from and to the host."""

    grid = sets.VIDEO["encode_from_host"]
    params = parameters(grid)


class AcceleratorTinyAggregate(_AcceleratorTiny):
    """Small shapes: residual sums, data on the device."""

    grid = sets.TINY["aggregate"]
    params = parameters(grid)


class AcceleratorTinyEncode(_AcceleratorTiny):
    """Small shapes: end to end, data on the device."""

    grid = sets.TINY["encode"]
    params = parameters(grid)


class AcceleratorTinyAggregateFromHost(_AcceleratorTiny):
    """Small shapes: residual sums, from and to the host."""

    grid = sets.TINY["aggregate_from_host"]
    params = parameters(grid)


class AcceleratorTinyEncodeFromHost(_AcceleratorTiny):
    """Small shapes: end to end, from and to the host."""

    grid = sets.TINY["encode_from_host"]
    params = parameters(grid)
