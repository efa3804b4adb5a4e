"""Which cells are measured: the sets Quick, Laptop, Real, RealSmall and Scatter1D, as grids of sizes.

A set is the union of its grids (a cell that several grids share is measured once) with a number of sessions and a
budget. The asv classes in `vlad` and `scatter1d` read the same grids.
"""

from __future__ import annotations

from typing import Dict, Sequence

from benchmarks.grids import Grid, Sizes, half_octaves, union
from benchmarks.protocol.plan import MIB, Budget, MeasurementSet


def vlad_sizes(T: Sequence[int], L: Sequence[int], F: Sequence[int], K: Sequence[int]) -> Sizes:
    """Sizes of the VLAD axes in their order."""
    return {"T": T, "L": L, "F": F, "K": K}


def around_post(**axis: Sequence[int]) -> Sizes:
    """The post's shape with one axis (or none) varied."""
    return dict(vlad_sizes([256], [128], [64], [16]), **axis)


# -- Quick: the post's shape and one sweep along each axis through it ----------------------------------------
QUICK_OVER_T = Grid("vlad", around_post(T=[4, 16, 64, 256]), "aggregate")
QUICK_OVER_L = Grid("vlad", around_post(L=[8, 32, 128, 512]), "aggregate")
QUICK_OVER_F = Grid("vlad", around_post(F=[4, 16, 64, 256]), "aggregate")
QUICK_OVER_K = Grid("vlad", around_post(K=[4, 16, 64, 256]), "aggregate")
QUICK_FLOAT32 = Grid("vlad", around_post(), "aggregate", dtype="float32")
QUICK_ENCODE = Grid("vlad", around_post(), "encode")
QUICK_ENCODE_FLOAT32 = Grid("vlad", around_post(), "encode", dtype="float32")

QUICK = MeasurementSet(
    name="Quick",
    sessions=3,
    blocks=union(
        [
            QUICK_OVER_T,
            QUICK_OVER_L,
            QUICK_OVER_F,
            QUICK_OVER_K,
            QUICK_FLOAT32,
            QUICK_ENCODE,
            QUICK_ENCODE_FLOAT32,
        ]
    ),
)

# -- RealSmall: real, skewed labels at sizes that fit into `make report` --------------------------------------
REAL_SMALL_POST = Grid("vlad", vlad_sizes([64], [128], [64], [16]), "aggregate", "float32", "photos")
REAL_SMALL_SIFT = Grid("vlad", vlad_sizes([8], [1024], [128], [64]), "aggregate", "float32", "photos")
REAL_SMALL_PATCH = Grid("vlad", vlad_sizes([512], [25], [128], [16]), "aggregate", "float32", "photos")
REAL_SMALL_ENCODE = Grid("vlad", vlad_sizes([8], [1024], [128], [64]), "encode", "float32", "photos")

REAL_SMALL = MeasurementSet(
    name="RealSmall",
    sessions=3,
    blocks=union([REAL_SMALL_POST, REAL_SMALL_SIFT, REAL_SMALL_PATCH, REAL_SMALL_ENCODE]),
)

# -- Laptop: planes on half-octave grids, wide enough to hold the crossovers ----------------------------------
LAPTOP_BUDGET = Budget(strategy_s=0.02, max_reps=7, call_limit_s=0.5, memory_limit=512 * MIB)
LAPTOP_ELEMENTS = 1 << 21  # 16 MiB of float64: beyond the caches of a laptop, within the time of one


def plane(sizes: Sizes, **factors: str) -> Grid:
    """A grid whose descriptors and residual sums stay within the element budget."""
    return Grid(
        "vlad",
        sizes,
        "aggregate",
        most_elements=LAPTOP_ELEMENTS,
        bounded=(("T", "L", "F"), ("T", "K", "F")),
        **factors,
    )


LAPTOP_L_K = plane(vlad_sizes([16], half_octaves(8, 8192), [32], half_octaves(2, 2048)))
LAPTOP_F_K = plane(vlad_sizes([16], [128], half_octaves(4, 2048), half_octaves(2, 2048)))
LAPTOP_T_L = plane(vlad_sizes(half_octaves(1, 4096), half_octaves(8, 8192), [64], [16]))

LAPTOP = MeasurementSet("Laptop", 5, union([LAPTOP_L_K, LAPTOP_F_K, LAPTOP_T_L]), LAPTOP_BUDGET)

SETS: Dict[str, MeasurementSet] = {plan.name: plan for plan in (QUICK, REAL_SMALL, LAPTOP)}
MODULES: Dict[str, str] = {"Quick": "vlad", "RealSmall": "vlad", "Laptop": "vlad"}
