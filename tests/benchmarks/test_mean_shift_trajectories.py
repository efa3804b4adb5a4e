"""Points followed frame by frame: what the file holds is what the strategies compute."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import workloads
from benchmarks.grids import Grid
from benchmarks.protocol.state import SEED
from benchmarks.trajectories import LOST, encoded, record, write
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
    block = Grid("mean_shift", {"n": [90], "d": [2]}, "run_NB").blocks()[0]
    inputs = workloads.get("mean_shift").inputs(block, SEED)
    records = [json.loads(text) for text in path.read_text().splitlines()]
    assert [record["impl"] for record in records] == ["gemm_blocks", "loop"]
    for told in records:
        assert (told["kind"], told["stage"], told["cell"]) == (
            "trajectory",
            "run_NB",
            {"n": 90, "d": 2},
        )
        assert told["unit"] == {"name": "bandwidth", "length": inputs.bandwidth}
        assert (told["accuracy"], told["of"]) == ("exact", 90)
        found = decoded(told)
        assert found.shape == (6, 90, 2)
        np.testing.assert_allclose(found[0], inputs.points, atol=told["resolution"])
        for count in (1, 5):
            expected = mean_shift.oracle(inputs.points, inputs.bandwidth, count, "NB")
            np.testing.assert_allclose(found[count], expected, atol=told["resolution"])


def decoded(record: dict) -> np.ndarray:
    """The points of a line, (frames, rows, 2), NaN where they were lost."""
    flat = np.frombuffer(base64.b64decode(record["points"]), "<i2")
    whole = flat.reshape(record["frames"], record["rows"], 2)
    return np.where(whole == LOST, np.nan, whole * record["resolution"])


def test_a_line_is_thinned_small_and_says_what_was_lost() -> None:
    frames = np.random.default_rng(0).normal(size=(6, 1501, 2)) * 1e4
    frames[3, 8] = np.nan
    frames[4, 12, 1] = np.inf
    line = encoded(frames, unit=2.0)
    assert (line["frames"], line["rows"], line["of"]) == (6, 376, 1501)
    assert len(json.dumps(line)) < 17_000
    found = decoded(line)
    kept = frames[:, ::4]
    lost = ~np.isfinite(found).all(axis=2)
    np.testing.assert_array_equal(np.argwhere(lost), [[3, 2], [4, 3]])
    np.testing.assert_allclose(found[~lost], kept[~lost], atol=line["resolution"])
    exact = encoded(np.zeros((2, 3, 2)), unit=2.0)  # nothing far away: as fine as it gets
    assert exact["resolution"] == pytest.approx(2.0 / 1000)
    with pytest.raises(ValueError, match="only points in a plane"):
        encoded(np.zeros((2, 3, 4)), unit=1.0)


def test_who_moves_no_points_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    block = Grid("mean_shift", {"n": [9], "d": [2]}, "run_J").blocks()[0]
    with pytest.raises(ValueError, match="it computes GS, not J"):
        record(block, "loop_in_place", SEED)
    with pytest.raises(ValueError, match="no strategy was named"):
        write(block, [], SEED, str(tmp_path / "none.json"))
    words = ["cell", "T=1", "L=2", "F=2", "K=2", "--impls", "loop", "--follow"]
    assert command.main([*words, str(tmp_path / "none.json")]) == 2
    assert "vlad moves no points" in capsys.readouterr().err
    assert not (tmp_path / "none.json").exists()
