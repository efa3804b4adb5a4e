"""`python -m reports choose` and `profile`: answers from a profile, as a table and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from impls import vlad
from impls.cost import answer
from impls.cost.profile import SHIPPED, Profile
from reports.__main__ import main
from reports.pack import pack
from reports.profile import make_profile
from tests.impls.test_choose import PROFILE, lines

SIZES = ["T=64", "L=128", "F=32", "K=16"]


@pytest.fixture
def profile(tmp_path) -> str:
    return str(PROFILE.save(tmp_path / "profile.json"))


def asked(capsys, *arguments: str) -> str:
    assert main(["choose", *arguments]) == 0
    return capsys.readouterr().out


def test_json_holds_the_fields_of_the_choice(capsys, profile):
    told = json.loads(asked(capsys, *SIZES, "--packages", "numpy,scipy", "--profile", profile, "--json"))
    choice = vlad.choose(T=64, L=128, F=32, K=16, packages=("numpy", "scipy"), profile=Profile.load(profile))
    assert {name: told[name] for name in choice._fields} == choice._asdict()
    assert told["sizes"] == {"T": 64, "L": 128, "F": 32, "K": 16}
    assert told["options"][0]["name"] == choice.strategy
    assert {each["name"] for each in told["options"]} == {"bincount", "sparse_matmul", "loop_residuals"}


def test_the_table_says_the_time_its_interval_and_whose_it_is(capsys, profile):
    told = asked(capsys, *SIZES, "--packages", "numpy,scipy", "--profile", profile)
    assert told.startswith("T=64 L=128 F=32 K=16, float64, 1 call\nsparse_matmul: ")
    assert "likely" in told
    assert "Profile: bench (Testing, 2 cores), another machine than this one" in told
    rows = told.split("\n\n")[1].splitlines()
    assert [row.split()[0] for row in rows] == ["strategy", "sparse_matmul", "bincount", "loop_residuals"]


def test_calls_memory_and_error_are_heard(capsys, profile, monkeypatch):
    monkeypatch.setattr(answer, "loaded_packages", frozenset)
    base = [*SIZES, "--packages", "numpy,numba", "--profile", profile, "--json"]
    assert json.loads(asked(capsys, *base))["strategy"] == "bincount"
    assert json.loads(asked(capsys, *base, "--calls", "1000000"))["strategy"] == "numba_scatter"
    assert main(["choose", *base, "--memory-limit", "10"]) == 2
    assert "No strategy fits a memory limit of 10 bytes" in capsys.readouterr().err
    assert main(["choose", *base, "--max-error", "1e-20"]) == 2
    assert "No strategy promises an error of at most 1e-20" in capsys.readouterr().err


def test_far_outside_there_is_no_table(capsys, profile):
    told = asked(capsys, "T=4096", "L=8192", "F=1024", "K=2048", "--profile", profile, "--packages", "numpy")
    assert ": no time known" in told
    assert "likely between" not in told


def test_rows_into_buckets_and_any_other_workload_of_a_profile(capsys):
    assert "N=1000 F=8 M=50" in asked(capsys, "N=1000", "F=8", "M=50", "--packages", "numpy")
    told = json.loads(
        asked(capsys, "N=100000", "bins=1000", "--stage", "int32_index", "--packages", "numpy", "--json")
    )
    assert told["workload"] == "scatter1d"
    assert told["seconds"] > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["T=64"], "No workload has exactly the axes T: .*vlad: T L F K"),
        (["T=6x", "L=1", "F=1", "K=1"], "'T=6x' is no size"),
        ([*SIZES, "--workload", "sorting"], "no times of a workload 'sorting'"),
        ([*SIZES, "--stage", "dancing"], "no times of a stage 'dancing'"),
        ([*SIZES, "--packages", "numpy,spicy"], "'spicy', which no strategy needs"),
        ([*SIZES, "--calls", "0"], "calls is 0"),
    ],
)
def test_a_wrong_question_is_one_sentence(capsys, arguments, words):
    assert main(["choose", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert re.search(words, told)


def test_a_profile_is_made_of_a_machines_folder_plain_or_packed(tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    journal = folder / "01234567-py3.11-numpy2.4.6.jsonl"
    run = {"kind": "run", "run": "r", "env": "e", "planned": {"cells": 24}, "budget": {"min_sample_s": 0.003}}
    other = {
        "kind": "run",
        "run": "q",
        "env": "e",
        "planned": {"cells": 9},
        "budget": {"min_sample_s": 0.005},
    }
    foreign = [{**record, "run": "q", "impl": "foreign"} for record in lines() if "kind" not in record]
    records = [
        run,
        other,
        *[record | ({"run": "r"} if record.get("kind") == "limits" else {}) for record in lines()],
    ]
    journal.write_text("".join(json.dumps(record) + "\n" for record in [*records, *foreign]))
    made = make_profile(folder)
    assert made.entries[0].model.strategies == ["bincount", "loop_residuals"]
    out = tmp_path / "profile.json"
    assert main(["profile", str(folder), "--out", str(out)]) == 0
    assert "vlad aggregate, 1 thread: 24 cells of Map" in capsys.readouterr().out
    assert Profile.load(out).to_json() == made.to_json()
    pack([journal], tmp_path / "packed")
    assert make_profile(tmp_path / "packed").to_json() == made.to_json()
    with pytest.raises(ValueError, match="no journal of a run"):
        make_profile(tmp_path)


def test_the_newest_map_stands_for_its_workload_whatever_else_is_larger(tmp_path):
    def run_of(name: str, benchmark: str, cells: int, started: float) -> list[dict]:
        head = {"kind": "run", "run": name, "benchmark": benchmark, "workload": "vlad", "env": name}
        own = [record for record in lines() if "kind" not in record]
        return [
            {**head, "planned": {"cells": cells}, "budget": {}, "started_at": started},
            *[{**record, "run": name, "benchmark": benchmark, "env": name} for record in own],
        ]

    machine = [record for record in lines() if record.get("kind") == "machine"]
    runs = [("full", "Laptop", 400, 3.0), ("old", "Map", 96, 1.0), ("new", "Map", 24, 2.0)]
    records = [*machine, *[record for run in runs for record in run_of(*run)]]
    for record in records:
        if record.get("run") == "new" and "seconds" in record:
            record["seconds"] = [2 * seconds for seconds in record["seconds"]]
    (tmp_path / "0-e.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    doubled, plain = make_profile(tmp_path).entries[0].model, PROFILE.entries[0].model
    cell = np.array([[64.0, 128.0, 32.0, 16.0]])
    rows = [plain.strategies.index(name) for name in doubled.strategies]
    assert np.allclose(doubled.predict(cell)[0] - plain.predict(cell)[0][rows], np.log(2), atol=0.1)


def test_the_shipped_profile_is_small_enough_to_ship():
    assert Path(SHIPPED).stat().st_size < 512_000
