"""Where a map's measurements come from: a worker process a session, the journal, and what cannot run where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set

from benchmarks import workloads
from benchmarks.map.book import Book
from benchmarks.map.plan import Cell
from benchmarks.protocol.journal import SCHEMA, Journal, Line
from benchmarks.protocol.plan import Block
from benchmarks.protocol.progress import Progress
from benchmarks.protocol.run import compare_threads, measure_block, require_parent
from benchmarks.protocol.state import Run
from benchmarks.protocol.supervisor import Supervisor

COMPILED_ANEW = ("jax",)  # packages whose strategies are compiled for every shape


@dataclass
class Sessions:
    """Measures cells in the process of their session, and writes the lines to the journal.

    Attributes
    ----------
    run : Run
    journal : Journal
    scales : Supervisor
        Weighs memory.
    progress : Progress
    parent : int, optional
        Stop when this process is no longer the parent.
    timed_s : float
        Seconds inside timed calls so far.
    """

    run: Run
    journal: Journal
    scales: Supervisor
    progress: Progress
    parent: Optional[int] = None
    timed_s: float = 0.0
    _session: Optional[int] = None
    _worker: Optional[Supervisor] = None
    _asked: bool = False
    _order: Dict[Any, int] = field(default_factory=dict)

    def __call__(self, cell: Cell, wanted: Sequence[str], session: int) -> List[Line]:
        """Measure some strategies in a cell; returns the lines, which are in the journal by then."""
        require_parent(self.parent)
        worker = self._of(session)
        seq = len(self.run.done)
        lines = measure_block(self.run, session, cell.block, seq, worker, self.scales, wanted)
        about = {"class": cell.size_class, "held_out": cell.held_out, "audit": cell.audit}
        lines = [dict(line, map=about) for line in lines]
        self.journal.append_block(lines)
        self.run.remember(lines)
        if not self._asked and any(line.get("device") for line in lines):
            self._asked = True
            self.journal.append(dict(self._head("devices", session), **worker.devices()))
        self.timed_s += sum(line["timed_s"] or 0.0 for line in lines)
        return lines

    def _of(self, session: int) -> Supervisor:
        """The process of a session; a new session ends that of the one before."""
        if self._worker is None or self._session != session:
            self.end()
            self._worker, self._session, self._asked = Supervisor(1, self.run.kept), session, False
            limits, facts = self._worker.worker.limits(), self._worker.worker.facts
            self.journal.append(dict(self._head("limits", session), **limits, **facts))
        return self._worker

    def _head(self, kind: str, session: int) -> Line:
        return {"schema": SCHEMA, "kind": kind, "run": self.run.run_id, "session": session, "threads": 1}

    def end(self) -> None:
        """End a session that went well: its process, once it has been asked what threads it used."""
        if self._worker is not None and self._session is not None:
            compare_threads(self._worker, self._head("threads", self._session), self.journal, self.progress)
        self.close()

    def close(self) -> None:
        """End the process of the session."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


@dataclass
class Able:
    """Which strategies can run on a block: installed, within the memory limit, and not given up before.

    Attributes
    ----------
    needs : mapping
        (block key, strategy) to predicted extra bytes.
    limit : int
        Bytes that a strategy may need.
    names : set of str
        Strategies whose packages are installed.
    book : Book
    """

    needs: Mapping[Any, int]
    limit: int
    names: Set[str]
    book: Book

    def __call__(self, block: Block) -> Set[str]:
        """Strategies that can run on a block."""
        out = self.book.hopeless(block.stage, block.dtype) | self.book.too_slow(block)
        return {impl for impl in self.names - out if self.needs.get((block.key, impl), 0) <= self.limit}


def installed(workload: str) -> Dict[str, Sequence[str]]:
    """Strategies whose packages are here, with what each imports beyond NumPy."""
    found = workloads.get(workload)
    return {impl: found.packages(impl) for impl in found.strategies() if found.why_not(impl) is None}


def compiled_anew(needs: Mapping[str, Sequence[str]]) -> Set[str]:
    """Strategies that are compiled for every shape."""
    return {impl for impl, names in needs.items() if set(names) & set(COMPILED_ANEW)}


def predicted(scales: Supervisor, blocks: Sequence[Block], names: Sequence[str]) -> Dict[Any, int]:
    """Ask the weighing process what memory strategies will need; those that cannot say are left out."""
    found = scales.predict(list(blocks), list(names))
    return {
        (block.key, impl): need
        for impl, needs in found.items()
        for block, need in zip(blocks, needs)
        if need is not None
    }
