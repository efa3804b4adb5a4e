"""What the Colab notebook shows, on planted runs: who computed where, the figure, and the verdict on a claim."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from reports import rerun
from reports.claims.load import read_book
from reports.claims.model import Claim, Place, Variant
from reports.figures.ways import draw_ways
from reports.load.folder import NoResults
from reports.selfcheck.planted import write_journal
from tests.reports.conftest import quick_world, work

STAGES = ("aggregate", "aggregate_from_host", "encode", "encode_from_host")
CELLS = [{"T": size, "L": 128, "F": 64, "K": 16} for size in (4, 32, 256)] + [
    {"T": 8, "L": 8, "F": 8, "K": 8}
]
DEVICES = {"jax_segment_sum": "jax gpu", "jax_onehot_matmul": "jax gpu", "torch_index_add": "torch cpu"}


def write(folder: Path, devices: dict[str, str], times=None, **changes) -> Path:
    """A run in which jax_segment_sum has four times the loop's speed, and torch on the CPU forty times."""
    world = quick_world(
        benchmark="Accelerator", stages=STAGES, control=None, trouble=lambda *_: None, **changes
    )
    world.times = times or {
        "loop": lambda cell: 40 * work(cell),
        "jax_segment_sum": lambda cell: 10 * work(cell),
        "jax_onehot_matmul": lambda cell: 20 * work(cell),
        "torch_index_add": work,
        "numba_scatter": lambda cell: 2 * work(cell),
    }
    world.cells = CELLS
    path = write_journal(world, folder)
    lines = [json.loads(row) for row in path.read_text().splitlines()]
    told = [line | {"device": devices.get(line.get("impl", ""))} for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in told))
    return folder


def claim(published: float, envs: str = "", **changes: str) -> Claim:
    """A claim that jax_segment_sum encodes so many times as fast as the loop, in both placements."""
    places = [
        Place(stage, stage, "vlad", ("Accelerator",), {"stage": stage}, {}) for stage in sorted(STAGES)[2:]
    ]
    variants = tuple(Variant(place.name, place) for place in places)
    settings = {"numerator": "loop", "denominator": "jax_segment_sum", **changes}
    return Claim("fast", "It is fast.", "post", "", "ratio", settings, "", published, variants, envs)


@pytest.fixture
def found(tmp_path: Path) -> rerun.Rerun:
    return rerun.read_rerun(write(tmp_path, DEVICES), "Accelerator")


def test_the_journal_says_who_computed_on_the_device(found: rerun.Rerun) -> None:
    """torch without its device is one of the host's, whatever it could use elsewhere."""
    assert found.platform == "gpu"
    assert found.on_device == {"jax_segment_sum", "jax_onehot_matmul"}
    assert found.on_host == {"torch_index_add", "numba_scatter"}


def test_without_an_accelerator_the_cpu_stands_in(tmp_path: Path) -> None:
    devices = {name: f"{name.split('_')[0]} cpu" for name in DEVICES}
    found = rerun.read_rerun(write(tmp_path, devices), "Accelerator")
    assert found.platform == "cpu"
    assert found.on_device == set(DEVICES)


def test_a_time_that_the_machine_cannot_reach_is_no_time(tmp_path: Path) -> None:
    """The host's best beats the rate at which its bytes can be read; the same time on a device is one."""
    ladder = [
        {"bytes": size, "copy_bytes_per_s": 1e9, "read_bytes_per_s": 1e9} for size in (1 << 14, 1 << 24)
    ]
    limits = {"rates": ladder, "copy_bytes_per_s": 1e9, "gemm_flops_per_s": {}}
    bound = {"limits": limits, "least": lambda cell: (int(3e10 * work(cell)), 0)}
    found = rerun.read_rerun(
        write(tmp_path, DEVICES | {"jax_segment_sum": "jax tpu"}, **bound), "Accelerator"
    )
    timed = set(found.timed["impl"])
    assert timed == {"loop", "jax_segment_sum", "jax_onehot_matmul"}
    assert any("timing fault" in reason for reason in rerun.reasons(found))


def test_only_the_newest_run_is_shown(tmp_path: Path) -> None:
    """A machine may have measured its CPU alone before it had a device: nothing of that belongs here."""
    devices = {name: f"{name.split('_')[0]} cpu" for name in DEVICES}
    write(tmp_path, devices, run="old", env="py3.11", started_at=1.78e9)
    write(tmp_path, DEVICES, run="new", env="py3.11-jaxgpu", started_at=1.79e9)
    found = rerun.read_rerun(tmp_path, "Accelerator")
    assert found.platform == "gpu"
    assert set(found.rows["env"]) == {"py3.11-jaxgpu"}
    assert found.on_device == {"jax_segment_sum", "jax_onehot_matmul"}


def test_the_table_has_the_best_of_both(found: rerun.Rerun) -> None:
    rows = rerun.summary(found).splitlines()[2:]
    assert len(rows) == len(CELLS) * len(STAGES)
    (row,) = [row for row in rows if "T256" in row and "aggregate, there and back" in row]
    assert "`jax_segment_sum`" in row
    assert "`torch_index_add`" in row


def test_the_longest_line_is_drawn_with_its_leaders(found: rerun.Rerun) -> None:
    axis, line = rerun.longest_line(found)
    assert axis == "T"
    assert sorted(line["T"].unique()) == [4, 32, 256]
    panels = rerun.panels(found)
    assert [stage for stage, _, _ in panels] == sorted(STAGES)
    assert all(shown == ["jax_segment_sum", "torch_index_add"] for _, _, shown in panels)
    made = plt.figure()
    draw_ways(made, line, axis, panels, rerun.headline(found, "A GPU"))
    assert [axes.get_title("left") for axes in made.axes] == [told for _, told, _ in panels]
    texts = {text.get_text() for axes in made.axes for text in axes.texts}
    assert texts == {"loop", "jax_segment_sum", "torch_index_add"}
    plt.close(made)


def test_the_headline_and_the_claim_say_what_was_planted(found: rerun.Rerun) -> None:
    assert rerun.headline(found, "A GPU").startswith(
        "A GPU over the loop at T 256, L 128, F 64, K 16, float64\n"
    )
    told = rerun.judged(found, claim(4.0))
    assert told.startswith("| T 256, L 128, F 64, K 16, float64; a GPU | strategy |")
    assert told.count("| **REPRODUCED** |") == 2
    assert told.count("the best") == 0
    told = rerun.judged(found, claim(8.0, envs="-tpu$"))
    assert told.count("**NOT TESTED** (here: DIRECTION ONLY)") == 2
    told = rerun.judged(found, claim(4.0, denominator="jax_onehot_matmul"))
    assert told.count("**DIRECTION ONLY**") == 2
    assert told.count("the best: `jax_segment_sum`") == 2


def test_a_claim_about_something_else_is_one_sentence(found: rerun.Rerun) -> None:
    with pytest.raises(ValueError, match="not about a ratio to loop"):
        rerun.judged(found, claim(4.0, numerator="mask_4d"))


def test_the_claim_of_the_post_can_be_judged(found: rerun.Rerun) -> None:
    """The book's own entry: here, on a planted run without its strategy, it is not tested."""
    (entry,) = [each for each in read_book().claims if each.id == "jax-on-accelerator"]
    told = rerun.judged(found, entry)
    assert told.count(f"NOT TESTED: {entry.settings['denominator']} has no time") == len(entry.variants) == 2
    assert "4.00×" in told


def test_a_change_of_leader_is_told(tmp_path: Path) -> None:
    """The device has a price for each call: the loop leads below T = 40."""
    times = {
        "loop": lambda cell: 40 * work(cell),
        "jax_segment_sum": lambda cell: 39 * work({**CELLS[0], "T": 40}) + work(cell),
    }
    found = rerun.read_rerun(write(tmp_path, DEVICES, times), "Accelerator")
    told = list(rerun.changes_of_leader(found))
    assert len(told) == len(STAGES)
    assert told[0].startswith("aggregate, data on the device: loop below, jax_segment_sum above T ≈ ")


def test_a_set_that_was_not_measured_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoResults, match="no run of AcceleratorTiny"):
        rerun.read_rerun(write(tmp_path, DEVICES), "AcceleratorTiny")


def test_nothing_on_the_device_has_a_time(tmp_path: Path) -> None:
    found = rerun.read_rerun(write(tmp_path, {}), "Accelerator")
    assert not found.on_device
    assert "the best" not in rerun.judged(found, claim(4.0))
    assert rerun.headline(found, "A GPU").endswith("nothing has a time")
