"""Which strategy for these bucket sums: `choose` for advice, and the one that ``strategy="auto"`` takes.

Bucket sums are answered from a stage of their own where a profile has one. Else they are answered from VLAD's: N rows
into M buckets are residual sums of T images with N / T descriptors and M / T centroids, for a T that lies among what
was measured. Those times hold the adapter's share too, which is the same for all bucket strategies.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .. import accuracy, inputs
from ..cost import answer
from ..cost import choose as deciding
from ..cost.choose import Candidate, Choice, NothingToChoose, Option, Question
from ..cost.profile import Entry, Profile

AUTO = "auto"
BUCKET_STAGES = ("bucket_sums", "int64_index")

_remembered = answer.Remembered()


def choose(
    *,
    N: int,
    F: int,
    M: int,
    dtype: Any = "float64",
    packages: Any = None,
    memory_limit: Optional[float] = None,
    max_error: Optional[float] = None,
    calls: int = 1,
    threads: int = 1,
    labels: Optional[str] = None,
    profile: Optional[Profile] = None,
) -> Choice:
    """Return which strategy takes the least time to sum N rows of F values into M buckets, and how sure that is.

    Parameters
    ----------
    N, F, M : int
        Rows, values of each, buckets.
    dtype, packages, memory_limit, max_error, calls, threads, labels, profile
        As in `impls.vlad.choose`.

    Returns
    -------
    Choice
        Where bucket sums of this kind were not measured themselves, `seconds` are those of VLAD residual sums of the
        same size, which do a little more.

    Raises
    ------
    ValueError, TypeError
        A size, dtype or package that is none; or nothing satisfies what was asked.
    """
    case, converted = ask(N, F, M, dtype, packages, memory_limit, max_error, calls, threads, labels, profile)
    choice = deciding.choose(*case)
    if not converted:
        return choice
    told = f"{choice.why[:-1]}; from residual sums of the same size, {_shape(case)}, which are a little more work."
    return choice._replace(why=told, basis="interpolated" if choice.basis == "measured" else choice.basis)


def options(*, profile: Optional[Profile] = None, **asked: Any) -> List[Option]:
    """Return what every strategy that `choose` may take would cost, the least in total first."""
    defaults = {
        "dtype": "float64",
        "packages": None,
        "memory_limit": None,
        "max_error": None,
        "calls": 1,
        "threads": 1,
        "labels": None,
    }
    case, _ = ask(**{**defaults, **asked}, profile=profile)
    able = deciding.eligible(case.candidates, case.entry, case.question)
    order = deciding.ranked(able, case.entry, case.profile, case.question)
    return deciding.options(order, case.entry, case.profile, case.question)


def _shape(case: answer.Case) -> str:
    return ", ".join(f"{axis} {size:,}" for axis, size in zip(case.entry.model.axes, case.question.sizes))


class _Found(NamedTuple):
    profile: Profile
    entry: Entry
    sizes: Tuple[int, ...]
    converted: bool


def _find(N: int, F: int, M: int, threads: int, profile: Optional[Profile]) -> _Found:
    own = answer.find_entry("scatter", BUCKET_STAGES, threads, profile)
    if own is not None:
        return _Found(*own, (N, F, M), False)
    flat = answer.find_entry("scatter1d", BUCKET_STAGES, threads, profile) if F == 1 else None
    if flat is not None and flat[1].model.axes == ("N", "bins"):
        return _Found(*flat, (N, M), False)
    images = answer.find_entry("vlad", ("aggregate",), threads, profile)
    if images is None:
        raise NothingToChoose(
            "The profile holds no times of bucket sums, nor of residual sums: measure them."
        )
    return _Found(*images, _as_images(images[1], N, F, M), True)


def _as_images(entry: Entry, N: int, F: int, M: int) -> Tuple[int, int, int, int]:
    """The same sums as T images, for the T that lies best among what was measured."""
    most = max(1, min(N, M))
    cells = [
        (T, max(1, round(N / T)), F, max(1, round(M / T))) for T in (1 << i for i in range(13)) if most >= T
    ]
    far = entry.model.outside(np.array(cells, dtype=float))
    return cells[int(far.argmin())]


def ask(
    N: int,
    F: int,
    M: int,
    dtype: Any,
    packages: Any,
    memory_limit: Optional[float],
    max_error: Optional[float],
    calls: int,
    threads: int,
    labels: Optional[str],
    profile: Optional[Profile],
) -> Tuple[answer.Case, bool]:
    """Return the question checked, with candidates and the profile to answer from; and whether it is about images."""
    from . import get, strategies

    N, F, M = (inputs.positive_integer(value, name) for name, value in (("N", N), ("F", F), ("M", M)))
    kind = np.dtype(dtype)
    tolerance = accuracy.tolerance(kind)
    found = _find(N, F, M, inputs.positive_integer(threads, "threads"), profile)
    everything = [get(name) for name in strategies()]
    allowed = answer.allowed_packages(packages, (need for each in everything for need in each.requires))
    question = Question(
        sizes=found.sizes,
        itemsize=kind.itemsize,
        labels=labels,
        calls=inputs.positive_integer(calls, "calls"),
        memory_limit=answer.memory_bound(answer.limit_of(memory_limit), 8.0 * (N + M) * F * kind.itemsize),
        max_error=tolerance if max_error is None else float(max_error),
        loaded=answer.advice_packages(),
    )
    candidates = [
        _candidate(each, N, F, M, kind)
        for each in everything
        if answer.permitted(each.requires, allowed) and each.available
    ]
    return answer.Case(candidates, found.entry, found.profile, question), found.converted


def _candidate(strategy: Any, N: int, F: int, M: int, dtype: np.dtype) -> Candidate:
    need: Callable[[], int] = partial(strategy.workspace_bytes, N, F, M, dtype.itemsize)
    return Candidate(strategy.name, strategy.requires, need, strategy.error_bound(dtype))


def automatic(N: int, F: int, M: int, dtype: np.dtype, memory_limit: Optional[float]) -> Any:
    """Return the strategy for one call of a shape, chosen once in a process and remembered.

    Only what keeps the contract, fits the limit and can be imported; what is not imported yet counts with its import.
    Which that is depends on what the process has imported by its first call of the shape.
    """
    key = (N, F, M, dtype.itemsize, memory_limit)
    return _remembered.get(key, partial(_pick, N, F, M, dtype, answer.limit_of(memory_limit)))


def _pick(
    N: int, F: int, M: int, dtype: np.dtype, memory_limit: Optional[float], without: Sequence[str]
) -> Any:
    from . import get, strategies

    candidates = [
        _candidate(each, N, F, M, dtype)
        for each in map(get, strategies())
        if each.available and each.name not in without and each.keeps_contract(dtype)
    ]
    try:
        found = _find(max(N, 1), max(F, 1), M, 1, None)
        question = Question(
            sizes=found.sizes,
            itemsize=dtype.itemsize,
            memory_limit=answer.memory_bound(memory_limit, 8.0 * (N + M) * F * dtype.itemsize),
            max_error=accuracy.tolerance(dtype),
            loaded=deciding.loaded_packages(),
        )
        return get(deciding.best_name(candidates, found.entry, found.profile, question))
    except NothingToChoose:
        # The limit itself is checked by the caller, without the margin that is added here.
        plain = [each for each in candidates if not each.requires]
        return get(min(plain, key=lambda each: each.bytes()).name)
