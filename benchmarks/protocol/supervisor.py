"""Keeps a measuring process alive and names the culprit when it dies.

A strategy that crashes, is killed or exceeds its time costs itself only: the worker is replaced and the block is
measured again without it, so that the samples of a block always come from one process.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from benchmarks.protocol.plan import Block, Budget
from benchmarks.protocol.process import Worker, WorkerDied


class Supervisor:
    """Measures blocks in a worker, started when it is first needed, replacing it when a strategy takes it down.

    Parameters
    ----------
    threads, kept, weighing
        As `Worker` takes them.
    """

    def __init__(self, threads: int, kept: str, weighing: bool = False) -> None:
        self._made_with = (threads, kept, weighing)
        self._worker: Optional[Worker] = None

    @property
    def worker(self) -> Worker:
        """The measuring process."""
        if self._worker is None:
            self._worker = Worker(*self._made_with)
        return self._worker

    def _replace(self) -> None:
        self.close()
        self._worker = None

    def measure(
        self, block: Block, impls: List[str], budget: Budget, seed: int, order_seed: int
    ) -> Tuple[List[Dict[str, Any]], Dict[str, Any]]:
        """Lines (one a strategy, culprits included) and the noise record of one block."""
        left, casualties = list(impls), []  # type: Tuple[List[str], List[Dict[str, Any]]]
        while True:
            try:
                found = self.worker.measure(block, left, budget, seed, order_seed)
                return found["lines"] + casualties, found["noise"]
            except WorkerDied as death:
                self._replace()
                impl = death.impl.split("@")[0] if death.impl else None
                fallen = left if impl is None else [impl]
                casualties += [_casualty(name, death) for name in fallen]
                left = [name for name in left if name not in fallen]
                if not left:
                    return casualties, {}

    def devices(self) -> Dict[str, Any]:
        """The devices this session measures on; an ``error`` when asking them killed the worker."""
        try:
            return self.worker.devices()
        except WorkerDied as death:
            self._replace()
            return {"error": death.reason}

    def follow(self, block: Block, impl: str, seed: int) -> Dict[str, Any]:
        """Where the points of a block go under a strategy; ``status`` and ``reason`` when it took the worker down."""
        try:
            return self.worker.follow(block, impl, seed)
        except WorkerDied as death:
            self._replace()
            return {"status": death.status, "reason": death.reason}

    def predict(self, blocks: List[Block], impls: List[str]) -> Dict[str, List[Optional[int]]]:
        """Predicted extra bytes by strategy and block; nothing for a strategy that takes the worker down."""
        found: Dict[str, List[Optional[int]]] = self._survivors(
            impls, lambda left: self.worker.predict(blocks, left)
        )
        return found

    def weigh(self, block: Block, impls: List[str], budget: Budget, seed: int) -> Dict[str, int]:
        """Peak extra bytes by strategy; nothing for a strategy that takes the worker down."""
        found: Dict[str, int] = self._survivors(
            impls, lambda left: self.worker.weigh(block, left, budget, seed)
        )
        return found

    def _survivors(self, impls: List[str], ask: Callable[[List[str]], Dict[str, Any]]) -> Dict[str, Any]:
        """Ask the worker, again without the culprit when one takes it down."""
        left = list(impls)
        while left:
            try:
                return ask(left)
            except WorkerDied as death:
                self._replace()
                left = [name for name in left if death.impl is not None and name != death.impl]
        return {}

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            self._worker.close()


def _casualty(impl: str, death: WorkerDied) -> Dict[str, Any]:
    line: Dict[str, Any] = {"impl": impl, "status": death.status, "reason": death.reason, "number": 0}
    nothing = dict.fromkeys(("first_call_s", "error"))
    return dict(line, seconds=[], timed_s=0.0, **nothing)
