"""Accelerator strategies, as far as a CPU shows it: forced devices, kernels lowered for others, placement."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from impls import vlad
from impls.accuracy import max_error_over_rms

from .helpers import batch, brute_force, run

pytest.importorskip("jax")

ROOT = Path(__file__).resolve().parents[2]
SHAPES = [(256, 128, 64, 16), (16, 1369, 768, 32), (80, 300, 1024, 256), (3, 1, 17, 5)]

ON_EIGHT = """
    import jax, numpy as np
    from impls import vlad
    from impls._jax import put
    from impls.vlad import _sharding

    assert jax.local_device_count() == 8
    sharded, single = vlad.get("jax_onehot_sharded"), vlad.get("jax_onehot_matmul")
    assert sharded.not_timed("float32") is None
    rng = np.random.default_rng(0)
    # divided evenly, fewer images than devices, padded
    for images, dtype in ((16, "float32"), (3, "float64"), (21, "float32")):
        centers = rng.standard_normal((7, 24)).astype(dtype)
        descriptors = rng.standard_normal((images, 50, 24)).astype(dtype)
        labels = vlad.assign(descriptors, centers)
        placed = sharded.put(descriptors, labels, centers)
        assert len(placed[0].array.sharding.device_set) == 8
        share = placed[0].array.addressable_shards[0].data
        assert share.shape[0] == -(-images // 8)
        sums = sharded.to_numpy(sharded.wait(sharded.residual_sums(*placed)))
        expected = single.residual_sums(*single.put(descriptors, labels, centers))
        np.testing.assert_array_equal(sums, np.asarray(expected))
        both = [vlad.encode(descriptors, centers, strategy=each.name) for each in (sharded, single)]
        np.testing.assert_array_equal(*both)
    for name in ("jax_segment_sum", "jax_ragged_cumsum", "jax_pallas"):
        strategy, steps = vlad.get(name), ("signed_sqrt", "l2")
        one = strategy.encode(*put(descriptors, centers), steps)
        shares = _sharding.put(descriptors, centers)
        all_eight = _sharding.over_devices(strategy.module.encode, *shares, static=(steps,))
        np.testing.assert_array_equal(np.asarray(all_eight), np.asarray(one), name)
"""


def test_sharded_over_eight_devices_equals_one_device():
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
    environment = dict(os.environ, XLA_FLAGS=flags, JAX_PLATFORMS="cpu")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ON_EIGHT)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("platform", ["gpu", "tpu"])
@pytest.mark.parametrize("shape", [(2, 300, 40, 19), (2, 40, 200, 300)])
def test_the_kernel_is_right_with_the_tiles_of_other_devices(monkeypatch, platform, shape):
    """Interpreted, but cut up as for a GPU or TPU: several slabs of features, ranges of clusters, overlapping reads."""
    import jax

    from impls.vlad import _pallas

    monkeypatch.setattr(_pallas, "_compiler", lambda _: {"interpret": True})
    T, L, F, K = shape
    descriptors, labels, centers = batch(T, L, F, K, "float32", offset=100.0)
    sums = jax.jit(_pallas.block_sums, static_argnums=3)(descriptors, labels.astype("i4"), centers, platform)
    assert max_error_over_rms(sums, brute_force(descriptors, labels, centers)) <= 1e-5


def as_if_on(platform):
    """Inside, JAX lowers for a device that is not there: from 0.12 on Triton asks which one it is to be."""
    import jax

    device = getattr(jax.sharding, "AbstractDevice", None)
    names = [field.name for field in dataclasses.fields(device)] if device else []
    if device is None or platform != "gpu" or "platform" not in names:
        return contextlib.nullcontext()
    mesh = jax.sharding.AbstractMesh(
        (1,),
        ("devices",),
        (jax.sharding.AxisType.Explicit,),
        abstract_device=device(device_kind="NVIDIA H100", num_cores=132, platform="gpu"),
    )
    return jax.sharding.use_abstract_mesh(mesh)


@pytest.mark.parametrize(("platform", "target"), [("gpu", "cuda"), ("tpu", "tpu")])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_kernel_lowers_for_other_devices(platform, target, shape):
    """Triton and Mosaic accept it; what only their devices can tell (compiling, speed) stays open."""
    import jax
    import jax.numpy as jnp

    from impls.vlad import jax_pallas

    T, L, F, K = shape
    kinds = (((T, L, F), jnp.float32), ((T, L), jnp.int32), ((K, F), jnp.float32))
    arguments = [jax.ShapeDtypeStruct(size, kind) for size, kind in kinds]
    with as_if_on(platform):
        traced = jax_pallas._residual_sums.trace(*arguments, platform)
        text = traced.lower(lowering_platforms=(target,)).as_text()
    assert ("tpu_custom_call" if platform == "tpu" else "triton") in text


def test_three_pieces_are_the_number():
    import jax

    from impls.vlad._pieces import bfloat16_pieces

    rng = np.random.default_rng(0)
    values = (rng.standard_normal(10_000) * 10.0 ** rng.integers(-20, 20, 10_000)).astype("f4")
    pieces = jax.jit(bfloat16_pieces)(values)
    assert all(piece.dtype.name == "bfloat16" for piece in pieces)
    total = sum(np.asarray(piece, dtype=np.float64) for piece in pieces)
    np.testing.assert_array_equal(total, values.astype(np.float64))


@pytest.mark.parametrize(("name", "bits"), [("jax_onehot_bf16", 8), ("jax_onehot_bf16x3", 24)])
def test_precisions_keep_the_digits_they_name(name, bits):
    descriptors, labels, centers = batch(8, 500, 24, 4, "float32")
    strategy = vlad.get(name)
    error = max_error_over_rms(
        run(strategy, descriptors, labels, centers), brute_force(descriptors, labels, centers)
    )
    assert error < 40 * 2.0**-bits
    if bits == 8:
        assert error > 2.0**-13


def test_threads_are_not_timed_where_there_is_one():
    threads = vlad.get("numba_scatter_threads")
    numba = pytest.importorskip("numba")
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        assert "it is numba_scatter" in str(threads.not_timed("float64"))
        if before > 1:
            numba.set_num_threads(before)
            assert threads.not_timed("float64") is None
    finally:
        numba.set_num_threads(before)


def test_strategies_for_other_devices_say_why_they_are_not_timed_here():
    import jax

    if jax.default_backend() != "cpu":
        pytest.skip("there is an accelerator here")
    for name in ("jax_pallas", "jax_onehot_bf16", "jax_onehot_bf16x3", "jax_onehot_tf32"):
        reason = str(vlad.get(name).not_timed("float32"))
        assert reason.startswith("made for a gpu")
        assert "the device here is a cpu" in reason
    assert vlad.get("jax_segment_sum").not_timed("float64") is None
    assert vlad.get("loop").not_timed("float64") is None
    assert vlad.get("jax_segment_sum").device() == "jax cpu"
    assert vlad.get("loop").device() is None


def test_nothing_leaves_the_device_between_the_steps(monkeypatch):
    """What is on the device goes in, what comes out is still there; NumPy's assignment is never asked."""
    import jax

    from impls.vlad import _api

    descriptors, _, centers = batch(4, 30, 8, 5, "float64")
    monkeypatch.setattr(_api, "nearest_centroid", lambda *_: pytest.fail("assigned on the host"))
    for name in ("jax_segment_sum", "jax_onehot_chunked", "jax_onehot_sharded"):
        strategy = vlad.get(name)
        rows, middles = strategy.put(descriptors, centers)
        with jax.transfer_guard("disallow"):
            encoded = strategy.wait(strategy.encode(rows, middles, ("mass", "signed_sqrt", "intra", "l2")))
        assert isinstance(encoded, jax.Array)
        assert encoded.dtype == np.float64


def test_encodings_of_extreme_sizes_have_unit_length():
    for name in ("jax_onehot_matmul", "torch_onehot"):
        strategy = vlad.get(name)
        if strategy.available:
            for size in (1e-18, 1e18):
                descriptors, _, centers = batch(2, 9, 3, 2, "float32")
                encoded = vlad.encode(
                    descriptors * np.float32(size), centers * np.float32(size), strategy=name
                )
                np.testing.assert_allclose(np.linalg.norm(encoded, axis=1), 1, rtol=1e-5)
