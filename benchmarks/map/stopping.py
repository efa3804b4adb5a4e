"""When a map is good enough, for every package set by itself.

A set stops when what is expected to be lost by trusting the map is small, or no more than noise would cost anyway, or
when further cells no longer change it. A set in which one strategy is far ahead everywhere stops as soon as that shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Set

GOOD = 0.01  # expected regret
OVER_THE_FLOOR = 1.5  # times the regret that noise alone causes
STEADY_BATCHES, STEADY = 3, 0.10
FEWEST_CELLS = 64  # with fewer, only a set with one clear winner stops


@dataclass
class Stops:
    """Which package sets need no further cell.

    Attributes
    ----------
    done : dict of str to str
        Package set to why it stopped.
    """

    done: Dict[str, str] = field(default_factory=dict)
    _past: Dict[str, List[float]] = field(default_factory=dict)

    def judge(
        self, cells: int, regret: Mapping[str, float], floor: Mapping[str, float], clear: Set[str]
    ) -> None:
        """Take note of a batch.

        Parameters
        ----------
        cells : int
            Measured so far.
        regret, floor : mapping of str to float
            Expected regret by package set, and the part of it that noise alone causes.
        clear : set of str
            Package sets with one strategy far ahead everywhere.
        """
        for name, value in regret.items():
            past = self._past.setdefault(name, [])
            past.append(value)
            why = "one strategy wins everywhere" if name in clear else None
            if why is None and cells >= FEWEST_CELLS:
                why = self._reason(past, floor.get(name, 0.0))
            if why is None:
                self.done.pop(name, None)
            else:
                self.done.setdefault(name, why)

    @staticmethod
    def _reason(past: List[float], floor: float) -> str | None:
        now = past[-1]
        if now < GOOD:
            return "good enough"
        if now < OVER_THE_FLOOR * floor:
            return "as good as the noise allows"
        recent = past[-STEADY_BATCHES - 1 :]
        if len(recent) > STEADY_BATCHES and max(recent) - min(recent) < STEADY * now:
            return "further cells change nothing"
        return None

    def open(self, names: Mapping[str, Set[str]]) -> Dict[str, Set[str]]:
        """The package sets that still need cells."""
        return {name: members for name, members in names.items() if name not in self.done}
