"""Planted result folders for the tests of the report: `quick_world` holds every status and every kind of oddity."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.build import build_report
from reports.selfcheck.planted import World, write_journal
from tests.reports.chromium import Chromium

HUB = {"T": 256, "L": 128, "F": 64, "K": 16}
SWEEPS = {"T": [16, 64, 1024], "L": [16, 512, 2048], "F": [8, 256, 512], "K": [2, 64, 512]}
STAR = [HUB, *(HUB | {axis: size} for axis, sizes in SWEEPS.items() for size in sizes)]
NASTY = "<script>alert('x')</script>"


def work(cell) -> float:
    """Proportional to the number of values; what all planted times are made of."""
    return cell["T"] * cell["L"] * cell["F"] * 1e-9


TIMES = {
    "loop": lambda cell: 20 * work(cell),
    "bincount": lambda cell: 5 * work(cell),
    "onehot_matmul": lambda cell: 0.1 * cell["K"] * work(cell),
    "sparse_matmul": lambda cell: 2 * work(cell),
    "twin_of_loop": lambda cell: 20 * work(cell),
    "mask_4d": lambda cell: 3 * cell["K"] * work(cell),
    "absent": lambda cell: work(cell),
    "wrong": lambda cell: 0.01 * work(cell),
}


def trouble(impl, cell, session):
    """Every status but ok somewhere."""
    if impl == "absent":
        return "skipped", f"not installed {NASTY}"
    if impl == "wrong" and session == 1:
        return "invalid", "error 3e-05, tolerance 1e-12"
    if impl == "mask_4d" and cell["K"] == 512:
        return "killed", "signal 9"
    if impl == "mask_4d" and cell["L"] == 2048:
        return "timeout", "over 10 s"
    if impl == "mask_4d" and cell["F"] == 512:
        return "failed", "ValueError: costs $x^2$ & more"
    if impl == "bincount" and cell["T"] == 1024 and session == 0:
        return "timeout", "over 10 s"
    return None


def quick_world(**changes) -> World:
    """The world most tests start from; `sparse_matmul` and `onehot_matmul` cross at K = 20."""
    settings: dict[str, Any] = {
        "workload": "vlad",
        "benchmark": "Quick",
        "control": "bincount",
        "trouble": trouble,
        "noise": 0.003,
    }
    return World(TIMES, STAR, **(settings | changes))


@pytest.fixture(scope="session")
def browser(tmp_path_factory) -> Iterator[Chromium]:
    """One browser for all tests that need one: its start takes longer than most of them."""
    made = Chromium(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def quick_results(tmp_path_factory) -> Path:
    """Results folder with one machine, two stages."""
    folder = tmp_path_factory.mktemp("quick") / "results"
    write_journal(quick_world(stages=("aggregate", "encode")), folder)
    return folder


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory) -> Path:
    """A report on machines and strategies with names out of a bad dream."""
    folder = tmp_path_factory.mktemp("hostile")
    times = {NASTY: lambda c: 1e-3, "$x^{2}$ & co": lambda c: 2e-3, "loop": lambda c: 3e-3}
    cells = [{"N": size} for size in (8, 16, 32)]
    world = quick_world(
        machine=NASTY, env="'\"><img src=x onerror=alert(1)>", cpu=NASTY, workload="../w<b>", control=None
    )
    world.times, world.cells = times, cells
    write_journal(world, folder / "results")
    build_report(folder / "results", folder / "out")
    return folder / "out"


@pytest.fixture(scope="session")
def quick_report(quick_results, tmp_path_factory) -> Path:
    """The report made from `quick_results`."""
    out = tmp_path_factory.mktemp("report")
    build_report(quick_results, out)
    return out


@pytest.fixture(scope="session")
def moving_report(tmp_path_factory) -> Path:
    """A report with points that move."""
    from tests.reports.motion_world import write_moving  # which builds on this module

    folder = tmp_path_factory.mktemp("moving")
    write_moving(folder / "results")
    build_report(folder / "results", folder / "out")
    return folder / "out"
