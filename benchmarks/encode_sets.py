"""The set Encode: whole encodings at the shapes that real systems use, on one thread and on all.

Of each idea one strategy takes part, and those with an encoding of their own: what surrounds the sums is the suite's
own for all others, so that more of them would tell little more than how their sums differ. asv has no classes of it:
each shape, precision and number of threads would be one.
"""

from __future__ import annotations

from benchmarks.accelerator_sets import AXES
from benchmarks.grids import Grid, union
from benchmarks.named import NAMED
from benchmarks.protocol.plan import ALL_CORES, MIB, Budget, MeasurementSet

STRATEGIES = (
    *("loop", "loop_residuals", "bincount", "reduceat", "onehot_matmul", "sparse_matmul"),
    *("numba_scatter", "numba_scatter_threads", "numba_fused"),
    *("jax_segment_sum", "jax_onehot_matmul", "torch_index_add"),
)
#: Precision and labels: real descriptors are float32 and their labels skewed.
KINDS = (("float32", "photos"), ("float32", "uniform"), ("float64", "uniform"))

GRIDS = [
    Grid("vlad", {axis: [size] for axis, size in zip(AXES, shape)}, "encode", dtype, labels, threads)
    for shape in NAMED.values()
    for dtype, labels in KINDS
    for threads in (1, ALL_CORES)
]

ENCODE = MeasurementSet(
    "Encode",
    3,
    union(GRIDS),
    Budget(strategy_s=0.05, call_limit_s=1.5, memory_limit=2048 * MIB, race=True, other_inputs_bytes=2 * MIB),
    STRATEGIES,
    weighed=union([grid for grid in GRIDS if grid.threads == 1 and grid.labels == "uniform"]),
)
