"""Was the machine quiet enough to be believed: three signs that each block records, and what to say of them.

The share of a core that a sample got (CPU time over wall time), how often the kernel took the core away, and how far
apart two copies of one strategy came out. A minimum favours whoever has the shorter window, so it matters on a busy
machine that all samples of a block last about as long. Nothing is filtered on: it is recorded, and said.
"""

from __future__ import annotations

from statistics import median
from typing import Any, Dict, Iterable, List, Optional

from benchmarks.protocol.plan import CONTROL_SUFFIX

BAND = 1.05  # two copies of one strategy that are farther apart than this would be a win or a loss
LEAST_SHARE = 0.95  # of a core
EXPOSURE = 2.0  # the longest sample of a block over its shortest


def of_block(lines: Iterable[Dict[str, Any]], single: bool) -> Dict[str, Optional[float]]:
    """What the samples of one block tell of the machine.

    Parameters
    ----------
    lines : iterable of dict
        Journal lines, with ``cpu_over_wall`` beside ``seconds``.
    single : bool
        Whether one thread was planned: only then is a whole core all that a sample can get.

    Returns
    -------
    dict
        ``aa``: the fastest samples of the A/A pair, the larger over the smaller. ``cpu_over_wall``: the share
        of a core that the samples on the host got, all together. ``exposure``: the longest sample over the shortest.
        None = unknown.
    """
    timed = [line for line in lines if line["status"] == "ok" and line["seconds"]]
    best = {line["impl"]: min(line["seconds"]) for line in timed}
    pairs = [
        (best[name[: -len(CONTROL_SUFFIX)]], best[name]) for name in best if name.endswith(CONTROL_SUFFIX)
    ]
    shares = [
        (share * line["number"] * seconds, line["number"] * seconds)
        for line in timed
        if not line.get("device") or line["device"].endswith("cpu")
        for share, seconds in zip(line.get("cpu_over_wall", []), line["seconds"])
    ]
    wall = sum(seconds for _, seconds in shares)
    windows = [line["number"] * seconds for line in timed for seconds in line["seconds"]]
    return {
        "aa": round(max(max(pair) / min(pair) for pair in pairs), 4) if pairs else None,
        "cpu_over_wall": round(sum(used for used, _ in shares) / wall, 4) if wall and single else None,
        "exposure": round(max(windows) / min(windows), 2) if windows else None,
    }


def busy(aa: Optional[float], share: Optional[float]) -> bool:
    """Tell whether either sign speaks against believing small differences."""
    return (aa is not None and aa > BAND) or (share is not None and share < LEAST_SHARE)


def signs(aa: Optional[float], share: Optional[float], several: bool) -> str:
    """The two signs in words."""
    middle = " in the median block" if several else ""
    told: List[str] = []
    if aa is not None:
        told.append(f"A/A {100 * (aa - 1):.0f} % apart{middle}")
    if share is not None:
        told.append(f"samples got {100 * share:.0f} % of a core")
    return ", ".join(told)


def verdict(noises: Iterable[Dict[str, Any]]) -> str:
    """One sentence on a run: whether this machine was too busy to be believed; empty where nothing is known.

    Parameters
    ----------
    noises : iterable of dict
        ``noise`` of each block.
    """
    noises = list(noises)
    middle: Dict[str, Optional[float]] = {}
    for name in ("aa", "cpu_over_wall"):
        known = [noise[name] for noise in noises if noise.get(name) is not None]
        middle[name] = median(known) if known else None
    aa, share = middle["aa"], middle["cpu_over_wall"]
    told = signs(aa, share, len(noises) > 1)
    if not told:
        return ""
    if not busy(aa, share):
        return f"this machine was quiet: {told}"
    apart = max((aa or 1.0) - 1, BAND - 1)
    return f"this machine was busy: {told}; differences below {100 * apart:.0f} % mean nothing here"


def warnings_of_block(noise: Dict[str, Any]) -> List[str]:
    """What is to be said below the table of one block."""
    aa, share, exposure = (noise.get(name) for name in ("aa", "cpu_over_wall", "exposure"))
    found = [verdict([noise])] if busy(aa, share) else []
    if exposure is not None and exposure > EXPOSURE:
        found.append(
            f"samples lasted unequally long, {exposure:.3g} times apart: where the machine is busy, the shortest win"
        )
    return found
