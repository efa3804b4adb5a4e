"""Which cells are measured: the sets Quick, Laptop, Real and Scatter1D as grids of sizes, and all others by name.

A set is the union of its grids (a cell that several grids share is measured once) with a number of sessions and a
budget. The asv classes in `vlad` and `scatter1d` read the same grids.
"""

from __future__ import annotations

import os
import re
from typing import Dict, List, Sequence

from benchmarks.accelerator_sets import ACCELERATOR, ACCELERATOR_TINY
from benchmarks.encode_sets import ENCODE
from benchmarks.era_sets import ERAS, ERAS_MEANT, ERAS_REGIONS, ERAS_REGIONS_TODAY, ERAS_STRATEGIES
from benchmarks.further_sets import FURTHER
from benchmarks.grids import Grid, Sizes, half_octaves, union
from benchmarks.mean_shift_sets import MEAN_SHIFT
from benchmarks.protocol.plan import ALL_CORES, MIB, Budget, MeasurementSet
from benchmarks.thread_sets import THREAD_CLAIMS


def vlad_sizes(T: Sequence[int], L: Sequence[int], F: Sequence[int], K: Sequence[int]) -> Sizes:
    """Sizes of the VLAD axes in their order."""
    return {"T": T, "L": L, "F": F, "K": K}


def around_post(**axis: Sequence[int]) -> Sizes:
    """The post's shape with one axis (or none) varied."""
    return dict(vlad_sizes([256], [128], [64], [16]), **axis)


# -- Quick: the post's shape, one sweep along each axis through it, and photographs at a small size ---------------
QUICK_OVER_T = Grid("vlad", around_post(T=[4, 16, 64, 256]), "aggregate")
QUICK_OVER_L = Grid("vlad", around_post(L=[8, 32, 128, 256]), "aggregate")
QUICK_OVER_F = Grid("vlad", around_post(F=[4, 16, 64, 128]), "aggregate")
QUICK_OVER_K = Grid("vlad", around_post(K=[4, 16, 64, 128]), "aggregate")
QUICK_FLOAT32 = Grid("vlad", around_post(), "aggregate", dtype="float32")
QUICK_ENCODE = Grid("vlad", around_post(), "encode")

# What the public function adds to its kernel shows where the kernel is small.
QUICK_SMALL = Grid("vlad", vlad_sizes([8], [128], [32], [16]), "aggregate")
QUICK_API = Grid("vlad", vlad_sizes([8], [128], [32], [16]), "api")

# Real labels are skewed: patches of photographs, with a codebook fitted on other parts of them.
QUICK_PHOTOS_SIFT = Grid("vlad", vlad_sizes([8], [1024], [128], [64]), "aggregate", "float32", "photos")
QUICK_PHOTOS_PATCH = Grid("vlad", vlad_sizes([512], [25], [128], [16]), "aggregate", "float32", "photos")
QUICK_PHOTOS_ENCODE = Grid("vlad", vlad_sizes([8], [1024], [128], [64]), "encode", "float32", "photos")

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
            QUICK_SMALL,
            QUICK_API,
            QUICK_PHOTOS_SIFT,
            QUICK_PHOTOS_PATCH,
            QUICK_PHOTOS_ENCODE,
        ]
    ),
    # samples of 3 ms, as in the map beside it: both together are to take five minutes
    budget=Budget(strategy_s=0.03, call_limit_s=0.3, race=True, other_inputs_bytes=2 * MIB),
    weighed=union([QUICK_FLOAT32, Grid("vlad", around_post(), "aggregate"), QUICK_ENCODE, QUICK_PHOTOS_SIFT]),
)

# -- Laptop: planes wide enough to hold the crossovers: half octaves along K, octaves along the other axis --------
LAPTOP_BUDGET = Budget(
    strategy_s=0.03, call_limit_s=0.1, memory_limit=512 * MIB, race=True, other_inputs_bytes=2 * MIB
)
# of descriptors and of sums, 4 MiB each in float64 (8 for thousands of images): keeps the set to an hour or so
LAPTOP_ELEMENTS = 1 << 19
WITHIN_BUDGET = (("T", "L", "F"), ("T", "K", "F"))


def plane(sizes: Sizes, most_elements: int = LAPTOP_ELEMENTS) -> Grid:
    """Build a grid whose descriptors and residual sums stay within the element budget."""
    return Grid("vlad", sizes, "aggregate", most_elements=most_elements, bounded=WITHIN_BUDGET)


def octaves(low: int, high: int) -> List[int]:
    """Sizes from `low` to `high`, doubling."""
    return [low << step for step in range((high // low).bit_length())]


LAPTOP_L_K = plane(vlad_sizes([8], octaves(8, 8192), [32], half_octaves(2, 2048)))
LAPTOP_F_K = plane(vlad_sizes([4], [128], octaves(4, 2048), half_octaves(2, 2048)))
LAPTOP_T_L = plane(vlad_sizes(octaves(1, 4096), octaves(8, 8192), [16], [16]), 2 * LAPTOP_ELEMENTS)
# Factors on a subset: a line through each plane.
LAPTOP_LINES = {
    "L": vlad_sizes([8], octaves(8, 2048), [32], [16]),
    "K": vlad_sizes([8], [128], [32], octaves(2, 2048)),
}

LAPTOP_SKEWED_L = Grid("vlad", LAPTOP_LINES["L"], "aggregate", labels="zipf")
LAPTOP_SKEWED_K = Grid("vlad", LAPTOP_LINES["K"], "aggregate", labels="zipf")
LAPTOP_CORES_L = Grid("vlad", LAPTOP_LINES["L"], "aggregate", threads=ALL_CORES)
LAPTOP_CORES_K = Grid("vlad", LAPTOP_LINES["K"], "aggregate", threads=ALL_CORES)
LAPTOP_FLOAT32_L = Grid("vlad", LAPTOP_LINES["L"], "aggregate", "float32")
LAPTOP_FLOAT32_K = Grid("vlad", LAPTOP_LINES["K"], "aggregate", "float32")
LAPTOP_ENCODE_K = Grid("vlad", LAPTOP_LINES["K"], "encode")

# Beyond the caches: the post's shape, to descriptors of 64 MiB.
LAPTOP_BIG_T = Grid("vlad", around_post(T=[64, 128, 256, 512, 1024]), "aggregate")

LAPTOP_BLOCKS = union(
    [
        *(LAPTOP_L_K, LAPTOP_F_K, LAPTOP_T_L),
        *(LAPTOP_SKEWED_L, LAPTOP_SKEWED_K),
        *(LAPTOP_CORES_L, LAPTOP_CORES_K),
        *(LAPTOP_FLOAT32_L, LAPTOP_FLOAT32_K),
        *(LAPTOP_ENCODE_K, LAPTOP_BIG_T),
    ]
)
LAPTOP = MeasurementSet("Laptop", 5, LAPTOP_BLOCKS, LAPTOP_BUDGET, weighed=LAPTOP_BLOCKS[::10])

# -- Real: the shapes that real systems use, on patches of photographs ------------------------------------------
REAL_BUDGET = Budget(strategy_s=0.05, min_reps=2, call_limit_s=1.5, memory_limit=2048 * MIB)


def real(sizes: Sizes, stage: str = "aggregate") -> Grid:
    """Build a grid of a named shape: single precision, as those systems use, labels from photographs."""
    return Grid("vlad", sizes, stage, "float32", "photos")


REAL_POST = real(vlad_sizes([256], [128], [64], [16, 512]))
REAL_SIFT = real(vlad_sizes([32], [3000], [128], [16, 64, 256]))
REAL_CNN = real(vlad_sizes([16], [1200], [512], [64]))
REAL_DINO = real(vlad_sizes([16], [1369], [1536], [32, 128]))
REAL_PATCH = real(vlad_sizes([4096], [25], [512], [16]))
REAL_VIDEO = real(vlad_sizes([80], [300], [1024], [256]))
REAL_POST_ENCODE = real(vlad_sizes([256], [128], [64], [16, 512]), "encode")
REAL_SIFT_ENCODE = real(vlad_sizes([32], [3000], [128], [16, 64, 256]), "encode")

REAL = MeasurementSet(
    name="Real",
    sessions=5,
    blocks=union(
        [
            REAL_POST,
            REAL_SIFT,
            REAL_CNN,
            REAL_DINO,
            REAL_PATCH,
            REAL_VIDEO,
            REAL_POST_ENCODE,
            REAL_SIFT_ENCODE,
        ]
    ),
    budget=REAL_BUDGET,
)

# -- Scatter1D: numpy issue 23176, np.add.at against bincount ---------------------------------------------------
BINS: Sizes = {"N": [1_000, 10_000, 100_000, 1_000_000], "bins": [10, 1_000, 100_000]}


def scatter1d(dtype: str, stage: str, labels: str) -> Grid:
    """Build the grid of one combination of value dtype, index dtype and order."""
    return Grid("scatter1d", BINS, stage, dtype, labels)


SCATTER1D_FLOAT64 = scatter1d("float64", "int64_index", "uniform")
SCATTER1D_FLOAT64_SORTED = scatter1d("float64", "int64_index", "sorted")
SCATTER1D_FLOAT64_INT32 = scatter1d("float64", "int32_index", "uniform")
SCATTER1D_FLOAT64_INT32_SORTED = scatter1d("float64", "int32_index", "sorted")
SCATTER1D_FLOAT32 = scatter1d("float32", "int64_index", "uniform")
SCATTER1D_FLOAT32_SORTED = scatter1d("float32", "int64_index", "sorted")
SCATTER1D_FLOAT32_INT32 = scatter1d("float32", "int32_index", "uniform")
SCATTER1D_FLOAT32_INT32_SORTED = scatter1d("float32", "int32_index", "sorted")

SCATTER1D_API = Grid("scatter1d", {"N": [1_000], "bins": [10]}, "api")

SCATTER1D = MeasurementSet(
    name="Scatter1D",
    sessions=5,
    blocks=union(
        [
            SCATTER1D_FLOAT64,
            SCATTER1D_FLOAT64_SORTED,
            SCATTER1D_FLOAT64_INT32,
            SCATTER1D_FLOAT64_INT32_SORTED,
            SCATTER1D_FLOAT32,
            SCATTER1D_FLOAT32_SORTED,
            SCATTER1D_FLOAT32_INT32,
            SCATTER1D_FLOAT32_INT32_SORTED,
            SCATTER1D_API,
        ]
    ),
)

SETS: Dict[str, MeasurementSet] = {
    plan.name: plan
    for plan in (
        *(QUICK, LAPTOP, REAL, ENCODE, SCATTER1D),
        *(ERAS, ERAS_MEANT, ERAS_STRATEGIES, ERAS_REGIONS, ERAS_REGIONS_TODAY),
        *(ACCELERATOR, ACCELERATOR_TINY),
        *(MEAN_SHIFT, THREAD_CLAIMS, *FURTHER),
    )
}


def asv_pattern(name: str) -> str:
    """Return a regular expression by which asv selects the classes of a set: those whose names begin with its own.

    A class belongs to the set with the longest such name: ``ErasMeantFair`` to ``ErasMeant`` and not to ``Eras``.
    """
    longer = [re.escape(other[len(name) :]) for other in SETS if other != name and other.startswith(name)]
    unless = "(?!{})".format("|".join(sorted(longer))) if longer else ""
    return rf"^\w+\.{re.escape(name)}{unless}"


def asv_classes(name: str) -> List[str]:
    """Names (``module.Class``) of the classes that show a set to asv; none for a set that only the journal has."""
    folder, pattern, found = os.path.dirname(os.path.abspath(__file__)), asv_pattern(name), []
    for file in sorted(file for file in os.listdir(folder) if file.endswith(".py")):
        with open(os.path.join(folder, file), encoding="utf-8") as handle:
            classes = re.findall(r"^class ([A-Za-z]\w*)\(", handle.read(), flags=re.MULTILINE)
        found += [f"{file[:-3]}.{each}" for each in classes if re.match(pattern, f"{file[:-3]}.{each}")]
    return found
