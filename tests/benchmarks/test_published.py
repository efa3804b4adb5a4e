"""The workload of the published pipelines: data as published, encodings judged as raw sums, faults caught."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.protocol.plan import KEPT
from benchmarks.workloads import published as workload_module
from benchmarks.workloads.draws import draw_labels
from impls import published, vlad


def block_of(labels="filled", stage="fair", T=8, L=24, F=6, K=4):
    return Grid("published", {"T": [T], "L": [L], "F": [F], "K": [K]}, stage, labels=labels).blocks()[0]


@pytest.fixture(autouse=True)
def fresh_clusterings():
    workload_module.fitted.cache_clear()
    yield
    workload_module.fitted.cache_clear()


def outcome(impl: str, **cell) -> str:
    """What the gate makes of a pipeline: ok, wrong, or the name of an exception."""
    workload, block = workloads.get("published"), block_of(**cell)
    inputs = workload.inputs(block, 1234)
    task = workload.task(block, inputs, impl, workload.reference(block, inputs))
    try:
        error = task.error(task.call())
    except AssertionError:
        return "AssertionError"
    return "ok" if error <= task.tolerance else "wrong"


def test_the_data_is_the_legacy_generators() -> None:
    inputs = workloads.get("published").inputs(block_of("fitted"), 1234)
    np.random.seed(1234)  # noqa: NPY002 - what the post calls
    np.testing.assert_array_equal(inputs.descriptors, np.random.randn(8, 24, 6))  # noqa: NPY002
    again = workloads.get("published").inputs(block_of("fitted"), 1234)
    np.testing.assert_array_equal(inputs.labels, again.labels)
    assert inputs.kmeans.n_clusters == 4
    assert (inputs.kmeans.n_init, inputs.kmeans.random_state) == (10, 0)


def test_renumbering_fills_the_edges_and_changes_no_cluster() -> None:
    workload = workloads.get("published")
    plain, filled = (workload.inputs(block_of(kind), 1234) for kind in ("fitted", "filled"))
    assert (filled.labels[0] == 0).any()
    assert (filled.labels[-1] == 3).any()
    same = plain.kmeans.cluster_centers_[plain.labels] == filled.kmeans.cluster_centers_[filled.labels]
    assert same.all()


@pytest.mark.parametrize(("kind", "image", "cluster"), [("first_empty", 0, 0), ("last_empty", -1, 3)])
def test_an_edge_is_emptied_and_stays_so_when_assigned_again(kind: str, image: int, cluster: int) -> None:
    inputs = workloads.get("published").inputs(block_of(kind), 1234)
    assert not (inputs.labels[image] == cluster).any()
    other = (inputs.labels[-1 - image] == 3 - cluster) if image else (inputs.labels[-1] == 3)
    assert other.any() or kind == "last_empty"
    np.testing.assert_array_equal(inputs.kmeans.predict(inputs.descriptors[image]), inputs.labels[image])


@pytest.mark.parametrize("stage", ["as_published", "fair"])
@pytest.mark.parametrize("impl", [name for name in published.strategies() if name != "fancy_index"])
def test_right_pipelines_pass(impl: str, stage: str) -> None:
    assert outcome(impl, stage=stage) == "ok"


def test_the_gate_catches_every_fault() -> None:
    assert outcome("fancy_index") == "wrong"
    assert outcome("optvec", labels="first_empty") == "wrong"
    assert outcome("optvec", labels="last_empty") == "AssertionError"
    assert outcome("looping", labels="first_empty") == outcome("truvec", labels="last_empty") == "ok"


@pytest.mark.parametrize("steps", [("signed_sqrt", "l2"), ("l2",)])
def test_undoing_the_normalisation_gives_the_sums(steps: tuple[str, ...]) -> None:
    sums = np.random.default_rng(0).standard_normal((3, 4, 5))
    sums[0, 1] = 0
    found = workload_module.sums_of(vlad.normalize(sums, steps), sums, steps)
    np.testing.assert_allclose(found, sums.reshape(3, -1), rtol=1e-13, atol=1e-15)


def test_a_wrong_sum_is_as_wrong_after_the_square_root() -> None:
    sums = np.random.default_rng(0).standard_normal((3, 4, 5))
    sums[0, 1] = 0
    off = sums.copy()
    off[0, 1, 2] = 1e-9  # the square root makes 3e-5 of it; squared again it is what it was
    found = workload_module.sums_of(vlad.normalize(off), sums, ("signed_sqrt", "l2"))
    assert 0.9e-9 < np.abs(found - sums.reshape(3, -1)).max() < 1.1e-9


def test_processes_of_a_run_share_one_clustering(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(KEPT, str(tmp_path))
    first = workloads.get("published").inputs(block_of(), 1234)
    workload_module.fitted.cache_clear()
    monkeypatch.setattr(workload_module, "fit", None)  # would fail if it were asked
    second = workloads.get("published").inputs(block_of(), 1234)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert len(list(tmp_path.glob("kmeans-8-24-6-4-1234-float64.pickle"))) == 1


def test_unknown_labels_name_the_known_ones() -> None:
    with pytest.raises(ValueError, match="there are fitted, filled, first_empty, last_empty"):
        workloads.get("published").inputs(block_of("uniform"), 1234)


@pytest.mark.parametrize(("kind", "empty"), [("first_empty", 0), ("last_empty", 6)])
def test_edge_labels_of_other_workloads(kind: str, empty: int) -> None:
    labels = draw_labels(np.random.default_rng(0), kind, 5000, 7)
    assert set(labels) == set(range(7)) - {empty}
    assert labels.dtype == np.intp


def test_predicted_memory_keeps_the_guard_honest() -> None:
    workload = workloads.get("published")
    post = {"T": 256, "L": 128, "F": 64}
    small, meant = block_of(**post, K=16), block_of(**post, K=512)
    assert workload.predicted_bytes(small, "naivec") < 1 << 30 < workload.predicted_bytes(meant, "naivec")
    assert workload.predicted_bytes(meant, "truvec") < 1 << 28
