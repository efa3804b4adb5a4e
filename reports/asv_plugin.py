"""asv plugin: `asv publish` writes this report to `html/report/` and makes it what a reader sees first.

Load it with `"plugins": [".reports.asv_plugin"]` in asv.conf.json. asv imports plugins in every command, so pandas
and matplotlib are imported only while publishing, and a missing one costs the report, never asv's own pages.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from asv.console import log
from asv.publishing import OutputPublisher

#: asv's own page moves here, so that `index.html` can lead to the report.
SITE_PAGE = "asv.html"
REFERENCE_ROOT = Path(__file__).resolve().parents[1]


class CrossoverReport(OutputPublisher):
    """Writes the report into asv's HTML folder and links the two to each other."""

    name = "report"
    button_label = "Crossover report"
    description = "Which strategy is fastest where, by how much, and how sure that is"
    order = 100

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Any) -> None:
        """Called by `asv publish` once its own files stand in `conf.html_dir`."""
        try:
            from reports.build import build_report
            from reports.load.folder import NoResults
            from reports.load.reference import REFERENCE
        except ImportError as problem:
            log.warning(
                f"The Crossover report was left out: {problem}. "
                "Install its packages: pip install --no-deps --require-hashes -r requirements/suite.txt"
            )
            return
        html = Path(conf.html_dir)
        try:
            built = build_report(
                Path(conf.results_dir), html / "report", f"../{SITE_PAGE}", compare=REFERENCE_ROOT / REFERENCE
            )
        except NoResults as problem:
            log.warning(f"The Crossover report was left out: {problem}")
            return
        for warning in built.warnings:
            log.warning(warning)
        link_site(html)
        log.info(f"The Crossover report is at {built.page}")


def link_site(html: Path) -> None:
    """Move asv's page to `asv.html` with a link to the report, and let `index.html` lead to the report.

    Parameters
    ----------
    html : Path
        asv's HTML folder; its page finds all its files by relative links, so it works under any name.
    """
    own = html / "index.html"
    link = f'<li><a href="report/index.html">{escape(CrossoverReport.button_label)}</a></li>'
    page = own.read_text(encoding="utf-8")
    head, mark, tail = page.partition('<li id="nav-li-"')
    if not mark:
        log.warning(
            "asv's page has no navigation list as expected: it was left as it is, the report is at report/index.html"
        )
        return
    (html / SITE_PAGE).write_text(head + link + "\n" + mark + tail, encoding="utf-8")
    own.write_text(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Crossover</title>\n'
        # Old deep links into asv's pages (index.html#...) go on working.
        "<script>location.replace(location.hash.length > 1 ? "
        f"'{SITE_PAGE}' + location.hash : 'report/index.html');</script>\n"
        '<noscript><meta http-equiv="refresh" content="0; url=report/index.html"></noscript></head>\n'
        f'<body><p><a href="report/index.html">The report</a>, <a href="{SITE_PAGE}">asv\'s own pages</a></p></body>\n'
        "</html>\n",
        encoding="utf-8",
    )
