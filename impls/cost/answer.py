"""From what a caller asks to an answer: packages, profile and entry found, question checked, strategies remembered."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import StrategyUnavailable
from ..inputs import require_memory
from . import machine
from .choose import Candidate, Question, loaded_packages
from .profile import SHIPPED, Entry, Profile, cached, current

#: Without a limit, no more than this share of the machine's memory is used.
MEMORY_SHARE = 0.5
#: SciPy is a dependency of this package: advice takes it as imported. A call that is made now does not.
DEPENDENCIES = frozenset({"scipy"})


class Case(NamedTuple):
    """A question with everything an answer needs."""

    candidates: List[Candidate]
    entry: Entry
    profile: Profile
    question: Question


def allowed_packages(packages: Any, known: Iterable[str]) -> Optional[FrozenSet[str]]:
    """Return the import names that may be used beyond NumPy, or None for all there are.

    Parameters
    ----------
    packages : None, str or sequence of str
        Names such as ``("numpy", "scipy")``, or one text with commas between.
    known : iterable of str
        Import names that strategies need.

    Raises
    ------
    ValueError
        A name that no strategy needs.
    """
    if packages is None:
        return None
    names = packages.split(",") if isinstance(packages, str) else list(packages)
    asked = {str(name).strip() for name in names if str(name).strip()}
    possible = {"numpy", *(need.split(".")[0] for need in known)}
    unknown = sorted(asked - possible)
    if unknown:
        raise ValueError(
            f"packages names {', '.join(map(repr, unknown))}, which no strategy needs: expected some of "
            f"{', '.join(sorted(possible))}."
        )
    return frozenset(asked)


def permitted(requires: Sequence[str], packages: Optional[FrozenSet[str]]) -> bool:
    """Return whether a strategy needs nothing beyond NumPy and the allowed packages."""
    return packages is None or all(need.split(".")[0] in packages for need in requires)


def find_entry(
    workload: str, stages: Sequence[str], threads: int, profile: Optional[Profile] = None
) -> Optional[Tuple[Profile, Entry]]:
    """Return the first of some stages that a profile has: the given one, or this machine's and then the shipped."""
    for source in [profile] if profile is not None else _profiles():
        for stage in stages:
            entry = source.entry(workload, stage, threads)
            if entry is not None:
                return source, entry
    return None


def _profiles() -> List[Profile]:
    found = current()
    return [found] if found.source == str(SHIPPED) else [found, cached(SHIPPED)]


def advice_packages() -> FrozenSet[str]:
    """Return the packages that count as imported where advice is asked for."""
    return loaded_packages() | DEPENDENCIES


def memory_bound(limit: Optional[float], at_most: float) -> Optional[float]:
    """Return the memory limit to choose under: the caller's, or a share of the machine's where that may matter.

    Parameters
    ----------
    limit : float, optional
        The caller's.
    at_most : float
        Bytes that no strategy can exceed. While these fit, no strategy need be asked.
    """
    if limit is not None:
        return limit
    total = machine.memory_bytes()
    share = None if total is None else MEMORY_SHARE * total
    return share if share is not None and at_most > share else None


def limit_of(value: Any) -> Optional[float]:
    """Return a memory limit in bytes as a number, or None; anything else is a ValueError."""
    require_memory("auto", 0, value)
    return None if value is None else float(value)


class Remembered:
    """Strategies chosen in this process, by shape: a shape is chosen for once.

    What is remembered does not change while a process runs, so that the same call gives the same bits; not when more
    packages are imported, and not when calls add up.
    """

    def __init__(self) -> None:
        self._found: Dict[Any, Any] = {}

    def get(self, key: Any, pick: Callable[[Sequence[str]], Any]) -> Any:
        """Return the strategy remembered under a key, or the first that `pick` returns and that can be loaded.

        Parameters
        ----------
        key : hashable
        pick : callable
            Names that fail to load -> a strategy that is none of them.
        """
        found = self._found.get(key)
        if found is None:
            broken: List[str] = []
            found = pick(broken)
            while not _loads(found):
                broken.append(found.name)
                found = pick(broken)
            self._found[key] = found
        return found

    def forget(self) -> None:
        """Forget every choice, as a new process does."""
        self._found.clear()


def _loads(strategy: Any) -> bool:
    try:
        return strategy.module is not None
    except StrategyUnavailable:
        return False
