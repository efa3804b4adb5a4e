"""`python -m reports publish`: pages from whatever results there are, without measuring anything.

With results of asv's own, asv publishes its site and this report in it. With journals alone, the report is written.
With nothing measured here yet, the report shows the reference results that come with the suite.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from reports.build import build_report
from reports.config import asv_folders
from reports.load.folder import NoResults
from reports.load.reference import REFERENCE


def publish(root: Path, say: Callable[[str], None]) -> int:
    """Write the pages for the suite in `root`.

    Parameters
    ----------
    root : Path
        Where `asv.conf.json` is.
    say : callable
        Takes lines for people: warnings, and where the page is.

    Returns
    -------
    int
        0, or asv's exit code.

    Raises
    ------
    reports.load.folder.NoResults
        Neither results of this machine nor reference results are there.
    """
    results, html = asv_folders(root)
    if (results / "benchmarks.json").is_file():
        code = subprocess.call([sys.executable, "-m", "asv", "publish", "--no-pull"], cwd=root)
        if code == 0:
            say(f"The report is at {(html / 'report' / 'index.html').resolve()}")
        return code
    try:
        built = build_report(results, html / "report", compare=root / REFERENCE)
    except NoResults:
        built = build_report(root / REFERENCE, html / "report")
        say("Nothing has been measured here yet: the page shows the reference results. Yours: make report")
    for warning in built.warnings:
        say(f"warning: {warning}")
    say(f"The report is at {built.page.resolve()}")
    return 0
