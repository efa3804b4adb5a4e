"""Workloads whose strategies are files that are listed and fetched by name: what is left to say is data and answer."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, List, Optional, Sequence, Tuple

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.base import Inputs, LeastWork, Reference, Task, Workload
from impls.rooms import Room, RoomStrategy


class ListedWorkload(Workload[Inputs]):
    """The strategies that `room` lists, whatever they are called with.

    Attributes
    ----------
    room
        What has `strategies` and `get`: a `Room`, or a package such as ``impls.scatter``.
    """

    room: ClassVar[Any]

    def strategies(self) -> List[str]:
        """Every strategy of the room."""
        return list(self.room.strategies())

    def why_not(self, impl: str) -> Optional[str]:
        """Reason why the strategy cannot run here."""
        reason: Optional[str] = self.room.get(impl).why_not
        return reason

    def packages(self, impl: str) -> Sequence[str]:
        """What the strategy's file requires."""
        needed: Sequence[str] = self.room.get(impl).requires
        return needed

    def load(self, impl: str) -> None:
        """Import the strategy's file."""
        assert self.room.get(impl).module

    def may_compile(self, impl: str) -> bool:
        """Strategies that need further packages may compile on their first call."""
        return bool(self.room.get(impl).requires)


class RoomWorkload(ListedWorkload[Tuple[Any, ...]]):
    """The strategies of `room` on arguments made from a block, which share one function.

    Attributes
    ----------
    room : Room
    """

    room: ClassVar[Room]

    def input_bytes(self, block: Block) -> int:
        """A few copies of the arguments, in float64."""
        return 4 * self.least_work(block).bytes * 8 // np.dtype(block.dtype).itemsize

    def predicted_bytes(self, block: Block, impl: str) -> int:
        """What the strategy says of itself, for the cell's sizes in the order of the axes."""
        return self.room.get(impl).workspace_bytes(*self.sizes(block), np.dtype(block.dtype).itemsize)

    def sizes(self, block: Block) -> Sequence[int]:
        """What `workspace_bytes` asks for beside the size of an element; the cell, unless a workload says otherwise."""
        return [block.cell[axis] for axis in self.axes]

    def task(
        self, block: Block, inputs: Tuple[Any, ...], impl: str, reference: Optional[Reference] = None
    ) -> Task:
        """Prepare the arguments, which is not timed, and call."""
        strategy = self.room.get(impl)
        arguments = self.prepared(strategy, inputs)
        promises = strategy.kind != "approximate"

        def error(result: Any) -> float:
            return float("inf") if reference is None else self.wrong(block, result, reference.result)

        return Task(
            lambda: strategy(*arguments),
            error,
            self.tolerance(block) if promises else float("inf"),
            facts=lambda: {"accuracy": strategy.kind},
        )

    def prepared(self, strategy: RoomStrategy, inputs: Tuple[Any, ...]) -> Tuple[Any, ...]:
        """What the strategy is called with."""
        return inputs

    def tolerance(self, block: Block) -> float:
        """The largest error of a right answer; answers in whole numbers have none."""
        return 0.0

    @abstractmethod
    def wrong(self, block: Block, result: Any, reference: Any) -> float:
        """Error of a result; WrongAnswerError where it cannot be one."""

    @abstractmethod
    def least_work(self, block: Block) -> LeastWork:
        """Arguments in and result out."""
