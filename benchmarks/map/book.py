"""What a map has measured so far, read from the lines of its journal: the state from which everything else follows.

An interrupted map is taken up by reading the same lines again; nothing is remembered anywhere else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Hashable, Iterable, List, Mapping, Optional, Set, Tuple

from benchmarks.protocol.journal import Line
from benchmarks.protocol.plan import CONTROL_SUFFIX, Block
from benchmarks.protocol.race import within
from benchmarks.protocol.state import GIVEN_UP, block_key

NEVER_AFTER = 3  # lines without a time, and none with one, after which a strategy is no longer asked
FEWEST_PAIRS = 5  # of the control
NOT_HERE = ("skipped", "failed", "invalid")


@dataclass
class Book:
    """Measured times of one run by session, cell and strategy.

    Attributes
    ----------
    times : dict
        Session, then block key, then strategy, to the seconds of its fastest sample.
    blocks : dict
        Session and block key to its lines, as in the journal.
    """

    times: Dict[int, Dict[Hashable, Dict[str, float]]] = field(default_factory=dict)
    blocks: Dict[Tuple[int, Hashable], List[Line]] = field(default_factory=dict)
    _without: Dict[Tuple[str, str, str], int] = field(default_factory=dict)
    _with: Set[Tuple[str, str, str]] = field(default_factory=set)
    _given_up: List[Line] = field(default_factory=list)

    def add(self, lines: Iterable[Line]) -> None:
        """Take note of the lines of finished blocks; lines of another kind are passed over."""
        for line in lines:
            if "kind" not in line:
                self._note(line, block_key(line))

    def again(self, lines: Iterable[Line]) -> None:
        """Forget everything and take note of these lines: after an interrupt, what is here may be half of a block."""
        for kept in (self.times, self.blocks, self._without, self._with, self._given_up):
            kept.clear()
        self.add(lines)

    def _note(self, line: Line, key: Hashable) -> None:
        found = self.times.setdefault(line["session"], {}).setdefault(key, {})
        self.blocks.setdefault((line["session"], key), []).append(line)
        what = (line["impl"], line["stage"], line["dtype"])
        if line["status"] == "ok" and line["seconds"]:
            self._with.add(what)
            found[line["impl"]] = min(line["seconds"])
        elif line["status"] in NOT_HERE:
            self._without[what] = self._without.get(what, 0) + 1
        elif line["status"] in GIVEN_UP:
            self._given_up.append(line)

    @property
    def lines(self) -> List[Line]:
        """Every measurement line."""
        return [line for lines in self.blocks.values() for line in lines]

    def of_stage(self, stage: str) -> List[Line]:
        """Measurement lines of one stage."""
        return [line for line in self.lines if line["stage"] == stage]

    def measured(self, session: int) -> Set[Hashable]:
        """Keys of the blocks that a session has."""
        return set(self.times.get(session, {}))

    def at(self, key: Hashable) -> Dict[str, float]:
        """Seconds of every strategy at a block: the geometric mean over sessions, the control's copy left out."""
        found: Dict[str, List[float]] = {}
        for blocks in self.times.values():
            for impl, seconds in blocks.get(key, {}).items():
                if not impl.endswith(CONTROL_SUFFIX):
                    found.setdefault(impl, []).append(math.log(seconds))
        return {impl: math.exp(sum(logs) / len(logs)) for impl, logs in found.items()}

    def hopeless(self, stage: str, dtype: str) -> FrozenSet[str]:
        """Strategies that never had a time there, though asked often enough: not made for this device, or wrong."""
        asked = {what: count for what, count in self._without.items() if what[1:] == (stage, dtype)}
        return frozenset(
            what[0] for what, count in asked.items() if count >= NEVER_AFTER and what not in self._with
        )

    def too_slow(self, block: Block) -> FrozenSet[str]:
        """Strategies that were given up at a cell no larger in any axis."""
        here = block.cell
        return frozenset(
            line["impl"].split("@")[0]
            for line in self._given_up
            if (line["stage"], line["dtype"]) == (block.stage, block.dtype)
            and all(here[axis] >= size for axis, size in line["cell"].items())
        )

    def noise(self, session: Optional[int] = None) -> Optional[float]:
        """Deviation of the log ratio of the two copies of the control, robustly; None with too few pairs to say.

        Parameters
        ----------
        session : int, optional
            All sessions by default.
        """
        sizes = sorted(
            abs(math.log(found[impl + CONTROL_SUFFIX] / seconds))
            for number, blocks in self.times.items()
            if session in (None, number)
            for found in blocks.values()
            for impl, seconds in found.items()
            if impl + CONTROL_SUFFIX in found
        )
        return 1.4826 * sizes[len(sizes) // 2] if len(sizes) >= FEWEST_PAIRS else None

    def noises(self, session: int) -> List[Dict[str, Any]]:
        """What each block of a session tells of the machine."""
        return [
            lines[0].get("noise") or {} for (number, _), lines in self.blocks.items() if number == session
        ]

    def strategies_a_cell(self, stage: str, session: int = 0) -> float:
        """Mean count of strategies timed in a cell of a stage."""
        counts = [
            sum(line["status"] == "ok" and not line["impl"].endswith(CONTROL_SUFFIX) for line in lines)
            for (number, _), lines in self.blocks.items()
            if number == session and lines[0]["stage"] == stage
        ]
        return sum(counts) / len(counts) if counts else 0.0


def still_in_question(
    times: Mapping[str, float], package_sets: Mapping[str, Set[str]], factor: float
) -> Set[str]:
    """Strategies within `factor` of the best of a package set they belong to."""
    return set(within(times, list(package_sets.values()), factor))
