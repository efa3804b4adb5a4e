"""Whether the machine was quiet: read from the journal's lines, and said in the view and at the run."""

import json

import pytest

from reports.analyse.quiet import Quiet, quiet_of
from reports.analyse.views import analyse, views_of
from reports.load.folder import load_results
from reports.selfcheck.planted import World, write_journal
from reports.site.machines import machine_cards
from reports.site.sentences import answer
from tests.reports.conftest import HUB, work


def folder_with(tmp_path, control=1.0, noise=None, cold=None):
    """A results folder whose control copy is slower by a factor, with signs in each block."""
    path = write_journal(World({"loop": work, "fast": lambda c: work(c) / 2}, [HUB], sessions=3), tmp_path)
    lines = []
    for text in path.read_text().splitlines():
        record = json.loads(text)
        if "kind" not in record:
            record["noise"] = noise or {}
            if cold is not None:
                record["first_call_cold"] = cold[record["session"]]
                record["first_call_s"] = 1.0 + record["session"]
            copy = {**record, "impl": "fast@control", "seconds": [control * s for s in record["seconds"]]}
            lines += [copy] if record["impl"] == "fast" else []
        lines.append(record)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


BUSY = "this machine was busy: A/A {} % apart in the median block, samples got {} % of a core"


@pytest.mark.parametrize(
    ("control", "noise", "told"),
    [
        (1.13, {"cpu_over_wall": 0.99, "exposure": 1.2}, BUSY.format(13, 99)),
        (
            1.01,
            {"cpu_over_wall": 0.6, "exposure": 5.0},
            BUSY.format(1, 60) + "; in 100 % of the blocks samples lasted unequally long",
        ),
        (1.01, {"cpu_over_wall": 0.99}, BUSY.format(1, 99).replace("busy", "quiet")),
        (1.01, {}, "A/A 1 % apart in the median block"),
        (1.01, {"cpu_over_wall": "odd", "exposure": -3}, "A/A 1 % apart in the median block"),
    ],
)
def test_what_a_reader_is_told(tmp_path, control, noise, told):
    results = load_results(folder_with(tmp_path, control, noise))
    (workload,) = results.workloads
    assert quiet_of(workload.lines, workload.axes).sentence().startswith(told)
    (view,) = views_of(analyse(workload))
    assert any(told[1:] in str(part) for part in answer(view))
    (card,) = machine_cards(results)
    assert told in card["runs"][0]["told"]


def test_nothing_is_said_of_what_is_not_known():
    assert Quiet().sentence() == ""
    assert not Quiet().busy


def test_only_cold_first_calls_count(tmp_path):
    (workload,) = load_results(folder_with(tmp_path, cold=[True, False, False])).workloads
    (view,) = views_of(analyse(workload))
    assert set(view.speedups["first_call_s"].dropna()) == {1.0}
