"""Decompositions and the story: ratios that belong together, by environment. The tables behind the pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from reports import words
from reports.analyse.intervals import TIE_RATIO
from reports.claims.evidence import Evidence, Interval, Site, Spot, ratio
from reports.claims.model import IN_WORDS, Book, Path, Story


@dataclass(frozen=True)
class Step:
    """A decomposition in one environment: the whole ratio and its two factors; `share` is the first one's part of it.

    Shares are of logarithms (factors multiply); NaN where the whole is a tie and there is nothing to share.
    """

    path: Path
    site: Site
    start_seconds: float
    whole: Interval
    first: Interval
    second: Interval
    share: float

    def sentence(self) -> str:
        """The decomposition in words."""
        path, factor = self.path, "{} × {}"
        product = factor.format(words.ratio(self.first.ratio).rstrip("×"), words.ratio(self.second.ratio))
        told = (
            f"{path.end} is {words.ratio(self.whole.ratio)} as fast as {path.start} "
            f"({words.seconds(self.start_seconds)}): {product}, {path.first} first, {path.second} second"
        )
        if math.isnan(self.share):
            return f"{told}."
        if 0 <= self.share <= 1:
            return f"{told}; {self.share:.0%} of the gain (of its logarithm) is {path.first}."
        against = path.second if self.share > 1 else path.first
        return f"{told}; {against} works against the gain."


def steps(book: Book, evidence: Evidence) -> list[Step]:
    """Every decomposition in every environment that has its three times."""
    found = []
    for path in book.paths:
        for site in evidence.sites():
            spot = next(evidence.spots(path.place, site), None) if site.available else None
            step = _step(path, site, spot) if spot else None
            if step is not None:
                found.append(step)
    return found


def _step(path: Path, site: Site, spot: Spot) -> Step | None:
    if any(math.isnan(spot.seconds(name)) for name in (path.start, path.through, path.end)):
        return None
    whole, first, second = (
        ratio(spot, *pair)
        for pair in ((path.start, path.end), (path.start, path.through), (path.through, path.end))
    )
    gain = math.log(whole.ratio)
    share = math.log(first.ratio) / gain if abs(gain) > math.log(TIE_RATIO) else math.nan
    return Step(path, site, spot.seconds(path.start), whole, first, second, share)


#: Columns of the story's table.
STORY = (
    "machine",
    "env",
    "version",
    "impl",
    "ratio",
    "low",
    "high",
    "seconds",
    "baseline_seconds",
    "status",
    "reason",
)


def story_table(story: Story, evidence: Evidence) -> pd.DataFrame:
    """Ratio of the baseline's time to each line's by environment, oldest first; columns `STORY`."""
    rows = []
    for site in evidence.sites():
        spot = next(evidence.spots(story.place, site), None) if site.available else None
        if spot is None:
            continue
        version = evidence.versions(site).get(story.version, "")
        for impl in story.lines:
            found = ratio(spot, story.baseline, impl)
            numbers = (found.ratio, found.low, found.high, spot.seconds(impl), spot.seconds(story.baseline))
            rows.append((site.machine, site.env, version, impl, *numbers, *spot.outcome(impl)))
    table = pd.DataFrame(rows, columns=list(STORY))
    order = table["version"].map(version_key)
    return (
        table.assign(order=order)
        .sort_values(["machine", "order", "env"], kind="stable")
        .drop(columns="order")
    )


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, for sorting."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def flips(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs of neighbouring versions between which one line changes sides of the tie band, whole interval each.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of one strategy on one machine, in the order of versions; a version without a decided side is passed over.
    """
    found, last = [], None
    for row in rows.itertuples():
        low, high = float(row.low), float(row.high)  # type: ignore[arg-type]
        side = 1 if low > TIE_RATIO else -1 if high < 1 / TIE_RATIO else 0
        if side and last and side != last[0]:
            found.append((last[1], str(row.version)))
        if side:
            last = (side, str(row.version))
    return found


def published_ratios(book: Book, story: Story) -> dict[str, float]:
    """The published value of each line, from the claims that compare it with the story's baseline."""
    found: dict[str, float] = {}
    for claim in book.claims:
        if (
            claim.rule in ("ratio", *IN_WORDS)
            and claim.published
            and claim.settings.get("numerator") == story.baseline
        ):
            found.setdefault(str(claim.settings["denominator"]), claim.published)
    return {impl: value for impl, value in found.items() if impl in story.lines}
