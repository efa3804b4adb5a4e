"""Which strategy for these sizes: `choose` for advice, and the one that ``strategy="auto"`` takes."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, List, Optional, Sequence

import numpy as np

from .. import accuracy, inputs
from ..cost import answer
from ..cost import choose as deciding
from ..cost.choose import Candidate, Choice, NothingToChoose, Option, Question
from ..cost.profile import Profile
from ._strategy import ResidualStrategy, get, strategies

AUTO = "auto"
#: Where nothing is measured at all.
FALLBACK = "bincount"
#: What stands in for a stage that was not measured.
STAGES = {"aggregate": ("aggregate",), "encode": ("encode",), "api": ("api", "aggregate")}

_remembered = answer.Remembered()


def choose(
    *,
    T: int,
    L: int,
    F: int,
    K: int,
    dtype: Any = "float64",
    packages: Any = None,
    memory_limit: Optional[float] = None,
    max_error: Optional[float] = None,
    calls: int = 1,
    threads: int = 1,
    stage: str = "aggregate",
    labels: Optional[str] = None,
    profile: Optional[Profile] = None,
) -> Choice:
    """Return which strategy takes the least time for residual sums or encodings of a size, and how sure that is.

    Parameters
    ----------
    T, L, F, K : int
        Images, descriptors of each, features, centroids.
    dtype : dtype-like
        float32 or float64.
    packages : sequence of str, optional
        Import names that may be used, such as ``("numpy", "scipy")``; all that are installed by default.
    memory_limit : float, optional
        Bytes beyond input and result; half of the machine's memory by default.
    max_error : float, optional
        Largest declared error over rms; the contract's by default.
    calls : int
        How many calls of this shape are to come: each strategy counts with its imports (SciPy's apart, on which this
        package depends) and its compiling.
    threads : int
        Threads it may use.
    stage : str
        ``aggregate``, ``encode`` or another stage of the profile.
    labels : str, optional
        Label distribution that was measured, such as ``skewed``; the usual one by default.
    profile : impls.cost.profile.Profile, optional
        Another profile than this machine's or the shipped one.

    Returns
    -------
    Choice
        Strategy, seconds with a 95 % interval, expected regret, what it rests on, one sentence why.

    Raises
    ------
    ValueError, TypeError
        A size, dtype, stage or package that is none; or nothing satisfies what was asked.
    """
    case = ask(T, L, F, K, dtype, packages, memory_limit, max_error, calls, threads, stage, labels, profile)
    return deciding.choose(*case)


def options(*, profile: Optional[Profile] = None, **asked: Any) -> List[Option]:
    """Return what every strategy that `choose` may take would cost, the least in total first.

    Takes what `choose` takes. Memory is not asked for; `NothingToChoose` where none is left.
    """
    defaults = {
        "dtype": "float64",
        "packages": None,
        "memory_limit": None,
        "max_error": None,
        "calls": 1,
        "threads": 1,
        "stage": "aggregate",
        "labels": None,
    }
    case = ask(**{**defaults, **asked}, profile=profile)
    able = deciding.eligible(case.candidates, case.entry, case.question)
    return deciding.options(
        deciding.ranked(able, case.entry, case.profile, case.question),
        case.entry,
        case.profile,
        case.question,
    )


def ask(
    T: int,
    L: int,
    F: int,
    K: int,
    dtype: Any,
    packages: Any,
    memory_limit: Optional[float],
    max_error: Optional[float],
    calls: int,
    threads: int,
    stage: str,
    labels: Optional[str],
    profile: Optional[Profile],
) -> answer.Case:
    """Return the question checked, with candidates and the profile to answer from."""
    sizes = {"T": T, "L": L, "F": F, "K": K}
    T, L, F, K = (inputs.positive_integer(value, name) for name, value in sizes.items())
    kind = np.dtype(dtype)
    tolerance = accuracy.tolerance(kind)
    found = answer.find_entry(
        "vlad", STAGES.get(stage, (stage,)), inputs.positive_integer(threads, "threads"), profile
    )
    if found is None:
        raise NothingToChoose(
            f"The profile holds no times of a stage {stage!r}: expected aggregate or encode, or measure it."
        )
    source, entry = found
    everything = [get(name) for name in strategies()]
    allowed = answer.allowed_packages(packages, (need for each in everything for need in each.requires))
    encoding = entry.model.encode
    at_most = 2.0 * T * L * F * K * kind.itemsize
    question = Question(
        sizes=(T, L, F, K),
        itemsize=kind.itemsize,
        labels=labels,
        calls=inputs.positive_integer(calls, "calls"),
        memory_limit=answer.memory_bound(answer.limit_of(memory_limit), at_most),
        max_error=tolerance if max_error is None else float(max_error),
        loaded=answer.advice_packages(),
    )
    candidates = [
        candidate(each, T, L, F, K, kind, encoding)
        for each in everything
        if answer.permitted(each.requires, allowed) and each.available
    ]
    return answer.Case(candidates, entry, source, question)


def candidate(
    strategy: ResidualStrategy, T: int, L: int, F: int, K: int, dtype: np.dtype, encoding: bool
) -> Candidate:
    """Return a strategy as one that might be chosen; its memory is asked only when needed."""
    predicted = strategy.encode_workspace_bytes if encoding else strategy.workspace_bytes
    need: Callable[[], int] = partial(predicted, T, L, F, K, dtype.itemsize)
    return Candidate(strategy.name, strategy.requires, need, strategy.error_bound(dtype))


def automatic(
    T: int,
    L: int,
    F: int,
    K: int,
    dtype: np.dtype,
    memory_limit: Optional[float],
    stage: str = "aggregate",
    ragged: bool = False,
) -> ResidualStrategy:
    """Return the strategy for one call of a shape, chosen once in a process and remembered.

    Only what keeps the contract (to encode: assigns to the nearest centroid), fits the limit and can be imported;
    what is not imported yet counts with its import. Which that is depends on what the process has imported by its
    first call of the shape.
    """
    key = (T, L, F, K, dtype.itemsize, memory_limit, stage, ragged)
    found: ResidualStrategy = _remembered.get(
        key, partial(_pick, T, L, F, K, dtype, answer.limit_of(memory_limit), stage, ragged)
    )
    return found


def _pick(
    T: int,
    L: int,
    F: int,
    K: int,
    dtype: np.dtype,
    memory_limit: Optional[float],
    stage: str,
    ragged: bool,
    without: Sequence[str],
) -> ResidualStrategy:
    T, L = max(T, 1), max(L, 1)
    at_most = 2.0 * T * L * F * K * dtype.itemsize
    question = Question(
        sizes=(T, L, F, K),
        itemsize=dtype.itemsize,
        memory_limit=answer.memory_bound(memory_limit, at_most),
        max_error=accuracy.tolerance(dtype),
        loaded=deciding.loaded_packages(),
    )
    able = [each for each in map(get, strategies()) if each.available and each.name not in without]
    candidates = [
        candidate(each, T, L, F, K, dtype, stage == "encode")
        for each in able
        if each.keeps_contract(dtype) and (each.ragged or not ragged)
        # An encoding on a device assigns by products alone, which may miss the nearest centroid by rounding.
        if stage != "encode" or not each.fused or each.exact_encode
    ]
    try:
        found = answer.find_entry("vlad", STAGES[stage], 1)
        if found is None:
            return get(FALLBACK)
        return get(deciding.best_name(candidates, found[1], found[0], question))
    except NothingToChoose:
        # The limit itself is checked by the caller, without the margin that is added here.
        plain = [each for each in candidates if not each.requires]
        return get(min(plain, key=lambda each: each.bytes()).name)
