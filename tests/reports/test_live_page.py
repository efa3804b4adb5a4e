"""The page as people use it, in a headless Chromium: keyboard, network trace, narrow, dark, sorting (or skipped)."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.image import imread

from reports.build import build_report
from reports.selfcheck.planted import World, write_journal
from tests.reports.chromium import BROWSER
from tests.reports.pages import page_of

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
TAB, SPACE, ENTER = ("Tab", 9, ""), (" ", 32, " "), ("Enter", 13, "\r")
#: What has the focus, in a word.
FOCUS = "((a) => a.dataset.name || a.id || a.textContent.trim())(document.activeElement)"
OUTLINE = "((style) => style.outlineStyle + style.outlineWidth)(getComputedStyle(document.activeElement))"
#: As many strategies as the reference results have.
MANY_COLUMNS = """document.querySelectorAll('.matrix tr').forEach((row) => {
  while (row.children.length < 30) row.append(row.lastElementChild.cloneNode(true));
})"""
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"


def test_no_request_leaves_the_page_whatever_is_pressed(browser, quick_report):
    page = page_of(quick_report)
    browser.visit(page)
    browser.run(OPEN_ALL)
    browser.run(
        "document.querySelectorAll('input[type=checkbox], button:not(.download)').forEach((b) => b.click())"
    )
    browser.run("new Promise((done) => setTimeout(done, 300))")
    assert [url for url in browser.requests if not url.startswith("data:")] == [f"file://{page}"]
    assert browser.complaints == []


POINT_AT = """((svg, mark) => {
  const frame = svg.getBoundingClientRect(), [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  svg.dispatchEvent(new PointerEvent("pointermove", { bubbles: true,
    clientX: frame.left + mark[0] / width * frame.width + 2, clientY: frame.top + mark[1] / height * frame.height }));
  return svg.closest("figure").querySelector(".reading").textContent;
})"""
PICTURES = "Array.from(document.querySelectorAll('figure svg[data-marks]'))"


def test_every_picture_tells_its_values_under_the_pointer(browser, quick_report):
    browser.visit(page_of(quick_report))
    browser.run(OPEN_ALL)
    told = browser.run(
        f"""{PICTURES}.flatMap((svg) => {{
          const all = JSON.parse(svg.dataset.marks).flatMap(([name, marks]) => marks.map((mark) => [name, ...mark]));
          return all.map(([name, x, y]) => [{POINT_AT}(svg, [x, y]),
            ...all.filter((each) => Math.hypot(each[1] - x, each[2] - y) < 6)
              .map((each) => `${{each[0]}} ${{each[3]}}`)]);
        }})"""
    )
    assert len(told) > 100
    for words, *near in told:  # marks may lie on each other: the pointer finds one of them
        assert words in near
    assert sum(len(near) == 1 for _, *near in told) > 50
    without = "Array.from(document.querySelectorAll('figure .scroll > svg:not([data-marks])')).length"
    assert browser.run(without) == 0
    kinds = browser.run(f"{PICTURES}.map((svg) => svg.closest('figure').dataset.name)")
    assert {"winners", "scaling", "memory"} & {part for kind in kinds for part in kind.split("-")}
    assert browser.complaints == []


def test_arrow_keys_go_from_mark_to_mark(browser, quick_report):
    browser.visit(page_of(quick_report))
    browser.run(OPEN_ALL)
    # Without it the event comes with the first key only.
    browser.ask("Emulation.setFocusEmulationEnabled", enabled=True)
    browser.run("document.querySelector('figure .scroll:has(svg[data-marks])').focus()")
    read = "document.querySelector('.reading').textContent"
    told = [browser.run(read)]
    for _ in range(2):
        browser.press("ArrowRight", 39, "")
        told.append(browser.run(read))
    browser.press("ArrowLeft", 37, "")
    assert browser.run(read) == told[1]
    assert len(set(told)) == 3
    assert "" not in told
    assert browser.run("document.querySelectorAll('.ring').length") == 1
    browser.ask("Emulation.setFocusEmulationEnabled", enabled=False)


def test_a_map_tells_the_winner_among_what_was_chosen(browser, quick_report):
    browser.visit(page_of(quick_report))
    browser.run(OPEN_ALL)
    last = "JSON.parse(svg.dataset.marks).at(-1)[1][0]"
    first = f"((svg) => {POINT_AT}(svg, {last}))(document.querySelector('.map svg'))"
    before = browser.run(first)
    winner = before.split(" wins")[0].split()[-1]
    browser.visit(page_of(quick_report), f"#no={winner}")
    browser.run(OPEN_ALL)
    after = browser.run(first)
    assert " wins" in before
    assert winner not in after
    assert after != ""


def test_the_keyboard_reaches_the_switches_and_the_choice_lands_in_the_address(browser, quick_report):
    browser.visit(page_of(quick_report))
    passed: list[str] = []
    while "What may I install?" not in passed:
        assert len(passed) < 20, passed
        browser.press(*TAB)
        passed.append(browser.run(FOCUS))
    assert passed[0] == "Skip to the content"
    browser.press(*ENTER)
    browser.press(*TAB)
    assert browser.run(FOCUS) == "scipy"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    before = browser.run("document.querySelector('.answer').textContent")
    browser.press(*SPACE)
    assert browser.run("location.hash") == "#off=scipy"
    after = browser.run("document.querySelector('.answer').textContent")
    assert "sparse_matmul" in before
    assert "sparse_matmul" not in after
    browser.press(*SPACE)
    assert browser.run("location.hash") == ""
    assert browser.run("document.querySelector('.answer').textContent") == before
    assert browser.complaints == []


def test_everything_that_takes_the_focus_shows_it(browser, quick_report):
    browser.visit(page_of(quick_report))
    browser.run(OPEN_ALL)
    browser.press(*TAB)
    seen = set()
    for _ in range(60):
        seen.add(browser.run("document.activeElement.tagName"))
        assert browser.run(OUTLINE) == "solid2px", browser.run(FOCUS)
        browser.press(*TAB)
    assert {"A", "BUTTON", "INPUT", "SUMMARY", "SELECT"} <= seen


def test_a_table_sorts_by_keyboard_both_ways(browser, quick_report):
    browser.visit(page_of(quick_report))
    heading = "document.querySelector('.ranking th:nth-child(3)')"
    rows = "[...document.querySelector('.ranking tbody').rows]"
    column = f"{rows}.map((row) => parseFloat(row.cells[2].textContent))"
    browser.run(f"{heading}.querySelector('button').focus()")
    browser.press(*ENTER)
    rising = browser.run(column)
    assert browser.run(f"{heading}.getAttribute('aria-sort')") == "ascending"
    browser.press(*ENTER)
    assert rising == sorted(rising)
    assert browser.run(column) == sorted(rising, reverse=True)


#: Click the heading of a column twice; what stands in it afterwards, each time.
SORTED = """((table, column) => [1, 2].map(() => {
  table.tHead.rows[0].cells[column].querySelector("button").click();
  return [...table.tBodies[0].rows].map((row) => row.cells[column].textContent.trim());
}))"""
UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}


def in_seconds(told: str) -> float:
    number, unit = told.rstrip("*").split()
    return float(number.replace(",", "")) * UNITS[unit]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A report whose times of one size run from nanoseconds to seconds, and whose names begin with signs."""
    folder = tmp_path_factory.mktemp("mixed")
    times = {
        f"{name}": (lambda c, t=seconds: t)
        for name, seconds in {
            **{"loop": 1.26e-3, "b": 127e-6, "a": 17e-3, "pandas_groupby": 2.5, "c": 314e-6},
            **{"ufunc_at": 400e-9, "d": 1.01e-3},
        }.items()
    }
    write_journal(World(times, [{"N": 8}, {"N": 1024}], memory={"a": lambda c: 3e6}), folder / "results")
    build_report(folder / "results", folder / "out")
    return folder / "out"


def test_tables_sort_by_value_whatever_the_unit(browser, mixed):
    browser.visit(page_of(mixed))
    browser.run(OPEN_ALL)
    table = (
        "[...document.querySelectorAll('table.sortable')]"
        ".find((t) => t.tHead.textContent.includes('each later call'))"
    )
    for column in (1, 2):
        rising, falling = browser.run(f"{SORTED}({table}, {column})")
        assert len(rising) == 7
        assert len({told.split()[-1] for told in rising}) > 2
        values = [in_seconds(told) for told in rising]
        assert values == sorted(values)
        assert [in_seconds(told) for told in falling] == sorted(values, reverse=True)
    rising, _ = browser.run(f"{SORTED}({table}, 3)")
    assert rising[-1] == "never"  # more calls than any number


@pytest.mark.parametrize("fragment", ["", "#off=pandas"])
def test_strategies_sort_by_name_and_not_by_their_sign(browser, mixed, fragment):
    browser.visit(page_of(mixed), fragment)
    rising, falling = browser.run(f"{SORTED}(document.querySelector('.ranking table'), 0)")
    names = [told.split()[-1] for told in rising]
    assert len({told.split()[0] for told in rising}) > 3  # their signs
    assert names == sorted(names)
    assert [told.split()[-1] for told in falling] == names[::-1]
    behind, _ = browser.run(f"{SORTED}(document.querySelector('.ranking table'), 2)")
    values = [float(told.rstrip("×").replace(",", "")) for told in behind]
    assert values == sorted(values)


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(browser, quick_report, hostile_report, width):
    for report in (quick_report, hostile_report):
        browser.visit(page_of(report), width=width, height=640)
        browser.run(OPEN_ALL)
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run("document.documentElement.clientWidth") == width


def test_light_is_light_and_dark_is_dark_and_the_button_swaps_them(browser, quick_report):
    def brightness() -> float:
        return float(np.median(imread(io.BytesIO(browser.picture()))[..., :3]))

    for dark in (False, True):
        browser.visit(page_of(quick_report), dark=dark)
        first = brightness()
        browser.run("document.getElementById('theme').click()")
        assert (first < 0.2, brightness() < 0.2) == (dark, not dark)


def test_my_sizes_follow_the_keys_and_the_link_keeps_them(browser, quick_report):
    browser.visit(page_of(quick_report))
    browser.run("document.getElementById('sizes').open = true")
    browser.run("document.querySelector('#sizes-fields input').select()")
    for digit in "77":
        browser.press(digit, ord(digit), digit)
    browser.until("location.hash.includes('T=77')")
    table = browser.run("document.getElementById('sizes-out').textContent")
    fragment = browser.run("location.hash")
    browser.visit(page_of(quick_report), fragment)
    assert browser.run("document.getElementById('sizes-out').textContent") == table
    assert browser.run("document.querySelector('#sizes-fields input').value") == "77"


def test_a_link_to_a_source_opens_it(browser, quick_report):
    browser.visit(quick_report / "strategies.html", "#vlad.loop")
    assert browser.run("document.getElementById('vlad.loop').open")
    browser.visit(page_of(quick_report))
    name = "document.querySelector('svg a[href=\"strategies.html#vlad.bincount\"]')"
    browser.run(f"{name}.dispatchEvent(new MouseEvent('click', {{ bubbles: true }}))")
    browser.until("(document.getElementById('vlad.bincount') || {}).open")
    assert "def bucket_sums" in browser.run("document.getElementById('vlad.bincount').textContent")


def test_it_prints_what_the_reader_has_opened_and_nothing_to_press(browser, quick_report):
    browser.visit(page_of(quick_report))
    opened = "[...document.querySelectorAll('details')].map((one) => one.open).join()"
    before = browser.run(opened)
    assert {"true", "false"} == set(before.split(","))
    printed = len(browser.ask("Page.printToPDF")["data"])
    assert printed > 50_000
    assert browser.run(opened) == before
    browser.run(OPEN_ALL)
    assert len(browser.ask("Page.printToPDF")["data"]) > 1.2 * printed
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert browser.run("getComputedStyle(document.getElementById('choose')).display") == "none"
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run("getComputedStyle(document.querySelector('.links')).display") == "none"


def test_on_paper_no_table_is_cut_and_a_dark_page_is_light(browser, quick_report):
    browser.visit(page_of(quick_report), width=720)
    browser.run("document.documentElement.dataset.theme = 'dark'")
    browser.run(OPEN_ALL)
    browser.run(MANY_COLUMNS)
    overhang = (
        "[...document.querySelectorAll('table')].filter((t) => t.getBoundingClientRect().right > 721).length"
    )
    assert browser.run(overhang) > 0  # on the screen it scrolls
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert browser.run(overhang) == 0
    size = "parseFloat(getComputedStyle({}).fontSize)"
    assert browser.run(
        "[...document.querySelectorAll('td small')].every((small) => "
        f"{size.format('small')} <= {size.format('small.parentElement')})"
    )
    assert browser.run("getComputedStyle(document.body).color") == "rgb(28, 33, 40)"
