"""Distance from the machine's limit: planted rates come back, and what beats the machine is a fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.analyse.limits import rates_of
from reports.analyse.views import analyse
from reports.build import build_report
from reports.load.folder import load_results
from reports.selfcheck.planted import World, half_octaves, write_journal
from tests.reports.pages import whole

CACHE, MEMORY = 40e9, 10e9
#: Copy rate: 40 GB/s up to 1 MiB, 10 GB/s from 16 MiB on, a straight line in the logs between. Reading: twice that.
LADDER = [
    {"bytes": size, "copy_bytes_per_s": rate, "read_bytes_per_s": 2 * rate}
    for size, rate in ((1 << 14, CACHE), (1 << 20, CACHE), (1 << 24, MEMORY), (1 << 27, MEMORY))
]
RATES = {"rates": LADDER, "copy_bytes_per_s": MEMORY, "gemm_flops_per_s": {"float64": 5e10}}
CELLS = [{"N": size} for size in half_octaves(1 << 10, 1 << 22)]


def moved(cell):
    """8 bytes in, 8 bytes out."""
    return 16 * cell["N"], 0


def copying(cell):
    """Seconds that copying takes at the planted rates."""
    size = 16 * cell["N"]
    rate = np.exp(np.interp(np.log(size), np.log([2**14, 2**20, 2**24]), np.log([CACHE, CACHE, MEMORY])))
    return size / rate


def world(**changes):
    times = {"loop": lambda c: 50 * copying(c), "near": lambda c: 1.25 * copying(c)}
    settings: dict[str, Any] = {
        "least": moved,
        "limits": RATES,
        "noise": 0.002,
        "block_noise": 0.0,
        "workload": "w",
    }
    return World(times, CELLS, **(settings | changes))


def analysed(planted, folder):
    write_journal(planted, folder)
    results = load_results(folder)
    return analyse(results.workloads[0], results.limits)


def test_planted_shares_come_back_from_cache_to_memory(tmp_path):
    table = analysed(world(), tmp_path).limits.set_index(["impl", "N"])["share"]
    assert np.allclose(table["near"], 1 / 1.25, rtol=0.01)
    assert np.allclose(table["loop"], 1 / 50, rtol=0.01)
    assert len(table) == 2 * len(CELLS)


def test_products_that_take_longer_than_moving_set_the_bound(tmp_path):
    busy = world(least=lambda c: (16 * c["N"], 1000 * c["N"]))
    busy.times = {"loop": lambda c: 1000 * c["N"] / 5e10 * 4}
    table = analysed(busy, tmp_path).limits
    assert set(table["bound_by"]) == {"flops"}
    assert np.allclose(table["share"], 0.25, rtol=0.02)
    assert not table["fault"].any()


def faulty():
    """`magic` takes a third of what reading at the best rate takes at one size, and is honest at the others."""
    magic = {"magic": lambda c: copying(c) * (1 / 6 if c["N"] == CELLS[10]["N"] else 2)}
    planted = world()
    planted.times = {**planted.times, **magic}
    return planted


def test_what_beats_the_machine_is_a_fault_and_wins_nothing(tmp_path):
    analysis = analysed(faulty(), tmp_path)
    faults = analysis.limits[analysis.limits["fault"]]
    assert faults[["impl", "N"]].to_numpy().tolist() == [["magic", CELLS[10]["N"]]]
    assert set(analysis.winners["winner"]) == {"near"}
    row = analysis.speedups.set_index(["impl", "N"]).loc[("magic", CELLS[10]["N"])]
    assert row["status"] == "invalid"
    assert row["reason"].startswith("timing fault")
    assert np.isnan(row["seconds"])
    assert np.isnan(analysis.cube.log_best[10, :, analysis.cube.position("magic")]).all()


@pytest.mark.parametrize(
    ("device", "is_fault"), [("jax gpu", False), ("torch gpu", False), ("jax cpu", True)]
)
def test_what_a_device_computed_is_not_held_against_the_host_s_rates(tmp_path, device, is_fault):
    planted = faulty()
    planted.facts = {"magic": {"device": device}}
    analysis = analysed(planted, tmp_path)
    assert ("magic" in set(analysis.limits["impl"])) == bool(analysis.limits["fault"].any()) == is_fault
    assert ("magic" in set(analysis.winners["winner"])) != is_fault
    assert {"near", "loop"} <= set(analysis.limits["impl"])


@pytest.mark.parametrize("device", ["torch gpu", "torch cpu"])
def test_the_page_says_who_has_no_distance_because_of_its_device(tmp_path, device):
    planted = world()
    planted.facts = {"near": {"device": device}}
    write_journal(planted, tmp_path / "results")
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert ("near, which ran on another device, has no distance from it." in page) == (device == "torch gpu")


def test_reading_from_a_cache_faster_than_copying_is_no_fault(tmp_path):
    quick = world()
    quick.times = {
        **quick.times,
        "reader": lambda c: copying(c) / 1.9,
    }  # the planted machine reads twice as fast
    table = analysed(quick, tmp_path).limits
    assert table.loc[table["impl"] == "reader", "share"].min() > 1.5
    assert not table["fault"].any()


def test_a_fault_is_named_on_the_page_and_in_a_warning(tmp_path):
    write_journal(faulty(), tmp_path / "results")
    built = build_report(tmp_path / "results", tmp_path / "out")
    page = whole(built.page.parent)
    assert any("1 time is faster than the machine can be" in warning for warning in built.warnings)
    named = page.partition('<div class="faults">')[2].partition("</div>")[0]
    assert f"<code>magic</code> at N {CELLS[10]['N']:,}: timing fault" in named
    assert "<code>near</code> comes nearest to the machine’s limit: 80 % of it" in page
    rows = pd.read_csv(tmp_path / "out" / "data" / "w" / "limits.csv")
    assert rows["fault"].sum() == 1
    assert list(rows.columns[7:]) == [
        "N", "impl", "least_bytes", "least_flops", "bound_by", "bound_seconds", "floor_seconds", "seconds", "share",
        "fault",
    ]  # fmt: skip


@pytest.mark.parametrize("missing", [{"least": None}, {"limits": {}}])
def test_a_journal_without_limits_says_so(tmp_path, missing):
    write_journal(world(**missing), tmp_path / "results")
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert "carry no limits" in page
    assert not (tmp_path / "out" / "data" / "w" / "limits.csv").exists()


def test_the_rate_of_memory_alone_gives_a_limit_but_calls_nothing_a_fault(tmp_path):
    lone = faulty()
    lone.limits = {"copy_bytes_per_s": MEMORY, "gemm_flops_per_s": {}}
    table = analysed(lone, tmp_path).limits
    assert not table["fault"].any()
    large = table[(table["N"] == CELLS[-1]["N"]) & (table["impl"] == "near")]
    assert large["share"].iloc[0] == pytest.approx(0.8, rel=0.02)


def test_rates_are_the_best_of_their_own_run_machine_and_threads():
    def record(session, factor, **changes):
        rates = [{**step, "copy_bytes_per_s": step["copy_bytes_per_s"] * factor} for step in LADDER]
        return {"machine": "m", "run": "r", "threads": 1, "session": session, "rates": rates, **changes}

    frame = pd.DataFrame(
        [record(0, 0.5), record(1, 1.0), record(0, 3.0, threads=0, cores=2), record(0, 9.0, run="other")]
    )
    found = rates_of(frame)
    assert sorted(found) == [("m", "other", 1), ("m", "r", 1), ("m", "r", 2)]
    assert found["m", "r", 1].copy.tolist() == [CACHE, CACHE, MEMORY, MEMORY]
    assert found["m", "r", 2].copy.tolist() == [3 * CACHE, 3 * CACHE, 3 * MEMORY, 3 * MEMORY]


def test_broken_limits_are_passed_over():
    odd: list[Any] = [
        None,
        "x",
        [{"bytes": -1, "copy_bytes_per_s": 1.0}, 3],
        [{"bytes": 5, "copy_bytes_per_s": "fast"}],
        {},
    ]
    frame = pd.DataFrame([{"machine": "m", "run": "r", "threads": 1, "rates": value} for value in odd])
    assert rates_of(frame) == {}
    assert rates_of(pd.DataFrame()) == {}
