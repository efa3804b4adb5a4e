"""Signs of a busy machine: recorded with every block, and said where somebody looks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import sets, tryout, workloads
from benchmarks.protocol import compiling, machine, quiet, run
from benchmarks.protocol import state as states
from benchmarks.protocol.block import Entry, admit, sample, timed
from benchmarks.protocol.gate import Gate
from benchmarks.protocol.plan import Block, Budget
from benchmarks.protocol.progress import Progress
from benchmarks.workloads import Task
from tests.benchmarks.conftest import Tree, small

BUDGET = Budget(min_sample_s=0.001, strategy_s=0.005)


def ignore(event: str, **facts: Any) -> None:
    """Stand in for the pipe to the supervisor."""


def line(impl: str, *seconds: float, share: float = 1.0, number: int = 1, **more: Any) -> dict[str, Any]:
    cpu = [share] * len(seconds)
    return {
        "impl": impl,
        "status": "ok",
        "seconds": list(seconds),
        "number": number,
        "cpu_over_wall": cpu,
        **more,
    }


def test_a_block_tells_of_its_pair_its_share_and_its_windows() -> None:
    lines = [
        line("loop", 0.03, 0.01, share=0.5),
        line("bincount", 0.002, 0.001, number=5),
        line("bincount@control", 0.0013, 0.004, number=5),
        line("jax", 9.0, share=0.0, device="jax gpu"),
        {"impl": "broken", "status": "failed", "seconds": []},
    ]
    found = quiet.of_block(lines[:3], single=True)
    assert found["aa"] == pytest.approx(1.3)
    assert found["cpu_over_wall"] == pytest.approx(
        (0.02 + 0.015 + 0.0265) / (0.04 + 0.015 + 0.0265), abs=1e-3
    )
    assert found["exposure"] == pytest.approx(0.03 / 0.005)
    assert quiet.of_block(lines, single=True)["cpu_over_wall"] == found["cpu_over_wall"]
    assert quiet.of_block(lines, single=False)["cpu_over_wall"] is None
    assert quiet.of_block(lines[-1:], single=True) == {"aa": None, "cpu_over_wall": None, "exposure": None}


def test_the_verdict_on_a_run_says_whether_it_may_be_believed() -> None:
    calm, loud = {"aa": 1.01, "cpu_over_wall": 0.999}, {"aa": 1.13, "cpu_over_wall": 0.7}
    assert quiet.verdict([calm, calm, loud]) == (
        "this machine was quiet: A/A 1 % apart in the median block, samples got 100 % of a core"
    )
    assert quiet.verdict([calm, loud, loud]) == (
        "this machine was busy: A/A 13 % apart in the median block, samples got 70 % of a core; "
        "differences below 13 % mean nothing here"
    )
    assert "busy: samples got 70 %" in quiet.verdict([{"cpu_over_wall": 0.7}])
    assert quiet.verdict([]) == quiet.verdict([{}]) == ""


def test_one_cell_says_it_below_its_table() -> None:
    block = tryout.block_of("vlad", ["T=1", "L=2", "F=3", "K=4"], "aggregate", "float64", "uniform", 1)
    calm = tryout.Measured([], {"aa": 1.02, "cpu_over_wall": 0.99, "exposure": 1.5})
    loud = tryout.Measured([], {"aa": 3.7, "cpu_over_wall": 0.4, "exposure": 31.0})
    assert len(tryout.as_text(block, calm).splitlines()) == 2
    told = tryout.as_text(block, loud).splitlines()[2:]
    assert told[0].startswith("this machine was busy: A/A 270 % apart, samples got 40 % of a core")
    assert told[1].startswith("samples lasted unequally long, 31 times apart")


def test_a_sample_that_waits_shows_that_it_got_no_core() -> None:
    from time import sleep

    busy = Entry("busy", reps=2, task=Task(lambda: sum(range(30_000)), lambda result: 0.0, 1.0))
    idle = Entry("idle", reps=2, task=Task(lambda: sleep(0.05), lambda result: 0.0, 1.0))
    timed(idle, 1)
    assert idle.share < 0.5
    import random

    sample([busy, idle], random.Random(0), BUDGET, ignore)
    assert len(busy.cpu_over_wall) == len(idle.cpu_over_wall) == 2
    assert max(idle.cpu_over_wall) < min(1.0, 5 * max(busy.cpu_over_wall))
    if hasattr(os, "fork"):
        assert isinstance(idle.involuntary_switches, int)
        assert busy.line()["involuntary_switches"] >= 0


def test_signs_stand_in_every_line_and_the_last_words(tree: Tree) -> None:
    said = tree.run(small(sessions=2))
    measured = tree.measured()
    for each in measured:
        assert len(each["cpu_over_wall"]) == len(each["seconds"])
        assert all(0 <= share < 1.5 for share in each["cpu_over_wall"])
        assert each["noise"]["aa"] >= 1.0
        assert each["noise"]["exposure"] >= 1.0
        assert 0 < each["noise"]["cpu_over_wall"] < 1.5
        assert each["seed"] == states.SEED + each["session"]
    assert "this machine was " in said
    assert "samples got" in said.splitlines()[-2]
    (first, second) = (each for each in tree.lines() if each.get("kind") == "threads")
    assert first["planned"] == second["planned"] == 1
    assert first["beyond_plan"] == []
    assert first["cores"] == 1


def test_more_threads_than_planned_are_named() -> None:
    pools = [{"internal_api": "openblas", "num_threads": 8}, {"internal_api": "openmp", "num_threads": 1}]
    found = {"cores": 8, "pools": pools, "numba": 2, "torch": 1}
    assert machine.beyond_plan(found, 1) == ["numba: 2", "openblas: 8"]
    assert machine.beyond_plan(found, 8) == []

    class Threads:
        def realised_threads(self) -> dict[str, Any]:
            return found

    class Page(list):
        say = write = list.append

        def flush(self) -> None: ...

    said, written = Page(), Page()
    run.compare_threads(Threads(), {"threads": 1}, written, Progress(said, []))  # type: ignore[arg-type]
    assert "more threads than the planned 1: numba: 2, openblas: 8" in said[0]
    assert written[0]["beyond_plan"] == ["numba: 2", "openblas: 8"]


def test_each_session_draws_its_data_anew_where_that_is_cheap() -> None:
    vlad, published = sets.QUICK.blocks[0], sets.SETS["Eras"].blocks[0]
    assert [states.seed_of(vlad, session) for session in range(3)] == [1234, 1235, 1236]
    assert [states.seed_of(published, session) for session in range(3)] == [1234] * 3
    workload = workloads.get("vlad")
    block = Block("vlad", "aggregate", "float32", "photos", 1, (("T", 2), ("L", 8), ("F", 12), ("K", 4)))
    first, second = (workload.inputs(block, states.seed_of(block, session)) for session in (0, 1))
    assert np.array_equal(first.centers, second.centers), "one vocabulary"
    assert not np.array_equal(first.descriptors, second.descriptors)


@pytest.mark.parametrize("impl", ["numba_scatter", "jax_segment_sum", "bincount"])
def test_a_first_call_is_cold_only_where_nothing_was_compiled_before(
    impl: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Compiled code is shared: numba's by all shapes of a dtype, JAX's by all blocks of a shape."""
    workload = workloads.get("vlad")
    if workload.why_not(impl):
        pytest.skip(f"{impl} is not installed")
    if impl.startswith("jax"):
        import jax

        config: Any = jax.config  # other tests' code is on disk, and a call that fetches it is not cold
        cached = config.jax_enable_compilation_cache
        config.update("jax_enable_compilation_cache", False)
        request.addfinalizer(lambda: config.update("jax_enable_compilation_cache", cached))

    def cold(T: int, dtype: str) -> bool:
        axes = (("T", T), ("L", 21), ("F", 5), ("K", 3))
        block = Block("vlad", "aggregate", dtype, "uniform", 1, axes)
        entry = admit(Gate(workload, block, 1, str(tmp_path)), impl, BUDGET, ignore)
        assert entry.status == "ok", entry.reason
        return entry.first_call_cold

    cold(13, "float64")  # other tests may have compiled it in this process
    again, other_shape = cold(13, "float64"), cold(17, "float64")
    assert again == (impl == "bincount")
    assert other_shape == (impl != "numba_scatter")


def test_what_comes_from_a_cache_on_disk_is_not_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = compiling.Compilations()
    monkeypatch.setattr(compiling, "COMPILATIONS", heard)
    watched = compiling.Compilers(["jax.numpy"])
    assert not watched.cold(), "nothing was compiled"
    heard.heard(compiling.DONE, 0.1)
    assert watched.cold()
    heard.heard(compiling.FETCHED, 0.1)
    assert not watched.cold()
    assert compiling.Compilers(["scipy"]).cold()
    monkeypatch.setattr(compiling.NUMBA, "count", None)
    assert not compiling.Compilers(["numba"]).cold(), "not known to be cold"
