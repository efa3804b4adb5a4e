"""Keeps a measuring process alive and names the culprit when it dies.

A strategy that crashes, is killed or exceeds its time costs itself only: the worker is replaced and the block is
measured again without it, so that the samples of a block always come from one process.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from benchmarks.protocol.plan import Block, Budget, shortened
from benchmarks.protocol.process import InputsWritten, NotMeasuredError, NotStartedError, Worker, WorkerDied


class BlockError(NotMeasuredError):
    """The inputs of a block or the oracle's answer cannot be had: its data, the memory or the disk is at fault."""


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
        """The measuring process; one that does not start gets a second try.

        Raises
        ------
        NotStartedError
            If it does not start then either.
        """
        if self._worker is None:
            try:
                self._worker = Worker(*self._made_with)
            except NotStartedError:
                self._worker = Worker(*self._made_with)
        return self._worker

    def _replace(self) -> None:
        self.close()
        self._worker = None

    def measure(
        self, block: Block, impls: List[str], budget: Budget, seed: int, order_seed: int
    ) -> Tuple[List[Dict[str, Any]], Dict[str, Any]]:
        """Lines (one a strategy, culprits included) and the noise record of one block.

        A strategy that is killed is tried once more before that is recorded: somebody else may have killed it. What
        fails while inputs are made is no strategy's fault: it is tried once more, too.

        Raises
        ------
        BlockError
            If inputs or the oracle's answer cannot be had.
        """
        left, casualties = list(impls), []  # type: Tuple[List[str], List[Dict[str, Any]]]
        suspects: List[Optional[str]] = []
        watchful = False
        while left:
            try:
                found = self.worker.measure(block, left, budget, seed, order_seed, watchful)
                leftovers = self.worker.leftovers()
                if leftovers:
                    found["noise"]["leftovers"] = leftovers
                return found["lines"] + casualties, found["noise"]
            except InputsWritten:
                self._replace()
                if watchful:
                    raise BlockError(
                        f"{block.describe()}: the inputs change while nobody is called"
                    ) from None
                watchful = True
            except WorkerDied as death:
                self._replace()
                impl = death.impl.split("@")[0] if death.impl else None
                first = impl not in suspects
                suspects.append(impl)
                if first and (impl is None or death.status == "killed"):
                    continue
                if impl is None:
                    reason = death.reason.partition("Error: ")[2] or death.reason
                    raise BlockError(f"{block.describe()}: {reason}") from death
                casualties.append(_casualty(impl, death))
                left = [name for name in left if name != impl]
        return casualties, {}

    def devices(self) -> Dict[str, Any]:
        """The devices this session measures on; an ``error`` when asking them killed the worker."""
        try:
            return self.worker.devices()
        except WorkerDied as death:
            self._replace()
            return {"error": death.reason}

    def realised_threads(self) -> Dict[str, Any]:
        """Threads that the libraries of the measuring process would use now; empty where there is none to be asked."""
        if self._worker is None:
            return {}
        try:
            return self._worker.realised_threads()
        except WorkerDied:
            self._replace()
            return {}

    def follow(self, block: Block, impl: str, seed: int) -> Dict[str, Any]:
        """Where the points of a block go under a strategy; ``status`` and ``reason`` when it took the worker down."""
        for chance in (True, False):
            try:
                return self.worker.follow(block, impl, seed)
            except WorkerDied as death:
                self._replace()
                told = {"status": death.status, "reason": shortened(death.reason)}
                if not (chance and death.status == "killed"):
                    break
        return told

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
        """Ask the worker, again without the culprit when one takes it down; a kill is tried once more."""
        left, suspects = list(impls), []  # type: Tuple[List[str], List[Optional[str]]]
        while left:
            try:
                return ask(left)
            except WorkerDied as death:
                self._replace()
                first = death.impl not in suspects
                suspects.append(death.impl)
                if not (first and (death.impl is None or death.status == "killed")):
                    left = [name for name in left if death.impl is not None and name != death.impl]
        return {}

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            self._worker.close()


def _casualty(impl: str, death: WorkerDied) -> Dict[str, Any]:
    reason = shortened(death.reason)
    line: Dict[str, Any] = {"impl": impl, "status": death.status, "reason": reason, "number": 0}
    nothing = dict.fromkeys(("first_call_s", "error"))
    return dict(line, seconds=[], timed_s=0.0, **nothing)
