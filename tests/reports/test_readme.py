"""The README's figures come from the published results: made again, they are the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from reports import front_readme as fronts
from reports import readme
from reports.claims import readme as eras
from reports.claims import verdicts
from reports.claims.write import find
from reports.figures.style import PAPERS
from reports.load.folder import load_results
from reports.selfcheck.planted import World, half_octaves, write_journal
from reports.site.sentences import hub_cell
from reports.sources import sources
from tests.reports.conftest import HUB, TIMES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def loaded():
    results = load_results(ROOT / readme.PUBLISHED)
    return results, readme.analysed(results)


@pytest.fixture(scope="module")
def published(loaded):
    results, analyses = loaded
    return results, readme.main_view(readme.all_views(analyses))


def view_in(folder: Path):
    return readme.main_view(readme.all_views(readme.analysed(load_results(folder))))


def test_the_answer_in_the_readme_is_the_one_the_results_give(published) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split(readme.BEGIN)[1].split(readme.END)[0].strip()
    assert block == readme.answer_block(*published)


@pytest.fixture(scope="module")
def findings(loaded):
    return find(loaded[0], loaded[1], ROOT / readme.PUBLISHED)


def test_the_account_of_the_claims_is_the_one_the_results_give(findings) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split(eras.BEGIN)[1].split(eras.END)[0].strip()
    assert block == eras.block(findings, readme.PUBLISHED)


def test_no_reproduced_size_rests_on_a_wide_interval(findings) -> None:
    """The whole interval inside the band, and inside it still with the published error on top."""
    sized = [each for each in findings.entries if each.claim.rule in ("ratio", "gain", "quantity")]
    kept = [each for each in sized if each.verdict == verdicts.REPRODUCED]
    assert len(kept) >= 5
    for each in kept:
        least, most = each.claim.published / verdicts.SAME_SIZE, each.claim.published * verdicts.SAME_SIZE
        assert least <= each.low <= each.high <= most, each.sentence
    # the two that the rule of overlap called reproduced, with an interval up to six times as wide as narrow
    wide = [each for each in sized if each.high > 3 * each.low > 0]
    assert wide
    assert {each.verdict for each in wide} <= {verdicts.INCONCLUSIVE_ON_SIZE, verdicts.DIRECTION_ONLY}


def test_one_cell_of_the_published_results_is_no_region(findings) -> None:
    regions = [
        each for each in findings.entries if each.claim.rule == "region" and each.env.startswith("era-")
    ]
    assert {each.verdict for each in regions} == {verdicts.NOT_TESTED}
    assert all("1 size measured here, and no region" in each.reason for each in regions)


def test_what_adds_as_slowly_without_vector_instructions_is_not_slow(findings) -> None:
    causes = [each for each in findings.entries if each.claim.rule == "cause" and each.env.startswith("era-")]
    assert {each.verdict for each in causes} == {verdicts.NOT_REPRODUCED}
    flat = {each.env: each.measured for each in causes if each.variant.name == "a flat index"}
    assert all(flat[env] > 15 for env in flat if ("numpy1.2" in env and "1.26" not in env) or "1.19" in env)
    assert 0.8 < flat["era-py3.11-numpy1.26.4"] < 0.9


def test_the_account_of_the_claims_shows_what_goes_against_them(findings) -> None:
    """Every variant, or at least those of which the first one says the opposite."""
    text = eras.block(findings, readme.PUBLISHED)
    against = {
        (each.claim.text, each.variant.name)
        for each in findings.entries
        if each.verdict in (verdicts.FLIPPED, verdicts.NOT_REPRODUCED)
        and each.claim.source in ("post", "answer")
    }
    assert len(against) >= 8
    claim = ""
    shown = set()
    for line in text.splitlines():
        first, second = ([*line.split("|"), "", "", ""])[1:3]
        claim = first.split("*(")[0].strip() or claim
        shown.add((claim, second.strip()))
    assert against <= shown


def test_the_account_of_speed_against_error_is_the_one_the_results_give(loaded) -> None:
    results, analyses = loaded
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split(fronts.BEGIN)[1].split(fronts.END)[0].strip()
    front = fronts.front_of(results, readme.all_views(analyses))
    assert block == fronts.block(front, readme.PUBLISHED)
    assert front is not None
    assert "<" not in block.split("</picture>")[1]
    for theme, paper in PAPERS.items():
        svg = (ROOT / readme.PUBLISHED / f"front-{theme}.svg").read_text(encoding="utf-8")
        ElementTree.fromstring(svg)
        assert paper in svg
        assert "var(" not in svg
        assert all(str(family) in svg for family in front.part.loc[front.part["on_front"], "family"])


def test_the_rest_of_the_readme_states_no_measured_figure() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for begin, end in ((part.BEGIN, part.END) for part in (readme, eras, fronts)):
        text = re.sub(f"{begin}.*?{end}", "", text, flags=re.DOTALL)
    prose = text
    assert not re.findall(r"\d(?:\.\d+)?\s*(?:×|times faster|x faster)", prose)


def test_the_published_runs_have_whole_sessions_enough_and_name_their_machine(published) -> None:
    results, view = published
    shortened = {run.benchmark for run in results.runs if not run.finished}
    assert len(results.warnings) == len(shortened), results.warnings
    for workload in results.workloads:
        lines = workload.lines[workload.lines["benchmark"].isin(shortened)]
        measured = lines.groupby(["benchmark", "session"]).size()
        assert measured.groupby("benchmark").nunique().eq(1).all(), "a session in pieces is not published"
        assert measured.groupby("benchmark").size().ge(3).all()
    assert {run.plan["git"]["dirty"] for run in results.runs} == {False}
    assert "vm" in str(view.setting["machine"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_names_its_strategies(published, theme: str) -> None:
    _, view = published
    svg = (ROOT / readme.PUBLISHED / f"answer-{theme}.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    for impl in readme.family_leaders(view):
        assert impl in svg
    assert PAPERS[theme] in svg


def test_leaders_are_the_best_of_their_packages(published) -> None:
    _, view = published
    leaders = readme.family_leaders(view)
    needs = [source.requires for source in sources(leaders, view.workload).values()]
    assert len(set(needs)) == len(needs) >= 4
    assert () in needs
    assert view.baseline not in leaders


def test_a_readme_without_marks_is_one_clear_error(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for part in (readme, eras, fronts):
        (tmp_path / "README.md").write_text(text.replace(part.END, ""), encoding="utf-8")
        with pytest.raises(ValueError, match=f"has no lines {part.BEGIN}"):
            readme.write_readme(tmp_path)  # before it reads results, of which there are none here
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_the_control_leads_no_family(tmp_path) -> None:
    times = {name: TIMES[name] for name in ("loop", "bincount")}
    write_journal(World(times, [HUB], workload="vlad", control="bincount"), tmp_path)
    view = view_in(tmp_path)
    faster = view.speedups.copy()
    faster.loc[faster["impl"] == "bincount@control", "speedup"] *= 1.5
    assert readme.family_leaders(replace(view, speedups=faster)) == ["bincount"]


def test_a_run_in_which_hardly_anything_has_a_time_everywhere_still_has_leaders(tmp_path) -> None:
    def slow(impl: str, cell: Mapping[str, int], session: int) -> tuple[str, str] | None:
        late = {"loop": 400, "sparse_matmul": 600, "mask_4d": 30}.get(impl, 10**9)
        return ("skipped", "over the limit of 0.1 s a call") if cell["K"] > late else None

    cells = [HUB | {"K": size} for size in half_octaves(2, 512)]
    times = {name: TIMES[name] for name in ("loop", "sparse_matmul", "mask_4d")}
    write_journal(World(times, cells, workload="vlad", trouble=slow), tmp_path)
    view = view_in(tmp_path)
    assert readme.family_leaders(view) == ["sparse_matmul"]
    assert "sparse_matmul" in readme.picture(view, "light")


def test_the_readme_tells_the_sessions_of_the_published_runs(published) -> None:
    """Quick plans 3 and the large sets 5; those that were interrupted are named with what they have."""
    results, _ = published
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    planned = {run.benchmark: run.plan["sessions"] for run in results.runs}
    assert planned["Quick"] == 3
    assert {planned[name] for name in ("Laptop", "Real", "Scatter1D")} == {5}
    assert "Quick plans 3 sessions, the large sets 5" in text
    shortened = sorted({run.benchmark for run in results.runs if not run.finished})
    lines = pd.concat([workload.lines for workload in results.workloads])
    sessions = {name: lines.loc[lines["benchmark"] == name, "session"].nunique() for name in shortened}
    assert set(sessions.values()) == {3}
    assert f"of the published runs {' and '.join(shortened)} were interrupted: they have 3" in text


def test_a_release_that_is_not_out_has_no_date() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    version = re.search(r"^version: (\S+)$", citation, re.MULTILINE)
    assert version is not None
    (heading,) = re.findall(
        rf"^## {re.escape(version[1])} \((.*)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    dated = re.search(r"^date-released: (\S+)$", citation, re.MULTILINE)
    assert (dated[1] if dated else "unreleased") == heading


def test_a_row_of_the_answer_has_its_margin_to_the_next(published) -> None:
    """Paired by session: two intervals over the loop overlap where the margin does not reach 1."""
    results, view = published
    rows = [
        line.split("|") for line in readme.table(results, view, hub_cell(view), readme.family_leaders(view))
    ]
    margins = [row[5].strip() for row in rows[2:]]
    assert margins[-1] == ""
    low = [float(re.findall(r"\[([\d.]+),", text)[0]) for text in margins[:-1]]
    assert all(each > 1 for each in low)
    above_loop = next(row for row, below in zip(rows[2:], rows[3:], strict=False) if "`loop`" in below[1])
    assert above_loop[4].strip() == above_loop[5].strip()  # the next row is what speedups are over
