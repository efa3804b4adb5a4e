"""The README's answers: pictures and tables made from the published results, so that no figure is typed by hand.

``python -m reports readme`` writes both; a test makes them again and compares.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reports import front_readme as fronts
from reports import words
from reports.analyse.intervals import over_sessions
from reports.analyse.views import Analysis, View, analyse, views_of
from reports.claims import readme as eras
from reports.claims.write import find
from reports.figures.style import DARK, PAPERS
from reports.figures.svg import SETTINGS
from reports.figures.sweeps import HEIGHT, WIDTH, draw_sweeps
from reports.load.folder import load_results
from reports.load.model import CONTROL_SUFFIX, Results, Run
from reports.site.sentences import hub_cell, place
from reports.sources import sources

PUBLISHED = Path("reports/published")
#: The README answers for the set that `make report` measures: what its reader can set beside it.
MAIN_SET = "Quick"
BEGIN, END = "<!-- answer:begin -->", "<!-- answer:end -->"
#: Share of the cells with a baseline in which a strategy must have a time to lead its family.
NEARLY_ALL = 0.9
#: columns of the speedup table that the README's table shows
TABLE = ("seconds", "speedup", "speedup_low", "speedup_high", "error", "peak_extra_bytes")


def write_readme(root: Path) -> list[Path]:
    """Write the pictures and the block between the README's marks; returns the files written.

    Parameters
    ----------
    root : Path
        The repository.

    Raises
    ------
    ValueError
        The README lacks marks; nothing has been written then.
    """
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    for part in ((BEGIN, END), (eras.BEGIN, eras.END), (fronts.BEGIN, fronts.END)):
        between(text, part, "")
    results = load_results(root / PUBLISHED)
    analyses = analysed(results)
    views = all_views(analyses)
    view, front = main_view(views), fronts.front_of(results, views)
    written = []
    for theme in PAPERS:
        path = root / PUBLISHED / f"answer-{theme}.svg"
        path.write_text(picture(view, theme), encoding="utf-8")
        written.append(path)
    text = between(text, (BEGIN, END), answer_block(results, view))
    findings = find(results, analyses, root / PUBLISHED)
    text = between(text, (eras.BEGIN, eras.END), eras.block(findings, PUBLISHED))
    written += eras.write_pictures(findings, root / PUBLISHED)
    text = between(text, (fronts.BEGIN, fronts.END), fronts.block(front, PUBLISHED))
    written += fronts.write_pictures(front, root / PUBLISHED)
    readme.write_text(text, encoding="utf-8")
    return [*written, readme]


def analysed(results: Results) -> dict[str, Analysis]:
    """Analyses by the name of their workload."""
    return {workload.name: analyse(workload, results.limits) for workload in results.workloads}


def between(text: str, marks: tuple[str, str], block: str) -> str:
    """The text with what stands between two marks replaced; ValueError where they are missing."""
    begin, end = marks
    if begin not in text or end not in text:
        raise ValueError(f"README.md has no lines {begin} and {end}; put them where the answer belongs.")
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{block}\n{end}", text, flags=re.DOTALL)


def all_views(analyses: dict[str, Analysis]) -> list[View]:
    """The views of every workload."""
    return [view for analysis in analyses.values() for view in views_of(analysis)]


def main_view(views: list[View]) -> View:
    """The view of the main set with most cells; of all sets, where that one is missing."""
    main = [view for view in views if view.setting["benchmark"] == MAIN_SET]
    return max(main or views, key=lambda view: len(view.cells))


def family_leaders(view: View) -> list[str]:
    """The best strategy for each set of packages one may have: NumPy alone, SciPy, JAX, ...

    Best is the largest geometric mean speedup over the cells in which the strategy has one; it must have one in nearly
    all cells in which the baseline has a time. Fastest first.
    """
    twice = view.speedups["impl"].str.endswith(CONTROL_SUFFIX)
    rows = view.speedups[view.speedups["speedup"].notna() & ~twice]
    every = rows.groupby("impl").size() >= NEARLY_ALL * rows["cell"].nunique()
    means = np.exp(np.log(rows["speedup"]).groupby(rows["impl"]).mean())
    means = means[every & (means.index != view.baseline)].sort_values(ascending=False)
    needs = {name: source.requires for name, source in sources(map(str, means.index), view.workload).items()}
    best: dict[tuple[str, ...], str] = {}
    for name in means.index:
        best.setdefault(needs[str(name)], str(name))
    return list(best.values())


def lines_through(view: View, cell: int) -> dict[str, pd.DataFrame]:
    """Axis name to the speedups of the cells that differ from one cell in that axis alone."""
    here = view.cells.loc[cell]
    found = {}
    for axis in view.axes:
        others = [name for name in view.axes if name != axis]
        rows = view.speedups[(view.speedups[others] == here[others]).all(axis=1)]
        if rows[axis].nunique() > 1:
            found[axis] = rows
    return found


def headline(view: View) -> str:
    """What to conclude, from the speedups of the leaders of each family."""
    leaders = family_leaders(view)
    medians = view.speedups.groupby("impl")["speedup"].median()
    needs = sources(leaders, view.workload)
    first = leaders[0]
    text = f"{first}: {words.ratio(medians[first])} the speed of {view.baseline} in the median"
    plain = [name for name in leaders if set(needs[name].requires) <= {"scipy"}]
    if plain and plain[0] != first:
        text += f"; without a compiler, {plain[0]}: {words.ratio(medians[plain[0]])}"
    return text


def picture(view: View, theme: str) -> str:
    """The speedups along every axis through the middle cell, as the text of an SVG file."""
    dark, buffer = theme == "dark", io.StringIO()
    with rc_context({**SETTINGS, **(DARK if dark else {})}):
        made = Figure(figsize=(WIDTH, HEIGHT))
        FigureCanvasSVG(made)
        lines = lines_through(view, hub_cell(view))
        draw_sweeps(made, lines, family_leaders(view), view.baseline, headline(view), dark)
        made.savefig(buffer, format="svg", metadata={"Date": None}, facecolor=PAPERS[theme])
    return buffer.getvalue()


def answer_block(results: Results, view: View) -> str:
    """Markdown: the picture, what it shows, and the leaders at the cell that all its panels share."""
    cell = hub_cell(view)
    place_of = (view.setting["machine"], view.setting["env"], view.workload, view.setting["benchmark"])
    run = next(r for r in results.runs if (r.machine, r.env, r.workload, r.benchmark) == place_of)
    machine = run.on
    sessions = _sessions(results, run)
    shown = family_leaders(view)
    folder = PUBLISHED.as_posix()
    setting = f"{view.setting['stage']}, {view.setting['dtype']}, {view.setting['threads']} thread"
    return "\n".join(
        [
            "<picture>",
            f'  <source media="(prefers-color-scheme: dark)" srcset="{folder}/answer-dark.svg">',
            f'  <img alt="{headline(view)}" src="{folder}/answer-light.svg">',
            "</picture>",
            "",
            f"*The best strategy for each set of packages in colour, all others faint; {setting}, bars are 95 % "
            f"intervals over {words.count(sessions, 'session')}. Every panel goes through "
            f"{place(view, cell)}; there it looks like this:*",
            "",
            *table(results, view, cell, shown),
            "",
            f"Measured on `{machine.name}`: {machine.cpu}, {words.count(machine.facts.get('cores', 0), 'core')}, "
            f"{words.in_bytes(machine.facts.get('memory_bytes', float('nan')))}, "
            f"{'a virtual machine' if machine.facts.get('virtual') else 'bare metal'}; "
            f"Python {run.versions.get('python', '?')}, NumPy {run.versions.get('numpy', '?')}; commit "
            f"`{run.commit[:8]}`, set {run.benchmark} ([journal]({folder})). Your machine decides for you: "
            "`make report`.",
        ]
    )


def _sessions(results: Results, run: Run) -> int:
    """Sessions that a run had; one that was interrupted had fewer than it planned."""
    workload = next(one for one in results.workloads if one.name == run.workload)
    return int(workload.lines.loc[workload.lines["run"] == run.run, "session"].nunique())


def table(results: Results, view: View, cell: int, shown: list[str]) -> list[str]:
    """Markdown rows of one cell: the leaders of each family, the baseline, and the slowest.

    Two intervals over the baseline may overlap where the two strategies differ for certain: the baseline's noise is in
    both. So each row has its ratio to the next one, paired by session.
    """
    rows = view.speedups[(view.speedups["cell"] == cell) & view.speedups["seconds"].notna()].set_index("impl")
    slowest = str(rows["seconds"].idxmax())
    names = [*shown, *(name for name in (view.baseline, slowest) if name not in shown)]
    needs = sources(names, view.workload)
    head = [
        f"| strategy | needs | time | speedup over {view.baseline} | over the next row | error | extra memory |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    ordered = sorted(set(names) & set(rows.index), key=lambda name: _number(rows, name, "seconds"))
    margins = [*margins_to_next(results, view, cell, ordered), ""]
    for name, margin in zip(ordered, margins, strict=True):
        seconds, speedup, low, high, error, memory = (_number(rows, name, column) for column in TABLE)
        faster = "1" if name == view.baseline else f"{words.ratio(speedup)} {words.interval(low, high)}"
        needed = ", ".join(("NumPy", *needs[name].requires))
        told = (words.seconds(seconds), faster, margin, f"{error:.0e}", words.memory(memory))
        cells = (f"`{name}`", needed, *told)
        head.append(f"| {' | '.join(cells)} |")
    return head


def margins_to_next(results: Results, view: View, cell: int, ordered: list[str]) -> list[str]:
    """Ratio of each strategy's time to that of the one before it, paired by session, with its interval."""
    (lines,) = (workload.lines for workload in results.workloads if workload.name == view.workload)
    here = lines["status"] == "ok"
    for key, value in (*view.setting.items(), *view.cells.loc[cell, list(view.axes)].items()):
        here &= lines[str(key)] == value
    table = lines[here].pivot(index="session", columns="impl", values="best")[ordered]
    logs = np.log(table.to_numpy(dtype=float))
    found = over_sessions(np.diff(logs, axis=1).T)
    ends = (np.exp(part) for part in (found.mean, found.low, found.high))
    return [
        f"{words.ratio(mean)} {words.interval(low, high)}".strip()
        for mean, low, high in zip(*ends, strict=True)
    ]


def _number(rows: pd.DataFrame, name: str, column: str) -> float:
    return float(str(rows.at[name, column]))
