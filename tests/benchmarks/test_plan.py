"""Grids, sets, forecasts, the journal and what asv is shown."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import accelerator, eras, further, mean_shift, scatter1d, sets, thread, vlad
from benchmarks.grids import Grid, half_octaves, union
from benchmarks.protocol import forecast, machine, readout
from benchmarks.protocol.asv_class import ReadOut
from benchmarks.protocol.journal import Journal, read_lines
from benchmarks.protocol.plan import block_from
from benchmarks.protocol.progress import Progress, duration, size

ROOT = Path(__file__).resolve().parents[2]
CLASSES = [
    value
    for module in (vlad, scatter1d, eras, accelerator, mean_shift, thread, further)
    for name, value in vars(module).items()
    if isinstance(value, type)
    and issubclass(value, ReadOut)
    and not name.startswith("_")
    and name != "ReadOut"
]


def test_half_octaves() -> None:
    assert half_octaves(2, 16) == [2, 3, 4, 6, 8, 11, 16]
    assert half_octaves(1, 4) == [1, 2, 3, 4]
    steps = half_octaves(8, 8192)
    assert (steps[0], steps[-1], len(steps)) == (8, 8192, 21)


def test_shared_cells_are_measured_once() -> None:
    assert len(sets.QUICK.blocks) == len(set(sets.QUICK.blocks)) == 20
    grid = Grid("vlad", {"T": [1], "L": [2, 4], "F": [1], "K": [2]}, "aggregate")
    assert len(union([grid, grid])) == 2


def test_quick_holds_the_post_and_a_sweep_along_every_axis() -> None:
    cells = [
        block.cell for block in sets.QUICK.blocks if (block.stage, block.dtype) == ("aggregate", "float64")
    ]
    post = {"T": 256, "L": 128, "F": 64, "K": 16}
    assert post in cells
    for axis in post:
        on_axis = {cell[axis] for cell in cells if all(cell[a] == post[a] for a in post if a != axis)}
        assert len(on_axis) >= 4
    factors = {(block.stage, block.dtype) for block in sets.QUICK.blocks}
    assert factors == {
        *((stage, dtype) for stage in ("aggregate", "encode") for dtype in ("float64", "float32")),
        ("api", "float64"),
    }
    small = {**post, "T": 8, "F": 32}
    stages = {block.stage for block in sets.QUICK.blocks if block.cell == small}
    assert stages == {"aggregate", "api"}, "what the public function adds is seen in one cell"


def test_laptop_stays_within_its_budget_and_reaches_its_ends() -> None:
    cells = [block.cell for block in sets.LAPTOP.blocks]
    large = [cell["T"] * cell["F"] * max(cell["L"], cell["K"]) for cell in cells]
    beyond = [size for size in large if size > 2 * sets.LAPTOP_ELEMENTS]
    assert beyond == [1 << 21, 1 << 22, 1 << 23], "a line of its own, to arrays of 64 MiB"
    assert {cell["T"] for cell in cells} >= {1, 4096}
    assert {cell["L"] for cell in cells} >= {8, 8192}
    assert {cell["K"] for cell in cells} >= {2, 2048}
    assert {cell["F"] for cell in cells} >= {4, 512}
    assert {block.threads for block in sets.LAPTOP.blocks} == {0, 1}
    assert {block.labels for block in sets.LAPTOP.blocks} == {"uniform", "zipf"}


@pytest.mark.parametrize(("name", "share"), [("Quick", 0.25), ("Laptop", 0.11)])
def test_memory_is_weighed_in_a_part_of_the_cells(name: str, share: float) -> None:
    plan = sets.SETS[name]
    assert plan.weighed
    assert set(plan.weighed) <= set(plan.blocks)
    assert 0.05 < len(plan.weighed) / len(plan.blocks) < share
    assert plan.budget.race
    assert plan.budget.max_reps == 9


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_asv_classes_list_axes_then_impl(cls: type[ReadOut]) -> None:
    names = list(cls.param_names)  # type: ignore[attr-defined]
    assert names == [*cls.grid.sizes, "impl"]
    assert len(cls.params) == len(names)  # type: ignore[attr-defined]
    plan = max(
        (plan for plan in sets.SETS.values() if cls.__name__.startswith(plan.name)),
        key=lambda plan: len(plan.name),
    )
    assert set(cls.grid.blocks()) <= set(plan.blocks)
    assert re.search(
        sets.asv_pattern(plan.name), f"{cls.__module__.split('.')[-1]}.{cls.__name__}.track_seconds"
    )


def test_every_block_is_read_out_by_some_class() -> None:
    """Of sets that asv knows; those that only the journal has are measured without it."""
    shown = {block for cls in CLASSES for block in cls.grid.blocks()}
    known = [plan for plan in sets.SETS.values() if sets.asv_classes(plan.name)]
    assert sets.QUICK in known
    assert shown == {block for plan in known for block in plan.blocks}


def test_blocks_survive_json() -> None:
    from dataclasses import asdict

    for block in sets.QUICK.blocks:
        assert block_from(json.loads(json.dumps(asdict(block)))) == block


def test_importing_benchmarks_loads_nothing_heavy() -> None:
    script = (
        "import sys, benchmarks.vlad, benchmarks.scatter1d, benchmarks.accelerator, benchmarks.eras\n"
        "import benchmarks.mean_shift, benchmarks.workloads.mean_shift, benchmarks.further\n"
        "import benchmarks.plain, benchmarks.protocol.worker, benchmarks.timemachine.drive\n"
        "print([n for n in ('jax', 'torch', 'numba', 'pandas', 'matplotlib', 'sklearn') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_journal_cuts_a_torn_line_and_an_unfinished_block(tmp_path: Path) -> None:
    path = str(tmp_path / "m" / "c-e.jsonl")
    with Journal(path, {"kind": "machine"}) as journal:
        journal.append({"kind": "run", "run": "r"})
        journal.append_block([{"block": "1", "impl": "a"}, {"block": "1", "impl": "b"}])
        whole = Path(path).read_text()
        journal.append({"block": "2", "impl": "a"})
    with open(path, "a") as handle:
        handle.write('{"block": "2", "im')
    with Journal(path, {"kind": "machine"}) as journal:
        assert Path(path).read_text() == whole
        assert [line.get("impl") for line in journal.lines()] == [None, None, "a", "b"]


def test_journal_names_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text('{"kind": "machine"}\nnot json\n{"kind": "run"}\n')
    with pytest.raises(ValueError, match=r"j\.jsonl line 2 is not a JSON object"):
        list(read_lines(str(path)))


def test_machine_line_says_who_measured() -> None:
    line = machine.machine_line()
    assert line["kind"] == "machine"
    assert line["cpu"]
    assert line["facts"]["cores"] >= 1
    assert json.loads(json.dumps(line)) == line


def test_environment_names_hold_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CROSSOVER_ENV", raising=False)
    monkeypatch.delenv("ASV_ENV_NAME", raising=False)
    name = machine.environment_name({"numpy": "2.4.6"})
    assert name.startswith("py3.")
    assert name.endswith("-numpy2.4.6")
    monkeypatch.setenv("ASV_ENV_NAME", "x" * 200)
    assert len(machine.environment_name({})) < 40


def test_forecast_believes_a_finished_run_first() -> None:
    runnable = {block.key: 10 for block in sets.QUICK.blocks}
    guess = forecast.run_seconds(sets.QUICK, runnable, [])
    assert guess > 10
    past: list[dict] = [
        {"kind": "run", "run": "a", "benchmark": "Quick"},
        {"kind": "finished", "run": "a", "wall_s": 77.0, "resumed": False},
        {"kind": "run", "run": "b", "benchmark": "Real"},
        {"kind": "finished", "run": "b", "wall_s": 5.0, "resumed": False},
    ]
    assert forecast.run_seconds(sets.QUICK, runnable, past) == 77.0
    needs = {(block.key, "x"): 1000 for block in sets.QUICK.blocks}
    assert forecast.peak_bytes(sets.QUICK, needs) > 256 * 512 * 64 * 8


def test_progress_says_what_was_done_left_and_skipped() -> None:
    heard = io.StringIO()
    progress = Progress(heard, [1.0, 1.0])
    lines: list[dict] = [
        {"status": "ok", "reason": None},
        {"status": "skipped", "reason": "it needs torch, not installed"},
    ]
    progress.block_done(0, 3, sets.QUICK.blocks[0], lines)
    assert "[  1/2] session 1/3" in heard.getvalue()
    assert "1 timed, 1 skipped" in heard.getvalue()
    assert "left" in heard.getvalue()
    assert progress.reasons() == ["1 x skipped: it needs torch"]
    assert (duration(45), duration(200), duration(4800)) == ("45 s", "3 min", "80 min")
    assert (duration(6000), size(3 << 30)) == ("1 h 40 min", "3.0 GiB")


def test_readings_are_geometric_means_of_session_minima() -> None:
    lines = [{"status": "ok", "seconds": [2.0, 1.0]}, {"status": "ok", "seconds": [4.0, 5.0]}]
    assert readout.summarise(lines).seconds == pytest.approx(2.0)
    killed = {"status": "killed", "reason": "by SIGKILL", "seconds": []}
    assert readout.summarise([*lines, killed]).seconds == pytest.approx(2.0)
    assert readout.summarise([killed]) == (None, "killed", "by SIGKILL")
    wrong = {"status": "invalid", "reason": "wrong answer", "seconds": []}
    assert readout.summarise([*lines, wrong]) == (None, "invalid", "wrong answer")


def test_asv_skips_what_is_over_a_budget_and_fails_what_is_wrong() -> None:
    cls = vlad.QuickFloat32
    (block,) = cls.grid.blocks()
    point: Any = (*block.cell.values(), "loop")
    for status in ("skipped", "timeout"):
        with pytest.raises(NotImplementedError, match="because"):
            cls().setup({(block.key, "loop"): readout.Reading(None, status, "because")}, *point)
    wrong = {(block.key, "loop"): readout.Reading(None, "invalid", "wrong answer")}
    cls().setup(wrong, *point)
    with pytest.raises(RuntimeError, match="invalid: wrong answer"):
        cls().track_seconds(wrong, *point)
    right = {(block.key, "loop"): readout.Reading(0.5, "ok", "")}
    assert cls().track_seconds(right, *point) == 0.5
