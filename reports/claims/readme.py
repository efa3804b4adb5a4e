"""The README's account of the claims: the story as a picture, and a table of verdicts, from the published results."""

from __future__ import annotations

import io
import math
from pathlib import Path as File

import pandas as pd
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reports import words
from reports.claims import verdicts
from reports.claims.beside import changes
from reports.claims.evidence import Site
from reports.claims.figure import HEIGHT, WIDTH, draw_story, headline
from reports.claims.model import IN_WORDS, Book, Claim, Entry, Path, Story
from reports.claims.paths import published_ratios
from reports.claims.sentences import glimpse, shown, size_words
from reports.claims.write import Findings, decider, near_limit
from reports.figures.style import DARK, PAPERS
from reports.figures.svg import SETTINGS

BEGIN, END = "<!-- eras:begin -->", "<!-- eras:end -->"
PICTURE = "story-{}.svg"
NOTHING_YET = "No results of the time machine are published here yet; `make eras` measures yours."


def story_of(findings: Findings) -> tuple[Story, pd.DataFrame] | None:
    """The first story and its rows on the machine with most environments; None with fewer than two of them."""
    for story, table in zip(findings.book.stories, findings.stories, strict=True):
        counts = table.groupby("machine", sort=False)["env"].nunique()
        if len(counts) and counts.max() > 1:
            return story, table[table["machine"] == counts.idxmax()]
    return None


def write_pictures(findings: Findings, folder: File) -> list[File]:
    """Write the story for light and dark pages; returns the files, none where there is no story to tell."""
    found = story_of(findings)
    if found is None:
        return []
    story, rows = found
    published = published_ratios(findings.book, story)
    written = []
    for theme, paper in PAPERS.items():
        path, buffer = folder / PICTURE.format(theme), io.StringIO()
        with rc_context({**SETTINGS, **(DARK if theme == "dark" else {})}):
            made = Figure(figsize=(WIDTH, HEIGHT))
            FigureCanvasSVG(made)
            draw_story(made, rows, story, published, dark=theme == "dark")
            made.savefig(buffer, format="svg", metadata={"Date": None}, facecolor=paper)
        path.write_text(buffer.getvalue(), encoding="utf-8")
        written.append(path)
    return written


def block(findings: Findings, folder: File) -> str:
    """Markdown: the picture, what it shows, the verdicts, and what the best published speedup is made of."""
    found = story_of(findings)
    if found is None:
        return NOTHING_YET
    story, rows = found
    machine = str(rows["machine"].iloc[0])
    told = headline(rows, story)
    light, dark = ((folder / PICTURE.format(theme)).as_posix() for theme in ("light", "dark"))
    return "\n".join(
        [
            "<picture>",
            f'  <source media="(prefers-color-scheme: dark)" srcset="{dark}">',
            f'  <img alt="{told}" src="{light}">',
            "</picture>",
            "",
            f"*{told}. Speed over the published loop, measured as published on `{machine}`; bars are 95 % intervals "
            "over sessions, open signs the published values.*",
            "",
            *beside(story, rows, findings),
            *table(findings, machine),
            "",
            *(decomposition(path, findings, machine) for path in findings.book.paths),
        ]
    )


def beside(story: Story, rows: pd.DataFrame, findings: Findings) -> list[str]:
    """Markdown: what else differs between the environments that the columns name by one package."""
    found = changes(story, rows, findings.stacks)
    if found is None:
        return []
    return [
        f"{' '.join(found.sentences)} Columns are named by {story.version_name} alone; this is what each of them "
        "computes with:".lstrip(),
        "",
        f"| {' | '.join(found.columns)} |",
        f"|{'---|' * len(found.columns)}",
        *(f"| {' | '.join(row)} |" for row in found.rows),
        "",
    ]


def decomposition(path: Path, findings: Findings, machine: str) -> str:
    """One sentence: the two factors in each environment, and between what and what the first one's share lies."""
    steps = [step for step in findings.steps if step.path == path and step.site.machine == machine]
    if not steps:
        return ""
    factors = (
        f"{words.ratio(step.first.ratio).rstrip('×')} × {words.ratio(step.second.ratio).rstrip('×')} "
        f"({_head(step.site, findings)})"
        for step in steps
    )
    shares = [step.share for step in steps if not math.isnan(step.share)]
    told = f"{path.text}, in two factors, {path.first} and {path.second}: {words.listing(factors)}."
    if not shares or min(shares) < 0 or max(shares) > 1:
        return told
    return f"{told} So {min(shares):.0%} to {max(shares):.0%} of the gain (of its logarithm) is {path.first}."


def table(findings: Findings, machine: str) -> list[str]:
    """Markdown rows: claims of the stories' sources in every variant, a column for each environment of the stories.

    What was tested in none of them stands below, with its reason.
    """
    envs = {str(env) for story in findings.stories for env in story["env"]}
    sites = [site for site in findings.sites if site.machine == machine and site.env in envs]
    entries = {(e.claim.id, e.variant.name, e.env): e for e in findings.entries if e.machine == machine}
    lines = [
        f"| claim | tested | {' | '.join(_head(site, findings) for site in sites)} |",
        f"|---|---|{'---|' * len(sites)}",
    ]
    untested: dict[tuple[str, str], list[str]] = {}
    told = _sources_of_the_stories(findings.book)
    for claim in (claim for claim in findings.book.claims if claim.source in told):
        text = claim.text + (f" *({_published(claim)})*" if claim.figures else "")
        for variant in claim.variants:
            row = [entries[claim.id, variant.name, site.env] for site in sites]
            if all(entry.verdict == verdicts.NOT_TESTED for entry in row):
                reason = "; ".join(filter(None, (row[-1].reason.rstrip("."), glimpse(row))))
                untested.setdefault((claim.text, reason), []).append(variant.name)
                continue
            lines.append(f"| {text} | {variant.name} | {' | '.join(_cell(e, findings) for e in row)} |")
            text = ""
    return [*lines, "", *_legend(lines), *_untested(untested)]


def _published(claim: Claim) -> str:
    """The published figures, and the ratio that two times make."""
    times = "±" in claim.figures and claim.published is not None
    return f"{claim.figures}: {words.ratio(claim.published or math.nan)}" if times else claim.figures


def _legend(lines: list[str]) -> list[str]:
    """Say how to read the cells."""
    text = (
        "A number is the speed over what the claim starts from. A claim in words is judged by its direction; the size "
        "that was published with it is a second answer, behind the number: the same (our interval, with the published "
        "spread added to it, within a factor of 1.25 of the published ratio), another, or open. A claim that states a "
        "size is reproduced only by both; *direction only* is another size, *inconclusive on size* an open one."
    )
    if any(line.count(r" \*") for line in lines):
        text += r" \* near a limit of the rule: another run may move it."
    return [text]


def _untested(found: dict[tuple[str, str], list[str]]) -> list[str]:
    """List what no environment tested, with the reason."""
    if not found:
        return []
    told = (f"- {text} *{words.listing(names)}*: {reason}." for (text, reason), names in found.items())
    return ["", "Not tested:", "", *told]


def _sources_of_the_stories(book: Book) -> set[str]:
    """Who made claims about what the stories are about; what others said of other computations is on the page."""
    workloads = {story.place.workload for story in book.stories}
    told = set()
    for claim in book.claims:
        for variant in claim.variants:
            places = [variant.place, *(check.place for check in variant.checks)]
            if any(place and place.workload in workloads for place in places):
                told.add(claim.source)
    return told


def _head(site: Site, findings: Findings) -> str:
    versions = findings.versions.get((site.machine, site.env), {})
    return f"NumPy {versions.get('numpy', '?')}"


def _cell(entry: Entry, findings: Findings) -> str:
    """A verdict with its number, the size beside it, and the version that decides where that is not the column's."""
    number = "" if entry.claim.rule in ("growth", "region") else shown(entry)[0]
    size = size_words(entry) if entry.claim.rule in IN_WORDS else ""
    by = decider(entry, findings.versions)
    told = f"{entry.verdict.lower()} {number}".strip() + (f", {size}" if size else "")
    return (f"{by}: " if by else "") + told + (r" \*" if near_limit(entry) else "")
