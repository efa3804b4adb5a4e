"""The claims' section of the page, as plain values for `page/templates/claims.html.j2`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from markupsafe import Markup

from reports import words
from reports.claims import verdicts
from reports.claims.evidence import Site
from reports.claims.figure import HEIGHT, WIDTH, draw_story, headline
from reports.claims.judge import of_site
from reports.claims.model import Claim, Entry
from reports.claims.paths import published_ratios
from reports.claims.sentences import shown
from reports.claims.write import Findings, near_limit
from reports.figures.svg import figure, svg_text

#: Class of a verdict's cell; those that are not here are told in plain text.
CLASSES = {
    verdicts.REPRODUCED: "kept",
    verdicts.DIRECTION_ONLY: "half",
    verdicts.NOT_REPRODUCED: "lost",
    verdicts.FLIPPED: "lost",
    verdicts.INCONCLUSIVE: "undecided",
    verdicts.NOT_TESTED: "undecided",
}


def section(findings: Findings) -> dict[str, Any] | None:
    """Everything the section shows; None where no claim was tested at all."""
    if not findings.tested:
        return None
    tested = {(e.machine, e.env) for e in findings.entries if e.verdict != verdicts.NOT_TESTED}
    sites = [site for site in findings.sites if (site.machine, site.env) in tested]
    absent = [site for site in findings.sites if site not in sites]
    entries = {(e.claim.id, e.variant.name, e.machine, e.env): e for e in findings.entries}
    return {
        "counts": _counts(findings, sites),
        "sites": [_site(site, findings) for site in sites],
        "absent": [{"site": site, "reason": _absence(site, findings)} for site in absent],
        "stories": _stories(findings),
        "claims": [_claim(claim, sites, entries, findings) for claim in findings.book.claims],
        "steps": [{"site": step.site, "sentence": step.sentence()} for step in findings.steps],
    }


def _counts(findings: Findings, sites: list[Site]) -> str:
    """How many verdicts of each kind there are."""
    found = Counter(
        entry.verdict for site in sites for entry in of_site(findings.entries, site.machine, site.env)
    )
    told = [f"{found[verdict]} {verdict.lower()}" for verdict in CLASSES if found[verdict]]
    where = words.count(len(sites), "environment")
    near = sum(
        near_limit(entry) for site in sites for entry in of_site(findings.entries, site.machine, site.env)
    )
    marked = (
        " An asterisk marks a verdict near a limit of the rule, which another run may move." if near else ""
    )
    return f"{words.count(len(findings.book.claims), 'claim')} in {where}: {words.listing(told)}.{marked}"


def _site(site: Site, findings: Findings) -> dict[str, str]:
    versions = findings.versions.get((site.machine, site.env), {})
    told = [f"{name} {versions[key]}" for key, name in NAMES.items() if key in versions]
    return {"machine": site.machine, "env": site.env, "versions": ", ".join(told)}


NAMES = {"python": "Python", "numpy": "NumPy", "scikit-learn": "scikit-learn"}


def _absence(site: Site, findings: Findings) -> str:
    """Why an environment has no column: its own reason, or that the sets were not run in it."""
    if site.reason:
        return site.reason
    reasons = Counter(entry.reason for entry in of_site(findings.entries, site.machine, site.env))
    return reasons.most_common(1)[0][0] if reasons else "nothing was measured"


def _stories(findings: Findings) -> list[dict[str, Any]]:
    """One figure a story and machine with two environments at least."""
    found = []
    for number, (story, table) in enumerate(zip(findings.book.stories, findings.stories, strict=True)):
        for place, (machine, rows) in enumerate(table.groupby("machine", sort=False)):
            if rows["env"].nunique() < 2:
                continue
            told = headline(rows, story)
            with figure(WIDTH, HEIGHT) as made:
                draw_story(made, rows, story, published_ratios(findings.book, story))
                # The text is made by matplotlib and rebuilt element by element: it holds no markup of others.
                svg = Markup(svg_text(made, f"story-{number}-{place}", f"{story.title}. {told}"))
            found.append({"title": told, "machine": machine, "svg": svg})
    return found


def _claim(
    claim: Claim, sites: list[Site], entries: dict[tuple[str, str, str, str], Entry], findings: Findings
) -> dict[str, Any]:
    source = findings.book.sources[claim.source]
    return {
        "claim": claim,
        "source": source,
        "variants": [
            _variant(variant.name, [entries[claim.id, variant.name, s.machine, s.env] for s in sites])
            for variant in claim.variants
        ],
    }


def _variant(name: str, entries: list[Entry]) -> dict[str, Any]:
    """A row; `untested` is the reason where the claim was tested nowhere, for one and the same reason."""
    reasons = {entry.reason if entry.verdict == verdicts.NOT_TESTED else "" for entry in entries}
    untested = reasons.pop() if len(reasons) == 1 else ""
    return {"name": name, "untested": untested, "cells": [_cell(entry) for entry in entries]}


def _cell(entry: Entry) -> dict[str, Any]:
    """A verdict with its number, interval and absolute base time."""
    value, ends = shown(entry)
    return {
        "verdict": entry.verdict.lower(),
        "near": near_limit(entry),
        "kind": CLASSES[entry.verdict],
        "measured": value,
        "interval": ends,
        "base": words.seconds(entry.base_seconds),
        "why": entry.reason if entry.verdict == verdicts.NOT_TESTED else "",
        "sentence": entry.sentence,
        "env": entry.env,
        "machine": entry.machine,
    }
