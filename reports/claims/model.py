"""What a claim is, where it is tested, and what comes of it: plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.claims.verdicts import ABOVE, BELOW, NOT_ABOVE

#: How a claim is judged -> what it needs beside `id`, `text`, `source`, `rule`, `note` and its variants.
RULES: dict[str, tuple[str, ...]] = {
    "ratio": ("numerator", "denominator", "published"),
    "tie": ("numerator", "denominator"),
    "faster": ("numerator", "denominator"),
    "slower": ("numerator", "denominator"),
    "no_better": ("numerator", "denominator"),
    "cause": ("numerator", "denominator", "lacking"),
    "gain": ("numerator", "denominator", "axis", "factor", "published"),
    "correctness": (),
    "region": ("subject", "against", "axis", "at_least", "beside"),
    "growth": ("subject", "factors"),
    "at_most": ("subject", "output"),
    "quantity": ("subject", "quantity", "published"),
    "less": ("subject", "against", "quantity"),
    "keeps": ("subject", "against", "quantity", "within"),
    "best_exact": ("baseline", "at_least"),
    "leading_memory": ("leading", "most_bytes"),
    "untested": ("because",),
}
#: Claims in words: their direction decides; `published` figures, where there are any, are answered beside it.
IN_WORDS = {"faster": ABOVE, "slower": BELOW, "no_better": NOT_ABOVE}
#: What a rule may be told besides; `against_place` (less) belongs to a variant, as places do.
OPTIONAL: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(IN_WORDS, ("published",)),
    "quantity": ("unit", "called"),
    "less": ("called",),
    "keeps": ("holds", "floor", "called"),
}
#: Rules whose number is no ratio: people read it as it is.
PLAIN = ("growth", "quantity", "keeps")


@dataclass(frozen=True)
class Place:
    """Cells to look at: a workload, the sets that may hold it, the setting, and sizes by axis.

    Attributes
    ----------
    name, title : str
        How `claims.toml` and people call it.
    workload : str
    benchmarks : tuple of str
        The first set that has the cell counts; sets are never merged.
    setting : dict
        Of `stage`, `dtype`, `labels`, `threads`.
    cell : dict
        Axis name to size.
    """

    name: str
    title: str
    workload: str
    benchmarks: tuple[str, ...]
    setting: Mapping[str, object]
    cell: Mapping[str, float]


@dataclass(frozen=True)
class Check:
    """One expectation of a correctness claim: `impl` at `place` is `right`, or wrong (false)."""

    place: Place
    impl: str
    right: bool


@dataclass(frozen=True)
class Variant:
    """One way to test a claim: at a place, or (correctness) by checks at several.

    `untested` says why it is not; `decided_by` names the package whose version decides it, where that is another one
    than environments are named by.
    """

    name: str
    place: Place | None
    checks: tuple[Check, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)
    untested: str = ""
    decided_by: str = ""


@dataclass(frozen=True)
class Claim:
    """A published claim.

    Attributes
    ----------
    id, text, source, note : str
    rule : str
        A key of `RULES`.
    settings : dict
        What the rule needs, e.g. numerator and denominator.
    figures : str
        The published figures with their spread, as people read them.
    published : float or None
        The published ratio, numerator's time over denominator's, or the published value of a quantity.
    published_reach : float
        Half width of the 95 % interval of log(published), from the spread it was published with; 0 without one.
    variants : tuple of Variant
    envs : str
        Regular expression of environments in which it can be tested; empty for all.
    elsewhere : str
        Why it cannot be tested in the others.
    """

    id: str
    text: str
    source: str
    note: str
    rule: str
    settings: Mapping[str, Any]
    figures: str
    published: float | None
    variants: tuple[Variant, ...]
    envs: str = ""
    elsewhere: str = ""
    published_reach: float = 0.0

    @property
    def published_interval(self) -> tuple[float, float]:
        """Ends of the published number's own 95 % interval; NaN where it came without a spread."""
        if self.published is None or not self.published_reach:
            return math.nan, math.nan
        reach = math.exp(self.published_reach)
        return self.published / reach, self.published * reach

    def setting(self, variant: Variant, key: str) -> Any:
        """What the rule needs, where a variant may say otherwise."""
        return variant.changes.get(key, self.settings.get(key))


@dataclass(frozen=True)
class Path:
    """A decomposition: the ratio of `start` to `end` as that of `start` to `through` times `through` to `end`."""

    id: str
    text: str
    start: str
    through: str
    end: str
    first: str
    second: str
    place: Place


@dataclass(frozen=True)
class Story:
    """The picture: ratios to `baseline` by version of the package `version`; `lines` maps strategies to their words."""

    title: str
    baseline: str
    version: str
    version_name: str
    lines: Mapping[str, str]
    place: Place


@dataclass(frozen=True)
class Book:
    """Everything `claims.toml` says."""

    claims: tuple[Claim, ...]
    paths: tuple[Path, ...]
    stories: tuple[Story, ...]
    sources: Mapping[str, Mapping[str, str]]


@dataclass
class Entry:
    """A verdict on one variant of one claim in one environment; NaN where there is no number.

    Attributes
    ----------
    measured, low, high : float
        What was measured, in the unit of the claim's `published` value, with its interval.
    direction, size : str
        The two answers of `reports.claims.verdicts`; empty where the claim has no such question, or was not tested.
    firm : bool
        Whether no limit of the rule is near: a second run is expected to decide alike.
    base_seconds : float
        Absolute time of the numerator (for most claims, of the loop).
    reason : str
        Why it was not tested, or what stands against it.
    cells : list of dict
        The map of a region, the axes of a growth, the checks of a correctness claim; what else a rule looked at.
    """

    claim: Claim
    variant: Variant
    machine: str
    env: str
    verdict: str
    measured: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    direction: str = ""
    size: str = ""
    firm: bool = True
    base_seconds: float = float("nan")
    reason: str = ""
    sentence: str = ""
    run: str = ""
    commit: str = ""
    benchmark: str = ""
    cells: list[dict[str, Any]] = field(default_factory=list)
