"""Entries -> `data/claims.json`, the tables behind the pictures, and a table for the terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from reports import words
from reports.analyse.views import Analysis
from reports.claims import verdicts
from reports.claims.beside import stack
from reports.claims.evidence import Evidence, Site, read_record
from reports.claims.judge import judge
from reports.claims.load import read_book
from reports.claims.model import IN_WORDS, Book, Entry
from reports.claims.paths import Step, steps, story_table
from reports.claims.sentences import shown, size_words
from reports.load.model import Results
from reports.tables import write_csv

#: Stands behind a verdict that lies near a limit.
NEAR = " *"


@dataclass(frozen=True)
class Findings:
    """Everything there is to say on the claims."""

    book: Book
    sites: list[Site]
    entries: list[Entry]
    steps: list[Step]
    stories: list[pd.DataFrame]
    versions: dict[tuple[str, str], dict[str, str]]
    workloads: frozenset[str]
    stacks: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    @property
    def concerned(self) -> bool:
        """Whether the results hold any workload that a claim is about."""
        places = [variant.place for claim in self.book.claims for variant in claim.variants]
        return any(place.workload in self.workloads for place in places if place)

    @property
    def tested(self) -> bool:
        """Whether any claim was tested anywhere."""
        return any(entry.verdict != verdicts.NOT_TESTED for entry in self.entries)


def find(results: Results, analyses: dict[str, Analysis], folder: Path, book: Book | None = None) -> Findings:
    """Judge all claims on what a results folder holds.

    Parameters
    ----------
    results : Results
    analyses : dict
        Analysis by the name of its workload.
    folder : Path
        The results folder, for the time machine's record.
    book : Book, optional
        The claims; by default those of `claims.toml`.

    Raises
    ------
    ValueError
        The claims or the record cannot be read.
    """
    book = book or read_book()
    evidence = Evidence(results, analyses, read_record(folder))
    sites = evidence.sites()
    return Findings(
        book,
        sites,
        judge(book, evidence),
        steps(book, evidence),
        [story_table(story, evidence) for story in book.stories],
        {(site.machine, site.env): evidence.versions(site) for site in sites},
        frozenset(analyses),
        {(site.machine, site.env): stack(evidence.versions(site), evidence.facts(site)) for site in sites},
    )


def as_record(entry: Entry, versions: dict[str, str]) -> dict[str, Any]:
    """One entry of `claims.json`; numbers that there are none of are null."""
    claim, variant = entry.claim, entry.variant
    published_low, published_high = claim.published_interval
    return _plain(
        {
            **{"id": claim.id, "text": claim.text, "source": claim.source, "published": claim.published},
            **{"variant": variant.name, "env": entry.env, "measured": entry.measured},
            **{"low": entry.low, "high": entry.high, "verdict": entry.verdict},
            **{"direction": entry.direction or None, "size": entry.size or None, "firm": entry.firm},
            **{"published_low": published_low, "published_high": published_high},
            **{"machine": entry.machine, "rule": claim.rule, "published_figures": claim.figures},
            **{
                key: claim.setting(variant, key)
                for key in ("numerator", "denominator", "subject", "against", "quantity")
            },
            **{"base_seconds": entry.base_seconds, "reason": entry.reason, "sentence": entry.sentence},
            **{"note": claim.note, "benchmark": entry.benchmark, "run": entry.run, "commit": entry.commit},
            **{"decided_by": variant.decided_by or None, "versions": versions, "cells": entry.cells},
        }
    )


def _plain(value: Any) -> Any:
    """JSON knows no NaN: null in its place, and NumPy's numbers as Python's."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_findings(folder: Path, findings: Findings) -> list[Path]:
    """Write `claims.json`, `claims_decomposition.csv` and `claims_story.csv` into a folder; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    records = [
        as_record(entry, findings.versions.get((entry.machine, entry.env), {})) for entry in findings.entries
    ]
    paths = [folder / name for name in ("claims.json", "claims_decomposition.csv", "claims_story.csv")]
    text = json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False)
    paths[0].write_text(text + "\n", encoding="utf-8")
    write_csv(paths[1], pd.DataFrame([step_row(step) for step in findings.steps], columns=list(STEP)))
    write_csv(paths[2], pd.concat(findings.stories) if findings.stories else pd.DataFrame())
    return paths


STEP = (
    *("id", "machine", "env", "start_seconds"),
    *(f"{name}{end}" for name in ("whole", "first", "second") for end in ("", "_low", "_high")),
    "share_of_first",
)


def step_row(step: Step) -> dict[str, object]:
    """A decomposition as a row; columns `STEP`."""
    row: dict[str, object] = {"id": step.path.id, "machine": step.site.machine, "env": step.site.env}
    for name, found in (("whole", step.whole), ("first", step.first), ("second", step.second)):
        row |= {name: found.ratio, f"{name}_low": found.low, f"{name}_high": found.high}
    return row | {"start_seconds": step.start_seconds, "share_of_first": step.share}


def as_text(findings: Findings) -> Iterator[str]:
    """Lines for the terminal: by claim and variant, a verdict and a sentence for every environment.

    Of a claim in words the answer on the size stands in a column of its own.
    """
    for claim, group in groupby(findings.entries, key=lambda entry: entry.claim):
        figures = f"  [{claim.figures}]" if claim.figures else ""
        yield f"\n{claim.id}: {claim.text}{figures}"
        for variant, entries in groupby(group, key=lambda entry: entry.variant):
            yield f"  {variant.name}"
            for alike in untested_together(list(entries)):
                entry = alike[0]
                where = entry.env if len(alike) == 1 else words.count(len(alike), "environment")
                by = "" if entry.verdict == verdicts.NOT_TESTED else decider(entry, findings.versions)
                yield f"    {where:<24} {_answers(entry)} {f'{by}: ' if by else ''}{entry.sentence}"
    for step in findings.steps:
        yield f"\n{step.path.text}, {step.site.env}: {step.sentence()}"
    counts = pd.Series([entry.verdict for entry in findings.entries], dtype=object).value_counts()
    near = sum(map(near_limit, findings.entries))
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    yield f"\n{told}; {near} of the verdicts lie near a limit of the rule (*): another run may move them"


def _answers(entry: Entry) -> str:
    """Two columns: the verdict, marked where it lies near a limit, and the size where words alone were judged."""
    beside = size_words(entry) if entry.claim.rule in IN_WORDS else ""
    return f"{entry.verdict + (NEAR if near_limit(entry) else ''):<22} {beside:<12}"


def untested_together(entries: list[Entry]) -> list[list[Entry]]:
    """Entries of one variant; those that were not tested for one and the same reason stand together, in one place."""
    found: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        alone = entry.verdict != verdicts.NOT_TESTED
        key = (entry.machine, entry.env) if alone else (entry.sentence,)
        found.setdefault(key, []).append(entry)
    return list(found.values())


def near_limit(entry: Entry) -> bool:
    """Whether a verdict was given that another run may move."""
    return entry.verdict in (*verdicts.DECIDED, verdicts.INCONCLUSIVE_ON_SIZE) and not entry.firm


def decider(entry: Entry, versions: Mapping[tuple[str, str], Mapping[str, str]]) -> str:
    """`scikit-learn 1.9.1` where that package's version decides an entry; empty where environments say it all."""
    package = entry.variant.decided_by
    version = versions.get((entry.machine, entry.env), {}).get(package, "?")
    return f"{package} {version}" if package else ""


@dataclass(frozen=True)
class Disagreement:
    """A claim that two runs do not decide alike."""

    first: Entry
    second: Entry

    @property
    def firm(self) -> bool:
        """Whether both runs have decided firmly: one of them is wrong, or the machine is another one."""
        return self.first.firm and self.second.firm

    def sentence(self) -> str:
        """Both verdicts with their numbers."""
        told = " and ".join(f"{each.verdict} ({shown(each)[0]})" for each in (self.first, self.second))
        return f"{self.first.claim.id}, {self.first.variant.name}, {self.first.env}: {told}"


def disagreements(first: Iterable[Entry], second: Iterable[Entry]) -> Iterator[Disagreement]:
    """Where two runs contradict each other; what either leaves open, size or all, is no disagreement.

    An entry is compared with that of the same machine and environment; where the second run has none, with that of
    another machine.
    """
    others: dict[tuple[str, ...], Entry] = {}
    for each in second:
        key = (each.claim.id, each.variant.name, each.env)
        others |= {key: each, (*key, each.machine): each}
    for entry in first:
        key = (entry.claim.id, entry.variant.name, entry.env)
        other = others.get((*key, entry.machine)) or others.get(key)
        if other is not None and verdicts.contradict(entry.verdict, other.verdict):
            yield Disagreement(entry, other)
