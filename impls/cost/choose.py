"""Chooses a strategy: the least expected time for the calls at hand, or the safest where nothing is known.

Nothing here knows what a strategy is: callers hand in candidates, with what each needs and allows.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Callable, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .distance import Distance, distance
from .model import widening
from .profile import Entry, Profile, Strategy
from .words import sentence, whose_words, why_words

#: Seconds that importing a package takes, cold, where the profile does not say.
IMPORT_S = {"scipy": 0.1, "numba": 0.5, "jax": 0.7, "torch": 1.5, "pandas": 0.5}
OTHER_IMPORT_S = 0.5
#: Farther than this outside what was measured there is no number.
FAR_OCTAVES = 2.0
DRAWS = 400
#: Share of the draws the named one must win for no second to be named with it.
CLEAR = 0.6
#: Predicted peaks count this much where none was weighed: JAX holds temporaries of its own.
UNWEIGHED, UNWEIGHED_JAX = 1.5, 2.0
#: Candidates within this factor of the best are compared with it draw by draw.
COMPARABLE = 3.0


class Choice(NamedTuple):
    """An answer.

    Attributes
    ----------
    strategy : str
    seconds, low, high : float or None
        Predicted time of one call once it is warm, and the 95 % interval of a measured one; None where nothing
        measured is near enough.
    regret : float or None
        Expected share that the best of all would save, as a fraction.
    basis : str
        ``measured`` (this size was), ``interpolated`` (between measured sizes) or ``outside``.
    why : str
        One sentence.
    runner_up : str or None
        A second that may well be the faster one.
    profile : str
        Whose machine it rests on.
    """

    strategy: str
    seconds: Optional[float]
    low: Optional[float]
    high: Optional[float]
    regret: Optional[float]
    basis: str
    why: str
    runner_up: Optional[str]
    profile: str


class Candidate(NamedTuple):
    """A strategy that might be chosen.

    Attributes
    ----------
    name : str
    requires : tuple of str
        Import names beyond NumPy.
    bytes : callable
        Returns the predicted extra bytes. Asking may import the strategy's packages, so it is asked late.
    error : float
        Declared bound of the error over rms.
    """

    name: str
    requires: Tuple[str, ...]
    bytes: Callable[[], int]
    error: float


class Option(NamedTuple):
    """What one candidate would cost.

    Attributes
    ----------
    name : str
    seconds, low, high : float
        Of one warm call.
    first_s : float
        What the first call adds: imports and compiling.
    total_s : float
        Of all calls together.
    """

    name: str
    seconds: float
    low: float
    high: float
    first_s: float
    total_s: float


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes
    ----------
    sizes : tuple of int
        In the order of the entry's axes.
    itemsize : int
    labels : str, optional
        Label distribution; the usual one by default.
    calls : int
        How many calls of this shape are to come.
    memory_limit : float, optional
        Bytes beyond input and result.
    max_error : float, optional
        Largest declared error over rms.
    loaded : frozenset of str
        Packages that count as imported.
    warm : frozenset of str
        Strategies that ran at this shape in this process: nothing is left to compile.
    """

    sizes: Tuple[int, ...]
    itemsize: int = 8
    labels: Optional[str] = None
    calls: int = 1
    memory_limit: Optional[float] = None
    max_error: Optional[float] = None
    loaded: FrozenSet[str] = frozenset()
    warm: FrozenSet[str] = frozenset()


class NothingToChoose(ValueError):
    """No strategy satisfies what was asked."""


def loaded_packages() -> FrozenSet[str]:
    """Return the packages of strategies that this process has imported; SciPy counts once its sparse matrices do."""
    found = {name for name in IMPORT_S if name in sys.modules}
    if "scipy.sparse" not in sys.modules:
        found.discard("scipy")
    return frozenset(found)


def eligible(candidates: Iterable[Candidate], entry: Entry, question: Question) -> List[Candidate]:
    """Return the candidates that the entry knows, and that promise the error asked for.

    Raises
    ------
    NothingToChoose
        None is left; the sentence says what excluded them.
    """
    given = list(candidates)
    known = [each for each in given if each.name in entry.model.curves]
    if not known:
        raise NothingToChoose(
            "None of the strategies allowed here has a measured time in this profile."
            if given
            else "No strategy needs only the packages that are allowed and installed here."
        )
    exact = [each for each in known if question.max_error is None or each.error <= question.max_error]
    if not exact:
        least = min(known, key=lambda each: each.error)
        raise NothingToChoose(
            f"No strategy promises an error of at most {question.max_error:g}: the least is "
            f"{least.error:g} ({least.name})."
        )
    return exact


def needed_bytes(candidate: Candidate, entry: Entry, question: Question) -> float:
    """Return the peak to expect: what the strategy predicts, times what was measured above it.

    Predictions are formulas in the sizes; nothing measured is extrapolated but that factor.
    """
    known = entry.strategies.get(candidate.name, Strategy())
    factor = known.memory_factor.get(question.labels or entry.model.labels[0])
    if factor is None:
        factor = UNWEIGHED_JAX if "jax" in candidate.requires else UNWEIGHED
    return candidate.bytes() * factor


def within_memory(candidates: Iterable[Candidate], entry: Entry, question: Question) -> Iterator[Candidate]:
    """Yield the candidates that fit the memory limit, in the order given, asking as few as are taken.

    Raises
    ------
    NothingToChoose
        At the end, when none fitted.
    """
    limit, least, some = question.memory_limit, (math.inf, ""), False
    for each in candidates:
        needed = 0.0 if limit is None else needed_bytes(each, entry, question)
        if limit is None or needed <= limit:
            some = True
            yield each
        least = min(least, (needed, each.name))
    if not some:
        raise NothingToChoose(
            f"No strategy fits a memory limit of {limit or 0:,.0f} bytes: the least is expected to need "
            f"{least[0]:,.0f} ({least[1]})."
        )


def import_seconds(requires: Sequence[str], loaded: FrozenSet[str], profile: Profile) -> float:
    """Return what importing the packages a strategy needs will take, those imported already left out."""
    names = {need.split(".")[0] for need in requires} - loaded
    return sum(profile.import_s.get(name, IMPORT_S.get(name, OTHER_IMPORT_S)) for name in names)


def first_seconds(candidate: Candidate, entry: Entry, question: Question, profile: Profile) -> float:
    """Return what the first call costs beyond a warm one: imports, and compiling for a new shape."""
    known = entry.strategies.get(candidate.name, Strategy())
    names = {need.split(".")[0] for need in candidate.requires}
    fresh = bool(names - question.loaded)
    compiling = 0.0 if candidate.name in question.warm else known.first_call_s
    return (
        import_seconds(candidate.requires, question.loaded, profile)
        + compiling
        + (known.process_s if fresh else 0.0)
    )


def ranked(
    candidates: Sequence[Candidate], entry: Entry, profile: Profile, question: Question
) -> List[Candidate]:
    """Return the candidates by expected total time of the calls at hand, the least first."""
    cell = np.array([question.sizes], dtype=float)
    names = [each.name for each in candidates]
    mean, _ = entry.model.predict(cell, question.itemsize, question.labels, only=names, deviations=False)
    total = [
        first_seconds(each, entry, question, profile) + question.calls * float(np.exp(logs))
        for each, logs in zip(candidates, mean[:, 0])
    ]
    return [candidates[i] for i in np.argsort(total, kind="stable")]


def options(
    candidates: Sequence[Candidate], entry: Entry, profile: Profile, question: Question
) -> List[Option]:
    """Return what each candidate would cost, in the order given."""
    model = entry.model
    cell = np.array([question.sizes], dtype=float)
    names = [each.name for each in candidates]
    mean, deviation = model.predict(cell, question.itemsize, question.labels, only=names)
    factor = widening(float(model.outside(cell, question.itemsize)[0]))
    reach = 1.96 * model.measured_deviation(factor * deviation, names)[:, 0]
    floor = model.floor_seconds(cell, question.itemsize)
    found = []
    for row, each in enumerate(candidates):
        seconds = float(np.exp(mean[row, 0]))
        first = first_seconds(each, entry, question, profile)
        low = max(float(np.exp(mean[row, 0] - reach[row])), floor)
        high = float(np.exp(mean[row, 0] + reach[row]))
        found.append(Option(each.name, seconds, low, high, first, first + question.calls * seconds))
    return found


def best_name(candidates: Iterable[Candidate], entry: Entry, profile: Profile, question: Question) -> str:
    """Return the name alone that `choose` gives; much cheaper, since it asks for no interval."""
    order, _ = _order(candidates, entry, profile, question)
    return next(within_memory(order, entry, question)).name


def choose(candidates: Iterable[Candidate], entry: Entry, profile: Profile, question: Question) -> Choice:
    """Return the strategy with the least expected time for the calls at hand.

    Parameters
    ----------
    candidates : iterable of Candidate
        What is installed and allowed.
    entry : Entry
    profile : Profile
        The one the entry is of.
    question : Question

    Returns
    -------
    Choice

    Raises
    ------
    NothingToChoose
        No candidate satisfies the question.
    """
    order, far = _order(candidates, entry, profile, question)
    fitting = within_memory(order, entry, question)
    first = next(fitting)
    whose = whose_words(profile)
    if far.octaves > FAR_OCTAVES:
        why = (
            f"{far.words}: too far from anything measured for a time, so {first.name} is the choice that loses "
            "least where things go badly, not the fastest."
        )
        return Choice(first.name, None, None, None, None, "outside", sentence(why), None, whose)
    near = [first, *_comparable(fitting, first, entry, profile, question)]
    told = options(near, entry, profile, question)
    best, second = told[0], told[1] if len(told) > 1 else None
    share, regret = _odds(near, [each.first_s for each in told], entry, question)
    basis = "interpolated"
    if far.octaves > 0:
        basis = "outside"
    elif _is_measured(entry, best.name, question):
        basis = "measured"
    runner_up = second.name if second is not None and share < CLEAR else None
    return Choice(
        best.name,
        best.seconds,
        best.low,
        best.high,
        regret,
        basis,
        why_words(told, _quickest(order, entry, profile, question), question, far.words),
        runner_up,
        whose,
    )


def _order(
    candidates: Iterable[Candidate], entry: Entry, profile: Profile, question: Question
) -> Tuple[List[Candidate], Distance]:
    """The candidates that may be chosen, the best first, and how far outside the question lies."""
    rest = eligible(candidates, entry, question)
    cell = np.array([question.sizes], dtype=float)
    far = distance(entry, question)
    near = dict(zip(entry.model.strategies, entry.model.supported(cell)[:, 0]))
    rest = [each for each in rest if near[each.name]] or rest
    sort = _safest if far.octaves > FAR_OCTAVES else ranked
    return sort(rest, entry, profile, question), far


def _comparable(
    fitting: Iterator[Candidate], first: Candidate, entry: Entry, profile: Profile, question: Question
) -> Iterator[Candidate]:
    """The further candidates that may be as good, and the next one in any case."""
    cell = np.array([question.sizes], dtype=float)

    def total(each: Candidate) -> float:
        mean, _ = entry.model.predict(
            cell, question.itemsize, question.labels, only=[each.name], deviations=False
        )
        return first_seconds(each, entry, question, profile) + question.calls * float(np.exp(mean[0, 0]))

    bound = COMPARABLE * total(first)
    for count, each in enumerate(fitting):
        if count and total(each) > bound:
            return
        yield each


def _quickest(
    order: Sequence[Candidate], entry: Entry, profile: Profile, question: Question
) -> Optional[Option]:
    """The candidate with the fastest warm call, whatever its first costs."""
    cell = np.array([question.sizes], dtype=float)
    names = [each.name for each in order]
    mean, _ = entry.model.predict(cell, question.itemsize, question.labels, only=names, deviations=False)
    return options([order[int(mean[:, 0].argmin())]], entry, profile, question)[0]


def _is_measured(entry: Entry, name: str, question: Question) -> bool:
    model = entry.model
    points = model.curves[name].points
    same = np.isclose(model.places[points], np.log2(np.array(question.sizes, dtype=float))).all(axis=1)
    labels = model.labels[0] if question.labels is None else question.labels
    code = model.labels.index(labels) if labels in model.labels else -1
    settings = model.settings[points]
    return bool((same & (settings[:, 0] == question.itemsize) & (settings[:, 1] == code)).any())


def _odds(
    candidates: Sequence[Candidate], firsts: Sequence[float], entry: Entry, question: Question
) -> Tuple[float, float]:
    """How often the first of them wins, and by how much it loses on average; the same for the same question."""
    model = entry.model
    cell = np.array([question.sizes], dtype=float)
    names = [each.name for each in candidates]
    mean, deviation = model.predict(cell, question.itemsize, question.labels, only=names)
    factor = widening(float(model.outside(cell, question.itemsize)[0]))
    totals = _totals(mean[:, 0], factor * deviation[:, 0], np.array(firsts), question.calls)
    best = totals.min(axis=1)
    return float((totals[:, 0] <= best).mean()), float((totals[:, 0] / best - 1.0).mean())


def _totals(mean: np.ndarray, deviation: np.ndarray, firsts: np.ndarray, calls: int) -> np.ndarray:
    """Total seconds in (draws, candidates)."""
    logs = mean + deviation * np.random.default_rng(12).standard_normal((DRAWS, len(mean)))
    return firsts + calls * np.exp(np.minimum(logs, 50.0))


def _safest(
    candidates: Sequence[Candidate], entry: Entry, profile: Profile, question: Question
) -> List[Candidate]:
    """The candidates by what they lose where things go badly, in 1 of 20 draws, the least first.

    So far from the points, the deviation of a process is its amplitude.
    """
    cell = np.array([question.sizes], dtype=float)
    names = [each.name for each in candidates]
    mean, _ = entry.model.predict(cell, question.itemsize, question.labels, only=names, deviations=False)
    firsts = np.array([first_seconds(each, entry, question, profile) for each in candidates])
    amplitudes = widening(math.inf) * np.array([entry.model.curves[name].amplitude for name in names])
    totals = _totals(mean[:, 0], amplitudes, firsts, question.calls)
    lost = np.quantile(totals / totals.min(axis=1, keepdims=True), 0.95, axis=0)
    return [candidates[i] for i in np.argsort(lost, kind="stable")]
