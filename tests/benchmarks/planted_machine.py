"""A machine whose times are known: lines as a worker would give them, without measuring anything."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.map import plan as planning
from benchmarks.map.box import Box
from benchmarks.map.loop import Mapper
from benchmarks.map.model import Modeller
from benchmarks.map.plan import Cell, MapPlan, Options
from benchmarks.protocol.plan import Block

REQUIRES = {
    "loop": (),
    "bincount": (),
    "onehot": (),
    "reduceat": (),
    "sparse": ("scipy",),
    "jax_sum": ("jax",),
}
SETS = {
    "numpy": {"loop", "bincount", "onehot", "reduceat"},
    "scipy": {"loop", "bincount", "onehot", "reduceat", "sparse"},
    "everything": set(REQUIRES),
}


def sizes_of(block: Block) -> tuple[float, ...]:
    T, L, F, K = (float(block.cell[axis]) for axis in "TLFK")
    return T, L, F, K


@dataclass
class Machine:
    """Seconds of strategies by formula, with what is planted on top.

    Attributes
    ----------
    island : bool
        ``onehot`` takes 0.6 of its formula in two octaves of L.
    crooked : bool
        ``bincount`` is 30 % off its formula, up or down with the size of the sums.
    sleeper : bool
        ``reduceat`` is ten times as slow as ``sparse`` in small cells and twice as fast in big ones.
    runaway : bool
        ``onehot`` is several times as fast as all others, everywhere.
    noise : float
        Deviation of a log time.
    """

    island: bool = False
    crooked: bool = False
    sleeper: bool = False
    runaway: bool = False
    noise: float = 0.02
    asked: list[tuple[int, Block, tuple[str, ...]]] = field(default_factory=list)
    now: float = 0.0

    def seconds(self, impl: str, block: Block) -> float:
        T, L, F, K = sizes_of(block)
        w = np.dtype(block.dtype).itemsize / 8
        N, M = T * L * F, T * K * F
        sparse = 9e-5 + 0.5e-9 * N * w + 0.5e-9 * M * w
        onehot = 4e-5 + 0.04e-9 * N * K * w + 0.3e-9 * (N + M) * w
        if self.runaway:
            onehot = 5e-6 + 0.1e-9 * (N + M) * w
        if self.island and 64 <= L <= 256:
            onehot *= 0.6
        bincount = 3e-5 + 1.9e-9 * N + 1.2e-9 * M
        if self.crooked:
            bincount *= 1.0 + 0.3 * math.sin(math.log2(M))
        reduceat = 2e-5 + 1.5e-9 * N + 3e-8 * T * L + 1e-9 * M
        if self.sleeper:
            large = min(1.0, max(0.0, math.log2(max(N, M) / 2**17) / 3))
            reduceat = sparse * 10 * (1 / 20) ** large
        loop = 2.2e-6 * T * K + 1e-9 * N
        jax_sum = 6e-5 + 0.4e-9 * N * w + 0.6e-9 * M * w
        return locals()[impl]

    def best(self, block: Block, members: set[str]) -> float:
        return min(self.seconds(impl, block) for impl in members)

    def measure(self, cell: Cell, impls: Sequence[str], session: int) -> list[dict]:
        block = cell.block
        self.asked.append((session, block, tuple(impls)))
        rng = np.random.default_rng(zlib.crc32(repr((session, block.key)).encode()))
        names = [*impls, "bincount@control"] if "bincount" in impls else list(impls)
        lines = []
        for impl in names:
            factor = math.exp(self.noise * rng.standard_normal())
            seconds = self.seconds(impl.split("@")[0], block) * factor
            self.now += 4 * max(seconds, 0.003)
            lines.append(
                {
                    "impl": impl,
                    "status": "ok",
                    "reason": None,
                    "seconds": [seconds],
                    "timed_s": 4 * max(seconds, 0.003),
                    "first_call_s": seconds,
                    "session": session,
                    "block": f"{session}/{zlib.crc32(repr(block.key).encode())}",
                    "workload": "vlad",
                    "stage": block.stage,
                    "dtype": block.dtype,
                    "labels": block.labels,
                    "threads_planned": 1,
                    "cell": block.cell,
                }
            )
        self.now += 0.05
        return lines

    def mapper(self, said: list[str], stages: tuple[str, ...] = ("aggregate",), **options: Any) -> Mapper:
        """A map of this machine, on its own clock."""
        chosen = Options(**{"sessions": 1, "cells": 96, "budget_s": 1e9, **options})
        plan = planning.made(chosen)
        kept = MapPlan(chosen, tuple(cell for cell in plan.cells if cell.block.stage in stages))
        modellers = {
            stage: Modeller(stage, SETS, lambda block: set(REQUIRES), {"jax_sum"}, unseen(64))
            for stage in stages
        }
        return Mapper(kept, self.measure, modellers, "bincount", said.append, clock=lambda: self.now)


def unseen(count: int, seed: int = 99) -> list[Block]:
    """Blocks that no map measures."""
    blocks = Box().blocks(seed)
    return [next(blocks) for _ in range(count)]
