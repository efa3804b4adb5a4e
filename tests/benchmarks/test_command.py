"""``python -m benchmarks``: the list of sets, one cell at a time, and errors that say what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks import __main__ as command
from benchmarks import sets, tryout
from tests.benchmarks.conftest import Tree


def test_list_names_every_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list"]) == 0
    told = capsys.readouterr().out
    for name, plan in sets.SETS.items():
        assert f"{name:<12} {len(plan.blocks):>4} blocks, {plan.sessions} sessions" in told


def test_one_cell_is_measured_printed_and_not_kept(tree: Tree) -> None:
    words = [sys.executable, "-m", "benchmarks", "cell", "T=4", "L=16", "F=8", "K=4", "--impls", "ufunc_at"]
    done = subprocess.run(
        words, cwd=tree.root, env=tree.environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    head, columns, *rows = done.stdout.splitlines()
    assert head == "vlad aggregate float64 T4 L16 F8 K4"
    assert columns.split()[:4] == ["strategy", "status", "ms", "x"]
    assert sorted(row.split()[0] for row in rows) == ["loop", "ufunc_at"]
    assert not tree.results.exists()


def test_a_table_puts_the_fastest_first_and_gives_reasons() -> None:
    block = tryout.block_of("vlad", ["T=1", "L=2", "F=3", "K=4"], "aggregate", "float64", "uniform", 1)
    shared = {"status": "ok", "error": 1e-16, "peak_extra_bytes": 2048}
    lines: list[dict] = [
        {"impl": "loop", "seconds": [0.004, 0.002], **shared},
        {"impl": "bincount", "seconds": [0.001, 0.003], **shared},
        {"impl": "torch_index_add", "status": "skipped", "reason": "it needs torch", "seconds": []},
    ]
    rows = tryout.as_text(block, lines).splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["bincount", "loop", "torch_index_add"]
    assert rows[0].split()[1:5] == ["ok", "1", "2", "1.0e-16"]
    assert rows[2].endswith("it needs torch")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["T=4", "L=16", "F=8"], "a cell of vlad is given as T=16 L=16 F=16 K=16"),
        (["T=4", "L=16", "F=8", "K=0"], "with whole numbers; got T=4 L=16 F=8 K=0"),
        (["T=4", "L=16", "F=8", "K=2", "--stage", "sort"], "no stage named sort; vlad has aggregate, encode"),
        (["T=4", "L=16", "F=8", "K=2", "--impls", "magic"], "no strategy named magic; there are bincount"),
    ],
)
def test_wrong_words_are_one_clear_sentence(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["cell", *words]) == 2
    assert told in capsys.readouterr().err
