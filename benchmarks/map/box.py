"""The box of sizes that a map covers, and points of a Sobol sequence in it.

A point has six coordinates: the four axes on a logarithmic scale, the precision and the labels. Every stretch of the
sequence is spread evenly over all six, so both precisions and both kinds of labels are met at all sizes. Sizes are
rounded to whole numbers and nothing rounder: a map of powers of two would flatter what likes powers of two.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Dict, Hashable, Iterator, List, Mapping, Set, Tuple

import numpy as np

from benchmarks.protocol.plan import MIB, Block

AXES: Mapping[str, Tuple[int, int]] = {"T": (1, 4096), "L": (8, 8192), "F": (4, 2048), "K": (2, 2048)}
DTYPES = ("float64", "float32")
LABELS = ("uniform", "skewed")
#: numbers in the larger of descriptors and sums, up to which a cell is small, or of middle size
SMALL, MIDDLE = 1 << 17, 1 << 20
EDGE = 0.7  # of the bytes that are allowed
CLASSES = ("small", "mid", "big")
STRETCH = 1024  # points that are drawn at a time
DIMENSIONS = len(AXES) + 2
LONGEST_SEARCH = 1 << 16  # points after which a box counts as empty
LONGEST_EDGE_SEARCH = 1 << 10  # blocks


@dataclass(frozen=True)
class Box:
    """Sizes that a map covers.

    Attributes
    ----------
    most_bytes : int
        Bytes of the descriptors, and of the sums, at most.
    most_products : int
        T*L*F*K at most: where centroids are assigned, every descriptor meets every one of them.
    stage : str
    """

    most_bytes: int = 64 * MIB
    most_products: int = 1 << 62
    stage: str = "aggregate"

    def holds(self, block: Block) -> bool:
        """Tell whether the arrays and the work of a block are small enough."""
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        products = cell["T"] * cell["L"] * cell["F"] * cell["K"]
        return numbers(block) * itemsize <= self.most_bytes and products <= self.most_products

    def edge(self, block: Block) -> Tuple[str, ...]:
        """Name the edges of the box that a block lies at: an array nearly as large as any, in one precision."""
        cell, itemsize = block.cell, np.dtype(block.dtype).itemsize
        rows = {"descriptors": cell["L"], "sums": cell["K"]}
        return tuple(
            f"{array} {block.dtype}"
            for array, count in rows.items()
            if cell["T"] * cell["F"] * count * itemsize >= EDGE * self.most_bytes
        )

    def block(self, point: Any) -> Block:
        """Return the block at a point of the unit cube; it may be too large for the box."""
        sizes = [scaled(float(u), *AXES[axis]) for u, axis in zip(point, AXES)]
        dtype, labels = DTYPES[int(point[4] * len(DTYPES))], LABELS[int(point[5] * len(LABELS))]
        return Block("vlad", self.stage, dtype, labels, 1, tuple(zip(AXES, sizes)))

    def blocks(self, seed: int) -> Iterator[Block]:
        """Blocks of the box in the order of the sequence, each once.

        Raises
        ------
        ValueError
            If the box holds too few sizes to go on.
        """
        met: Set[Hashable] = set()
        for number, point in enumerate(points(seed)):
            if number - len(met) > LONGEST_SEARCH:
                raise ValueError(
                    f"arrays of at most {self.most_bytes} bytes leave {len(met)} sizes to measure: allow more bytes"
                )
            block = self.block(point)
            if block.key not in met and self.holds(block):
                met.add(block.key)
                yield block


def scaled(u: float, low: int, high: int) -> int:
    """Return the whole size at the share `u` of the way from `low` to `high` on a logarithmic scale."""
    return min(high, max(low, round(low * (high / low) ** u)))


def numbers(block: Block) -> int:
    """Count of numbers in the larger of the descriptors and the sums."""
    cell = block.cell
    return cell["T"] * cell["F"] * max(cell["L"], cell["K"])


def size_class(block: Block) -> str:
    """Return ``small``, ``mid`` or ``big``."""
    count = numbers(block)
    return CLASSES[0] if count <= SMALL else CLASSES[1] if count <= MIDDLE else CLASSES[2]


def sobol_sequence() -> Any:
    """Return SciPy's Sobol sequence in the six coordinates, not scrambled: the same points in every version.

    Raises
    ------
    ValueError
        If SciPy is missing or too old to have one.
    """
    try:
        qmc = import_module("scipy.stats.qmc")
    except ImportError:
        raise ValueError(
            "the map takes its sizes from SciPy's Sobol sequence, which came with SciPy 1.7: "
            "install SciPy 1.7 or newer in this environment"
        ) from None
    return qmc.Sobol(DIMENSIONS, scramble=False)


def points(seed: int) -> Iterator[Any]:
    """Points of the unit cube, shifted by an amount that depends on the seed (a Cranley-Patterson rotation)."""
    sequence, shift = sobol_sequence(), np.random.default_rng(seed).random(DIMENSIONS)
    while True:
        for point in sequence.random(STRETCH):
            yield (point + shift) % 1.0


def in_classes(blocks: Iterator[Block], count: int, small_first: int, box: Box) -> List[Block]:
    """Take `count` blocks of a sequence: small ones first, then small, middle-sized and big ones in turn.

    Parameters
    ----------
    blocks : iterator of Block
    count : int
    small_first : int
        Small blocks before the first one of another class.
    box : Box
        Classes that do not fit into it are not waited for.
    """
    turn = [name for name in CLASSES if _room_for(name, box)]
    waiting: Dict[str, List[Block]] = {name: [] for name in CLASSES}
    taken: List[Block] = []
    while len(taken) < count:
        wanted = turn[0] if len(taken) < small_first else turn[(len(taken) - small_first) % len(turn)]
        while not waiting[wanted]:
            block = next(blocks)
            waiting[size_class(block)].append(block)
        taken.append(waiting[wanted].pop(0))
    return taken


def at_edges(box: Box, seed: int) -> List[Block]:
    """Blocks with arrays nearly as large as any in the box, one for each precision and array; none in a small box.

    What lies beyond all that was measured is a guess, and a sequence that fills the box leaves its edges to chance.
    """
    if not _room_for(CLASSES[-1], box):
        return []
    missing = [f"{array} {dtype}" for array in ("descriptors", "sums") for dtype in DTYPES]
    found = []
    for block in itertools.islice(box.blocks(seed), LONGEST_EDGE_SEARCH):
        here = [edge for edge in box.edge(block) if edge in missing]
        if here:
            found.append(block)
            missing = [edge for edge in missing if edge not in here]
        if not missing:
            break
    return found


def _room_for(name: str, box: Box) -> bool:
    """Tell whether a class of sizes has a fair share of a box: an octave of arrays in single precision."""
    least = 2 * {"small": 0, "mid": SMALL, "big": MIDDLE}[name]
    return 4 * least <= box.most_bytes and AXES["K"][0] * least <= box.most_products
