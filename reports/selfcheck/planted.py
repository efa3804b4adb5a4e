"""Journals with known answers: times from a formula, noise of a known size, planned failures.

A `World` is deterministic for a seed. Noise is what benchmarking machines do: a factor common to a block (it cancels
in paired ratios), a factor of each strategy in each session (what the intervals must cover) and, on each sample,
a delay that is never negative (which is why block minima are used).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from reports.load.model import CONTROL_SUFFIX

Cell = Mapping[str, int]


@dataclass
class World:
    """What a planted journal says.

    Attributes
    ----------
    times : mapping of str to callable
        Strategy -> true seconds per call from a cell.
    cells : sequence of mapping
    trouble : callable
        (impl, cell, session) -> (status, reason) for anything that is not ok, else None.
    noise : float
        Standard deviation of the log of a strategy's factor in one session.
    block_noise : float
        The same for the factor that a whole block has in common.
    episodes : float
        Chance that a spell of slowness (2.4 to 3.4 times, as seen on shared machines) covers part of a block.
    tails : float
        Degrees of freedom of Student's t that a strategy's factor is drawn from; infinite for a normal one.
    bad_session : tuple of (int, float)
        A session in which factors scatter this many times as much; -1 for none.
    least : callable
        Cell -> (bytes, flops) that any implementation must move and do; None for a journal without them.
    limits : mapping
        What the `limits` records say.
    facts : mapping
        Strategy -> what else its lines say, such as its accuracy.
    """

    times: Mapping[str, Callable[[Cell], float]]
    cells: Sequence[Cell]
    workload: str = "planted"
    benchmark: str = "Planted"
    baseline: str = "loop"
    control: str | None = None
    sessions: int = 3
    noise: float = 0.004
    block_noise: float = 0.1
    samples: int = 7
    episodes: float = 0.0
    tails: float = float("inf")
    bad_session: tuple[int, float] = (-1, 1.0)
    stages: Sequence[str] = ("aggregate",)
    dtypes: Sequence[str] = ("float64",)
    labels: str = "uniform"
    threads: int = 1
    machine: str = "planted-machine"
    cpu: str = "Planted CPU"
    env: str = "py3.11"
    commit: str = "0123456789abcdef"
    run: str = "run-1"
    seed: int = 0
    started_at: float = 1_780_000_000.0
    finished: bool = True
    least: Callable[[Cell], tuple[int, int]] | None = None
    limits: Mapping[str, Any] = field(
        default_factory=lambda: {
            "copy_bytes_per_s": 9.5e9,
            "gemm_flops_per_s": {"float64": 4.1e10, "float32": 8.3e10},
        }
    )
    trouble: Callable[[str, Cell, int], tuple[str, str] | None] = lambda impl, cell, session: None
    errors: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[str, Callable[[Cell], float]] = field(default_factory=dict)
    first_call: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def records(world: World) -> Iterable[dict[str, Any]]:
    """The records of the world's journal, the machine first."""
    yield _machine(world)
    names = list(world.times)
    yield {
        **{
            "schema": 1,
            "kind": "run",
            "run": world.run,
            "benchmark": world.benchmark,
            "workload": world.workload,
        },
        **{
            "axes": list(world.cells[0]),
            "baseline": world.baseline,
            "strategies": names,
            "control": world.control,
        },
        **{"sessions": world.sessions, "seed": world.seed, "started_at": world.started_at},
        "planned": {"cells": len(world.cells), "blocks": len(world.cells) * world.sessions},
        "git": {"sha": world.commit, "dirty": False},
    }
    rng = np.random.default_rng(world.seed)
    copies = [*names, *([world.control + CONTROL_SUFFIX] if world.control else [])]
    for session in range(world.sessions):
        for stage in world.stages:
            for dtype in world.dtypes:
                for index in rng.permutation(len(world.cells)):
                    cell = world.cells[index]
                    common = rng.normal(0, world.block_noise) + _episode(world, rng)
                    for seq, impl in enumerate(copies):
                        yield _line(world, rng, session, stage, dtype, cell, impl, seq, common)
        yield {
            **{"schema": 1, "kind": "limits", "run": world.run, "session": session, "threads": world.threads},
            **world.limits,
        }
    if world.finished:
        yield {
            "schema": 1,
            "kind": "finished",
            "run": world.run,
            "wall_s": 100.0,
            "timed_s": 70.0,
            "overhead": 0.3,
        }


def write_journal(world: World, results: Path) -> Path:
    """Append the world's journal below a results folder and return its path."""
    folder = results / "".join(c if c.isalnum() or c in "-_." else "_" for c in world.machine)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{world.commit[:8]}-{world.env}.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records(world))
    return path


def half_octaves(low: int, high: int) -> list[int]:
    """Whole numbers on a half-octave grid from `low` to `high`, both included."""
    steps = round(2 * np.log2(high / low))
    return sorted({round(low * 2 ** (step / 2)) for step in range(steps + 1)})


def _machine(world: World) -> dict[str, Any]:
    facts = {
        **{
            "cores": 2,
            "memory_bytes": 8 << 30,
            "os": "Linux",
            "arch": "x86_64",
            "python": "3.11.7",
            "virtual": True,
        },
        "caches": {"L1d": 32768, "L2": 1 << 20, "L3": 32 << 20},
        "blas": [{"internal_api": "openblas", "version": "0.3.30", "num_threads": 1}],
    }
    return {"schema": 1, "kind": "machine", "machine": world.machine, "cpu": world.cpu, "facts": facts}


def _episode(world: World, rng: np.random.Generator) -> np.ndarray:
    """Log factor of each repetition of a block: zero, or a spell of slowness that spares at least two of them."""
    factor = np.zeros(world.samples)
    if rng.random() < world.episodes:
        length = rng.integers(1, max(2, world.samples - 1))
        start = rng.integers(0, world.samples - length + 1)
        factor[start : start + length] = np.log(rng.uniform(2.4, 3.4))
    return factor


def _own(world: World, rng: np.random.Generator, session: int) -> float:
    """Log factor of one strategy in one session; a normal one of the world's noise, or one with heavy tails."""
    drawn = rng.normal(0, world.noise)
    if np.isfinite(world.tails):  # scaled to the same middle half as the normal one
        drawn *= np.sqrt(world.tails / rng.chisquare(world.tails)) * (0.6745 / stats.t.ppf(0.75, world.tails))
    bad, factor = world.bad_session
    return float(drawn * factor) if session == bad else float(drawn)


def _line(
    world: World,
    rng: np.random.Generator,
    session: int,
    stage: str,
    dtype: str,
    cell: Cell,
    impl: str,
    seq: int,
    common: np.ndarray,
) -> dict[str, Any]:
    name = impl.removesuffix(CONTROL_SUFFIX)
    own = _own(world, rng, session)
    delays = rng.exponential(0.02, world.samples)
    trouble = world.trouble(name, cell, session)
    line: dict[str, Any] = {
        **{
            "schema": 1,
            "run": world.run,
            "workload": world.workload,
            "benchmark": world.benchmark,
            "stage": stage,
        },
        **{"session": session, "block": f"{session}-{stage}-{dtype}", "pid": 100 + session, "seq": seq},
        **{
            "cell": dict(cell),
            "dtype": dtype,
            "labels": world.labels,
            "threads": world.threads,
            "impl": impl,
        },
        **{
            "status": "ok",
            "reason": None,
            "number": 1,
            "seconds": [],
            "env": world.env,
            "commit": world.commit,
        },
        **{"versions": {"numpy": "2.4.6"}, "started_at": world.started_at + session},
    }
    if world.least is not None:
        line["least_bytes"], line["least_flops"] = world.least(cell)
    if trouble is not None:
        line["status"], line["reason"] = trouble
        return line
    seconds = world.times[name](cell) * np.exp(common + own) * (1 + delays - delays.min())
    line["seconds"] = [float(f"{value:.6g}") for value in seconds]
    line["error"] = world.errors.get(name, 1e-15)
    line["first_call_s"] = world.first_call.get(name, 2 * float(seconds[0]))
    if name in world.memory:
        line["peak_extra_bytes"] = world.memory[name](cell)
    line.update(world.facts.get(name, {}))
    return line
