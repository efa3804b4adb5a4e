"""The published pipelines: right where they were right, wrong where they were wrong, and structured as published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impls import published, scatter, vlad
from impls.published import fancy_index

RIGHT = ("asker_loop", "looping", "looping_batched", "naivec", "optvec", "truvec")


class Clustering:
    """Stands in for a fitted clustering: nearest centroid, int32 as scikit-learn, and counts how often it is asked."""

    def __init__(self, centers: np.ndarray) -> None:
        self.cluster_centers_, self.asked = centers, 0

    def predict(self, rows: np.ndarray) -> np.ndarray:
        self.asked += 1
        return vlad.assign(rows[None], self.cluster_centers_)[0].astype(np.int32)


def planted(T: int = 6, L: int = 40, F: int = 5, K: int = 4, seed: int = 0) -> Any:
    """Descriptors close to centroids, so that labels are known: each image has every cluster."""
    rng = np.random.default_rng(seed)
    centers = 10 * rng.standard_normal((K, F))
    labels = np.tile(np.arange(L, dtype=np.int32) % K, (T, 1))
    rng.permuted(labels, axis=1, out=labels)
    return centers[labels] + 0.1 * rng.standard_normal((T, L, F)), labels, centers


def expected(data: Any, steps: Any) -> Any:
    return vlad.normalize(vlad.oracle(*data), steps)


def test_all_pipelines_are_found() -> None:
    assert published.strategies() == sorted([*RIGHT, "fancy_index"])


@pytest.mark.parametrize("name", RIGHT)
def test_both_forms_give_the_encoding(name: str) -> None:
    descriptors, labels, centers = planted()
    before = descriptors.copy(), labels.copy()
    pipeline = published.get(name)
    wanted = expected((descriptors, labels, centers), pipeline.normalization)
    np.testing.assert_allclose(pipeline.fair(descriptors, labels, centers), wanted, atol=1e-6)
    np.testing.assert_allclose(pipeline.as_published(Clustering(centers), descriptors), wanted, atol=1e-6)
    np.testing.assert_array_equal(descriptors, before[0])
    np.testing.assert_array_equal(labels, before[1])


@pytest.mark.parametrize("name", [*RIGHT, "fancy_index"])
def test_the_assignment_is_asked_for_as_often_as_published(name: str) -> None:
    descriptors, _, centers = planted()
    clustering = Clustering(centers)
    published.get(name).as_published(clustering, descriptors)
    assert clustering.asked == (len(descriptors) if name in ("looping", "asker_loop") else 1)


def test_the_asker_has_no_square_root() -> None:
    assert published.get("asker_loop").normalization == ("l2",)
    assert published.get("looping").normalization == ("signed_sqrt", "l2")


def test_fancy_indexing_keeps_one_row_of_a_bucket() -> None:
    descriptors, labels, centers = planted(T=2, L=8, K=2)
    lost = fancy_index.fair(descriptors, labels, centers)
    assert not np.allclose(lost, expected((descriptors, labels, centers), ("signed_sqrt", "l2")))
    single = planted(T=3, L=4, K=4)  # one row in every bucket: nothing to lose
    right = expected(single, ("signed_sqrt", "l2"))
    np.testing.assert_allclose(fancy_index.fair(*single), right, atol=1e-7)
    x, y = np.zeros(5), np.zeros(5)
    x[[1, 1, 2, 2]] += 1
    np.add.at(y, [1, 1, 2, 2], 1)
    assert x.tolist() == [0, 1, 1, 0, 0]
    assert y.tolist() == [0, 2, 2, 0, 0]


def edges(empty: str) -> Any:
    """Planted data in which the first or the last bucket of all is empty."""
    _, labels, centers = planted()
    image, cluster = (0, 0) if empty == "first" else (-1, len(centers) - 1)
    labels[image][labels[image] == cluster] = 1
    return centers[labels] + 0.1, labels, centers


def test_optvec_fails_where_the_last_bucket_is_empty() -> None:
    with pytest.raises(AssertionError, match="found 23 ends of 24 buckets"):
        published.get("optvec").fair(*edges("last"))


def test_optvec_is_silently_wrong_where_the_first_bucket_is_empty() -> None:
    data = edges("first")
    found = published.get("optvec").fair(*data)
    wanted = expected(data, ("signed_sqrt", "l2"))
    assert np.isfinite(found).all()
    assert not np.allclose(found[0], wanted[0], atol=1e-3)
    np.testing.assert_allclose(found[1:], wanted[1:], atol=1e-6)


@pytest.mark.parametrize("empty", ["first", "last"])
@pytest.mark.parametrize("name", [name for name in RIGHT if name != "optvec"])
def test_the_others_are_right_there(name: str, empty: str) -> None:
    data, pipeline = edges(empty), published.get(name)
    wanted = expected(data, pipeline.normalization)
    np.testing.assert_allclose(pipeline.fair(*data), wanted, atol=1e-6)


@pytest.mark.parametrize("empty", ["first", "last"])
def test_ragged_cumsum_is_right_there(empty: str) -> None:
    descriptors, labels, centers = edges(empty)
    bucket = (labels + len(centers) * np.arange(len(labels))[:, None]).ravel()
    rows = descriptors.reshape(len(bucket), -1)
    found = scatter.bucket_sums(rows, bucket, len(labels) * len(centers), strategy="ragged_cumsum")
    np.testing.assert_allclose(found, scatter.oracle(rows, bucket, len(labels) * len(centers)), atol=1e-10)
    np.testing.assert_allclose(
        vlad.aggregate(descriptors, labels, centers, strategy="ragged_cumsum"),
        vlad.oracle(descriptors, labels, centers),
        atol=1e-10,
    )


def test_optvec_leaves_a_trace_where_a_sum_is_zero_that_the_square_root_enlarges() -> None:
    descriptors, labels, centers = planted(T=60, L=60, F=3, K=4)
    labels[30][labels[30] == 2] = 1
    labels[30, 7] = 2
    descriptors = centers[labels] + 0.1 * np.random.default_rng(1).standard_normal(descriptors.shape)
    descriptors[30, 7] = centers[2]  # alone in its cluster, and on its centroid
    found, truth = (
        published.get(name).fair(descriptors, labels, centers)[30].reshape(4, 3)[2]
        for name in ("optvec", "looping")
    )
    assert not truth.any()
    assert 1e-8 < np.abs(found).max() < 1e-5
