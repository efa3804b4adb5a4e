"""``python -m benchmarks``: the list of sets, one cell at a time, and errors that say what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import sets, trajectories, tryout, workloads
from benchmarks.protocol import devices
from benchmarks.protocol.spelling import meant
from tests.benchmarks.conftest import Tree, small


def test_list_names_every_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list"]) == 0
    told = capsys.readouterr().out.splitlines()
    for line, (name, plan) in zip(told, sets.SETS.items(), strict=True):
        blocks = f"{len(plan.blocks)} blocks, {plan.sessions} sessions"
        assert line.split() == [name, plan.blocks[0].workload, *blocks.split()]
    assert len({line.index(" blocks") for line in told}) == 1


def test_one_cell_is_measured_printed_and_not_kept(tree: Tree) -> None:
    words = [sys.executable, "-m", "benchmarks", "cell", "T=4", "L=16", "F=8", "K=4", "--impls", "ufunc_at"]
    done = subprocess.run(
        words, cwd=tree.root, env=tree.environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    head, columns, *rows = done.stdout.splitlines()
    assert head == "vlad aggregate float64 T4 L16 F8 K4"
    assert columns.split()[:6] == ["strategy", "status", "ms", "speedup", "over", "loop"]
    assert sorted(row.split()[0] for row in rows[:2]) == ["loop", "ufunc_at"]
    assert all("busy" in row or "unequally" in row for row in rows[2:])
    assert not tree.results.exists()


def test_a_table_puts_the_fastest_first_and_gives_reasons() -> None:
    block = tryout.block_of("vlad", ["T=1", "L=2", "F=3", "K=4"], "aggregate", "float64", "uniform", 1)
    shared = {"status": "ok", "error": 1e-16, "peak_extra_bytes": 2048}
    lines: list[dict] = [
        {"impl": "loop", "seconds": [0.004, 0.002], **shared},
        {"impl": "bincount", "seconds": [0.001, 0.003], **shared},
        {"impl": "torch_index_add", "status": "skipped", "reason": "it needs torch", "seconds": []},
    ]
    rows = tryout.as_text(block, tryout.Measured(lines, {})).splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["bincount", "loop", "torch_index_add"]
    assert rows[0].split()[1:5] == ["ok", "1", "2", "1.0e-16"]
    assert rows[2].endswith("it needs torch")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["T=4", "L=16", "F=8"], "K is missing: a cell of vlad is given as T=16 L=16 F=16 K=16"),
        (["T=4", "F=8"], "L and K are missing: a cell"),
        (["T=4", "L=16", "F=8", "K=0"], "K is 0: expected a whole number of 1 or more"),
        (["T=4", "L=16", "F=8", "K=1.5"], "K is 1.5: expected a whole number"),
        (["T=4", "L=-3", "F=8", "K=1"], "L is -3: expected a whole number"),
        (["T=4", "L=\u00b2", "F=8", "K=1"], "L is \u00b2: expected a whole number"),
        (["T=4", "L=", "F=8", "K=1"], "L is empty: expected a whole number"),
        (["T=4", "L=2", "F=8", "k=1"], "vlad has no axis k, but K: a cell"),
        (["T=4", "L=2", "F=8", "K=1", "N=3"], "vlad has no axis N: a cell"),
        (["T=4", "T=4", "L=2", "F=8", "K=1"], "T is given twice"),
        (["T=4", "L=2", "F=8", "K"], "K is no AXIS=SIZE"),
        (
            ["T=100000", "L=10000", "F=1000", "K=1000", "--impls", "loop"],
            "need about 45.8 TiB of memory, and",
        ),
        (
            ["T=4", "L=16", "F=8", "K=2", "--stage", "sort"],
            "no stage of vlad named sort; there are aggregate, encode",
        ),
        (["T=4", "L=16", "F=8", "K=2", "--stage", "encod"], "did you mean encode"),
        (["T=4", "L=16", "F=8", "K=2", "--impls", "magic"], "no strategy named magic; there are bincount"),
        (["T=4", "L=2", "F=8", "K=2", "--impls", "torch_onehto"], "torch_onehto: did you mean torch_onehot"),
        (["T=4", "L=16", "F=8", "K=2", "--threads", "-1"], "--threads is 1 to that, or 0 for all; got -1"),
        (
            ["T=4", "L=16", "F=8", "K=2", "--threads", "9999"],
            "--threads is 1 to that, or 0 for all; got 9999",
        ),
        (
            ["T=4", "L=4", "F=8", "K=2", "--labels", "odd", "--impls", "loop", "bincount"],
            "F8 K2 odd labels: no label",
        ),
        (
            ["T=4", "L=4", "F=8", "K=1", "--labels", "last_empty", "--impls", "loop"],
            "labels need two clusters or more",
        ),
    ],
)
def test_wrong_words_are_one_clear_sentence(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["cell", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "Quik"], "no set named Quik: did you mean Quick?"),
        (["report", "laptp"], "no set named laptp: did you mean Laptop?"),
        (["measure", "zzzz"], "no set named zzzz; there are Accelerator"),
        (["reprot", "Quick"], "no command named reprot: did you mean report?"),
        (["frobnicate"], "no command named frobnicate; there are list, run"),
        (["cell", "n=4", "--workload", "mean_shft"], "no workload named mean_shft: did you mean mean_shift"),
    ],
)
def test_a_misspelt_name_is_answered_with_what_was_meant(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_sets_are_known_in_any_case() -> None:
    assert command.parse(["run", "quick", "KMEANS"]).sets == ["Quick", "KMeans"]
    with pytest.raises(ValueError, match="there are A, a"):
        meant("B", ["A", "a"], "letter")
    assert meant("a", ["A", "a"], "letter") == "a"


def test_a_file_without_the_function_says_what_it_lacks(tree: Tree) -> None:
    tree.drop("scatter", "misnamed", "def bucket_sum(rows, bucket, n_buckets): pass\n")
    words = [sys.executable, "-m", "benchmarks", "cell", "T=4", "L=16", "F=8", "K=4", "--impls", "misnamed"]
    done = subprocess.run(words, cwd=tree.root, env=tree.environment(), capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "misnamed is no strategy: impls/scatter/misnamed.py has no bucket_sums\n"
    assert "no strategy: impls/scatter/misnamed.py has no bucket_sums" in tree.run(small(sessions=1))


def test_a_strategy_that_the_memory_left_cannot_hold_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    block = tryout.block_of("vlad", ["T=4", "L=8", "F=4", "K=2"], "aggregate", "float64", "uniform", 1)
    need = workloads.get("vlad").input_bytes(block)
    monkeypatch.setattr(tryout, "available_bytes", lambda: need + 1000)
    tryout.require_room(block)
    found = tryout.too_large(block, {"small": [1000], "large": [1001], "unknown": [None]})
    assert list(found) == ["large"]
    assert "predicted to need 1001 bytes of memory, and 1000 bytes are left" in found["large"]
    monkeypatch.setattr(tryout, "available_bytes", lambda: need - 1)
    with pytest.raises(ValueError, match="choose smaller sizes"):
        tryout.require_room(block)
    monkeypatch.setattr(tryout, "available_bytes", lambda: None)
    tryout.require_room(block)
    assert tryout.too_large(block, {"large": [1 << 60]}) == {}


def test_what_cannot_be_written_is_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder should be")
    followed = [
        "cell",
        "n=4",
        "d=2",
        "--workload",
        "mean_shift",
        "--impls",
        "loop",
        "--follow",
        str(taken / "x"),
    ]
    monkeypatch.setattr(trajectories, "write", lambda *given: Path(given[-1]).write_text(""))
    assert command.main(followed) == 2
    monkeypatch.setenv("CROSSOVER_RESULTS", str(taken))
    monkeypatch.setattr(devices, "probed", lambda packages: {})
    assert command.main(["run", "Quick"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"{taken / 'x'} cannot be read or written: ")
    assert told[1].startswith(str(taken))
    assert len(told) == 2


def test_a_run_may_stop_after_some_sessions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, int | None]] = []
    monkeypatch.setattr(command, "run_set", lambda plan, _, sessions: asked.append((plan.name, sessions)))
    assert command.main(["run", "Quick", "KMeans", "--until-session", "2"]) == 0
    assert command.main(["run", "Quick"]) == 0
    assert asked == [("Quick", 2), ("KMeans", 2), ("Quick", None)]
    with pytest.raises(SystemExit):
        command.main(["run", "Quick", "--until-session", "0"])
    assert "it is 0, expected 1 or more" in capsys.readouterr().err
