"""Every descriptor goes to its nearest centroid, judged in exact arithmetic, wherever the numbers lie."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from impls import kmeans, vlad
from impls.vlad import _assign, _close_calls
from impls.vlad._assign import nearest_centroid


def exactly_nearest(rows, centers):
    """The lowest index of the least squared distance, in fractions: shares nothing with impls."""
    exact = [[Fraction(value) for value in center] for center in centers.astype(float).tolist()]
    found = []
    for row in rows.astype(float).tolist():
        values = [Fraction(value) for value in row]
        squares = [sum((v - c) ** 2 for v, c in zip(values, center, strict=True)) for center in exact]
        found.append(squares.index(min(squares)))
    return np.array(found)


def assert_nearest(rows, centers):
    rows, centers = np.ascontiguousarray(rows), np.ascontiguousarray(centers, rows.dtype)
    np.testing.assert_array_equal(nearest_centroid(rows, centers), exactly_nearest(rows, centers))


def test_spread_centroids():
    centers = np.array([[-1e4, -1e4], [-9999, -1e4], [1e4, 1e4], [10001, 1e4]], np.float32)
    assert np.asarray(vlad.assign(centers[None], centers))[0].tolist() == [0, 1, 2, 3]
    _, labels = kmeans.fit(centers, centers, 1)
    assert labels.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("K", [2, 7, 40])
@pytest.mark.parametrize("spread", [1e0, 1e2, 1e3, 1e4, 1e6, 1e8])
def test_tight_groups_that_lie_apart(spread, K, dtype):
    rng = np.random.default_rng(int(spread) + K)
    middles = spread * rng.standard_normal((4, 5))
    centers = (middles[rng.integers(0, 4, K)] + rng.standard_normal((K, 5))).astype(dtype)
    rows = (centers[rng.integers(0, K, 150)] + 0.3 * rng.standard_normal((150, 5))).astype(dtype)
    assert_nearest(rows, centers)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e7])
@pytest.mark.parametrize("shape", [(1, 3), (200, 20), (7, 64)])
def test_common_offsets(offset, shape, dtype):
    F, K = shape
    rng = np.random.default_rng(F)
    centers = (offset + rng.standard_normal((K, F))).astype(dtype)
    rows = (offset + rng.standard_normal((60, F))).astype(dtype)
    assert_nearest(rows, centers)


@pytest.mark.parametrize(
    "scale", [1e-300, 1e-160, 1e-42, 1e-30, 1e-20, 1e18, 1e30, 2e38, 1e150, 1e200, 1.5e308]
)
def test_very_large_and_very_small_numbers(scale, dtype):
    if dtype == "float32" and not 1e-43 < scale < 3e38:
        pytest.skip("no such float32")
    rng = np.random.default_rng(3)
    centers = (scale * rng.uniform(-1, 1, (9, 4))).astype(dtype)
    rows = (scale * rng.uniform(-1, 1, (40, 4))).astype(dtype)
    assert_nearest(rows, centers)
    assert_nearest(np.concatenate([rows, centers, -rows[:3] * dtype_one(dtype, 0.5)]), centers)


def dtype_one(dtype, value):
    return np.dtype(dtype).type(value)


def test_rows_far_from_small_centroids(dtype):
    rng = np.random.default_rng(4)
    centers = rng.standard_normal((6, 3)).astype(dtype)
    far = 1e30 if dtype == "float32" else 1e200
    rows = np.concatenate([far * rng.standard_normal((20, 3)), rng.standard_normal((20, 3))]).astype(dtype)
    assert_nearest(rows, centers)
    mixed = np.concatenate([centers, (far * centers[:3]).astype(dtype)])
    assert_nearest(np.concatenate([rows, mixed]), mixed)


@pytest.mark.parametrize("step", [1.0, 0.1, 1e-20])
def test_ties_go_to_the_lowest_index(step, dtype):
    grid = np.stack(np.meshgrid(np.arange(7), np.arange(7)), axis=-1).reshape(-1, 2)
    rows = (step * grid).astype(dtype)
    centers = (step * np.array([[2, 2], [4, 4], [0, 4], [4, 0], [2, 2], [4, 4], [1, 1]])).astype(dtype)
    assert_nearest(rows, centers)
    assert_nearest(rows, centers[::-1])
    assert_nearest(np.zeros((5, 2), dtype), np.zeros((4, 2), dtype))


def test_exact_ties_of_numbers_that_round(dtype):
    rng = np.random.default_rng(5)
    away = rng.standard_normal((8, 6)).astype(dtype)
    centers = np.concatenate([away, -away])  # from the origin of the other axes: equally near in pairs
    rows = np.zeros((30, 6), dtype)
    assert_nearest(rows, centers)
    both = np.concatenate([np.ones((16, 1), dtype), centers], axis=1)
    rows = np.concatenate([rng.standard_normal((30, 1)).astype(dtype), rows], axis=1)
    assert_nearest(rows, both)


@pytest.mark.parametrize("copies", [1, 3, 30])
def test_copies_of_a_centroid(copies, dtype):
    rng = np.random.default_rng(6)
    centers = np.repeat(rng.standard_normal((5, 4)), copies, axis=0).astype(dtype)[
        rng.permutation(5 * copies)
    ]
    assert_nearest(rng.standard_normal((400, 4)).astype(dtype), centers)


@pytest.mark.parametrize("offset", [0, 40])
def test_chunks_layouts_and_counts(offset, dtype, monkeypatch):
    monkeypatch.setattr(_assign, "CHUNK_BYTES", 4096)
    rng = np.random.default_rng(7)
    centers = (offset + rng.integers(0, 3, (11, 5))).astype(dtype)  # ties in nearly every row
    rows = (offset + rng.integers(0, 3, (333, 5))).astype(dtype)
    expected = exactly_nearest(rows, centers)
    for layout in (rows, np.asfortranarray(rows), np.repeat(rows, 2, axis=0)[::2], rows[::-1][::-1]):
        np.testing.assert_array_equal(nearest_centroid(layout, centers), expected)
    for few in (0, 1, 3):
        np.testing.assert_array_equal(nearest_centroid(rows[:few], centers), expected[:few])
    assert not nearest_centroid(rows, centers[:1]).any()


def test_few_rows_are_looked_at_twice_where_data_are_like_sift(monkeypatch):
    """What keeps the exact answer cheap: of thousands of rows hardly any is close to a boundary."""
    rng = np.random.default_rng(8)
    groups = np.minimum(rng.gamma(0.6, 50, (200, 128)), 255)
    rows = np.clip(groups[rng.integers(0, 200, 3000)] + rng.normal(0, 25, (3000, 128)), 0, 255)
    rows = np.floor(rows).astype(np.float32)
    centers = (0.6 * rows[:64] + 0.4 * rows.mean(axis=0)).astype(np.float32)
    looked_at = []
    settle = _close_calls.Decider.settle

    def noted(self, block, which, candidates, labels):
        looked_at.append(len(which))
        settle(self, block, which, candidates, labels)

    monkeypatch.setattr(_close_calls.Decider, "settle", noted)
    labels = nearest_centroid(rows, centers)
    assert sum(looked_at) <= 15
    wide = np.square(rows[:, None].astype(float) - centers.astype(float)).sum(axis=2)
    np.testing.assert_array_equal(labels, wide.argmin(axis=1))


def test_what_is_not_finite_is_refused_or_harmless(dtype):
    rows, centers = np.ones((1, 70, 3), dtype), np.eye(3, dtype=dtype)
    for wrong in (np.nan, np.inf, -np.inf):
        bad = rows.copy()
        bad[0, 66, 1] = wrong
        for K in (1, 3):
            with pytest.raises(ValueError, match="descriptors holds 1 NaN or infinite"):
                vlad.assign(bad, centers[:K])
            with pytest.raises(ValueError, match=r"descriptors\[1\] holds 1 NaN or infinite"):
                vlad.assign([rows[0], bad[0]], centers[:K])
        labels = np.asarray(vlad.assign(bad, centers, check_finite=False))
        assert ((labels >= 0) & (labels < 3)).all()
        assert not np.delete(labels[0], 66).any()


def test_exact_comparison_of_two():
    x = np.array([0.1, 0.2])
    near = np.nextafter(x, 1)
    assert _close_calls.nearer(x, x, near)
    assert not _close_calls.nearer(x, near, x)
    assert not _close_calls.nearer(x, x, x)
    tiny = np.array([5e-324, 0.0])
    assert _close_calls.nearer(np.zeros(2), np.zeros(2), tiny)
    assert _close_calls.nearer(np.array([1.7e308]), np.array([1.6e308]), np.array([-1.7e308]))


FUSED = [name for name in vlad.strategies() if vlad.get(name).fused]


@pytest.mark.parametrize("name", FUSED)
def test_encoders_with_an_assignment_of_their_own_take_exact_labels(name):
    """Spread centroids: what they declare (rounding may decide) is put right by the labels of `assign`."""
    strategy = vlad.get(name)
    if not strategy.available:
        pytest.skip(str(strategy.why_not))
    centers = np.array([[-1e4, -1e4], [-9999, -1e4], [1e4, 1e4], [10001, 1e4]], np.float32)
    rows = (centers + np.float32(0.25))[None]
    expected = vlad.encode(rows, centers, "loop")
    found = vlad.encode(rows, centers, name, labels=vlad.assign(rows, centers))
    np.testing.assert_allclose(found, expected, atol=2e-3 if "bf16" in name or "tf32" in name else 1e-5)
