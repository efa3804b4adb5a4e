"""The thread's smaller computations against scikit-learn and NumPy: k-means, DBSCAN, truncated SVD, nearest points."""

from __future__ import annotations

import numpy as np
import pytest

from impls import dbscan, kmeans, nearest, scatter, truncated_svd
from impls.accuracy import max_error_over_rms, tolerance

from .mean_shift_helpers import clusters

ROOMS = (dbscan, nearest, truncated_svd)


def usable(room, name):
    strategy = room.get(name)
    if not strategy.available:
        pytest.skip(str(strategy.why_not))
    return name


@pytest.mark.parametrize("name", scatter.strategies())
def test_k_means_is_scikit_learns(name):
    cluster = pytest.importorskip("sklearn.cluster")
    usable(scatter, name)
    rows = clusters(500, 3, groups=7)
    start = rows[:7].copy()
    centers, labels = kmeans.fit(rows, start, 4, name)
    theirs = cluster.KMeans(7, init=start, n_init=1, max_iter=4, tol=0, algorithm="lloyd").fit(rows)
    np.testing.assert_allclose(centers, theirs.cluster_centers_, rtol=1e-9)
    np.testing.assert_array_equal(labels, theirs.labels_)


def test_a_center_without_rows_stays():
    rows, centers = np.ones((3, 2)), np.array([[9.0, 9.0], [5.0, 5.0]])
    np.testing.assert_array_equal(kmeans.update(rows, [1, 1, 1], centers), [[9, 9], [1, 1]])
    with pytest.raises(ValueError, match="0 to 1"):
        kmeans.update(rows, [1, 1, 2], centers)


DENSITIES = [(0.4, 3), (0.8, 5), (1.5, 5), (2.5, 30), (50.0, 2), (1e-9, 1), (1e-9, 2)]


@pytest.mark.parametrize("name", dbscan.strategies())
@pytest.mark.parametrize(("radius", "least"), DENSITIES)
def test_dbscan_is_scikit_learns(name, radius, least):
    cluster = pytest.importorskip("sklearn.cluster")
    usable(dbscan, name)
    for seed, groups in ((0, 6), (1, 20)):
        points = clusters(300, 2, seed=seed, groups=groups)
        expected = cluster.DBSCAN(eps=radius, min_samples=least).fit(points).labels_
        np.testing.assert_array_equal(dbscan.oracle(points, radius, least), expected)
        np.testing.assert_array_equal(dbscan.labels(points, radius, least, name), expected)


@pytest.mark.parametrize("name", dbscan.strategies())
def test_dbscan_of_nothing_and_of_copies(name):
    usable(dbscan, name)
    assert dbscan.labels(np.empty((0, 2)), 1.0, 3, name).shape == (0,)
    np.testing.assert_array_equal(dbscan.labels(np.ones((5, 2)), 1.0, 5, name), np.zeros(5))
    np.testing.assert_array_equal(dbscan.labels(np.ones((4, 2)), 1.0, 5, name), np.full(4, -1))


@pytest.mark.parametrize("name", truncated_svd.strategies())
@pytest.mark.parametrize("k", [1, 5, 20])
def test_truncated_svd_is_the_products_first_terms(name, k, dtype):
    rng = np.random.default_rng(0)
    u, s, vh = np.linalg.svd(rng.standard_normal((30, 20)).astype(dtype), full_matrices=False)
    expected = u[:, :k].astype(float) @ np.diag(s[:k].astype(float)) @ vh[:k].astype(float)
    np.testing.assert_allclose(truncated_svd.oracle(u, s, vh, k), expected, atol=1e-12)
    found = truncated_svd.product(u, s, vh, k, name)
    assert found.dtype == dtype
    assert max_error_over_rms(found, expected) <= tolerance(dtype)


@pytest.mark.parametrize("name", nearest.strategies())
def test_nearest_points(name, dtype):
    usable(nearest, name)
    points = clusters(2000, 2, dtype, groups=60)
    points -= points.mean(axis=0)
    found = [nearest.search(points, query, 50, name, seed=3) for query in points[:40]]
    expected = [nearest.oracle(points, query, 50) for query in points[:40]]
    lost = [nearest.missed(*pair) for pair in zip(found, expected, strict=True)]
    if nearest.get(name).kind == "exact":
        assert max(lost) == 0
        assert all(rows[0] == i for i, rows in enumerate(found))
    else:
        assert 0 < np.mean(lost) < 0.5
    assert len(nearest.search(points, points[0], 2000, name)) <= 2000


BAD = {
    "radius": (
        lambda: dbscan.labels(np.ones((3, 2)), 0.0),
        "radius is 0.0, expected a finite number above 0",
    ),
    "points": (lambda: dbscan.labels(np.ones(3), 1.0), "points has 1 axes"),
    "k of svd": (
        lambda: truncated_svd.product(np.eye(3), np.ones(3), np.eye(3), 4),
        "at most the 3 singular",
    ),
    "factors": (
        lambda: truncated_svd.product(np.eye(3), np.ones(2), np.eye(3), 1),
        "not factors of one matrix",
    ),
    "k nearest": (lambda: nearest.search(np.ones((3, 2)), np.ones(2), 4), "at most the 3 points"),
    "query": (lambda: nearest.search(np.ones((3, 2)), np.ones(3), 1), "does not fit points"),
    "name": (lambda: dbscan.labels(np.ones((3, 2)), 1.0, 1, "radius_grap"), "did you mean radius_graph"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_files_say_what_they_are(room):
    for name in room.strategies():
        strategy = room.get(name)
        for part in ("Cost: ", "Extra memory: ", "Error: ", "Source: "):
            assert part in strategy.docstring, (name, part)
        assert strategy.kind == "exact" or strategy.kind in strategy.docstring
        assert "workspace_bytes" in strategy.listing.functions
