"""The set Accelerator: strategies on a device against the loop on its host, and a tiny version of it.

Each shape is measured four ways: residual sums alone and the whole encoding, each with the data on the device
already and with the way there and back on the clock. The strategies of the host stand in every block, since ratios
come from one block only; to them the two placements are the same.
"""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from benchmarks.grids import Grid, union
from benchmarks.named import NAMED
from benchmarks.protocol.plan import MIB, Budget, MeasurementSet
from impls import vlad

AXES = ("T", "L", "F", "K")
STAGES = ("aggregate", "encode", "aggregate_from_host", "encode_from_host")
DEVICE_PACKAGES = frozenset({"jax", "torch"})
#: on the host's processor: the baseline, the control, and the best there is with and without a compiler
ON_HOST = ("loop", "bincount", "onehot_matmul", "sparse_matmul", "numba_scatter")


def strategies() -> Tuple[str, ...]:
    """Every strategy whose packages can use a device, and a few of the host."""
    on_device = [name for name in vlad.strategies() if DEVICE_PACKAGES & set(vlad.get(name).requires)]
    return tuple(sorted({*ON_HOST, *on_device}))


def ways(shape: Sequence[int], dtype: str = "float32", **axis: Sequence[int]) -> Dict[str, Grid]:
    """Grids of one shape, by stage; an axis that is named takes several sizes."""
    sizes = {name: axis.get(name, [size]) for name, size in zip(AXES, shape)}
    return {stage: Grid("vlad", sizes, stage, dtype) for stage in STAGES}


POST = ways(NAMED["post"], T=[4, 32, 256])  # with few images the way to the device costs more than the loop
POST_FLOAT64 = ways(NAMED["post"], "float64")
SIFT = ways(NAMED["sift"])
DINO = ways(NAMED["dino"])
PATCH = ways(NAMED["patch"])
VIDEO = ways(NAMED["video"])
TINY = ways((8, 24, 16, 4), L=[24, 96])


def together(*shapes: Dict[str, Grid]) -> List[Grid]:
    """All grids of some shapes."""
    return [grid for shape in shapes for grid in shape.values()]


ACCELERATOR = MeasurementSet(
    name="Accelerator",
    sessions=3,
    blocks=union(together(POST, POST_FLOAT64, SIFT, DINO, PATCH, VIDEO)),
    # the loop takes a second for thousands of images; compilers for devices are slow
    budget=Budget(strategy_s=0.05, call_limit_s=4.0, compile_allowance_s=180.0, memory_limit=2048 * MIB),
    strategies=strategies(),
)

#: the same through and through, at sizes that a notebook or a test can wait for: its times mean nothing
ACCELERATOR_TINY = MeasurementSet(
    name="AcceleratorTiny",
    sessions=2,
    blocks=union(together(TINY)),
    budget=Budget(min_sample_s=0.001, strategy_s=0.003, min_reps=2, max_reps=3, compile_allowance_s=180.0),
    strategies=strategies(),
)
