"""Planted journals of the time machine: times, faults and bytes as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reports.analyse.views import analyse
from reports.claims import write
from reports.claims.load import CLAIMS, read_book
from reports.claims.model import Entry
from reports.claims.write import Findings
from reports.load.folder import load_results
from reports.selfcheck.planted import World, write_journal

POST = {"T": 256, "L": 128, "F": 64, "K": 16}
FEW = POST | {"T": 16}
OLD, NEW = "era-py3.8-numpy1.19.5", "era-py3.11-numpy2.4.6"
#: seconds of the published pipelines, such that every published ratio is met
AS_PUBLISHED = {"looping": 0.197, "naivec": 0.313, "truvec": 0.208, "optvec": 0.127}


def plant(
    folder: Path,
    seconds: Mapping[str, float | Callable[[Mapping[str, int]], float]],
    env: str = OLD,
    cells: Any = (POST,),
    **changes: Any,
) -> None:
    """Write a run of the published pipelines; a time may depend on the cell."""
    times = {name: (value if callable(value) else lambda cell, s=value: s) for name, value in seconds.items()}
    settings: dict[str, Any] = {
        **{"workload": "published", "benchmark": "Eras", "baseline": "looping", "labels": "filled"},
        **{"stages": ("as_published",), "noise": 0.003, "sessions": 5, "env": env},
        **{"run": f"{env}-{changes.get('benchmark', 'Eras')}"},
    }
    path = write_journal(World(times, cells, **(settings | changes)), folder)
    version = env.partition("numpy")[2].partition("-")[0] or "2.4.6"
    path.write_text(path.read_text().replace('{"numpy": "2.4.6"}', f'{{"numpy": "{version}"}}'))


def judged(folder: Path) -> Findings:
    """The claims of the post and the thread, judged on a folder."""
    results = load_results(folder)
    analyses = {workload.name: analyse(workload, results.limits) for workload in results.workloads}
    return write.find(results, analyses, folder, read_book(CLAIMS))


def entry_of(findings: Findings, claim: str, variant: str | None = None, env: str = OLD) -> Entry:
    """The entry of one claim; of its first variant if none is named."""
    found = next(each for each in findings.book.claims if each.id == claim)
    name = variant or found.variants[0].name
    (entry,) = (e for e in findings.entries if (e.claim.id, e.variant.name, e.env) == (claim, name, env))
    return entry


@pytest.fixture(scope="session")
def book():
    return read_book(CLAIMS)
