"""The claims' section of the page, as plain values for `page/templates/claims.html.j2`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
from markupsafe import Markup

from reports import words
from reports.claims import verdicts
from reports.claims.beside import changes
from reports.claims.evidence import Site
from reports.claims.figure import HEIGHT, WIDTH, draw_story, headline, marks
from reports.claims.judge import of_site
from reports.claims.model import IN_WORDS, Claim, Entry, Story
from reports.claims.paths import published_ratios
from reports.claims.sentences import glimpse, shown, size_words
from reports.claims.write import Findings, decider, near_limit
from reports.figures.svg import figure, svg_text
from reports.load.bounds import told as sentence_of

#: Class of a verdict's cell; those that are not here are told in plain text.
CLASSES = {
    verdicts.REPRODUCED: "kept",
    verdicts.DIRECTION_ONLY: "half",
    verdicts.INCONCLUSIVE_ON_SIZE: "half",
    verdicts.NOT_REPRODUCED: "lost",
    verdicts.FLIPPED: "lost",
    verdicts.INCONCLUSIVE: "undecided",
    verdicts.NOT_TESTED: "undecided",
}
#: Letters of the reason why a picture could not be drawn.
LONGEST_TROUBLE = 200
#: With a smaller share of the claims tested, the section is folded.
UNFOLDED = 1 / 3


def section(findings: Findings) -> dict[str, Any] | None:
    """Everything the section shows; None where no claim was tested at all."""
    if not findings.tested:
        return None
    tested = {(e.machine, e.env) for e in findings.entries if e.verdict != verdicts.NOT_TESTED}
    sites = [site for site in findings.sites if (site.machine, site.env) in tested]
    absent = [site for site in findings.sites if site not in sites]
    claims = [claim for claim in findings.book.claims if _tested(findings, claim)]
    return {
        "counts": _counts(findings, sites, len(claims)),
        "folded": len(claims) < UNFOLDED * len(findings.book.claims),
        "absent": [{"site": site, "reason": _absence(site, findings)} for site in absent],
        "stories": _stories(findings),
        "tables": [
            _table(source, claims, sites, findings) for source in dict.fromkeys(c.source for c in claims)
        ],
        "untested": [_untested(claim, findings) for claim in findings.book.claims if claim not in claims],
        "steps": [{"site": step.site, "sentence": step.sentence()} for step in findings.steps],
    }


def _tested(findings: Findings, claim: Claim) -> list[Entry]:
    """The entries of a claim that have a verdict."""
    return [e for e in findings.entries if e.claim is claim and e.verdict != verdicts.NOT_TESTED]


def _counts(findings: Findings, sites: list[Site], tested: int) -> str:
    """How many claims were tested, and how many verdicts of each kind there are."""
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
    return (
        f"{tested} of {words.count(len(findings.book.claims), 'claim')} tested in {where}; of all variants in all of "
        f"them {words.listing(told)}.{marked}"
    )


def _table(source: str, claims: list[Claim], sites: list[Site], findings: Findings) -> dict[str, Any]:
    """The tested claims of one source, and the environments in which any of them was tested."""
    own = [claim for claim in claims if claim.source == source]
    tested = {(e.machine, e.env) for claim in own for e in _tested(findings, claim)}
    columns = [site for site in sites if (site.machine, site.env) in tested]
    entries = {(e.claim.id, e.variant.name, e.machine, e.env): e for e in findings.entries}
    return {
        "source": findings.book.sources[source],
        "sites": [_site(site, findings) for site in columns],
        "claims": [_claim(claim, columns, entries, findings) for claim in own],
    }


def _untested(claim: Claim, findings: Findings) -> dict[str, str]:
    """A claim that was tested nowhere, with the reason that most of its entries give."""
    found = [entry for entry in findings.entries if entry.claim is claim]
    reason = Counter(entry.reason for entry in found).most_common(1)[0][0].rstrip(".")
    seen = (
        f"{variant.name}: {told}"
        for variant in claim.variants
        if (told := glimpse(entry for entry in found if entry.variant is variant))
    )
    return {"text": claim.text, "reason": "; ".join([reason, *seen])}


def _site(site: Site, findings: Findings) -> dict[str, str]:
    """An environment as the head of a column; the story's table has the rest of what it computes with."""
    found = findings.stacks.get((site.machine, site.env), {})
    several = len({each.machine for each in findings.sites}) > 1
    told = [site.machine] if several else []
    told += [f"{name} {found[name]}" for name in HEAD if name in found]
    return {"machine": site.machine, "env": site.env, "versions": ", ".join(told)}


HEAD = ("Python", "NumPy", "scikit-learn")


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
            published = published_ratios(findings.book, story)
            svg, trouble = _drawn(f"story-{number}-{place}", f"{story.title}. {told}", rows, story, published)
            also = changes(story, rows, findings.stacks)
            found.append({"title": told, "machine": machine, "svg": svg, "trouble": trouble, "changes": also})
    return found


def _drawn(
    name: str, title: str, rows: pd.DataFrame, story: Story, published: dict[str, float]
) -> tuple[Markup | None, str]:
    """The picture of a story, or why there is none: no picture is worth a site."""
    try:
        with figure(WIDTH, HEIGHT) as made:
            draw_story(made, rows, story, published)
            # The text is made by matplotlib and rebuilt element by element: it holds no markup of others.
            return Markup(svg_text(made, name, title, marks(made.axes[0], rows, story))), ""
    except Exception as problem:
        return None, sentence_of(f"{type(problem).__name__}: {problem}", LONGEST_TROUBLE)


def _claim(
    claim: Claim, sites: list[Site], entries: dict[tuple[str, str, str, str], Entry], findings: Findings
) -> dict[str, Any]:
    return {
        "claim": claim,
        "variants": [
            _variant(
                variant.name,
                [entries[claim.id, variant.name, s.machine, s.env] for s in sites],
                findings,
            )
            for variant in claim.variants
        ],
    }


def _variant(name: str, entries: list[Entry], findings: Findings) -> dict[str, Any]:
    """A row; `untested` is the reason where the claim was tested nowhere, for one and the same reason."""
    reasons = {entry.reason if entry.verdict == verdicts.NOT_TESTED else "" for entry in entries}
    untested = reasons.pop() if len(reasons) == 1 else ""
    untested += f"; {seen}" if untested and (seen := glimpse(entries)) else ""
    return {"name": name, "untested": untested, "cells": [_cell(entry, findings) for entry in entries]}


def _cell(entry: Entry, findings: Findings) -> dict[str, Any]:
    """A verdict with its number, interval, absolute base time, and what stands beside it."""
    value, ends = shown(entry)
    return {
        "verdict": entry.verdict.lower(),
        "near": near_limit(entry),
        "kind": CLASSES[entry.verdict],
        "size": size_words(entry) if entry.claim.rule in IN_WORDS else "",
        "decider": decider(entry, findings.versions),
        "measured": value,
        "interval": ends,
        "base": words.seconds(entry.base_seconds),
        "why": entry.reason if entry.verdict == verdicts.NOT_TESTED else "",
        "sentence": entry.sentence,
        "env": entry.env,
        "machine": entry.machine,
    }
