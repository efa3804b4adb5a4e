"""Results folder -> site and tables. Used by the command line and by the asv plugin."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reports.analyse.limits import fault_warnings
from reports.analyse.views import analyse
from reports.claims.page import section
from reports.claims.write import find, write_findings
from reports.data.crate import write_crate
from reports.data.parquet import write_parquet
from reports.load.asv_params import IMPL
from reports.load.folder import load_results
from reports.load.reference import load_reference
from reports.site.render import render_site
from reports.tables import (
    FILES,
    folder_name,
    write_answers,
    write_csv,
    write_fronts,
    write_limits,
    write_sessions,
    write_tables,
)

#: Names of the pages that were written, one a line.
PAGES = "pages.txt"


@dataclass(frozen=True)
class Built:
    """Where the page is, and what should be told about the files it was made from."""

    page: Path
    warnings: list[str]


def build_report(
    results_dir: Path, out: Path, site_link: str = "", strategy: str = IMPL, compare: Path | None = None
) -> Built:
    """Write `index.html` and the pages behind it, `data/<workload>/*.csv`, and the rows of each figure.

    Parameters
    ----------
    results_dir : Path
        asv's results folder.
    out : Path
        Made when it does not exist; files of an older report in it are overwritten.
    site_link : str
        Relative link to asv's own pages for the navigation, empty for none.
    strategy : str
        The parameter of asv's benchmarks whose values are compared.
    compare : Path, optional
        Results of other machines to show beside these; they take part in nothing else.

    Raises
    ------
    reports.load.folder.NoResults
        Nothing usable was found.
    """
    with _without_collector():
        return _build(results_dir, out, site_link, strategy, compare)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Leave the collector of cycles out: there are none to speak of, and it looks at every row that was read."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _build(results_dir: Path, out: Path, site_link: str, strategy: str, compare: Path | None) -> Built:
    results = load_results(results_dir, strategy)
    _forget(out)
    analyses = {}
    for workload in results.workloads:
        analysis = analyse(workload, results.limits)
        analyses[workload.name] = analysis
        results.warnings += fault_warnings(workload.name, analysis.limits)
        folder = out / "data" / folder_name(workload.name)
        write_tables(folder, workload.axes, analysis.speedups, analysis.winners, analysis.crossovers)
        write_sessions(folder, workload.axes, workload.lines)
        write_limits(folder, workload.axes, analysis.limits)
        write_fronts(folder, workload.axes, analysis.fronts)
        write_answers(folder, workload.axes, analysis.answers)
        for table in sorted(folder.glob("*.csv")):
            write_parquet(table)
    findings = find(results, analyses, results_dir)
    if findings.concerned:
        write_findings(out / "data", findings)
    reference = load_reference(compare, results) if compare and not inside(results_dir, compare) else None
    site = render_site(results, analyses, out, site_link, section(findings), reference)
    for file, rows in site.figure_rows.items():
        write_csv(out / file, rows)
    for name, html in site.pages.items():
        (out / name).write_text(html, encoding="utf-8")
    (out / PAGES).write_text("".join(f"{name}\n" for name in site.pages), encoding="utf-8")
    write_crate(out, results, {**site.about, PAGES: "Names of the pages, one a line."})
    return Built(out / "index.html", [*results.warnings, *site.troubles])


def inside(folder: Path, other: Path) -> bool:
    """Tell whether a folder is another one or lies in it."""
    return folder.resolve().is_relative_to(other.resolve())


def _forget(out: Path) -> None:
    """Remove what an older report left that this one may not replace: of workloads that are gone by now."""
    data = out / "data"
    for old in [*data.glob("*/*.csv"), *data.glob("*/*.parquet"), *data.glob("*/figures/*-*.csv")]:
        if old.with_suffix(".csv").name in FILES or old.parent.name == "figures":
            old.unlink()
    listed = out / PAGES
    names = listed.read_text(encoding="utf-8").split("\n") if listed.is_file() else []
    for name in names:
        if name.endswith(".html") and Path(name).name == name:
            (out / name).unlink(missing_ok=True)
