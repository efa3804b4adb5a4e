"""Four small sets: k-means on the bucket sums, DBSCAN, truncated SVD, and one query among 150,000 points."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.grids import Grid, union
from benchmarks.protocol.plan import Budget, MeasurementSet

KMEANS_UPDATE = Grid("kmeans", {"N": [10_000, 100_000], "F": [16], "K": [64]}, "update")
KMEANS_FIT = Grid("kmeans", {"N": [10_000], "F": [16], "K": [64]}, "fit")
DBSCAN_LABELS = Grid("dbscan", {"n": [500, 2000, 4000], "d": [2]}, "labels", labels="many")
SVD_PRODUCT = Grid("truncated_svd", {"m": [512], "n": [512], "k": [8, 64, 512]}, "product")
NEAREST_QUERY = Grid("nearest", {"n": [1500, 150_000], "d": [2], "k": [150]}, "query", "float32", "many")

BUDGET = Budget(min_sample_s=0.005, strategy_s=0.03, min_reps=2, max_reps=6, call_limit_s=2.0)
KMEANS = MeasurementSet("KMeans", 3, union([KMEANS_UPDATE, KMEANS_FIT]), BUDGET)
# a limit that lets the loop over points finish: it is the baseline
DBSCAN = MeasurementSet("Dbscan", 3, union([DBSCAN_LABELS]), replace(BUDGET, call_limit_s=8.0))
TRUNCATED_SVD = MeasurementSet("TruncatedSvd", 3, union([SVD_PRODUCT]), BUDGET)
NEAREST = MeasurementSet("Nearest", 3, union([NEAREST_QUERY]), BUDGET)
FURTHER = (KMEANS, DBSCAN, TRUNCATED_SVD, NEAREST)
