"""What the protocol asks of a workload. Everything that is special to one computation hides behind this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import (
    Any,
    Callable,
    ClassVar,
    Generic,
    Hashable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
)

import numpy as np

from benchmarks.protocol.plan import Block
from benchmarks.workloads.moving import Trajectory
from impls import accuracy

Inputs = TypeVar("Inputs")
LONG_BUCKET = 64  # rows; below, the contract leaves room enough


@dataclass
class Reference:
    """What the right answer is, and how exactly it can be asked for.

    Attributes
    ----------
    result : ndarray of float64
        The oracle's result.
    allowance : float
        Error granted to honest rounding on this data, in units of the result's rms.
    """

    result: Any
    allowance: float


@dataclass
class Task:
    """One strategy on the inputs of one block, ready to be called.

    Attributes
    ----------
    call : callable
        Runs the strategy once and returns when the result is there (accelerators are waited for).
    error : callable
        Takes what `call` returned; gives its error against the oracle (max error / rms), or infinity.
    tolerance : float
        The largest error with which the strategy may be timed; infinite where it declares itself approximate: then
        its error is recorded, and has to be a number.
    device : str, optional
        Runtime and device that it computes on, such as ``jax gpu``; None where that is NumPy's host.
    transfer : callable, optional
        Takes what `call` returned; moves the inputs to the device and the result to the host, and waits.
    compiled : hashable, optional
        What a compiler makes for it; tasks that share it are compiled once. None = this block's own.
    facts : callable, optional
        Gives what else the journal is to say of an admitted strategy (what it promises, settings, spread over seeds).
    """

    call: Callable[[], Any]
    error: Callable[[Any], float]
    tolerance: float
    device: Optional[str] = None
    transfer: Optional[Callable[[Any], Any]] = None
    compiled: Optional[Hashable] = None
    facts: Optional[Callable[[], Mapping[str, Any]]] = None


class NotTimedError(Exception):
    """A strategy whose time would say nothing here; the message says why. It is skipped, not failed."""


class WrongAnswerError(ValueError):
    """A result that is not right, or cannot be: beyond its tolerance, another shape, dtype or non-finite values.

    Parameters
    ----------
    message : str
    error : float, optional
        Its error, where it has one.
    """

    def __init__(self, message: str, error: Optional[float] = None) -> None:
        super().__init__(message)
        self.error = error


def judged(result: Any, reference: Any, dtype: str) -> float:
    """Error of a result (max error / rms) against the oracle's.

    Parameters
    ----------
    result : ndarray
    reference : ndarray of float64, the same shape
    dtype : str
        What the result's dtype has to be.

    Raises
    ------
    WrongAnswerError
        If shape or dtype differ, or the result holds NaN or infinity.
    """
    if result.shape != reference.shape or result.dtype.name != dtype:
        raise WrongAnswerError(
            f"the result is {result.dtype} {result.shape}, expected {dtype} {reference.shape}"
        )
    error = accuracy.max_error_over_rms(result, reference)
    # a result that is not finite has no finite error: only then is it worth another look
    if not np.isfinite(error) and not np.isfinite(result).all():
        raise WrongAnswerError("the result holds NaN or infinity")
    return error


def rounding_allowance(rows: Any, bucket: Any, n_buckets: int, reference: Any, dtype: str) -> float:
    """Error that plain sums in `dtype` must be granted on this data, in units of the reference's rms.

    The contract's bound suits buckets of about equal length. Where one bucket holds thousands of rows that pull
    the same way (a tile of blue sky), its sum is far above the rms over all buckets, and honest rounding of that
    one sum exceeds the bound. Recursive summation of n terms errs by about ``u sqrt(n) sum |x|``; that much is
    granted, and never more.

    Parameters
    ----------
    rows : ndarray, shape (N, F)
        What is summed (for VLAD: residuals).
    bucket : ndarray of int, shape (N,)
    reference : ndarray of float64
        The oracle's sums.

    Returns
    -------
    float
        0 where no bucket is long enough to matter.
    """
    counts = np.bincount(bucket, minlength=n_buckets)
    rms = float(np.sqrt(np.mean(np.square(reference)))) if reference.size else 0.0
    if not len(rows) or counts.max() < LONG_BUCKET or rms == 0.0:
        return 0.0
    growth = np.sqrt(counts)
    worst = max(
        float((growth * np.bincount(bucket, weights=np.abs(column), minlength=n_buckets)).max())
        for column in rows.T
    )
    return float(np.finfo(dtype).eps) / 2 * worst / rms


class LeastWork(NamedTuple):
    """The least that any implementation of a block must do.

    Attributes
    ----------
    bytes : int
        Inputs read once plus results written once.
    flops : int
        Floating-point operations of the matrix products that cannot be left out; 0 where there are none.
    """

    bytes: int
    flops: int = 0


class Workload(ABC, Generic[Inputs]):
    """A computation with named integer axes, inputs made from a cell and a seed, an oracle, strategies, stages.

    Attributes
    ----------
    name : str
    axes : tuple of str
        Axis names in order.
    stages : tuple of str
    baseline : str
        The strategy that speedups are relative to.
    control : str
        The strategy that enters every block twice, as an A/A control.
    error_measure : str
        What the error of a strategy is, in words.
    reseeded : bool
        Whether each session draws its data anew. Not where the data are one published set, or where what is recorded
        of them once a run takes far longer than the calls.
    seconds_per_element : float
        Mean over the strategies on a 2-core cloud machine, for predictions; only its order of magnitude matters.
    oracle_seconds_per_element : float
        The same for the oracle.
    """

    name: ClassVar[str]
    axes: ClassVar[Tuple[str, ...]]
    stages: ClassVar[Tuple[str, ...]]
    baseline: ClassVar[str]
    control: ClassVar[str]
    error_measure: ClassVar[str] = "largest error over the root mean square of the result"
    reseeded: ClassVar[bool] = True
    seconds_per_element: ClassVar[float] = 12e-9
    oracle_seconds_per_element: ClassVar[float] = 150e-9

    @abstractmethod
    def strategies(self) -> List[str]:
        """Names of all strategies, those that are not installed included, in a stable order."""

    @abstractmethod
    def why_not(self, impl: str) -> Optional[str]:
        """Say why a strategy cannot run here, or None if it can."""

    @abstractmethod
    def may_compile(self, impl: str) -> bool:
        """Tell whether the first call may compile, and so deserves a longer limit."""

    def packages(self, impl: str) -> Sequence[str]:
        """Import names of what the strategy needs beyond NumPy; here none is known."""
        return ()

    def load(self, impl: str) -> None:
        """Import a strategy and what it needs, so that its first call need not; here nothing is to be imported."""
        return

    @abstractmethod
    def input_bytes(self, block: Block) -> int:
        """Bytes of the inputs, reference result and working copies that every strategy shares."""

    @abstractmethod
    def predicted_bytes(self, block: Block, impl: str) -> int:
        """Bytes beyond inputs and result that the strategy is predicted to need."""

    @abstractmethod
    def elements(self, block: Block) -> int:
        """Count of numbers that are summed: the size of the work, for predictions of time."""

    @abstractmethod
    def least_work(self, block: Block) -> LeastWork:
        """What no implementation can do without, for the distance from the machine's own limit."""

    @abstractmethod
    def inputs(self, block: Block, seed: int) -> Inputs:
        """Build (and so touch) the inputs; the same bits for the same block and seed."""

    def other_inputs(self, block: Block, inputs: Inputs, seed: int) -> Inputs:
        """Build inputs of the same shapes whose right answer is another one; those of another seed, here.

        What is no array has to be what it is in `inputs`: the arrays are exchanged in place.
        """
        return self.inputs(block, seed)

    @abstractmethod
    def reference(self, block: Block, inputs: Inputs) -> Reference:
        """Ask the oracle."""

    @abstractmethod
    def task(self, block: Block, inputs: Inputs, impl: str, reference: Optional[Reference] = None) -> Task:
        """Load a strategy and place the inputs where it wants them; nothing of this is timed.

        Without a reference the task can be called, but not judged: its error is infinite.
        """

    def trajectory(self, block: Block, inputs: Inputs, impl: str) -> Trajectory:
        """Where a strategy takes the points; ValueError where none move, or it cannot run here or in the stage."""
        raise ValueError(f"{self.name} moves no points: it has no trajectories")
