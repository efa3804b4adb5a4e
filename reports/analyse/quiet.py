"""Whether the machine was quiet while it measured: the A/A pair of every block, and the share of a core samples got.

A difference between strategies that is smaller than what two copies of one strategy differ by means nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from reports.load.model import CONTROL_SUFFIX, SETTING

#: As the verdicts: two copies farther apart than this would be called a win.
BAND = 1.05
#: Share of a core below which somebody else was computing.
LEAST_SHARE = 0.95
#: The longest sample of a block over its shortest; a minimum favours whoever has the shorter window.
EXPOSURE = 2.0


@dataclass(frozen=True)
class Quiet:
    """What the blocks of one setting or run tell of the machine; NaN where they tell nothing.

    Attributes
    ----------
    aa : float
        Best samples of the two copies of the control within a block, the larger over the smaller: the median block.
    share : float
        CPU time over wall time of a block's samples: the median block with one thread.
    unequal : float
        Share of blocks in which samples lasted unequally long, beyond `EXPOSURE`.
    """

    aa: float = math.nan
    share: float = math.nan
    unequal: float = math.nan

    @property
    def busy(self) -> bool:
        """Whether either sign speaks against believing small differences; False where there is none."""
        return self.aa > BAND or self.share < LEAST_SHARE

    def sentence(self) -> str:
        """What a reader is to know of the machine, without a full stop; empty where nothing is known."""
        told = [] if math.isnan(self.aa) else [f"A/A {100 * (self.aa - 1):.0f} % apart in the median block"]
        if not math.isnan(self.share):
            told.append(f"samples got {100 * self.share:.0f} % of a core")
        if not told:
            return ""
        signs = ", ".join(told)
        if not self.busy and math.isnan(self.share):  # the best samples alone cannot tell
            return signs
        if not self.busy:
            return f"this machine was quiet: {signs}"
        unequal = (
            f"; in {100 * self.unequal:.0f} % of the blocks samples lasted unequally long, which favours the short"
            if self.unequal > 0
            else ""
        )
        return f"this machine was busy: {signs}{unequal}"


def quiet_of(lines: pd.DataFrame, axes: tuple[str, ...]) -> Quiet:
    """Read the signs of the blocks in some lines.

    Parameters
    ----------
    lines : pandas.DataFrame
        Rows of `Workload.lines`.
    axes : tuple of str
        Axes of the workload.
    """
    block = [*SETTING, *axes, "session"]
    timed = lines[lines["status"] == "ok"]
    copies = timed[timed["impl"].str.endswith(CONTROL_SUFFIX)]
    copies = copies.assign(impl=copies["impl"].str.removesuffix(CONTROL_SUFFIX))
    pairs = copies.merge(timed, on=[*block, "impl"], suffixes=("", "_first"))
    apart = pairs[["best", "best_first"]].max(axis=1) / pairs[["best", "best_first"]].min(axis=1)
    blocks = timed.drop_duplicates(block)
    single = blocks[blocks["threads"] == 1]
    windows = blocks["exposure"].dropna()
    unequal = float((windows > EXPOSURE).mean()) if len(windows) else math.nan
    return Quiet(float(apart.median()), float(single["core_share"].median()), unequal)


def quiet_by_setting(lines: pd.DataFrame, axes: tuple[str, ...]) -> dict[tuple[object, ...], Quiet]:
    """`quiet_of` for each setting, by the values of `SETTING`."""
    groups = lines.groupby(list(SETTING), dropna=False)
    return {setting: quiet_of(part, axes) for setting, part in groups if isinstance(setting, tuple)}
