"""What a run intends to do: blocks, budgets and measurement sets, as plain data.

A *cell* gives every axis of a workload a value. A *block* is one cell under one set of factors (stage, dtype,
labels, threads): the unit in which all strategies are interleaved. A *session* is one sweep over all blocks.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

from benchmarks import ROOT

MIB = 1 << 20
CONTROL_SUFFIX = "@control"
KEPT = "CROSSOVER_KEPT"  # names the folder for what later processes of a run need not do again
WORKER = "CROSSOVER_WORKER"  # marks a measuring process and all that it starts
STOPPED = "CROSSOVER_STOPPED"  # names a file for the reason why a set was not measured
LONGEST_REASON = 2000  # characters
ALL_CORES = 0  # as a number of threads: every core this process may use


def shortened(reason: str) -> str:
    """Return a reason with at most `LONGEST_REASON` characters: a strategy may raise with megabytes."""
    return reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 1] + "…"


@dataclass(frozen=True)
class Budget:
    """Limits that keep one block affordable.

    Attributes
    ----------
    min_sample_s : float
        Shortest sample in seconds; calls are repeated inside a sample until it lasts this long.
    strategy_s : float
        Seconds of samples a strategy may use in one block, beyond ``min_reps`` samples.
    min_reps, max_reps : int
        Fewest and most samples of a strategy in one block.
    call_limit_s : float
        A single call that takes longer is a ``timeout``.
    compile_allowance_s : float
        Added to the limit of the first call of a strategy that needs further packages: it may compile.
    memory_limit : int
        Bytes beyond inputs and result that a strategy may be predicted to need.
    race : bool
        Whether strategies that cannot be the best of any package set have one sample: `race`.
    other_inputs_bytes : int
        Largest inputs whose strategies are tried on other inputs too. A set with cells of all sizes need not do that
        again where it is dear: what remembers an answer, or a buffer, does so in small cells as well.
    """

    min_sample_s: float = 0.003
    strategy_s: float = 0.06
    min_reps: int = 3
    max_reps: int = 9
    call_limit_s: float = 2.0
    compile_allowance_s: float = 60.0
    memory_limit: int = 1024 * MIB
    race: bool = False
    other_inputs_bytes: int = 1 << 62

    def watched(self, calls: int) -> float:
        """Seconds after which so many calls count as hung, and the process that makes them is killed.

        Above the limit itself: a call that comes back late is a ``timeout`` too, and costs no new process.
        """
        return 1.0 + 3.0 * calls * self.call_limit_s


@dataclass(frozen=True)
class Block:
    """One cell under one set of factors; every strategy of it is measured in one process.

    Attributes
    ----------
    workload, stage, dtype, labels : str
        Which computation, which part of it, in which precision, on which distribution of labels.
    threads : int
        Planned threads, or `ALL_CORES`.
    axes : tuple of (str, int)
        The cell, in the workload's axis order.
    """

    workload: str
    stage: str
    dtype: str
    labels: str
    threads: int
    axes: Tuple[Tuple[str, int], ...]

    @property
    def cell(self) -> Dict[str, int]:
        """The cell as a dictionary, axis name to value."""
        return dict(self.axes)

    @property
    def key(self) -> Tuple[Any, ...]:
        """A hashable identity, equal for the same block in every session and run."""
        return (self.workload, self.stage, self.dtype, self.labels, self.threads, self.axes)

    def describe(self) -> str:
        """A short line for people, such as ``vlad aggregate float64 T256 L128 F64 K16``."""
        sizes = " ".join(f"{name}{value}" for name, value in self.axes)
        extra = "" if self.labels == "uniform" else f" {self.labels} labels"
        threads = (
            ""
            if self.threads == 1
            else " all cores"
            if self.threads == ALL_CORES
            else f" {self.threads} threads"
        )
        return f"{self.workload} {self.stage} {self.dtype} {sizes}{extra}{threads}"


@dataclass(frozen=True)
class MeasurementSet:
    """A named list of blocks with the number of sessions and the budget they are measured with.

    Attributes
    ----------
    strategies : tuple of str
        The only strategies that are measured; empty = all of the workload.
    follow : tuple of (Block, tuple of str)
        Whose points are stored with the results, iteration by iteration: blocks of this set, and strategies.
    weighed : tuple of Block, optional
        Blocks in which peak memory is taken, in the first session; all by default. It costs more than the times.
    """

    name: str
    sessions: int
    blocks: Tuple[Block, ...]
    budget: Budget = field(default_factory=Budget)
    strategies: Tuple[str, ...] = ()
    follow: Tuple[Tuple[Block, Tuple[str, ...]], ...] = ()
    weighed: Optional[Tuple[Block, ...]] = None


def block_from(spec: Mapping[str, Any]) -> Block:
    """Rebuild a `Block` from its JSON form (lists instead of tuples)."""
    axes = tuple((str(name), int(value)) for name, value in spec["axes"])
    return Block(spec["workload"], spec["stage"], spec["dtype"], spec["labels"], int(spec["threads"]), axes)


def _source_files() -> List[str]:
    found = []
    for folder in ("impls", "benchmarks"):
        for base, folders, files in os.walk(os.path.join(ROOT, folder)):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            found += [os.path.join(base, name) for name in sorted(files) if name.endswith(".py")]
    return found


def fingerprint(
    plan: MeasurementSet, strategies: Mapping[str, List[str]], versions: Mapping[str, Optional[str]]
) -> str:
    """Hash of everything a resumed run must share with the interrupted one.

    Covers the plan, the strategies found, the package versions and the text of ``impls/`` and ``benchmarks/``:
    half a run with one version of a strategy and half with another would be no run at all.
    """
    parts = [asdict(plan), dict(strategies), dict(versions), source_digest()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def source_digest() -> str:
    """Hash of the text of ``impls/`` and ``benchmarks/``."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(os.path.relpath(path, ROOT).encode())
        with open(path, "rb") as handle:
            digest.update(handle.read())
    return digest.hexdigest()[:16]
