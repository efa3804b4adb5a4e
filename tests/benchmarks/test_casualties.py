"""A strategy that misbehaves costs itself only, is recorded with its reason, and a wrong one is never timed."""

from __future__ import annotations

from tests.benchmarks.conftest import Tree, small

HONEST = {"loop", "bincount", "bincount@control", "ufunc_at"}

STRATEGY = '''
"""A strategy that {what}. Cost and memory: no matter."""
import os, signal, sys, time
import numpy as np
REQUIRES = {requires}

def bucket_sums(rows, bucket, n_buckets):
    sums = np.zeros((n_buckets, rows.shape[1]), rows.dtype)
    {body}
    return sums

def workspace_bytes(N, F, M, itemsize):
    return {need}
'''

RIGHT = "np.add.at(sums, bucket, rows)"

MISBEHAVIOUR = {
    "killed_itself": ("os.kill(os.getpid(), signal.SIGKILL)", "killed", "SIGKILL"),
    "crashed": ("os.kill(os.getpid(), signal.SIGSEGV)", "killed", "SIGSEGV"),
    "left": ("os._exit(3)", "failed", "code 3"),
    "hung": ("time.sleep(1000)", "timeout", "took over"),
    "slow": (f"time.sleep(0.6); {RIGHT}", "timeout", ""),
    "raised": ("raise RuntimeError('no such luck')", "failed", "no such luck"),
    "out_of_memory": ("np.empty(1 << 44)", "failed", "MemoryError"),
    "off_by_one": (f"{RIGHT}; sums[-1] = 0", "invalid", "wrong answer"),
    "drifting": (
        f"sums = sums.astype('f4'); {RIGHT}; sums = sums.astype(rows.dtype)",
        "invalid",
        "wrong answer",
    ),
    "not_a_number": (f"{RIGHT}; sums[0, 0] = np.nan", "invalid", "NaN"),
    "raised_later": (
        f"os.environ['CALLS'] = os.environ.get('CALLS', '') + 'x'\n    {RIGHT}\n"
        "    if len(os.environ['CALLS']) % 2 == 0: raise RuntimeError('only the first time')",
        "failed",
        "only the first time",
    ),
    "other_shape": (f"{RIGHT}; sums = sums[1:]", "failed", ""),
}


def strategy(what: str, body: str, requires: tuple[str, ...] = (), need: int = 0) -> str:
    return STRATEGY.format(what=what, body=body, requires=requires, need=need)


def test_each_misbehaviour_costs_itself_only(tree: Tree) -> None:
    for name, (body, _, _) in MISBEHAVIOUR.items():
        tree.drop("scatter", name, strategy(name, body))
    tree.drop("scatter", "greedy", strategy("wants a lot", RIGHT, need=1 << 50))
    tree.drop("scatter", "absent", strategy("is not installed", RIGHT, requires=("no_such_package",)))
    tree.drop("scatter", "unreadable", "def bucket_sums(rows, bucket, n_buckets:")
    said = tree.run(small(sessions=2))

    measured = tree.measured()
    for session in (0, 1):
        honest = {line["impl"] for line in measured if line["session"] == session and line["status"] == "ok"}
        assert honest == HONEST
    first = {line["impl"]: line for line in measured if line["session"] == 0}
    for name, (_, status, words) in MISBEHAVIOUR.items():
        assert first[name]["status"] == status, first[name]
        assert words in first[name]["reason"]
    for name, words in (
        ("greedy", "memory limit"),
        ("absent", "no_such_package"),
        ("unreadable", "cannot be read"),
    ):
        assert first[name]["status"] == "skipped"
        assert words in first[name]["reason"]
    untimed = [line for line in measured if line["status"] != "ok"]
    assert untimed
    assert all(line["seconds"] == [] for line in untimed)
    assert "memory limit" in said
    assert "no_such_package" in said


def test_what_hung_is_not_waited_for_twice(tree: Tree) -> None:
    tree.drop("scatter", "hung", strategy("hangs", "time.sleep(1000)"))
    tree.run(small(T=[4, 8], sessions=2))
    hung = [line for line in tree.measured() if line["impl"] == "hung"]
    by_size = {T: [line["status"] for line in hung if line["cell"]["T"] == T] for T in (4, 8)}
    assert len(hung) == 4
    assert by_size[4][1] == "skipped"
    assert by_size[8][1] == "skipped"


def test_samples_of_a_block_come_from_one_process(tree: Tree) -> None:
    tree.drop("scatter", "crashed", strategy("crashes", "os.kill(os.getpid(), signal.SIGSEGV)"))
    tree.run(small(sessions=1))
    ok = [line for line in tree.measured() if line["status"] == "ok"]
    assert {line["impl"] for line in ok} == HONEST
    assert len({line["pid"] for line in ok}) == 1
    assert len({line["seq"] for line in ok}) == len(ok)
