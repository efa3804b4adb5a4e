"""Whatever stands in a result file, the report is made or says in one sentence why not."""

from __future__ import annotations

import json
import os
import random

import pytest

from reports.build import build_report
from reports.load.folder import NoResults
from reports.selfcheck.planted import records
from reports.site.pictures import Pictures
from tests.reports.conftest import quick_world
from tests.reports.motion_world import moving_records
from tests.reports.test_asv_results import BENCHMARKS, version_1, version_2
from tests.reports.test_limits import RATES

WEIRD = [
    None,
    True,
    -1,
    0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "<b>",
    [],
    {},
    [None],
    {"a": 1},
    2**70,
    [["T"]],
]
LIMITS = {"least": lambda cell: (8 * cell["T"] * cell["L"] * cell["F"], 1000), "limits": RATES}
JOURNAL = [*records(quick_world(sessions=2, **LIMITS)), *moving_records()]


#: Seeds that found a fault once, and some others: `CROSSOVER_FUZZ=200` for a night of them.
SEEDS = sorted({*range(int(os.environ.get("CROSSOVER_FUZZ", "5"))), 82, 142, 204})


def spoiled(value, rng, rate):
    """A copy with some values replaced and some keys lost."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if rng.random() > rate / 3}
        return {
            k: rng.choice(WEIRD) if rng.random() < rate else spoiled(v, rng, rate) for k, v in kept.items()
        }
    if isinstance(value, list):
        return [rng.choice(WEIRD) if rng.random() < rate else spoiled(item, rng, rate) for item in value]
    return value


def spoiled_folder(folder, rng):
    rate = rng.choice([0.0005, 0.002, 0.01, 0.05])
    (folder / "m").mkdir()
    if rng.random() < 0.6:
        lines = [json.dumps(spoiled(record, rng, rate)) for record in JOURNAL]
        lines = [line if rng.random() > 0.01 else line[: rng.randrange(len(line))] for line in lines]
        (folder / "m" / "aaaaaaaa-e.jsonl").write_text("\n".join(lines))
    else:
        file = spoiled(rng.choice([version_1(), version_2()]), rng, rate)
        (folder / "m" / "bbbbbbbb-e.json").write_text(json.dumps(file))
        (folder / "benchmarks.json").write_text(json.dumps(spoiled(BENCHMARKS, rng, rate)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", SEEDS)
def test_no_file_breaks_the_report(tmp_path, monkeypatch, seed):
    if seed % 4:  # pictures take most of the time; every fourth folder gets them
        monkeypatch.setattr(Pictures, "draw_all", lambda self: None)
    spoiled_folder(tmp_path, random.Random(seed))
    try:
        size = build_report(tmp_path, tmp_path / "out").page.stat().st_size
    except NoResults as problem:
        size, told = 0, str(problem)
    assert size > 10_000 or told.count("\n") == 0
