"""The gate before and behind the clock: what a strategy is given, and whether its answers may be timed.

Inputs are handed out read-only, and compared with what they were. A strategy is judged by its first answer, by that
of its last sample, and by one on other inputs of the same shape that lie in the same memory: so a buffer that was not
cleared, an answer that was remembered by address or identity, and an input that was changed are all seen.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import os
import zlib
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Optional, Tuple

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.base import Reference, Task, Workload, WrongAnswerError

CACHED_BYTES = 1 << 24  # of an answer: a larger one is asked for again sooner than it is read from a disk
SMALL = 1 << 22  # bytes that are exchanged in less time than most calls take
CHUNK = 1 << 16  # rows exchanged at a time: no third copy of the inputs
WROTE = "it wrote to its inputs, which every strategy of the block shares"
SHARED = "it returned memory that it shares with its inputs"


def is_estimator(value: Any) -> bool:
    """Tell whether a value is an estimator of scikit-learn's kind, which holds arrays as attributes."""
    return hasattr(value, "get_params") and hasattr(value, "__dict__")


def arrays_of(inputs: Any) -> List[Any]:
    """Arrays that inputs hold, in a fixed order: of a dataclass, a tuple or list, or a fitted estimator."""
    if isinstance(inputs, np.ndarray):
        return [inputs]
    parts: List[Any] = []
    if isinstance(inputs, (tuple, list)):
        parts = list(inputs)
    elif dataclasses.is_dataclass(inputs):
        parts = [getattr(inputs, field.name) for field in dataclasses.fields(inputs)]
    elif is_estimator(inputs):
        parts = [vars(inputs)[name] for name in sorted(vars(inputs))]
        parts = [part for part in parts if isinstance(part, np.ndarray)]
    return [array for part in parts for array in arrays_of(part)]


def read_only(array: Any) -> Any:
    """Return a view that nobody can make writable again: it knows its memory through a read-only buffer."""
    return np.asarray(memoryview(array).toreadonly())


def sealed(inputs: Any) -> Any:
    """Return the same inputs with `read_only` views in the places of their arrays.

    But an estimator is left as it is (scikit-learn 0.24 takes no read-only centers); it is watched all the same.
    """
    if isinstance(inputs, np.ndarray):
        return read_only(inputs)
    if isinstance(inputs, (tuple, list)):
        parts = [sealed(part) for part in inputs]
        return inputs._make(parts) if hasattr(inputs, "_make") else type(inputs)(parts)
    if dataclasses.is_dataclass(inputs) and not isinstance(inputs, type):
        fields = {field.name: getattr(inputs, field.name) for field in dataclasses.fields(inputs)}
        return dataclasses.replace(inputs, **{name: sealed(value) for name, value in fields.items()})
    return inputs


def digest(arrays: List[Any]) -> Tuple[int, ...]:
    """A checksum of each array that depends on every byte and its place."""
    return tuple(zlib.crc32(_bytes_of(array)) for array in arrays)


def _bytes_of(array: Any) -> Any:
    """The bytes of an array in the order of its memory; a copy only where it lies in pieces."""
    if not array.size:
        return b""
    flat: Any = array.T if array.flags.f_contiguous else np.ascontiguousarray(array)
    return memoryview(flat.reshape(-1).view(np.uint8))


def exchange(these: List[Any], others: List[Any]) -> None:
    """Exchange the contents of two lists of arrays, pair by pair.

    Raises
    ------
    ValueError
        If the arrays differ in number, shape or dtype.
    """
    if [(a.shape, a.dtype) for a in these] != [(b.shape, b.dtype) for b in others]:
        raise ValueError("the other inputs have other shapes")
    for a, b in zip(these, others):
        a, b = np.atleast_1d(a), np.atleast_1d(b)
        rows = max(1, CHUNK // max(1, a[:1].size))
        for start in range(0, len(a), rows):
            part = slice(start, start + rows)
            held = a[part].copy()
            a[part] = b[part]
            b[part] = held


def answer(workload: Workload[Any], block: Block, inputs: Any, seed: int, kept: str) -> Reference:
    """Get the oracle's answer for a seed: asked once a run, cached in a folder for its other processes."""
    name = hashlib.sha256(repr((block.key, seed)).encode()).hexdigest()[:24]
    path = os.path.join(kept, name + ".npz")
    if os.path.exists(path):
        with np.load(path) as stored:
            return Reference(stored["result"], float(stored["allowance"]))
    found = workload.reference(block, inputs)
    if getattr(found.result, "nbytes", 0) > CACHED_BYTES:
        return found
    half_done = path + ".part.npz"  # a worker killed while it writes must not leave a torn answer
    np.savez(half_done, result=found.result, allowance=found.allowance)
    os.replace(half_done, path)
    return found


def error_of(task: Task, result: Any, when: str = "") -> float:
    """Error of an answer.

    Raises
    ------
    WrongAnswerError
        If it is beyond the task's tolerance, or no number; `when` is added to the message.
    """
    try:
        error = float(task.error(result))
    except WrongAnswerError as wrong:
        raise WrongAnswerError(f"{wrong}{when}") from None
    if not (error <= task.tolerance and math.isfinite(error)):
        raise WrongAnswerError(f"wrong answer{when}: error {error:.3g}, allowed {task.tolerance:.3g}", error)
    return error


class Gate:
    """The inputs of one block as strategies get them, the oracle's answer to them, and who wrote to them.

    Parameters
    ----------
    workload, block
    seed : int
        Of the data; the other inputs are those of the next seed.
    kept : str
        Folder in which the oracle's answers are cached for the other processes of the run.
    inspect : callable, optional
        Called with a strategy's name after each of its calls: raises where it changed the process.
    watchful : bool
        Compare the inputs after every sample, not only behind the first call and at the end.

    Attributes
    ----------
    inputs
        Read-only, but for estimators (`sealed`); compared with what they were in either case.
    reference : Reference
    """

    def __init__(
        self,
        workload: Workload[Any],
        block: Block,
        seed: int,
        kept: str,
        inspect: Optional[Callable[[str], None]] = None,
        watchful: bool = False,
    ) -> None:
        self.workload, self.block, self.watchful = workload, block, watchful
        self._seed, self._kept = seed, kept
        own = workload.inputs(block, seed)
        self._arrays = arrays_of(own)
        self.inputs = sealed(own)
        self._mark = digest(self._arrays)
        self._others, self._other_mark = self._arrays[:0], self._mark
        self.reference = answer(workload, block, self.inputs, seed, kept)
        self._inspect = inspect or (lambda impl: None)

    @property
    def nbytes(self) -> int:
        """Bytes of the inputs."""
        return sum(int(array.nbytes) for array in self._arrays)

    def task(self, impl: str) -> Task:
        """Load a strategy and place the inputs for it."""
        self.workload.load(impl)
        return self.workload.task(self.block, self.inputs, impl, self.reference)

    def intact(self) -> bool:
        """Tell whether the inputs are what they were."""
        return digest(self._arrays) == self._mark

    def called(self, impl: str, result: Any = None, compare: bool = True) -> None:
        """Look around after a strategy was called.

        Raises
        ------
        WrongAnswerError
            If it wrote to its inputs (which are mended), or returned memory that it shares with them.
        """
        self._inspect(impl)
        if compare and not self.intact():
            self._restore()
            raise WrongAnswerError(WROTE)
        if isinstance(result, np.ndarray) and any(np.may_share_memory(result, a) for a in self._arrays):
            raise WrongAnswerError(SHARED)

    def _restore(self) -> None:
        for array, right in zip(self._arrays, arrays_of(self.workload.inputs(self.block, self._seed))):
            array[...] = right

    def other(self) -> Tuple[Any, Reference]:
        """Other inputs of the same shape, those of the next seed, and the oracle's answer to them."""
        inputs = self.workload.other_inputs(self.block, self.inputs, self._seed + 1)
        return inputs, answer(self.workload, self.block, inputs, self._seed + 1, self._kept)

    @contextmanager
    def exchanged(self, other: Any) -> Iterator[None]:
        """Let the memory of the inputs hold the `other` ones meanwhile."""
        self._others = arrays_of(other)
        self._exchange()
        try:
            yield
        finally:
            exchange(self._arrays, self._others)

    def _exchange(self) -> None:
        exchange(self._arrays, self._others)
        self._other_mark = digest(self._arrays)

    def elsewhere(
        self,
        impl: str,
        reference: Reference,
        first: Optional[int],
        usual: Optional[Callable[[], Any]] = None,
    ) -> float:
        """Error of a strategy's answer to the other inputs, while they are exchanged.

        Parameters
        ----------
        usual : callable, optional
            The call that was timed. Small inputs get it once more right before: what a strategy is handed may be a
            copy, and its memory is then likely to be that of the copy before.
        first : int, optional
            `fingerprint` of its answer to the block's own inputs.

        Raises
        ------
        WrongAnswerError
            If the answer is wrong, or the strategy wrote to these inputs (which are mended).
        """
        task = self.workload.task(self.block, self.inputs, impl, reference)
        if usual is not None and self.nbytes <= SMALL:
            exchange(self._arrays, self._others)
            usual()
            exchange(self._arrays, self._others)
        result = task.call()
        self._inspect(impl)
        if digest(self._arrays) != self._other_mark:
            exchange(self._arrays, self._others)
            self._others = arrays_of(self.other()[0])
            self._exchange()
            raise WrongAnswerError(WROTE)
        when = " on other inputs of the same shape"
        if not math.isfinite(task.tolerance) and first is not None and fingerprint(result) == first:
            raise WrongAnswerError(f"wrong answer{when}: it is that to the first ones")
        return error_of(task, result, when)


def fingerprint(result: Any) -> Optional[int]:
    """Checksum of an answer that is, or can be seen as, an array on the host; None where it cannot."""
    try:
        return zlib.crc32(_bytes_of(np.asarray(result)))
    except (TypeError, ValueError, RuntimeError):
        return None
