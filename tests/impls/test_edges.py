"""Numbers at the ends of the range, empty and odd inputs, memory limits of the smaller workloads."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from impls import MemoryBudgetError, dbscan, kmeans, mean_shift, nearest, scatter, truncated_svd, vlad

from .test_registry import GOOD, dropped


def usable(room, name):
    if not room.get(name).available:
        pytest.skip(str(room.get(name).why_not))
    return name


# -- squares that would leave the range ---------------------------------------------------------------------------
SCALES = {
    "float32": (1e-43, 1e-30, 1e-19, 1.0, 1e18, 1e30, 2e38),
    "float64": (1e-300, 1e-170, 1e-130, 1.0, 1e150, 1e200, 1.5e308),
}


def nearest_by_fractions(points, query, k):
    about = [Fraction(value) for value in query.astype(float).tolist()]
    squares = [
        sum((Fraction(p) - q) ** 2 for p, q in zip(row, about, strict=True))
        for row in points.astype(float).tolist()
    ]
    return sorted(range(len(squares)), key=lambda i: (squares[i], i))[:k]


@pytest.mark.parametrize("which", range(7))
def test_nearest_points_anywhere_in_the_range(which, dtype):
    rng, scale = np.random.default_rng(which), SCALES[dtype][which]
    points = (scale * rng.uniform(-1, 1, (40, 3))).astype(dtype)
    query = (scale * rng.uniform(-1, 1, 3)).astype(dtype)
    for about in (query, points[7], np.zeros(3, dtype)):
        expected = nearest_by_fractions(points, about, 12)
        assert nearest.oracle(points, about, 12).tolist() == expected
        for name in nearest.strategies():
            if nearest.get(name).kind == "exact" and nearest.get(name).available:
                assert nearest.search(points, about, 12, name).tolist() == expected, name


@pytest.mark.parametrize("name", nearest.strategies())
def test_points_that_no_scale_has_room_for(name):
    points = np.array([[1e-200], [0.0], [1e200], [1.0], [-1.5e308]])
    assert nearest.search(points, np.zeros(1), 5, usable(nearest, name)).tolist() == [1, 0, 3, 2, 4]
    assert nearest.search(points[:3], np.zeros(1), 3, name).tolist() == [1, 0, 2]


@pytest.mark.parametrize("name", dbscan.strategies())
@pytest.mark.parametrize(
    ("points", "radius", "expected"),
    [
        (np.array([[0], [9e20]], np.float32), 1e20, [-1, -1]),
        (np.array([[0], [0.9e20]], np.float32), 1e20, [0, 0]),
        (np.array([[0], [1e-30], [5e-30]], np.float32), 2e-30, [0, 0, -1]),
        (np.array([[0.0], [1e199], [3e200]]), 1e200, [0, 0, -1]),
        (np.array([[0.0, 0.0], [1e-200, 0.0], [1e200, 1.0], [1e200, 1.5]]), 1e-199, [0, 0, -1, -1]),
        (np.array([[1.5e308], [-1.5e308], [1.5e308]]), 1e-310, [0, -1, 0]),
    ],
)
def test_neighbours_anywhere_in_the_range(name, points, radius, expected):
    assert dbscan.labels(points, radius, 2, usable(dbscan, name)).tolist() == expected
    assert dbscan.oracle(points, radius, 2).tolist() == expected


@pytest.mark.parametrize(
    "name", ["gemm_one_product", "broadcast", "cdist", "loop", "merge_coincident", "grid:4"]
)
@pytest.mark.parametrize("exponent", [-900, -500, 500, 900])
def test_mean_shift_has_no_unit(name, exponent):
    usable(mean_shift, name)
    rng = np.random.default_rng(0)
    points = 8 * rng.random((40, 2))
    expected = mean_shift.run(points, 2.0, 2, "J", name)
    scaled = mean_shift.run(np.ldexp(points, exponent), float(np.ldexp(2.0, exponent)), 2, "J", name)
    np.testing.assert_allclose(np.ldexp(scaled, -exponent), expected, rtol=1e-12)


# -- nothing along an axis ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", scatter.strategies())
def test_no_features_are_no_error(name, dtype):
    usable(scatter, name)
    for limit in (None, 0):
        sums = scatter.bucket_sums(np.zeros((3, 0), dtype), [0, 0, 0], 2, name, memory_limit=limit)
        assert sums.shape == (2, 0)
        assert sums.dtype == dtype


def test_no_dimensions_are_one_sentence():
    nothing = np.empty((3, 0))
    for call in (
        lambda: dbscan.labels(nothing, 1.0),
        lambda: dbscan.oracle(nothing, 1.0),
        lambda: nearest.search(nothing, np.empty(0), 1),
        lambda: mean_shift.run(nothing, 1.0),
    ):
        with pytest.raises(ValueError, match=r"points have no dimensions \(d = 0\), expected at least one"):
            call()


EMPTY_IMAGES = {
    "list": [],
    "array of nothing": np.array([]),
    "float64 beside float32": np.empty((0, 4)),
    "no columns either": np.empty((0, 0)),
    "ORB's bytes": np.empty((0, 4), np.uint8),
}


@pytest.mark.parametrize("empty", EMPTY_IMAGES)
@pytest.mark.parametrize("first", [True, False])
def test_images_that_are_plainly_empty(empty, first):
    rng = np.random.default_rng(0)
    image, centers = rng.standard_normal((6, 4)).astype("f4"), rng.standard_normal((3, 4)).astype("f4")
    images = [EMPTY_IMAGES[empty], image] if first else [image, EMPTY_IMAGES[empty]]
    for strategy in ("sparse_matmul", "loop"):
        encoded = vlad.encode(images, centers, strategy)
        assert encoded.dtype == np.float32
        assert not encoded[0 if first else 1].any()
        np.testing.assert_array_equal(
            encoded[1 if first else 0], vlad.encode(image[None], centers, strategy)[0]
        )
        assert not vlad.encode([EMPTY_IMAGES[empty]], centers, strategy).any()
    assert [len(labels) for labels in vlad.assign(images, centers)] == ([0, 6] if first else [6, 0])


def test_what_is_not_plainly_empty_says_what_to_pass():
    image, centers = np.ones((6, 4), "f4"), np.ones((3, 4), "f4")
    with pytest.raises(TypeError, match=r"descriptors\[1\] is None: .* pass np.empty\(\(0, F\)\), or \[\]"):
        vlad.encode([image, None], centers)
    with pytest.raises(ValueError, match=r"descriptors\[1\] has 5 features, but image 0 has 4"):
        vlad.encode([image, np.empty((0, 5), "f4")], centers)


# -- words --------------------------------------------------------------------------------------------------------
X, LABELS, C = np.ones((2, 6, 4)), np.zeros((2, 6), int), np.eye(4)[:3]


def odd_arrays():
    sparse = pytest.importorskip("scipy.sparse")
    return {
        "None": (None, "is None, expected an array"),
        "sparse": (
            sparse.csr_matrix(np.eye(3)),
            "is a sparse matrix, expected a dense array: pass its toarray",
        ),
        "ragged": ([[1.0, 2.0], [3.0]], "cannot be read as a NumPy array"),
        "words": (np.array([["a", "b"]]), "pass an array of numbers"),
        "dates": (np.zeros((2, 2), "M8[D]"), "pass an array of numbers"),
        "complex": (np.eye(3) * 1j, "pass its real part"),
        "objects": (np.eye(3).astype(object), "pass an array of numbers, not objects"),
        "generator": ((row for row in np.eye(3)), "pass an array of numbers, not a generator"),
        "masked": (np.ma.masked_array(np.eye(3)), "masked array"),
        "bool": (np.eye(3) > 0, "dtype bool"),
    }


TAKE_AN_ARRAY = (
    lambda value: scatter.bucket_sums(value, [0, 0, 0], 2),
    lambda value: kmeans.update(value, [0, 0, 0], np.eye(3)),
    lambda value: kmeans.fit(value, np.eye(3)),
    lambda value: kmeans.fit(np.eye(3), value),
    lambda value: dbscan.labels(value, 1.0),
    lambda value: nearest.search(value, np.ones(3), 1),
    lambda value: nearest.search(np.eye(3), value, 1),
    lambda value: truncated_svd.product(value, np.ones(3), np.eye(3), 1),
    lambda value: mean_shift.run(value, 1.0),
    lambda value: vlad.assign(X, value),
    lambda value: vlad.normalize(value),
)


@pytest.mark.parametrize(
    "case",
    ["None", "sparse", "ragged", "words", "dates", "complex", "objects", "generator", "masked", "bool"],
)
def test_odd_arrays_are_one_sentence_everywhere(case):
    for call in TAKE_AN_ARRAY:
        value, message = odd_arrays()[case]
        with pytest.raises((TypeError, ValueError), match=message) as caught:
            call(value)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


def test_matrices_and_memmaps_are_arrays(tmp_path):
    expected = scatter.bucket_sums(np.eye(3), [0, 1, 1], 2)
    kept = np.memmap(tmp_path / "rows", float, "w+", shape=(3, 3))
    kept[:] = np.eye(3)
    for rows in (np.eye(3).view(np.matrix), kept, np.eye(3).tolist()):
        found = scatter.bucket_sums(rows, [0, 1, 1], 2)
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, expected)


def test_tensors_that_numpy_cannot_read():
    torch = pytest.importorskip("torch")
    rows = torch.ones((3, 2), dtype=torch.bfloat16)
    with pytest.raises(TypeError, match=r"rows is a Tensor that cannot be read as a NumPy array .*BFloat16"):
        scatter.bucket_sums(rows, [0, 0, 0], 1)
    with pytest.raises(TypeError, match="cannot be read as a NumPy array"):
        scatter.bucket_sums(torch.ones((3, 2), requires_grad=True), [0, 0, 0], 1)
    assert scatter.bucket_sums(torch.ones((3, 2)), torch.zeros(3, dtype=torch.int32), 1).tolist() == [
        [3.0, 3.0]
    ]


def test_estimators_without_cluster_centers():
    mixture = pytest.importorskip("sklearn.mixture").GaussianMixture(2, random_state=0)
    cluster = pytest.importorskip("sklearn.cluster")
    rows = np.random.default_rng(0).standard_normal((40, 4))
    fitted = mixture.fit(rows)
    with pytest.raises(ValueError, match="GaussianMixture, which has no cluster_centers_: pass its means_"):
        vlad.assign(X, fitted)
    assert np.shape(vlad.assign(X, fitted.means_)) == (2, 6)
    with pytest.raises(ValueError, match="DBSCAN, which has no cluster_centers_: pass a"):
        vlad.assign(X, cluster.DBSCAN().fit(rows))
    with pytest.raises(TypeError, match="the class KMeans, expected a fitted estimator"):
        vlad.assign(X, cluster.KMeans)


def test_numbers_and_names_that_make_no_sense():
    for n_buckets in (2**70, np.iinfo(np.intp).max + 1):
        with pytest.raises(ValueError, match="more than an array can index"):
            scatter.bucket_sums(X[0], LABELS[0], n_buckets)
    nothing: Any = None
    with pytest.raises(TypeError, match=r"Normalisation steps are None, .* pass \(\) for no step"):
        vlad.encode(X, C, normalization=nothing)
    odd_seeds: list = [np.zeros((1, 1)).view(np.matrix), -1, 1.5, None, "one"]
    for seed in odd_seeds:
        kind = ValueError if isinstance(seed, int) else TypeError
        with pytest.raises(kind, match="expected a whole number of at least 0"):
            nearest.search(X[0], X[0, 0], 1, "lsh_codes", seed=seed)
    odd_names: list = [None, 3, ["loop"]]
    for name in odd_names:
        with pytest.raises(TypeError, match="expected the name of a"):
            vlad.get(name)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.uint64, np.int8, np.int32])
def test_labels_of_any_integer_type(kind):
    rows, centers = np.arange(12.0).reshape(6, 2), np.zeros((3, 2))
    labels = np.array([0, 1, 2, 0, 1, 2])
    expected = kmeans.update(rows, labels, centers)
    np.testing.assert_array_equal(kmeans.update(rows, labels.astype(kind), centers), expected)
    with pytest.raises(ValueError, match="labels runs from 0 to 3, expected 0 to 2"):
        kmeans.update(rows, np.where(labels == 2, 3, labels).astype(kind), centers)
    with pytest.raises(TypeError, match="labels has dtype float64, expected integers"):
        kmeans.update(rows, labels * 1.0, centers)


@pytest.mark.drops_files
def test_a_file_without_its_function_is_named():
    with dropped("scatter", "dropped_misnamed", "def bucket_sum(rows, bucket, n_buckets): ...\n"):
        for get in (scatter.get, vlad.get):
            with pytest.raises(
                ValueError, match=r"dropped_misnamed.py has no bucket_sums \(it has bucket_sum\)"
            ):
                get("dropped_misnamed")
    with pytest.raises(
        ValueError, match="There is no bucket strategy named 'dropped_misnamed': expected one of"
    ):
        scatter.get("dropped_misnamed")


@pytest.mark.drops_files
def test_a_file_without_a_prediction_cannot_be_held_to_a_limit():
    short = GOOD[: GOOD.index("    def workspace_bytes")]
    with dropped("scatter", "dropped_short", short):
        assert scatter.bucket_sums(X[0], LABELS[0], 1, "dropped_short").tolist() == [[6.0] * 4]
        for call in (
            lambda: scatter.bucket_sums(X[0], LABELS[0], 1, "dropped_short", memory_limit=10**9),
            lambda: vlad.aggregate(X, LABELS, C, "dropped_short", memory_limit=10**9),
        ):
            with pytest.raises(ValueError, match=r"memory limit: dropped_short.py has no workspace_bytes"):
                call()


# -- memory limits ------------------------------------------------------------------------------------------------
def test_a_grid_of_points_far_apart_is_refused():
    points = np.array([[0.0, 0.0], [2000.0, 2000.0]])
    with pytest.raises(MemoryBudgetError, match="grid:2"):
        mean_shift.run(points, 1.0, 1, "J", usable(mean_shift, "grid:2"), memory_limit=1 << 20)
    assert mean_shift.run(points / 100, 1.0, 1, "J", "grid:2", memory_limit=1 << 20).shape == (2, 2)


def predicted(call):
    with pytest.raises(MemoryBudgetError) as caught:
        call(0)
    return int(str(caught.value).partition("need ")[2].partition(" bytes")[0])


def peak(call):
    result = call(None)
    tracemalloc.start()
    try:
        result = call(None)
        held = sum(each.nbytes for each in (result if isinstance(result, tuple) else (result,)))
        return tracemalloc.get_traced_memory()[1] - held
    finally:
        tracemalloc.stop()


RNG = np.random.default_rng(0)
CLOUD, DEEP = RNG.random((2000, 2)), RNG.random((20_000, 12))
FACTORS = np.linalg.svd(RNG.random((300, 200)), full_matrices=False)
FIFTY = np.arange(20_000) % 50


def limited_dbscan(name, radius):
    return lambda limit: dbscan.labels(CLOUD, radius, 5, usable(dbscan, name), memory_limit=limit)


def limited_search(name):
    return lambda limit: nearest.search(DEEP, DEEP[5], 100, usable(nearest, name), memory_limit=limit)


def limited_product(name):
    return lambda limit: truncated_svd.product(*FACTORS, 150, name, memory_limit=limit)


def limited_shift(name, rule="J"):
    return lambda limit: mean_shift.run(
        300 * CLOUD, 2.5, 1, rule, usable(mean_shift, name), memory_limit=limit
    )


LIMITED = {
    **{f"dbscan {name} {r}": limited_dbscan(name, r) for name in dbscan.strategies() for r in (0.02, 0.6)},
    **{f"nearest {name}": limited_search(name) for name in nearest.strategies()},
    **{f"svd {name}": limited_product(name) for name in truncated_svd.strategies()},
    **{f"shift {name}": limited_shift(name) for name in ("grid:4", "radius_graph:6")},
    "shift lesson_batches": limited_shift("lesson_batches", "bGS"),
    "assigning to encode": lambda limit: vlad.encode(DEEP[None], DEEP[:200], "loop", memory_limit=limit),
    "k-means update": lambda limit: kmeans.update(DEEP, FIFTY, DEEP[:50], memory_limit=limit),
    "k-means fit": lambda limit: kmeans.fit(DEEP, DEEP[:50], 2, memory_limit=limit),
}


@pytest.mark.parametrize("case", LIMITED)
def test_peaks_stay_within_the_prediction_for_the_data_at_hand(case):
    needed = predicted(LIMITED[case])
    assert peak(LIMITED[case]) <= 1.2 * needed + 32 * 1024
    assert LIMITED[case](needed) is not None


def test_pairs_are_counted_not_guessed():
    few, many = (predicted(LIMITED[f"dbscan radius_graph {radius}"]) for radius in (0.02, 0.6))
    assert many > 20 * few
