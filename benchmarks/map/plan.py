"""Which cells a map measures, in which order, and what each is for: known before anything is measured.

Small cells come first, and all strategies in the first of them; big cells are dear, and by then most strategies need
not be asked there. Beyond that the sequence decides and no rule that looks for boundaries: in replays none was better
than spreading evenly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Sequence, Tuple

from benchmarks.map.box import MIDDLE, SMALL, Box, at_edges, in_classes, numbers, size_class
from benchmarks.protocol.plan import MIB, Block, Budget, MeasurementSet

NAME = "Map"
SEED = 7
FEWEST_CELLS = 12  # fewer are not enough to fit anything to, some held out
FULL_CELLS = 32  # with all strategies
BATCH = 8
HELD_OUT_EVERY, HELD_OUT_AT = 8, 4
AUDIT_EVERY = 14
AUDITS_OF_A_NEW_CLASS = 2
WEIGHED = 12
LARGE_MAP = 96  # cells from which compiling for half of the first ones is affordable
ENCODE_SHARE = 4  # one cell end to end for so many of the sums alone
ENCODE_PRODUCTS = 1 << 30  # of T, L, F and K: some forty milliseconds of assignment on one core

#: a sample of each, three where the decision is open and nine where it stays so
BUDGET = Budget(
    min_sample_s=0.003,
    strategy_s=0.03,
    min_reps=3,
    max_reps=9,
    call_limit_s=0.5,
    memory_limit=1024 * MIB,
    race=True,
    other_inputs_bytes=2 * MIB,
)


@dataclass(frozen=True)
class Options:
    """What a person may choose.

    Attributes
    ----------
    budget_s : float
        Seconds after which no further cell is begun, in this process; but for those of the first stage without which
        there is no map (`MapPlan.needed`).
    sessions : int
    most_bytes : int
        Bytes of descriptors, and of sums, at most.
    cells : int
        Cells of the sums alone, at most; the stages end to end have a quarter of that in addition.
    reach : bool
        Whether the cells at the edges of the box are needed, too: what is not reached is outside the map.
    """

    budget_s: float = 360.0
    sessions: int = 3
    most_bytes: int = 64 * MIB
    cells: int = 96
    reach: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell of a map.

    Attributes
    ----------
    block : Block
    full : bool
        Whether every strategy that fits is measured there.
    compiled : bool
        Whether that includes what is compiled anew for every shape (JAX).
    audit : bool
        Whether strategies that the model thinks slow are measured too, to find out where it is wrong.
    held_out : bool
        Whether the model does not see it before the end: it then shows what the model is worth.
    weighed : bool
        Whether peak memory is taken.
    edge : bool
        Whether it lies at the edge of the box: the model is asked nothing far beyond such.
    """

    block: Block
    full: bool = False
    compiled: bool = True
    audit: bool = False
    held_out: bool = False
    weighed: bool = False
    edge: bool = False

    @property
    def size_class(self) -> str:
        """``small``, ``mid`` or ``big``."""
        return size_class(self.block)


@dataclass(frozen=True)
class MapPlan:
    """The cells of a map: the sums first, then end to end.

    Attributes
    ----------
    options : Options
    cells : tuple of Cell
    """

    options: Options
    cells: Tuple[Cell, ...]

    @property
    def measurement_set(self) -> MeasurementSet:
        """The same as the protocol's own kind of plan, by which an interrupted run is known again."""
        blocks = tuple(cell.block for cell in self.cells)
        weighed = tuple(cell.block for cell in self.cells if cell.weighed)
        return MeasurementSet(NAME, self.options.sessions, blocks, BUDGET, weighed=weighed)

    @property
    def boxes(self) -> List[Box]:
        """The box of each stage."""
        return boxes(self.options.most_bytes)

    @property
    def needed(self) -> int:
        """Cells of the first stage that are measured whatever the budget says."""
        edges = [place for place, cell in enumerate(self.of_stage(self.cells[0].block.stage), 1) if cell.edge]
        return max([FEWEST_CELLS, *edges]) if self.options.reach else FEWEST_CELLS

    def of_stage(self, stage: str) -> List[Cell]:
        """Cells of one stage in their order."""
        return [cell for cell in self.cells if cell.block.stage == stage]


def boxes(most_bytes: int) -> List[Box]:
    """Return the boxes of the stages, in the order in which they are measured."""
    return [Box(most_bytes), Box(most_bytes, ENCODE_PRODUCTS, "encode")]


def made(options: Options) -> MapPlan:
    """Plan a map.

    Raises
    ------
    ValueError
        If there are too few cells for a map, the box is too small for so many, or there is no Sobol sequence here.
    """
    if options.cells < FEWEST_CELLS:
        raise ValueError(
            f"a map needs {FEWEST_CELLS} cells or more, got {options.cells}: give it more --cells"
        )
    cells: List[Cell] = []
    for number, box in enumerate(boxes(options.most_bytes)):
        count = options.cells if number == 0 else options.cells // ENCODE_SHARE
        full = min(FULL_CELLS, count if number == 0 else count * 3 // 4)
        blocks = in_classes(box.blocks(SEED + number), count, full, box)
        every = 2 if options.cells >= LARGE_MAP else 3
        edges = at_edges(box, SEED + number)
        planned = assigned(with_edges(blocks, edges, full), full, every)
        cells += [replace(cell, edge=cell.block in edges) for cell in planned]
    return MapPlan(options, weighed(cells))


def with_edges(blocks: Sequence[Block], edges: Sequence[Block], full: int) -> List[Block]:
    """Put blocks at the edges of the box in the places of big ones, soon after all strategies had their cells.

    Never of the first big one, or of one that is held out.
    """
    found = list(blocks)
    big = [i for i in range(full, len(blocks)) if size_class(blocks[i]) == "big"]
    places = [i for i in big[1:] if i % HELD_OUT_EVERY != HELD_OUT_AT]
    if not places:  # a short list of cells has hardly a big one: its last ones, then
        places = [i for i in range(len(blocks) - 1, full, -1) if i % HELD_OUT_EVERY != HELD_OUT_AT][:2]
    for edge in edges:
        if not places:
            break
        if edge not in found:
            found[places.pop(0)] = edge
        elif found.index(edge) % HELD_OUT_EVERY == HELD_OUT_AT or found.index(edge) > places[0]:
            here, there = places.pop(0), found.index(edge)
            found[here], found[there] = edge, found[here]
    return found


def assigned(blocks: Sequence[Block], full: int, compiled_every: int = 2) -> List[Cell]:
    """Say of each block what it is for.

    Parameters
    ----------
    blocks : sequence of Block
    full : int
        Blocks with all strategies.
    compiled_every : int
        Of those, one in so many has the strategies that are compiled for every shape.
    """
    audits = set(_audits(blocks, full))
    return [
        Cell(
            block,
            full=index < full,
            compiled=index >= full or index % compiled_every == 0,
            audit=index in audits,
            held_out=index % HELD_OUT_EVERY == HELD_OUT_AT,
        )
        for index, block in enumerate(blocks)
    ]


def _audits(blocks: Sequence[Block], full: int) -> List[int]:
    """Return the indices of the audits: where a class of sizes is entered (its lesser half), and at regular places."""
    later = [index for index in range(full, len(blocks)) if index % HELD_OUT_EVERY != HELD_OUT_AT]
    first: List[int] = []
    for name, below in (("mid", SMALL), ("big", MIDDLE)):
        entered = [i for i in later if size_class(blocks[i]) == name and numbers(blocks[i]) <= 4 * below]
        first += entered[:AUDITS_OF_A_NEW_CLASS]
    return first + later[AUDIT_EVERY - 1 :: AUDIT_EVERY]


def weighed(cells: Sequence[Cell]) -> Tuple[Cell, ...]:
    """Choose the cells in which memory is weighed: spread over those where most strategies are measured."""
    candidates = [i for i, cell in enumerate(cells) if (cell.full and cell.compiled) or cell.audit]
    chosen = (
        {candidates[number * len(candidates) // WEIGHED] for number in range(WEIGHED)}
        if candidates
        else set()
    )
    return tuple(replace(cell, weighed=index in chosen) for index, cell in enumerate(cells))
