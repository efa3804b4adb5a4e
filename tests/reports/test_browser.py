"""The page in a real browser (skipped where there is none): switches, sizes, no console message."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from reports import words
from reports.analyse.views import analyse
from reports.analyse.winners import winner_table
from reports.build import build_report
from reports.load.folder import load_results
from tests.reports.chromium import BROWSER
from tests.reports.conftest import TIMES
from tests.reports.pages import page_of, whole
from tests.reports.test_asv_results import put, version_2

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


@pytest.fixture
def visit(browser):
    """A function of a page and a fragment: the document after its scripts have run, and what the console said."""

    def read(page, fragment=""):
        browser.visit(page, fragment)
        return browser.run("document.documentElement.outerHTML"), browser.complaints

    return read


class Texts(HTMLParser):
    """Text by the nearest id around it."""

    def __init__(self, html):
        super().__init__()
        self.stack, self.found = [], {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "link", "br", "input", "path", "use", "rect"):
            self.stack.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        owner = next((name for _, name in reversed(self.stack) if name), None)
        self.found[owner] = self.found.get(owner, "") + data


def test_nothing_is_said_on_the_console(quick_report, visit):
    html, console = visit(page_of(quick_report))
    assert console == []
    assert '<section id="choose" aria-label="Choices">' in html
    before = whole(quick_report)
    answer = r'<div class="answer">.*?</div>'
    assert re.findall(answer, html, re.DOTALL) == re.findall(answer, before, re.DOTALL)


def test_switches_judge_as_the_report_does(quick_report, quick_results, visit):
    html, console = visit(page_of(quick_report), "#no=onehot_matmul,bincount")
    assert console == []
    analysis = analyse(load_results(quick_results).workloads[0])
    allowed = np.array([name not in ("onehot_matmul", "bincount") for name in analysis.cube.impls])
    expected = winner_table(analysis.cube, allowed)
    shown = {name: text for name, text in Texts(html).found.items() if name and "-x-" in name}
    by_cell: dict[int, set[str]] = {}
    for name, text in shown.items():
        if match := re.fullmatch(r"\w+-x-([tn])(\d+)", name):
            by_cell.setdefault(int(match[2]), set()).add(text)
    assert len(by_cell) == len(expected) == 26
    signs = {"tie": "tie", "undecided": "?"}
    for row in expected.to_dict("records"):
        texts = by_cell[row["cell"]]
        number = words.ratio(row["margin"]) if row["verdict"] == "win" else signs[row["verdict"]]
        assert any(text.endswith(number) for text in texts), (row, texts)
        assert row["winner"] in texts, (row, texts)


def test_packages_can_be_switched_off(quick_report, visit):
    html, _ = visit(page_of(quick_report), "#off=scipy")
    answer = html.partition('<div class="answer">')[2].partition("</div>")[0]
    assert "Among the chosen strategies" in answer
    assert "sparse_matmul" not in answer
    ranking = html.partition('class="scroll ranking"')[2].partition("</table>")[0]
    assert "sparse_matmul" not in ranking
    assert "onehot_matmul" in ranking


def test_my_sizes_predicts_what_was_planted(quick_report, visit):
    cell = {"T": 300, "L": 200, "F": 90, "K": 20}
    fragment = "#view=w1-v1&" + "&".join(f"{axis}={size}" for axis, size in cell.items())
    html, console = visit(page_of(quick_report), fragment)
    assert console == []
    out = html.partition('id="sizes-out"')[2].partition("</table>")[0]
    assert "Between the measured sizes" in out
    for impl in ("loop", "sparse_matmul", "onehot_matmul"):
        row = re.search(rf"{impl}</td><td[^>]*>([^<]*)</td><td[^>]*>([^<]*) to ([^<]*)</td>", out)
        assert row, impl
        low, high = (in_seconds(text) for text in row.groups()[1:])
        assert low < TIMES[impl](cell) < high
        assert high / low < 1.5
    outside, _ = visit(page_of(quick_report), fragment.replace("T=300", "T=99999"))
    assert "T is 97.7 times the largest measured (1,024)" in outside


def in_seconds(text):
    number, unit = text.split()
    return float(number.replace(",", "")) * {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]


def test_names_out_of_a_bad_dream_stay_text(hostile_report, visit):
    html, console = visit(page_of(hostile_report), "#no=loop")
    assert console == []
    assert "<img" not in html


def test_a_figure_downloads_as_a_whole_svg(quick_report, browser):
    browser.visit(page_of(quick_report))
    text = browser.run("standalone(document.querySelector('figure'))")
    assert browser.complaints == []
    svg = ElementTree.fromstring(text)
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in text
    assert "onehot_matmul" in str(svg[0].text)


def test_switches_use_the_intervals_of_asv_files(tmp_path, visit):
    put(tmp_path / "results", version_2())
    page = page_of(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    html, console = visit(page, "#no=gone")  # never had a time: nothing changes
    assert console == []
    analysis = analyse(load_results(tmp_path / "results").workloads[0])
    answer = html.partition('<div class="answer">')[2].partition("</div>")[0]
    wins = (analysis.winners["verdict"] == "win") & (analysis.winners["winner"] == "bincount")
    assert wins.sum() > 1
    assert re.search(rf"<code>bincount</code> (is the fastest )?in {wins.sum()}\b", answer)
