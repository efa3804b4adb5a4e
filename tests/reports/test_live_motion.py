"""Points that move, as people let them, in a headless Chromium (or skipped): play, pause, step, tweened or not."""

from __future__ import annotations

import pytest

from tests.reports.chromium import BROWSER, Chromium
from tests.reports.motion_world import FRAMES, SIZES
from tests.reports.pages import page_of

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
LAST = FRAMES - 1
ARROW_RIGHT, SPACE = ("ArrowRight", 39), (" ", 32, " ")
DOTS = "document.querySelector('.motion .now').getAttribute('d')"
WORDS = "document.querySelector('.frame-words').textContent"
BUTTON = "document.querySelector('[data-do=play]')"
LISTED = """(() => {{ const found = new Set(); return new Promise((done) => {{
  const look = () => {{ found.add({what}); if ({over}) done([...found]); else requestAnimationFrame(look); }};
  look(); }}); }})()"""


@pytest.fixture
def page(browser, moving_report) -> Chromium:
    """The page with the animation in view, at its first frame."""
    browser.visit(page_of(moving_report), "#w1-motion-1")
    browser.until("!document.querySelector('.plays').hidden")
    browser.run("document.querySelector('.plates').scrollIntoView()")
    return browser


def press(page: Chromium, what: str) -> None:
    page.run(f"document.querySelector('[data-do={what}]').click()")


def whole_frames(page: Chromium) -> list[str]:
    """The dots of each whole frame, by the steps."""
    found = [page.run(DOTS)]
    for _ in range(LAST):
        press(page, "forward")
        found.append(page.run(DOTS))
    page.run("document.querySelector('.plays input').value = 0")
    page.run("document.querySelector('.plays input').dispatchEvent(new Event('input'))")
    return found


def test_play_advances_pause_stops_and_nothing_leaves_the_page(page, moving_report):
    assert page.run(WORDS) == f"after 0 of {LAST} iterations"
    before = page.run(DOTS)
    press(page, "play")
    assert page.run(f"{BUTTON}.textContent") == "Pause"
    page.until(f"{WORDS} !== 'after 0 of {LAST} iterations'")
    press(page, "play")
    assert page.run(f"{BUTTON}.textContent") == "Play"
    there = page.run(DOTS)
    assert there != before
    page.run("new Promise((done) => setTimeout(done, 400))")
    assert page.run(DOTS) == there
    assert [url for url in page.requests if not url.startswith("data:")] == [
        f"file://{page_of(moving_report)}"
    ]
    assert page.complaints == []


def test_it_starts_by_itself_never_and_ends_at_the_last_frame(page):
    page.run("new Promise((done) => setTimeout(done, 300))")
    assert page.run(WORDS) == f"after 0 of {LAST} iterations"
    ends = whole_frames(page)[-1]
    press(page, "play")
    page.until(f"{BUTTON}.textContent === 'Play'")
    assert page.run(WORDS) == f"after {LAST} of {LAST} iterations"
    assert page.run(DOTS) == ends
    press(page, "play")  # once more, from the start
    page.until(f"{WORDS}.includes('0')")
    press(page, "play")


def test_a_step_is_one_frame_and_the_keyboard_moves_the_slider(page):
    frames = whole_frames(page)
    assert len(set(frames)) == FRAMES
    press(page, "forward")
    assert (page.run(WORDS), page.run(DOTS)) == (f"after 1 of {LAST} iterations", frames[1])
    press(page, "back")
    press(page, "back")
    assert (page.run(WORDS), page.run(DOTS)) == (f"after 0 of {LAST} iterations", frames[0])
    page.run("document.querySelector('.plays input').focus()")
    page.press(*ARROW_RIGHT)
    page.press(*ARROW_RIGHT)
    assert page.run(DOTS) == frames[2]
    assert page.run("document.querySelector('.plays input').getAttribute('aria-valuetext')") == (
        f"after 2 of {LAST} iterations"
    )
    page.run(f"{BUTTON}.focus()")
    page.press(*SPACE)
    assert page.run(f"{BUTTON}.textContent") == "Pause"


@pytest.mark.parametrize("reduced", [False, True])
def test_who_prefers_less_motion_sees_whole_frames_only(page, reduced):
    if reduced:
        wish = {"name": "prefers-reduced-motion", "value": "reduce"}
        page.ask("Emulation.setEmulatedMedia", features=[wish])
    frames = whole_frames(page)
    press(page, "play")
    seen = page.run(LISTED.format(what=DOTS, over=f"{BUTTON}.textContent === 'Play'"))
    assert frames[-1] in seen
    assert (set(seen) <= set(frames)) == reduced


def test_it_stops_where_nobody_sees_it(page):
    press(page, "play")
    page.run("scrollTo(0, 0)")
    page.run("document.querySelector('.motion').open = false")
    page.until(f"{BUTTON}.textContent === 'Play'")
    assert page.run("document.querySelector('.plays input').value") != str(LAST)


def test_a_choice_moves_halos_lens_and_words(page):
    state = """['.goal', '.frame'].map((name) => document.querySelector(`.motion ${name}`).outerHTML)
      .concat(document.querySelector('.telling:not([hidden])').textContent)"""
    before = page.run(state)
    assert "approx" in before[2]
    page.run("document.querySelector('.motion select').value = 2")
    page.run("document.querySelector('.motion select').dispatchEvent(new Event('change'))")
    after = page.run(state)
    assert "in_place" in after[2]
    assert before[0] != after[0]
    assert page.run("document.querySelectorAll('.telling:not([hidden])').length") == 1
    assert page.run(f"{DOTS}.split('M').length") == SIZES + 1


def test_on_paper_it_is_the_end_and_nothing_to_press(page):
    ends = whole_frames(page)[-1]
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run(DOTS) == ends
    page.ask("Emulation.setEmulatedMedia", media="print")
    assert page.run("getComputedStyle(document.querySelector('.plays')).display") == "none"
    page.ask("Emulation.setEmulatedMedia", media="")
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run(DOTS) != ends


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_narrow_window_in_any_light(browser, moving_report, dark):
    browser.visit(page_of(moving_report), width=360, height=640, dark=dark)
    browser.until("!document.querySelector('.plays').hidden")
    assert browser.run("document.documentElement.scrollWidth") <= 360
    halo = browser.run("getComputedStyle(document.querySelector('.goal')).stroke")
    assert halo == ("rgb(165, 175, 186)" if dark else "rgb(89, 99, 110)")
    assert browser.run("document.querySelector('.lens use').getBoundingClientRect().width") > 0


def test_without_a_script_there_is_nothing_to_press(page):
    page.ask("Emulation.setScriptExecutionDisabled", value=True)
    page.ask("Page.reload")
    try:
        page.until("document.readyState === 'complete' && document.querySelector('.motion')")
        for control in (".motion select", ".plays", "#choose"):
            assert page.run(f"document.querySelector('{control}').getBoundingClientRect().height") == 0
        assert page.run(f"{DOTS}.split('h0').length") == SIZES  # all but the lost one, where they end
    finally:
        page.ask("Emulation.setScriptExecutionDisabled", value=False)
