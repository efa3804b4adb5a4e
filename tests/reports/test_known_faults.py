"""A fault that was at work stands on the page, with the strategies that it touches; none where nothing matches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from impls import known_faults
from impls.known_faults import Fault
from reports.build import build_report
from reports.load.folder import load_results
from reports.selfcheck.planted import write_journal
from reports.site.known_faults import faults_at_work
from tests.reports.conftest import quick_world
from tests.reports.pages import read_pages, whole

FAULT = Fault(
    package="jaxlib",
    versions=">=0.10.2, <0.11.1",
    device="jax gpu",
    runtime="cuda",
    dtypes=("float32",),
    strategies=("bincount", "sparse_matmul", "absent"),
    happens="it adds <slowly>; 0.11.1 has it mended",
    link="https://example.org/1",
)


def folder_with(
    tmp_path: Path, version: str = "0.11.0", dtypes: tuple[str, ...] = ("float32",), **facts: Any
) -> Path:
    """A journal in which bincount ran on a GPU, and all else on the host."""
    about = {"bincount": {"device": "jax gpu", "versions": {"jaxlib": version, "numpy": "2.5.5"}, **facts}}
    world = quick_world(dtypes=dtypes, sessions=2, facts=about)
    write_journal(world, tmp_path)
    return tmp_path


def test_it_is_found_by_what_the_journal_says(tmp_path: Path) -> None:
    (found,) = faults_at_work(load_results(folder_with(tmp_path)), [FAULT])
    assert found["strategies"] == [
        "bincount"
    ]  # the control is its copy; the others ran on the host, or not at all
    assert (found["package"], found["version"], found["machine"]) == ("jaxlib", "0.11.0", "planted-machine")


@pytest.mark.parametrize(
    "changes", [{"version": "0.11.1"}, {"version": "0.10.1"}, {"dtypes": ("float64",)}, {"device": "jax cpu"}]
)
def test_it_is_not_where_anything_differs(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert faults_at_work(load_results(folder_with(tmp_path, **changes)), [FAULT]) == []


def test_the_page_says_it_before_any_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_faults, "read", lambda: [FAULT])
    results = folder_with(tmp_path / "results")
    write_journal(quick_world(workload="untouched", sessions=2, run="another"), results)
    out = build_report(results, tmp_path / "out").page.parent
    (of_it,) = [text for name, text in read_pages(out).items() if name == "vlad.html"]
    assert 0 < of_it.index('id="known-faults"') < of_it.index('<div class="answer">')
    assert 'id="known-faults"' not in read_pages(out)["untouched.html"]
    page = whole(out)
    section = page.partition('<section id="known-faults"')[2].partition("</section>")[0]
    assert "jaxlib 0.11.0 has a known fault: it adds &lt;slowly&gt;" in section
    assert 'href="https://example.org/1"' in section
    assert "<code>bincount</code>." in section
    assert page.index('id="known-faults"') < page.index('class="answer"')


def test_a_page_without_faults_has_no_word_of_them(quick_report: Path) -> None:
    assert "known-faults" not in whole(quick_report)
