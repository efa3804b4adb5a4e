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
        0; 1 if the two folders decide any claim firmly, and differently.
    """
    # read first: a folder that cannot be is told before anything is written
    others = judged(against) if against else None
    findings = judged(folder)
    for line in as_text(findings):
        sys.stdout.write(line + "\n")
    for path in write_findings(out, findings):
        sys.stdout.write(f"wrote {path}\n")
    return compare(findings, others, against) if others and against else 0


def compare(findings: Findings, others: Findings, name: Path) -> int:
    """Say where two folders decide differently; returns 1 if any claim is decided firmly in both, and differently."""
    found = list(disagreements(findings.entries, others.entries))
    firm = [each for each in found if each.firm]
    for each in found:
        how = "decided differently" if each.firm else "near a limit of the rule, and on another side"
        sys.stdout.write(f"{how} in {name}: {each.sentence()}\n")
    if not firm:
        sys.stdout.write(f"{name} decides no claim differently{' but for those' if found else ''}\n")
    return 1 if firm else 0
