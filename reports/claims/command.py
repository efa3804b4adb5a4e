"""`python -m reports claims`: judge the claims on a results folder, print the table, write `claims.json`."""

from __future__ import annotations

import sys
from pathlib import Path

from reports.analyse.views import analyse
from reports.claims.write import Findings, as_text, disagreements, find, write_findings
from reports.load.folder import load_results


def judged(folder: Path) -> Findings:
    """Load a results folder and judge the claims on it.

    Raises
    ------
    reports.load.folder.NoResults
        Nothing usable was found.
    ValueError
        The claims or the time machine's record cannot be read.
    """
    results = load_results(folder)
    for warning in results.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    analyses = {workload.name: analyse(workload, results.limits) for workload in results.workloads}
    return find(results, analyses, folder)


def run(folder: Path, out: Path, against: Path | None) -> int:
    """Print the table, write the files, and compare with another folder if one is named.

    Returns
    -------
    int
        0; 1 if the two folders decide any claim differently.
    """
    findings = judged(folder)
    for line in as_text(findings):
        sys.stdout.write(line + "\n")
    for path in write_findings(out, findings):
        sys.stdout.write(f"wrote {path}\n")
    if against is None:
        return 0
    found = list(disagreements(findings.entries, judged(against).entries))
    for line in found:
        sys.stdout.write(f"decided differently in {against}: {line}\n")
    if not found:
        sys.stdout.write(f"{against} decides no claim differently\n")
    return 1 if found else 0
