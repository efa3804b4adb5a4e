"""What the approximate and bounded strategies of mean shift promise, and the traps that the exact ones avoid."""

from __future__ import annotations

import numpy as np
import pytest

from impls import mean_shift
from impls.mean_shift._strategy import GROWTH, left_out

from .mean_shift_helpers import BANDWIDTH, clusters, errors

POINTS = clusters(400, 2)
CENTRED = POINTS - POINTS.mean(axis=0)
EXACT = mean_shift.oracle(CENTRED, BANDWIDTH, 5)
STEP = mean_shift.oracle(CENTRED, BANDWIDTH, 1)
CLOUD = clusters(400, 2, groups=100)


def mean_error(name, iterations=5, seeds=10):
    """Mean over seeds of the root mean square error."""
    expected = mean_shift.oracle(POINTS, BANDWIDTH, iterations)
    runs = [mean_shift.run(POINTS, BANDWIDTH, iterations, "J", name, seed=seed) for seed in range(seeds)]
    return float(np.mean([errors(run, expected)[0] for run in runs]))


@pytest.mark.parametrize("family", ["norm_window", "kd_leaves", "radius_graph"])
def test_an_infinite_radius_is_exact(family):
    shift = mean_shift.get(f"{family}:8").module.shift
    assert errors(shift(CENTRED, CENTRED, BANDWIDTH, radius=np.inf), STEP)[1] < 1e-12
    assert left_out(400, np.inf) == 0.0


@pytest.mark.parametrize("radius", [2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("family", ["norm_window", "kd_leaves", "radius_graph"])
def test_the_bound_is_kept_and_what_is_left_out_shows(family, radius):
    for groups in (1, 6, 60):
        points = clusters(400, 2, groups=groups, seed=groups)
        points -= points.mean(axis=0)
        found = mean_shift.get(f"{family}:8").module.shift(points, points, BANDWIDTH, radius=radius)
        assert errors(found, mean_shift.oracle(points, BANDWIDTH, 1))[1] <= left_out(400, radius) + 1e-12
    if family == "radius_graph" and radius <= 4:  # the others keep more than they must
        assert errors(found, mean_shift.oracle(points, BANDWIDTH, 1))[1] > 1e-9


@pytest.mark.parametrize("groups", [1, 6, 60])
def test_what_a_step_left_out_grows_no_faster_than_declared(groups):
    points = clusters(400, 2, groups=groups, seed=7)
    points -= points.mean(axis=0)
    shift, moved = mean_shift.get("radius_graph:8").module.shift, points
    first = errors(shift(points, points, BANDWIDTH, radius=3.0), mean_shift.oracle(points, BANDWIDTH, 1))[1]
    for _ in range(5):
        moved = shift(moved, moved, BANDWIDTH, radius=3.0)
    declared = sum(GROWTH**later for later in range(5))
    assert errors(moved, mean_shift.oracle(points, BANDWIDTH, 5))[1] <= declared * max(first, 1e-14)


def test_a_sample_of_all_rows_is_exact():
    iterate = mean_shift.get("sampled:50").module.iterate
    assert errors(iterate(CENTRED, BANDWIDTH, 5, fraction=1.0, seed=3), EXACT)[1] < 1e-12


@pytest.mark.parametrize("fraction", [1e-9, 1e-3])
def test_a_sample_is_at_least_one_row_and_strays_stay(fraction):
    stray = np.vstack([np.zeros((30, 2)), [[300.0, 0.0]]])
    moved = mean_shift.get("sampled:50").module.iterate(stray, BANDWIDTH, 1, fraction=fraction, seed=0)
    assert np.isfinite(moved).all()
    np.testing.assert_array_equal(moved, stray)


def test_knobs_buy_accuracy():
    for family, settings in (("sampled", "10 25 50"), ("grid", "2 4 8"), ("lsh_pstable", "2 8")):
        found = [mean_error(f"{family}:{setting}") for setting in settings.split()]
        assert found == sorted(found, reverse=True), (family, found)
        assert found[0] > found[-1] > 1e-7


def test_seeds_make_the_difference_and_nothing_else():
    for name in ("sampled:25", "lsh_pstable:2", "lsh_forum"):
        first, again, other = (mean_shift.step(CLOUD, BANDWIDTH, name, seed=s) for s in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
        assert mean_shift.get(name).random
    with pytest.raises(TypeError, match="seed"):
        mean_shift.step(POINTS, BANDWIDTH, seed=1.5)  # type: ignore[arg-type]


def test_a_grid_in_the_plane_beats_sampling_in_error():
    assert mean_error("grid:2", seeds=1) < mean_error("sampled:50") / 5


def test_hashing_as_posted_loses_rows_whose_codes_are_zero():
    lost = [
        np.count_nonzero(np.isnan(mean_shift.step(CLOUD, BANDWIDTH, "lsh_forum", seed=seed)).any(axis=1))
        for seed in range(12)
    ]
    assert max(lost) > 0


def test_the_window_as_posted_keeps_its_slip_of_precedence():
    module = mean_shift.get("forum_window").module
    norms = np.linspace(3.0, 40.0, 1000) ** 1.1
    for sigmas in (6, 7):
        bins = int(np.ceil(norms.max() - norms.min() / (2 * 2.5 * sigmas)))
        counts = np.histogram(norms, bins)[0]
        assert module.half_window(norms, 2.5, sigmas) == int(np.ceil(counts.std(ddof=1) * sigmas))
    assert module.half_window(np.full(50, 0.25), 2.5, 7) >= 1
    assert mean_shift.get("forum_window").knobs == {"sigmas": 7}
    found = mean_shift.run(POINTS, BANDWIDTH, 5, "GS", "forum_window")
    assert 1e-6 < errors(found, mean_shift.oracle(POINTS, BANDWIDTH, 5, "GS"))[0] < 10


def test_centring_is_part_of_exact():
    """The trap: an expanded square at an offset of 1e5 leaves float32 nothing; the public functions centre."""
    points = clusters(400, 2, "float32", offset=1e5)
    expected = mean_shift.oracle(points, BANDWIDTH, 1)
    for name in ("gemm_blocks", "gemm_one_product", "gemm_symmetric", "merge_coincident"):
        raw = mean_shift.get(name).run(points, BANDWIDTH, 1)
        assert not errors(raw, expected)[0] < 1
        assert errors(mean_shift.step(points, BANDWIDTH, name), expected)[0] < 2e-3  # the spacing of float32


def test_wide_data_is_not_left_to_float32_products():
    """Two clusters 1e4 apart: centring cannot help, so expanded squares are taken in float64."""
    points = np.vstack([clusters(50, 2, "float32"), clusters(50, 2, "float32") + np.float32(1e4)])
    expected = mean_shift.oracle(points, BANDWIDTH, 1)
    for name in ("gemm_blocks", "gemm_one_product", "loop"):
        assert errors(mean_shift.step(points, BANDWIDTH, name), expected)[1] < 1e-3


def test_merging_is_lossless_and_saves_rows():
    module = mean_shift.get("merge_coincident").module
    moved = module.iterate(CENTRED, BANDWIDTH, 5)
    assert errors(moved, EXACT)[1] < 1e-11
    late = mean_shift.oracle(CENTRED, BANDWIDTH, 8)
    left, counts, home = module._merged(late, np.ones(400), BANDWIDTH)
    assert len(left) < 60
    assert counts.sum() == 400
    assert errors(left[home], late)[1] < 1e-11
