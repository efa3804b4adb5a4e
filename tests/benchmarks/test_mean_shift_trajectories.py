"""Points followed frame by frame: what the file holds is what the strategies compute."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.protocol.state import SEED
from benchmarks.trajectories import trajectories
from impls import mean_shift


def test_frames_are_the_iterations(tmp_path: Path) -> None:
    path = tmp_path / "moves.json"
    words = [
        "cell",
        "n=90",
        "d=2",
        "--workload",
        "mean_shift",
        "--stage",
        "run_NB",
        "--impls",
        "gemm_blocks",
        "loop",
        "--follow",
    ]
    assert command.main([*words, str(path)]) == 0
    record = json.loads(path.read_text())
    assert (record["kind"], record["stage"], record["cell"]) == ("trajectories", "run_NB", {"n": 90, "d": 2})
    block = Grid("mean_shift", {"n": [90], "d": [2]}, "run_NB").blocks()[0]
    inputs = workloads.get("mean_shift").inputs(block, SEED)
    assert list(record["frames"]) == ["gemm_blocks", "loop"]
    for frames in record["frames"].values():
        found = np.array(frames) * record["unit"]
        assert found.shape == (6, 90, 2)
        np.testing.assert_allclose(found[0], inputs.points, atol=record["unit"])
        for count in (1, 5):
            expected = mean_shift.oracle(inputs.points, inputs.bandwidth, count, "NB")
            np.testing.assert_allclose(found[count], expected, atol=record["unit"])


def test_who_moves_no_points_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    block = Grid("mean_shift", {"n": [9], "d": [2]}, "run_J").blocks()[0]
    with pytest.raises(ValueError, match="it computes GS, not J"):
        trajectories(block, ["loop_in_place"])
    with pytest.raises(ValueError, match="no strategy was named"):
        trajectories(block, [])
    words = ["cell", "T=1", "L=2", "F=2", "K=2", "--impls", "loop", "--follow"]
    assert command.main([*words, str(tmp_path / "none.json")]) == 2
    assert "vlad moves no points" in capsys.readouterr().err
    assert not (tmp_path / "none.json").exists()
