"""A run stores where points go: each trajectory once, also when it was interrupted, and a crash costs only itself."""

from __future__ import annotations

import json

import pytest

from benchmarks import workloads
from benchmarks.sets import SETS
from tests.benchmarks.conftest import Tree, small

PLAN = """MeasurementSet(
    "Small", 2, MOVING, Budget(min_sample_s=0.0005, strategy_s=0.002, call_limit_s=1.5, compile_allowance_s=0.0),
    strategies={strategies}, follow=((MOVING[0], {follow}),),
)"""
MOVING = 'tuple(Grid("mean_shift", dict(n=[40, 50], d=[2]), "run_J").blocks())'

STRATEGY = '''
"""A strategy that {what}. Cost and memory: no matter."""
import os, signal, time
from .loop import shift
REQUIRES = {requires}
SEMANTICS = ("J",)

def iterate(points, bandwidth, iterations):
    {body}
    for _ in range(iterations):
        points = shift(points, points, bandwidth)
    return points

def workspace_bytes(n, d, itemsize):
    return 0
'''


def plan(strategies: tuple[str, ...], follow: tuple[str, ...]) -> str:
    return PLAN.format(strategies=strategies, follow=follow).replace("MOVING", MOVING)


def stored(tree: Tree) -> list[dict]:
    return [line for line in tree.lines() if line.get("kind") == "trajectory"]


def test_an_interrupted_run_stores_each_trajectory_once(tree: Tree) -> None:
    followed = ("loop", "sampled:10", "sampled:50")
    tree.run(plan(followed, followed))
    whole = tree.journal().read_text().splitlines(keepends=True)
    places = [number for number, text in enumerate(whole) if '"kind": "trajectory"' in text]
    lines = [json.loads(whole[number]) for number in places]
    assert [line["impl"] for line in lines] == list(followed)
    assert {(line["status"], line["cell"]["n"], line["frames"], line["rows"]) for line in lines} == {
        ("ok", 40, 6, 40)
    }
    sessions = [json.loads(text).get("session") for text in whole[: places[0]]]
    assert 0 in sessions
    assert 1 not in sessions, "points are followed behind the first session"

    torn = whole[places[1]][:300]
    before = "".join(whole[: places[0]])  # the sweep of the first session, and not one trajectory
    for text, kept in ((before, 0), ("".join(whole[: places[1]]) + torn, 1), ("".join(whole[:-4]), 3)):
        tree.journal().write_text(text)
        assert "taking up a run that was begun" in tree.run(plan(followed, followed))
        again = stored(tree)
        assert again == lines, f"{kept} of them were stored before"
        keys = [(line["session"], line["cell"]["n"], line["impl"]) for line in tree.measured()]
        assert len(keys) == len(set(keys)) == 2 * 2 * 3
        assert [line["kind"] for line in tree.lines() if "kind" in line].count("finished") == 1


def test_what_crashes_while_it_is_followed_costs_itself_only(tree: Tree) -> None:
    """These run five iterations without complaint, and so are timed; it is the first frame that they do not survive."""
    for name, body, requires in (
        ("crashing", "if iterations == 1: os.kill(os.getpid(), signal.SIGKILL)", ()),
        ("raising", "if iterations == 1: raise RuntimeError('no such luck')", ()),
        ("absent", "pass", ("no_such_package",)),
        ("slow", "if iterations == 5: time.sleep(1.6)", ()),
    ):
        tree.drop("mean_shift", name, STRATEGY.format(what=name, body=body, requires=requires))
    impls = ("crashing", "raising", "absent", "slow", "loop")
    said = tree.run(plan(impls, impls))
    found = {line["impl"]: line for line in stored(tree)}
    assert {name: line["status"] for name, line in found.items()} == {
        "crashing": "killed",
        "raising": "failed",
        "absent": "skipped",
        "slow": "ok",  # too slow to be timed, and yet not to be followed
        "loop": "ok",
    }
    assert "SIGKILL" in found["crashing"]["reason"]
    assert "no such luck" in found["raising"]["reason"]
    assert "points" not in found["raising"]
    assert "the points of crashing were not followed" in said
    assert "points followed for the page's animation: 2 of 5 strategies" in said
    timed = {line["impl"] for line in tree.measured() if line["status"] == "ok"}
    assert timed == {"crashing", "raising", "loop"}


def test_a_set_that_follows_nothing_stores_nothing(tree: Tree) -> None:
    tree.run(small(sessions=1))
    assert stored(tree) == []


@pytest.mark.parametrize("name", [name for name, plan in SETS.items() if plan.follow])
def test_what_a_set_follows_is_measured_in_it(name: str) -> None:
    chosen = SETS[name]
    for block, impls in chosen.follow:
        assert block in chosen.blocks
        workload = workloads.get(block.workload)
        assert set(impls) <= set(chosen.strategies or workload.strategies())
    assert sum(len(impls) for _, impls in chosen.follow) <= 10, "the page has room for so many"
