"""The sets of the time machine: what the claims of `reports/claims.toml` are judged by, in every era of NumPy.

Five sets, because their calls differ a hundredfold in length: `ERAS`, the published pipelines at the size that was
timed, around it for the claim about memory, and on the edges where one of them fails; `ERAS_MEANT`, the number of
centroids that the post declares and never uses; `ERAS_STRATEGIES`, today's strategies where a claim is about one of
them; `ERAS_REGIONS` and `ERAS_REGIONS_TODAY`, both of them where the loop is said to do: a region is a line of sizes at
several settings, so there are many cells, of one image and few samples.
"""

from __future__ import annotations

from typing import List

from benchmarks.grids import Grid, Sizes, union
from benchmarks.protocol.plan import MIB, Budget, MeasurementSet

POST: Sizes = {"T": [256], "L": [128], "F": [64], "K": [16]}
MEANT: Sizes = dict(POST, K=[512])
#: a sixteenth of the images: memory for the 4-D arrays at the ends of the sweeps
FEW: Sizes = dict(POST, T=[16])


def pipelines(sizes: Sizes, stage: str = "fair", labels: str = "filled") -> Grid:
    """Build a grid of the published pipelines."""
    return Grid("published", sizes, stage, labels=labels)


def strategies(sizes: Sizes, labels: str = "uniform") -> Grid:
    """Build a grid of today's strategies."""
    return Grid("vlad", sizes, "aggregate", labels=labels)


# As the environment's scikit-learn numbers the clusters, and numbered so that the edge buckets are not empty.
ERAS_FITTED = pipelines(POST, "as_published", "fitted")
ERAS_PUBLISHED = pipelines(POST, "as_published")
ERAS_FAIR = pipelines(POST)
# Memory is compared along every axis, at four times each size.
ERAS_OVER_F = pipelines(dict(FEW, F=[64, 256]))
ERAS_OVER_L = pipelines(dict(FEW, L=[512]))
ERAS_MORE_T = pipelines(dict(FEW, T=[64]))
ERAS_MORE_K = pipelines(dict(FEW, K=[64]))
# With more centroids than descriptors an image, edge buckets are empty without anybody's help.
ERAS_FITTED_MEANT = pipelines(dict(FEW, K=[512]), "as_published", "fitted")
ERAS_FIRST_EMPTY = pipelines(FEW, "as_published", "first_empty")
ERAS_LAST_EMPTY = pipelines(FEW, "as_published", "last_empty")

ERAS = MeasurementSet(
    name="Eras",
    sessions=5,
    blocks=union(
        [
            ERAS_FITTED,
            ERAS_PUBLISHED,
            ERAS_FAIR,
            ERAS_OVER_F,
            ERAS_OVER_L,
            ERAS_MORE_T,
            ERAS_MORE_K,
            ERAS_FITTED_MEANT,
            ERAS_FIRST_EMPTY,
            ERAS_LAST_EMPTY,
        ]
    ),
    # four samples at least: with two, one disturbance of a second took a whole session of a pipeline with it
    budget=Budget(strategy_s=0.03, min_reps=4, max_reps=6, call_limit_s=4.0),
)

ERAS_MEANT_PUBLISHED = pipelines(MEANT, "as_published")
ERAS_MEANT_FAIR = pipelines(dict(MEANT, T=[64]))

# A call of the loop takes seconds here, and differences are large: three sessions of two samples tell (and a quarter
# of the images where the assignment, which the post did time, is handed in).
ERAS_MEANT = MeasurementSet(
    name="ErasMeant",
    sessions=3,
    blocks=union([ERAS_MEANT_PUBLISHED, ERAS_MEANT_FAIR]),
    budget=Budget(strategy_s=0.03, min_reps=2, max_reps=3, call_limit_s=15.0),
)

ERAS_TODAY = strategies(POST)
ERAS_TODAY_FIRST_EMPTY = strategies(FEW, "first_empty")
ERAS_TODAY_LAST_EMPTY = strategies(FEW, "last_empty")

ERAS_STRATEGIES = MeasurementSet(
    name="ErasStrategies",
    sessions=5,
    blocks=union([ERAS_TODAY, ERAS_TODAY_FIRST_EMPTY, ERAS_TODAY_LAST_EMPTY]),
    budget=Budget(
        min_sample_s=0.005, strategy_s=0.03, min_reps=2, max_reps=6, call_limit_s=2.0, memory_limit=512 * MIB
    ),
)

# Where the loop is said to do: many features, or many descriptors for each centroid, each at three settings beside.
FROM_1024: List[int] = [1024, 1280, 1536, 1792, 2048, 2560, 3072, 4096]
MANY_FEATURES: Sizes = {"T": [1], "L": [32, 64, 128], "F": FROM_1024, "K": [16]}
MANY_DESCRIPTORS: Sizes = {"T": [1], "L": FROM_1024, "F": [16, 32, 64], "K": [16]}

ERAS_MANY_FEATURES = pipelines(MANY_FEATURES)
ERAS_MANY_DESCRIPTORS = pipelines(MANY_DESCRIPTORS)
ERAS_MANY_FEATURES_TODAY = strategies(MANY_FEATURES)
ERAS_MANY_DESCRIPTORS_TODAY = strategies(MANY_DESCRIPTORS)

# The question is whether anybody beats the loop by 10 %: masks that take longer than the limit do not.
REGION_BUDGET = Budget(strategy_s=0.01, min_reps=2, max_reps=3, call_limit_s=0.2)

ERAS_REGIONS = MeasurementSet(
    name="ErasRegions",
    sessions=3,
    blocks=union([ERAS_MANY_FEATURES, ERAS_MANY_DESCRIPTORS]),
    budget=REGION_BUDGET,
    strategies=("looping", "naivec", "truvec", "optvec"),
)

ERAS_REGIONS_TODAY = MeasurementSet(
    name="ErasRegionsToday",
    sessions=3,
    blocks=union([ERAS_MANY_FEATURES_TODAY, ERAS_MANY_DESCRIPTORS_TODAY]),
    budget=REGION_BUDGET,
)
