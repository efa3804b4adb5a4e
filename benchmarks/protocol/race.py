"""The race within a block: who deserves a further sample.

Every strategy has one sample. Those beyond twice the best of every package set they belong to are out of the race: no
further sample could bring them back. The others get a few, and what is still close then as many as a block allows.

The fastest of nine samples is a little below the fastest of three (by the noise of a sample, a few per cent), which
favours the close ones against those that are at least `CLOSE` slower, and so decides nothing. The baseline and the
control always have a few: speedups and the noise floor are made from them.
"""

from __future__ import annotations

from typing import Collection, Dict, FrozenSet, Iterable, List, Mapping, Sequence, Tuple

from benchmarks.protocol.plan import CONTROL_SUFFIX

OPEN = 2.0  # times the best of a package set: within, a strategy may still turn out to be the best
CLOSE = 1.25  # the same once a few samples are in
OWN_CORE = 0.9  # of a core; a sample that got less was interrupted
HELPER = "scipy"  # comes with every set but NumPy alone


def package_sets(needs: Mapping[str, Sequence[str]]) -> List[FrozenSet[str]]:
    """Strategies by what may be installed: NumPy alone, with SciPy, with one further package each, with everything.

    Parameters
    ----------
    needs : mapping of str to sequence of str
        Strategy to the packages it imports beyond NumPy.
    """
    further = sorted({name for names in needs.values() for name in names} - {HELPER})
    allowed = [set(), {HELPER}, *({HELPER, name} for name in further), {HELPER, *further}]
    sets = (frozenset(impl for impl, names in needs.items() if set(names) <= some) for some in allowed)
    return list(dict.fromkeys(found for found in sets if found))


def within(fastest: Mapping[str, float], sets: Iterable[Collection[str]], factor: float) -> FrozenSet[str]:
    """Strategies within `factor` of the best of a package set they belong to.

    Parameters
    ----------
    fastest : mapping of str to float
        Strategy to the seconds of its fastest sample; one that has none is in no race.
    sets : iterable of collections of str
    factor : float
    """
    found = set()
    for allowed in sets:
        times = {impl: seconds for impl, seconds in fastest.items() if impl in allowed}
        best = min(times.values(), default=0.0)
        found |= {impl for impl, seconds in times.items() if seconds <= factor * best}
    return frozenset(found)


def contested(fastest: Mapping[str, float], sets: Iterable[Collection[str]], factor: float) -> FrozenSet[str]:
    """Strategies within `factor` of the best of a package set in which there is another one."""
    races = [within(fastest, [allowed], factor) for allowed in sets]
    return frozenset(impl for race in races if len(race) > 1 for impl in race)


def samples_wanted(
    fastest: Mapping[str, float],
    sets: Sequence[Collection[str]],
    always: Collection[str],
    samples: Tuple[int, int],
    affordable: Mapping[str, int],
    done: int,
    disturbed: Collection[str] = (),
) -> Dict[str, int]:
    """How many samples each strategy is to have in all.

    Parameters
    ----------
    fastest : mapping of str to float
        Strategy to the seconds of its fastest sample so far.
    sets : sequence of collections of str
        As `package_sets` gives them.
    always : collection of str
        Strategies that have the fewer samples wherever they stand, where those are affordable: the baseline, and the
        control and its copy, which have as many as each other.
    samples : (int, int)
        Samples where the decision is open, and where it still is after those.
    affordable : mapping of str to int
        Samples that a strategy's share of the time allows; the fewer ones of `samples` are taken all the same where
        the decision is open.
    done : int
        Samples that everyone still in the race has had.
    disturbed : collection of str
        Strategies whose only sample somebody else's work interrupted: it says nothing against them.

    Returns
    -------
    dict
        1 for those out of the race.
    """
    few, many = samples
    running = within(fastest, sets, OPEN) | set(disturbed if done < few else ())
    close = contested(fastest, sets, CLOSE) if done >= few else frozenset()
    wanted = dict.fromkeys(fastest, 1)
    for impl in fastest:
        room = affordable.get(impl, many)
        if impl in running:
            wanted[impl] = min(many, max(few, room)) if impl in close else few
        elif impl in always:
            wanted[impl] = min(few, max(1, room))
    for impl in fastest:
        if impl + CONTROL_SUFFIX in fastest:
            wanted[impl] = wanted[impl + CONTROL_SUFFIX] = max(wanted[impl], wanted[impl + CONTROL_SUFFIX])
    return wanted
