"""The cost model in the page's JavaScript gives the numbers of `impls.cost`: in node, and in the panel "My sizes"."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from impls import vlad
from impls.choosers import CHOOSERS
from impls.cost import answer
from impls.cost import choose as deciding
from impls.cost.choose import Candidate, Question
from impls.cost.distance import distance
from impls.cost.profile import SHIPPED, Entry, Profile
from reports import words
from reports.__main__ import main
from reports.analyse.views import analyse, views_of
from reports.build import build_report
from reports.load.folder import load_results
from reports.selfcheck.planted import write_journal
from reports.site.models import model_payload, view_models
from reports.site.render import HERE
from tests.impls.test_choose import PROFILE, SECONDS, cells
from tests.reports.chromium import BROWSER, Chromium
from tests.reports.conftest import quick_world
from tests.reports.pages import page_of

NODE = shutil.which("node")
SIZES, CALLS = 25, 3
#: Read by node after model.js: what the page would answer to each question.
DRIVER = """
const { entry, questions, names, calls } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answers = questions.map((question) => modelAnswer(entry, question, names, calls));
process.stdout.write(JSON.stringify(answers));
"""
needs_node = pytest.mark.skipif(NODE is None, reason="no node on this machine")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


def in_javascript(
    profile: Profile, entry: Entry, questions: list[Question], names: list[str], calls: int = CALLS
) -> list[Any]:
    """What model.js answers."""
    asked = [{"sizes": each.sizes, "itemsize": each.itemsize, "labels": each.labels} for each in questions]
    given = {
        "entry": model_payload(profile, entry),
        "questions": asked,
        "names": names,
        "calls": calls,
    }
    script = (HERE / "static" / "model.js").read_text(encoding="utf-8") + DRIVER
    done = subprocess.run(
        [str(NODE), "-e", script], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def spread(entry: Entry, seed: int, octaves: float) -> list[tuple[int, ...]]:
    """Sizes about the hull, and some beyond it."""
    rng = np.random.default_rng(seed)
    ends = np.log2([entry.model.hull[axis] for axis in entry.model.axes])
    drawn = rng.uniform(ends[:, 0] - 0.2, ends[:, 1] + octaves, (SIZES, len(ends)))
    return [tuple(int(max(1, size)) for size in row) for row in np.round(2.0**drawn)]


def questions_of(entry: Entry, seed: int) -> list[Question]:
    model = entry.model
    loaded = answer.DEPENDENCIES
    labels = [None, *model.labels, "never measured"]
    inside = [
        tuple(int(size) for size in row) for row in np.rint(2.0 ** model.places[:: len(model.places) // 5])
    ]
    sizes = [*spread(entry, seed, 0.0), *spread(entry, seed + 1, 1.5), *inside]
    return [
        Question(each, itemsize, labels[n % len(labels)], CALLS, loaded=loaded)
        for n, each in enumerate(sizes)
        for itemsize in (8, 4)
    ]


def close(found: float, expected: float, relative: float) -> bool:
    return abs(found - expected) <= relative * abs(expected)


def held_against_python(profile: Profile, entry: Entry, seed: int = 0) -> dict[str, int]:
    """Compare every number of every question; how many there were of each basis."""
    candidates = [
        Candidate(name, entry.strategies[name].requires, lambda: 0, 0.0)
        for name in sorted(entry.model.strategies)
    ]
    questions = questions_of(entry, seed)
    seen: dict[str, int] = {}
    names = entry.model.strategies[::-1]
    for question, found in zip(questions, in_javascript(profile, entry, questions, names), strict=True):
        far = distance(entry, question)
        assert found["distance"]["octaves"] == pytest.approx(far.octaves, abs=1e-9)
        if far.octaves > deciding.FAR_OCTAVES:
            assert (found["options"], found["named"]) == ([], None)
            seen["far"] = seen.get("far", 0) + 1
            continue
        if "ratio" in found["distance"]:
            assert f"{found['distance']['name']} = {found['distance']['value']:,.0f} is" in far.words
            told = float(far.words.split(" is ")[1].split(" times")[0])
            assert told == pytest.approx(found["distance"]["ratio"], rel=6e-3)
        usable = [each for each in candidates if each.name in {one["name"] for one in found["options"]}]
        options = {each.name: each for each in deciding.options(usable, entry, profile, question)}
        for one in found["options"]:
            expected = options[one["name"]]
            assert close(one["seconds"], expected.seconds, 1e-9), (question, one, expected)
            assert close(one["low"], expected.low, 1e-6), (question, one, expected)
            assert close(one["high"], expected.high, 1e-6), (question, one, expected)
            assert close(one["first"], expected.first_s, 1e-12)
            assert close(one["total"], expected.total_s, 1e-9)
        choice = deciding.choose(usable, entry, profile, question)
        assert (found["named"]["name"], found["basis"]) == (choice.strategy, choice.basis)
        pays = f"pays from {found['later']['calls']:,} calls" if found["later"] else ""
        assert pays in choice.why
        assert bool(pays) == ("pays from" in choice.why)
        seen["later"] = seen.get("later", 0) + bool(pays)
        seen[choice.basis] = seen.get(choice.basis, 0) + 1
    return seen


@needs_node
def test_the_model_of_a_small_map_is_the_same_in_javascript():
    profile = Profile.from_json(PROFILE.to_json())
    (entry,) = profile.entries
    seen = held_against_python(profile, entry)
    assert min(seen.get(basis, 0) for basis in ("measured", "interpolated", "outside", "far", "later")) > 0, (
        seen
    )


@needs_node
@pytest.mark.parametrize("place", range(len(Profile.load(SHIPPED).entries)))
def test_the_shipped_models_are_the_same_in_javascript(place):
    profile = Profile.load(SHIPPED)
    seen = held_against_python(profile, profile.entries[place], seed=place)
    assert seen["outside"] > 0
    assert sum(seen.values()) - seen["later"] > 2 * SIZES


@needs_node
def test_what_promises_less_than_the_contract_is_not_named(monkeypatch):
    profile = Profile.from_json(PROFILE.to_json())
    (entry,) = profile.entries
    question = Question((64, 128, 32, 16), calls=CALLS)
    (before,) = in_javascript(profile, entry, [question], entry.model.strategies)
    best = before["named"]["name"]

    def loosened(name):
        return SimpleNamespace(error_bound=lambda dtype: 1e-3) if name == best else vlad.get(name)

    room = CHOOSERS["vlad"]
    monkeypatch.setitem(CHOOSERS, "vlad", room._replace(strategy=loosened))
    (after,) = in_javascript(profile, entry, [question], entry.model.strategies)
    assert best not in {one["name"] for one in after["options"]}
    assert after["named"]["name"] == before["options"][1]["name"]


@needs_node
def test_what_was_given_up_at_large_sizes_is_not_named_there():
    profile = Profile.from_json(PROFILE.to_json())
    (entry,) = profile.entries
    curve = entry.model.curves["numba_scatter"]
    small = entry.model.places[curve.points][:, :3].sum(axis=1) < 11
    entry.model.curves["numba_scatter"] = replace(
        curve, points=curve.points[small], pull=curve.pull[small], variance=curve.variance[small]
    )
    held_against_python(profile, entry)
    questions = [Question((64, 128, 32, 16)), Question((8, 16, 8, 4))]
    names = [name for name in entry.model.strategies if name != "jax_segment_sum"]
    large, little = in_javascript(profile, entry, questions, names, calls=10**6)
    assert large["options"][0]["name"] == little["named"]["name"] == "numba_scatter"
    assert large["named"]["name"] == "sparse_matmul"


TIMES = {
    name: (lambda cell, seconds=seconds: seconds(*(cell[axis] for axis in "TLFK")))
    for name, seconds in SECONDS.items()
}


@pytest.fixture(scope="module")
def mapped(tmp_path_factory) -> Path:
    """A report on a machine that left a profile beside its journal, in two dtypes, and one without."""
    folder = tmp_path_factory.mktemp("mapped")
    world = quick_world(
        control=None, trouble=lambda *_: None, dtypes=("float64", "float32"), stages=("aggregate", "encode")
    )
    world.times = TIMES
    journal = write_journal(world, folder / "results")
    replace(PROFILE, machine="planted-machine").save(journal.parent / "profile.json")
    build_report(folder / "results", folder / "out")
    return folder


def panel(
    browser: Chromium, folder: Path, view: str, sizes: dict[str, int], off: str = ""
) -> tuple[str, list[list[str]]]:
    """What "My sizes" says, and the rows of its last table."""
    fragment = f"#off={off}&view={view}&" + "&".join(f"{axis}={size}" for axis, size in sizes.items())
    browser.visit(page_of(folder / "out"), fragment)
    assert browser.complaints == []
    told = browser.run("document.getElementById('sizes-out').textContent")
    rows = browser.run(
        "[...([...document.querySelectorAll('#sizes-out table')].at(-1)?.tBodies[0].rows ?? [])]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent.trim().replace(cell.cellIndex ? '' : /^.* /, '')))"
    )
    return str(told), rows


def view_of(browser: Chromium, folder: Path, title: str) -> str:
    """The id of the view whose title begins so."""
    browser.visit(page_of(folder / "out"))
    return str(browser.run(f"Object.keys(DATA.views).find((id) => viewTitle(id).startsWith({title!r}))"))


def command(capsys, folder: Path, *arguments: str) -> dict[str, Any]:
    """What `python -m reports choose` answers from the same profile."""
    profile = next(folder.glob("results/*/profile.json"))
    assert main(["choose", *arguments, "--profile", str(profile), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@needs_browser
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("calls", "basis"), [(1, "interpolated"), (1_000_000, "interpolated"), (1, "outside")]
)
def test_the_panel_and_the_command_say_the_same(browser, mapped, capsys, monkeypatch, dtype, calls, basis):
    monkeypatch.setattr(answer, "loaded_packages", frozenset)
    sizes = (
        {"T": 60, "L": 100, "F": 30, "K": 20}
        if basis == "interpolated"
        else {"T": 128, "L": 256, "F": 16, "K": 16}
    )
    view = view_of(browser, mapped, f"Quick · aggregate · {dtype}")
    text, rows = panel(browser, mapped, view, sizes | {"calls": calls}, off="jax")
    asked = [f"{axis}={size}" for axis, size in sizes.items()]
    expected = command(
        capsys, mapped, *asked, "--dtype", dtype, "--packages", "numpy,scipy,numba", "--calls", str(calls)
    )
    assert expected["basis"] == ("outside" if dtype == "float32" else basis)
    assert [row[0] for row in rows] == [each["name"] for each in expected["options"]]
    assert len(rows) == 4
    for row, each in zip(rows, expected["options"], strict=True):
        between = f"{words.seconds(each['low'])} to {words.seconds(each['high'])}"
        first = words.seconds(each["first_s"]) if each["first_s"] else "0"
        assert row[1:] == [words.seconds(each["seconds"]), between, first, words.seconds(each["total_s"])]
    assert f"{expected['strategy']} is the choice: {words.seconds(expected['seconds'])} a call" in text
    told = {"outside": "Outside what was measured", "interpolated": "Predicted between the measured sizes"}
    assert told[expected["basis"]] in text
    assert ("pays from" in text) == ("pays from" in expected["why"]) == (calls == 1)
    if calls == 1:
        name, _, rest = expected["why"].split("; ")[-1].partition(" would take ")
        assert f"{name} would take" in text
        assert rest[rest.index("so it pays from") :] in text
    if dtype == "float64" and basis == "outside":
        assert re.search(r"T·L·F = 524,288 is [\d.]+ times the largest", text)


@needs_browser
def test_a_size_of_the_map_is_said_to_be_one(browser, mapped, capsys):
    cell = next(tuple(row) for row in cells().astype(int).tolist())
    sizes = dict(zip("TLFK", cell, strict=True))
    text, rows = panel(browser, mapped, view_of(browser, mapped, "Quick · aggregate · float64"), sizes)
    assert "The model was fitted to this size" in text
    asked = [f"{axis}={size}" for axis, size in sizes.items()]
    assert command(capsys, mapped, *asked)["basis"] == "measured"
    assert rows


@needs_browser
def test_what_a_view_measured_stands_before_what_its_model_says(browser, mapped):
    cell = {"T": 16, "L": 128, "F": 64, "K": 16}
    text, rows = panel(browser, mapped, view_of(browser, mapped, "Quick · aggregate · float64"), cell)
    assert text.index("Measured at exactly this size") < text.index(" is the choice: ")
    assert len(rows) == len(TIMES)


@needs_browser
def test_beyond_two_octaves_the_model_gives_no_number(browser, mapped):
    sizes = {"T": 4096, "L": 8192, "F": 1024, "K": 2048}
    text, rows = panel(browser, mapped, view_of(browser, mapped, "Quick · aggregate · float64"), sizes)
    assert "too far from anything measured" in text
    assert rows == []
    assert not re.search(r"\d (ns|µs|ms|s)\b", text)


@needs_browser
def test_a_stage_that_the_profile_lacks_is_answered_as_before(browser, mapped):
    sizes = {"T": 250, "L": 120, "F": 60, "K": 16}
    text, rows = panel(browser, mapped, view_of(browser, mapped, "Quick · encode · float64"), sizes)
    assert "Between the measured sizes" in text
    assert "cost model" not in text
    assert [len(row) for row in rows] == [3] * len(TIMES)


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        ({}, True),
        ({"machine": "another"}, False),
        ({"key": {"versions": {"numpy": "1.19"}}}, False),
        ({"key": {"versions": {"torch": "1.0"}}}, True),
    ],
)
def test_a_profile_answers_for_its_own_machine_and_versions(tmp_path, changes, answers):
    journal = write_journal(quick_world(), tmp_path)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    known = [line | ({"versions": {"numpy": "2.4.6"}} if "kind" not in line else {}) for line in lines]
    journal.write_text("".join(json.dumps(line) + "\n" for line in known))
    replace(PROFILE, **{"machine": "planted-machine", **changes}).save(journal.parent / "profile.json")
    results = load_results(tmp_path)
    (view,) = views_of(analyse(results.workloads[0]))
    assert bool(view_models({"w1-v1": view}, results)) is answers
