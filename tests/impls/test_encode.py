"""Assignment, normalisation and the whole encoding."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from impls import vlad
from impls.accuracy import max_error_over_rms

from .helpers import batch, brute_force

MENU = ("mass", "signed_sqrt", "intra", "l2")


def nearest_by_definition(descriptors, centers):
    distances = ((descriptors[:, :, None, :].astype(float) - centers.astype(float)) ** 2).sum(axis=-1)
    return distances.argmin(axis=-1)


@pytest.mark.parametrize("shape", [(3, 50, 8, 5), (2, 1, 3, 1), (2, 3000, 16, 40), (1, 20, 2, 300)])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_assign_finds_the_nearest(dtype, shape, offset):
    T, L, F, K = shape
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((K, F)) * 10
    descriptors = centers[rng.integers(0, K, (T, L))] + 0.01 * rng.standard_normal((T, L, F))
    descriptors, centers = (descriptors + offset).astype(dtype), (centers + offset).astype(dtype)
    labels = np.asarray(vlad.assign(descriptors, centers))
    assert labels.dtype == np.intp
    np.testing.assert_array_equal(labels, nearest_by_definition(descriptors, centers))


def test_assign_equals_scikit_learn():
    cluster = pytest.importorskip("sklearn.cluster")
    descriptors = np.random.default_rng(1).standard_normal((6, 500, 12))
    for kind in (cluster.KMeans, cluster.MiniBatchKMeans):
        model = kind(9, n_init=1, random_state=0).fit(descriptors.reshape(-1, 12))
        expected = model.predict(descriptors.reshape(-1, 12)).reshape(6, 500)
        np.testing.assert_array_equal(vlad.assign(descriptors, model), expected)


def test_ties_go_to_the_lowest_index(dtype):
    centers = np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]], dtype)
    descriptors = np.array([[[2.0, 5.0], [-2.0, 5.0], [0.0, 3.0]]], dtype)
    np.testing.assert_array_equal(vlad.assign(descriptors, centers), [[0, 1, 0]])


def test_ragged_assign_keeps_the_list():
    descriptors, _, centers = batch(3, 9, 4, 3, "float64")
    images = [descriptors[0], descriptors[1, :0], descriptors[2]]
    labels = vlad.assign(images, centers)
    assert [len(each) for each in labels] == [9, 0, 9]
    np.testing.assert_array_equal(labels[2], vlad.assign(descriptors, centers)[2])


def by_definition(residuals, steps, counts):
    """The menu, one image and one cluster at a time."""
    result = residuals.astype(float).copy()
    for t, image in enumerate(result):
        for k, row in enumerate(image):
            if "mass" in steps and counts[t, k]:
                row /= counts[t, k]
            if "signed_sqrt" in steps:
                row[:] = np.sign(row) * np.sqrt(np.abs(row))
            if "intra" in steps and row.any():
                row /= np.linalg.norm(row)
        if "l2" in steps and image.any():
            image /= np.linalg.norm(image)
    return result.reshape(len(result), -1)


@pytest.mark.parametrize("chosen", range(16))
def test_every_choice_of_steps(dtype, chosen):
    steps = tuple(step for bit, step in enumerate(MENU) if chosen >> bit & 1)
    descriptors, labels, centers = batch(4, 20, 6, 8, dtype, labels="skewed")
    labels[1] = 3
    residuals = brute_force(descriptors, labels, centers).astype(dtype)
    residuals[2] = 0
    counts = np.stack([np.bincount(row, minlength=8) for row in labels])
    before = residuals.copy()
    result = vlad.normalize(residuals, steps, counts=counts)
    np.testing.assert_array_equal(residuals, before)
    assert result.shape == (4, 48)
    assert result.dtype == np.dtype(dtype)
    expected = by_definition(residuals, steps, counts)
    np.testing.assert_allclose(result, expected, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-30)
    assert not result[2].any()


@pytest.mark.parametrize(
    ("steps", "error", "message"),
    [
        (
            ("l1",),
            ValueError,
            "Unknown normalisation step 'l1', expected any of mass, signed_sqrt, intra, l2",
        ),
        (("l2", "signed_sqrt"), ValueError, "each appear once, in the order mass"),
        (("l2", "l2"), ValueError, "each appear once"),
        ("l2", TypeError, r"expected a sequence such as \('l2',\)"),
        (("mass",), ValueError, "pass counts"),
    ],
)
def test_wrong_steps(steps, error, message):
    with pytest.raises(error, match=message):
        vlad.normalize(np.ones((1, 2, 3)), steps)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_unit_length_survives_extreme_sizes(size):
    residuals = np.full((2, 2, 2), size, np.float32)
    np.testing.assert_allclose(np.linalg.norm(vlad.normalize(residuals, ("l2",)), axis=1), 1, rtol=1e-6)
    encoded = vlad.normalize(residuals, ("intra", "l2"))
    np.testing.assert_allclose(np.linalg.norm(encoded, axis=1), 1, rtol=1e-6)


MENUS = (("signed_sqrt", "l2"), ("mass", "intra", "l2"))
#: JAX strategies share the steps and compile each choice of them anew: all choices on one, one on the others.
ALL_MENUS_ON = "jax_segment_sum"


def test_encode_is_its_three_steps(strategy, dtype):
    descriptors, labels, centers = batch(5, 30, 7, 4, dtype)
    counts = np.stack([np.bincount(row, minlength=4) for row in labels])
    residuals = vlad.aggregate(descriptors, labels, centers, strategy=strategy.name)
    compiles = strategy.fused and strategy.name.startswith("jax")
    for steps in MENUS if not compiles or strategy.name == ALL_MENUS_ON else MENUS[1:]:
        expected = vlad.normalize(residuals, steps, counts=counts)
        encoded, given = (
            vlad.encode(descriptors, centers, strategy.name, labels=known, normalization=steps)
            for known in (None, labels)
        )
        assert encoded.dtype == given.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(given, expected)
        if strategy.fused:  # one compiled function rounds in another order
            assert max_error_over_rms(encoded, expected) <= 4 * strategy.error_bound(dtype) ** 0.5
        else:
            np.testing.assert_array_equal(encoded, expected)
        unchecked = vlad.encode_valid(strategy, descriptors, centers, normalization=steps)
        np.testing.assert_array_equal(unchecked, encoded)


def test_jitted_encodings_share_their_steps():
    """What lets one of them stand for all where the choice of steps is tested."""
    found = [vlad.get(name) for name in vlad.strategies() if name.startswith("jax")]
    modules = [each.module for each in found if each.fused and each.available]
    assert all("_jax_encode import" in inspect.getsource(module) for module in modules)
    assert len(modules) > 5 or not any(each.available for each in found)


def test_encoding_has_unit_length_and_needs_no_labels(dtype):
    descriptors, _, centers = batch(5, 30, 7, 4, dtype)
    encoded = vlad.encode(descriptors, centers)
    assert encoded.shape == (5, 28)
    np.testing.assert_allclose(np.linalg.norm(encoded, axis=1), 1, rtol=1e-5)


def test_an_image_of_centroids_encodes_to_zeros(dtype):
    """No residual at all: nothing to divide by, and no NaN."""
    _, _, centers = batch(1, 1, 7, 4, dtype)
    descriptors = np.stack([centers, centers[::-1]])
    encoded = vlad.encode(descriptors, centers, normalization=MENU)
    assert not encoded.any()
