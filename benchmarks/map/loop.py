"""The order of events of a map: small cells with all strategies, then contenders, then further sessions.

It asks for measurements and is handed lines; how they come about (a worker process, a journal, or a test's own machine)
it does not know. Everything it decides follows from the lines, so that a map that was interrupted goes on from them.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import Callable, Dict, Hashable, List, Mapping, Optional, Sequence, Set

from benchmarks.map.book import Book, still_in_question
from benchmarks.map.model import SUMS_COMPILED_WITHIN, SUMS_WITHIN, Judgement, Modeller
from benchmarks.map.plan import BATCH, SEED, Cell, MapPlan
from benchmarks.map.stopping import FEWEST_CELLS, Stops
from benchmarks.map.words import Batch
from benchmarks.protocol.journal import Line
from benchmarks.protocol.plan import Block

Measure = Callable[[Cell, Sequence[str], int], List[Line]]

FIRST_STAGE = "aggregate"
OPEN_WITHIN = 2.0  # of the best of a package set: measured in the further sessions too
CELLS_COMPILED_IN_FULL = 4
WORTH_COMPILING = 3.0  # times the best of a package set, in one of these cells
LATER_COST = 0.75  # of a cell with all strategies, for the first one with contenders only
CONTROL_EVERY = (
    4  # cells, one of which has the control in any case: the noise floor is made from its two copies
)
FIRST_SHARE = 0.8  # of the budget, for the first stage and all its sessions; the rest is for the others
REPEATED_COST = (
    0.6  # of a cell in a further session, before it is known: fewer strategies, warm caches of compilers
)
REPEATED_BATCH = 32  # cells of a further session between two lines of progress


@dataclass
class Mapper:
    """A map under way.

    Attributes
    ----------
    plan : MapPlan
    measure : callable
        Takes a cell, the strategies wanted and the session; gives the lines, which are in the journal by then.
    modellers : dict of str to Modeller
        By stage, in the order in which they are measured.
    control : str
        The strategy that is measured twice where it is measured.
    say : callable
        Takes a line of progress.
    clock : callable
        Seconds.
    book : Book
        What is measured; a map that is taken up begins with what there is.
    began : float, optional
        When the budget began to be spent, on that clock; now by default.
    resumed : int
        Cells that were measured before this process.
    """

    plan: MapPlan
    measure: Measure
    modellers: Mapping[str, Modeller]
    control: str
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    book: Book = field(default_factory=Book)
    stops: Dict[str, Stops] = field(default_factory=dict)
    judgements: Dict[str, Judgement] = field(default_factory=dict)
    resumed: int = 0
    began: Optional[float] = None
    _walls: List[float] = field(default_factory=list)
    _passed: Set[Hashable] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._began = self.clock() if self.began is None else self.began

    # -- what a map does -----------------------------------------------------------------------------------------
    def run(self) -> None:
        """Measure all stages, then the further sessions, as far as the budget reaches."""
        for stage in self.modellers:
            self.survey(stage)
        for session in range(1, self.plan.options.sessions):
            self.repeat(session)

    def survey(self, stage: str) -> None:
        """Measure the cells of a stage for the first time, until its package sets need no more of them."""
        stops = self.stops.setdefault(stage, Stops())
        cells = self.plan.of_stage(stage)
        self._judge(stage, cells)
        while True:
            batch = self._next_batch(cells)
            if not batch or self._enough(stage, cells) or not self._affordable(stage, batch):
                return
            for cell in batch:
                if self._elapsed() > self._limit(stage) and not self._too_few():
                    break
                self._measure(cell, self._wanted(cell, stops), 0)
            regret = self._judge(stage, cells)
            self._tell(stage, cells, regret)

    def repeat(self, session: int) -> None:
        """Measure all cells again in another process, with those strategies that may still be the best."""
        first = self.book.times.get(0, {})
        cells = [cell for cell in self.plan.cells if cell.block.key in first]
        random.Random(f"{SEED}/{session}").shuffle(cells)
        left = [cell for cell in cells if cell.block.key not in self.book.measured(session)]
        for number, cell in enumerate(left):
            if self._elapsed() > self.plan.options.budget_s:
                self.say(
                    f"  {self._elapsed():>4.0f} s  the budget is spent: {len(left) - number} cells not repeated"
                )
                return
            sets = self.modellers[cell.block.stage].package_sets
            wanted = still_in_question(first[cell.block.key], sets, OPEN_WITHIN)
            if number % CONTROL_EVERY == 0:
                wanted |= {self.control} & set(first[cell.block.key])
            self._measure(cell, wanted, session)
            if (number + 1) % REPEATED_BATCH == 0 or number + 1 == len(left):
                self._tell_repeated(session, len(cells) - len(left) + number + 1, len(cells))

    # -- which cells and strategies ------------------------------------------------------------------------------
    def _next_batch(self, cells: Sequence[Cell]) -> List[Cell]:
        over = self.book.measured(0) | self._passed
        return [cell for cell in cells if cell.block.key not in over][:BATCH]

    def _wanted(self, cell: Cell, stops: Stops) -> Set[str]:
        """Strategies to measure in a cell of the first session."""
        modeller, judgement = self.modellers[cell.block.stage], self.judgements.get(cell.block.stage)
        everyone = modeller.feasible(cell.block)
        if cell.full or judgement is None:
            compiled = self._worth_compiling(modeller) if cell.compiled else set()
            return (everyone - modeller.compiled) | (everyone & compiled)
        wanted = judgement.wanted(cell.block, stops.open(modeller.package_sets)) & self._promising(cell.block)
        if cell.audit:
            wanted |= judgement.audited(cell.block, big=cell.size_class == "big")
        if cell.held_out:
            wanted |= judgement.held_out(cell.block)
        if len(self.book.measured(0)) % CONTROL_EVERY == 0:
            wanted |= {self.control} & modeller.feasible(cell.block)
        return wanted

    def _worth_compiling(self, modeller: Modeller) -> Set[str]:
        """Strategies that are compiled for every shape, without those that led nowhere in the first cells with such.

        The audits look at these again.
        """
        met = [
            times
            for key, times in self.book.times.get(0, {}).items()
            if set(times) & modeller.compiled and self.book.blocks[0, key][0]["stage"] == modeller.stage
        ]
        if len(met) < CELLS_COMPILED_IN_FULL:
            return modeller.compiled
        near = (still_in_question(times, modeller.package_sets, WORTH_COMPILING) for times in met)
        return modeller.compiled & set().union(*near)

    def _promising(self, block: Block) -> Set[str]:
        """Strategies that may be the best of a stage by what is known of the sums alone."""
        modeller = self.modellers[block.stage]
        first = self.judgements.get(next(iter(self.modellers)))
        everyone = modeller.feasible(block)
        if modeller.fused is None or first is None:
            return everyone
        near = first.near(replace(block, stage=FIRST_STAGE), SUMS_WITHIN, SUMS_COMPILED_WITHIN)
        return everyone & (near | modeller.fused)

    def held_out(self, stage: str) -> Set[Hashable]:
        """Keys of the blocks that the model does not see before the end."""
        return {cell.block.key for cell in self.plan.of_stage(stage) if cell.held_out}

    def _judge(self, stage: str, cells: Sequence[Cell]) -> Optional[Dict[str, float]]:
        """Fit anew once all strategies have had their cells; returns the expected regret by package set."""
        done = self.book.measured(0)
        full = [cell for cell in cells if cell.full]
        if not done or any(cell.block.key not in done | self._passed for cell in full):
            return None
        judgement = self.modellers[stage].fit(self.book, self.held_out(stage))
        self.judgements[stage] = judgement
        expected, floor = judgement.expected_regret()
        count = sum(cell.block.key in done for cell in cells)
        self.stops.setdefault(stage, Stops()).judge(count, expected, floor, judgement.clear())
        return expected

    def _enough(self, stage: str, cells: Sequence[Cell]) -> bool:
        """Tell whether no package set needs another cell."""
        count = sum(cell.block.key in self.book.measured(0) for cell in cells)
        if count < min(FEWEST_CELLS, len(cells)) or stage not in self.judgements:
            return False
        return not self.stops[stage].open(self.modellers[stage].package_sets)

    # -- time ----------------------------------------------------------------------------------------------------
    def _elapsed(self) -> float:
        return self.clock() - self._began

    def _limit(self, stage: str) -> float:
        """Seconds that a stage and those before it may take, further sessions included."""
        share = FIRST_SHARE if stage == next(iter(self.modellers)) and len(self.modellers) > 1 else 1.0
        return share * self.plan.options.budget_s

    def _affordable(self, stage: str, batch: Sequence[Cell]) -> bool:
        """Tell whether there is time for a batch and for the further sessions of all that is measured by then."""
        again = self.plan.options.sessions - 1
        if self._too_few():
            return True
        known = any(
            not cell.full and cell.block.key in self.book.measured(0) for cell in self.plan.of_stage(stage)
        )
        pace = self._of_a_cell() * (1.0 if known or batch[0].full else LATER_COST)
        cost = pace * len(batch) * (1.0 + REPEATED_COST * again)
        if self._elapsed() + again * self._of_repeating() + cost <= self._limit(stage):
            return True
        self.say(f"  {self._elapsed():>4.0f} s  no time for further cells of stage {stage} within the budget")
        return False

    def _too_few(self) -> bool:
        """Tell whether there is no map yet, whatever the budget says."""
        over, first = self.book.measured(0) | self._passed, next(iter(self.modellers))
        return sum(cell.block.key in over for cell in self.plan.of_stage(first)) < self.plan.needed

    def _of_a_cell(self) -> float:
        recent = self._walls[-2 * BATCH :]
        return sum(recent) / len(recent) if recent else 0.0

    def _of_repeating(self) -> float:
        """Seconds that one further session of what is measured is likely to take."""
        return sum(self._repeated_cost(key) for key in self.book.times.get(0, {}))

    def _repeated_cost(self, key: Hashable) -> float:
        lines = self.book.blocks[0, key]
        sets = self.modellers[lines[0]["stage"]].package_sets
        open_ones = still_in_question(self.book.times[0][key], sets, OPEN_WITHIN)
        timed = sum(line.get("timed_s") or 0.0 for line in lines if line["impl"] in open_ones)
        compiling = sum(
            line.get("first_call_s") or 0.0
            for line in lines
            if line["impl"] in open_ones & self.modellers[lines[0]["stage"]].compiled
        )
        return timed - compiling + self._own_cost()

    def _own_cost(self) -> float:
        """Seconds of a cell outside timed calls, on the average."""
        timed = sum(line.get("timed_s") or 0.0 for line in self.book.lines if line["session"] == 0)
        return max(0.0, sum(self._walls) - timed) / len(self._walls) if self._walls else 0.0

    def _measure(self, cell: Cell, wanted: Set[str], session: int) -> None:
        started = self.clock()
        lines = self.measure(cell, sorted(wanted), session) if wanted else []
        if not lines:  # nothing can run there; it is not to be asked for again and again
            self._passed.add(cell.block.key)
        self.book.add(lines)
        if session == 0:
            self._walls.append(self.clock() - started)

    # -- words ---------------------------------------------------------------------------------------------------
    def left_s(self, stage: str, cells: Sequence[Cell]) -> float:
        """Seconds to the end at most, if every cell that is planned were measured."""
        done = self.book.measured(0)
        again = self.plan.options.sessions - 1
        waiting = sum(cell.block.key not in done for cell in self.plan.cells)
        pace = self._of_a_cell() * (1.0 + REPEATED_COST * again)
        return min(
            waiting * pace + again * self._of_repeating(),
            max(0.0, self.plan.options.budget_s - self._elapsed()),
        )

    def _tell(self, stage: str, cells: Sequence[Cell], regret: Optional[Dict[str, float]]) -> None:
        done = self.book.measured(0)
        batch = Batch(
            seconds=self._elapsed(),
            stage=stage,
            cells=sum(cell.block.key in done for cell in cells),
            most=len(cells),
            strategies=self.book.strategies_a_cell(stage),
            regret=regret,
            done=self.stops[stage].done,
            coming=self._next_batch(cells),
            left=self.left_s(stage, cells),
        )
        self.say(batch.line())

    def _tell_repeated(self, session: int, done: int, of: int) -> None:
        sessions = self.plan.options.sessions
        self.say(
            f"  {self._elapsed():>4.0f} s  session {session + 1} of {sessions}: {done} of {of} cells again"
        )
