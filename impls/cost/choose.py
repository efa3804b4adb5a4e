"""Chooses a strategy: the least expected time for the calls at hand, or the safest where nothing is known.

Nothing here knows what a strategy is: callers hand in candidates, with what each needs and allows.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .model import widening
from .profile import Entry, Profile, Strategy

#: Seconds that importing a package takes, cold, where the profile does not say.
IMPORT_S = {"scipy": 0.1, "numba": 0.5, "jax": 0.7, "torch": 1.5, "pandas": 0.5}
OTHER_IMPORT_S = 0.5
#: Farther than this outside what was measured there is no number.
FAR_OCTAVES = 2.0
#: A strategy that was itself measured no nearer than this is not chosen.
OWN_OCTAVES = 1.0
DRAWS = 400
#: Share of the draws the named one must win for no second to be named with it.
CLEAR = 0.6
#: Predicted peaks count this much where none was weighed: JAX holds temporaries of its own.
UNWEIGHED, UNWEIGHED_JAX = 1.5, 2.0
#: Without a memory limit, no more than this share of the machine's memory.
MEMORY_SHARE = 0.5


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
    """A strategy that might be chosen: its packages, predicted extra bytes and declared error over rms."""

    name: str
    requires: Tuple[str, ...] = ()
    bytes: int = 0
    error: float = 0.0


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
    bytes : float
        Expected extra memory at its peak.
    """

    name: str
    seconds: float
    low: float
    high: float
    first_s: float
    total_s: float
    bytes: float


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


def eligible(
    candidates: Iterable[Candidate], entry: Entry, question: Question, memory: Optional[float] = None
) -> List[Candidate]:
    """Return the candidates within the memory limit and the error asked for, of those the entry knows.

    Parameters
    ----------
    candidates : iterable of Candidate
        All that are installed and allowed.
    entry : Entry
    question : Question
    memory : float, optional
        Bytes of the machine, for questions without a limit.

    Raises
    ------
    NothingToChoose
        None is left; the sentence says what excluded the last of them.
    """
    known = [each for each in candidates if each.name in entry.model.curves]
    if not known:
        raise NothingToChoose("None of the strategies allowed here has a measured time in this profile.")
    exact = [each for each in known if question.max_error is None or each.error <= question.max_error]
    if not exact:
        least = min(known, key=lambda each: each.error)
        raise NothingToChoose(
            f"No strategy promises an error of at most {question.max_error:g}: the least is "
            f"{least.error:g} ({least.name})."
        )
    limit = question.memory_limit
    if limit is None:
        limit = math.inf if memory is None else MEMORY_SHARE * memory
    fitting = [each for each in exact if needed_bytes(each, entry, question) <= limit]
    if not fitting:
        least = min(exact, key=lambda each: needed_bytes(each, entry, question))
        raise NothingToChoose(
            f"No strategy fits a memory limit of {limit:,.0f} bytes: the least is expected to need "
            f"{needed_bytes(least, entry, question):,.0f} ({least.name})."
        )
    return fitting


def needed_bytes(candidate: Candidate, entry: Entry, question: Question) -> float:
    """Return the peak to expect: what the strategy predicts, times what was measured above it.

    Predictions are formulas in the sizes; nothing measured is extrapolated but that factor.
    """
    known = entry.strategies.get(candidate.name, Strategy())
    labels = question.labels or entry.model.labels[0]
    factor = known.memory_factor.get(labels)
    if factor is None:
        factor = UNWEIGHED_JAX if "jax" in candidate.requires else UNWEIGHED
    return candidate.bytes * factor


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


def options(
    candidates: Sequence[Candidate], entry: Entry, profile: Profile, question: Question
) -> List[Option]:
    """Return what each candidate would cost, the cheapest for the calls at hand first."""
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
        total = first + question.calls * seconds
        found.append(Option(each.name, seconds, low, high, first, total, needed_bytes(each, entry, question)))
    return sorted(found, key=lambda option: option.total_s)


def choose(
    candidates: Iterable[Candidate],
    entry: Entry,
    profile: Profile,
    question: Question,
    memory: Optional[float] = None,
) -> Choice:
    """Return the strategy with the least expected time for the calls at hand.

    Parameters
    ----------
    candidates : iterable of Candidate
        What is installed and allowed.
    entry : Entry
    profile : Profile
        The one the entry is of.
    question : Question
    memory : float, optional
        Bytes of the machine.

    Returns
    -------
    Choice

    Raises
    ------
    NothingToChoose
        No candidate satisfies the question.
    """
    rest = eligible(candidates, entry, question, memory)
    cell = np.array([question.sizes], dtype=float)
    whose = whose_words(profile)
    far = distance(entry, question)
    rest = _measured_near(rest, entry, cell) or rest
    if far.octaves > FAR_OCTAVES:
        name = _safest(rest, entry, profile, question)
        why = f"{far.words}: too far from anything measured for a time, so this is the safest choice, not the fastest."
        return Choice(name, None, None, None, None, "outside", why, None, whose)
    ranked = options(rest, entry, profile, question)
    best = ranked[0]
    by_name = {each.name: each for each in rest}
    share, regret = _odds(ranked, [by_name[each.name] for each in ranked], entry, question)
    second = ranked[1] if len(ranked) > 1 else None
    runner_up = second.name if second is not None and share < CLEAR else None
    basis = "outside" if far.octaves > 0 else "measured" if _is_measured(entry, best.name, question) else None
    why = _why(best, second, ranked, question, far.words, basis)
    return Choice(
        best.name, best.seconds, best.low, best.high, regret, basis or "interpolated", why, runner_up, whose
    )


class Distance(NamedTuple):
    """How far outside what was measured a question lies, and what of it, in words."""

    octaves: float
    words: str


def distance(entry: Entry, question: Question) -> Distance:
    """Return how far a question lies outside what was measured: in sizes, in whole arrays, in the dtype."""
    model = entry.model
    names, past = model.beyond(np.array([question.sizes], dtype=float), question.itemsize)
    worst = int(np.abs(past[0]).argmax())
    octaves, words = float(abs(past[0, worst])), ""
    if octaves > 0:
        extents = dict(zip(names, _extent_values(model.axes, names, question.sizes)))
        low, high = model.hull[names[worst]]
        above = past[0, worst] > 0
        ratio = 2.0**octaves
        words = (
            f"outside what was measured: {names[worst]} = {extents[names[worst]]:,.0f} is {ratio:.3g} times "
            + (f"the largest ({high:,.0f})" if above else f"below the smallest ({low:,.0f})")
        )
        if not math.isclose(
            max(extents[names[worst]] / high, low / extents[names[worst]]), ratio, rel_tol=0.01
        ):
            words = (
                f"outside what was measured with {8 * question.itemsize}-bit numbers: "
                f"{names[worst]} = {extents[names[worst]]:,.0f} is more than {ratio:.3g} times "
                + ("the largest" if above else "below the smallest")
            )
    if question.itemsize not in set(model.settings[:, 0].tolist()) and octaves < 1.0:
        octaves = max(octaves, 1.0)
        words = words or f"{8 * question.itemsize}-bit numbers were not measured, only scaled from the others"
    return Distance(octaves, words)


def _extent_values(axes: Sequence[str], names: Sequence[str], sizes: Sequence[int]) -> List[float]:
    by_axis = dict(zip(axes, sizes))
    return [float(np.prod([float(by_axis[axis]) for axis in name.split("*")])) for name in names]


def _measured_near(candidates: List[Candidate], entry: Entry, cell: np.ndarray) -> List[Candidate]:
    """The candidates that were themselves measured about as far out as any: others were given up there."""
    model = entry.model
    everywhere = float(model.outside(cell)[0])
    return [
        each for each in candidates if model.outside_of(each.name, cell) <= max(everywhere, 0.0) + OWN_OCTAVES
    ]


def _is_measured(entry: Entry, name: str, question: Question) -> bool:
    model = entry.model
    points = model.curves[name].points
    same = np.isclose(model.places[points], np.log2(np.array(question.sizes, dtype=float))).all(axis=1)
    labels = model.labels[0] if question.labels is None else question.labels
    code = model.labels.index(labels) if labels in model.labels else -1
    settings = model.settings[points]
    return bool((same & (settings[:, 0] == question.itemsize) & (settings[:, 1] == code)).any())


def _draw_totals(
    candidates: Sequence[Candidate], firsts: np.ndarray, entry: Entry, question: Question
) -> np.ndarray:
    """Total seconds of the candidates in (draws, candidates), always the same draws for the same question."""
    model = entry.model
    cell = np.array([question.sizes], dtype=float)
    names = [each.name for each in candidates]
    mean, deviation = model.predict(cell, question.itemsize, question.labels, only=names)
    factor = widening(float(model.outside(cell, question.itemsize)[0]))
    rng = np.random.default_rng(12)
    logs = mean[:, 0] + factor * deviation[:, 0] * rng.standard_normal((DRAWS, len(names)))
    return firsts + question.calls * np.exp(np.minimum(logs, 50.0))


def _odds(
    ranked: Sequence[Option], candidates: Sequence[Candidate], entry: Entry, question: Question
) -> Tuple[float, float]:
    """How often the first wins, and by how much it loses on average."""
    totals = _draw_totals(candidates, np.array([each.first_s for each in ranked]), entry, question)
    best = totals.min(axis=1)
    return float((totals[:, 0] <= best).mean()), float((totals[:, 0] / best - 1.0).mean())


def _safest(candidates: List[Candidate], entry: Entry, profile: Profile, question: Question) -> str:
    """The candidate whose loss is least where things go badly: in 1 of 20 draws."""
    firsts = np.array([first_seconds(each, entry, question, profile) for each in candidates])
    totals = _draw_totals(candidates, firsts, entry, question)
    lost = np.quantile(totals / totals.min(axis=1, keepdims=True), 0.95, axis=0)
    return candidates[int(lost.argmin())].name


def whose_words(profile: Profile) -> str:
    """Return whose machine a profile is of, and that it is another's where it is."""
    cpu, cores = profile.key.get("cpu"), profile.key.get("cores")
    told = f"{profile.machine} ({cpu}, {cores} cores)" if cpu else profile.machine
    return told if profile.is_of_this_machine else f"{told}, another machine than this one"


def _why(
    best: Option,
    second: Optional[Option],
    ranked: Sequence[Option],
    question: Question,
    outside: str,
    basis: Optional[str],
) -> str:
    parts = [outside] if outside else []
    if second is None:
        parts.append(f"{best.name} is the only strategy allowed")
    else:
        parts.append(f"{best.name} is predicted {_times(second.total_s / best.total_s)} {second.name}")
    quicker = min(ranked, key=lambda option: option.seconds)
    if quicker.seconds < 0.95 * best.seconds and quicker.first_s > best.first_s:
        saved = best.seconds - quicker.seconds
        calls = math.ceil((quicker.first_s - best.first_s) / saved)
        parts.append(
            f"{quicker.name} would take {quicker.seconds / best.seconds:.2g} of the time a call, but its first "
            f"costs {quicker.first_s:.2g} s more: worth it from {calls:,} calls on"
        )
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "." if outside else text + "."


def _times(ratio: float) -> str:
    return "as fast as" if ratio < 1.005 else f"{ratio:.2f} times as fast as"


def describe(options_: Sequence[Option]) -> List[Dict[str, float]]:
    """Return options as plain objects, for JSON."""
    return [dict(option._asdict()) for option in options_]
