""" "My sizes" in a headless Chromium: measured rows as measured, honest ranges between, and no number outside."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import words
from reports.analyse.cube import build_cube
from reports.analyse.views import analyse, views_of
from reports.build import build_report
from reports.load.folder import load_results
from reports.selfcheck.planted import write_journal
from reports.site.payload import view_payload
from tests.reports.chromium import BROWSER, Chromium
from tests.reports.conftest import HUB, STAR, TIMES, quick_world
from tests.reports.pages import page_of

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
LAPTOP = next(Path("reports/published").glob("*/7e793030-*.jsonl.xz"), Path())
#: Strategies of each kind, and every how many cells one is left out.
KINDS, EVERY = ("loop", "bincount", "sparse_matmul", "onehot_matmul", "jax_segment_sum", "numba_scatter"), 9
#: Leave one cell out, predict it from the others: [measured, predicted, low, high] in logs.
LEAVE_ONE_OUT = """((view, every) => view.cells.filter((_, n) => n % every === 0).flatMap((out) => {
  const rest = { ...view, cells: view.cells.filter((cell) => cell !== out) }, at = out[1].map(Math.log);
  if (outsideWords(view.axes, placedCells(rest), at)) return [];
  return predictions(rest, at, new Set(view.impls)).flatMap(({ impl, seconds, low, high }) => {
    const entry = out[2][view.impls.indexOf(impl)];
    return seconds && Array.isArray(entry) ? [[meanOf(logTimes(entry)), ...[seconds, low, high].map(Math.log)]] : [];
  });
}))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Chromium]:
    made = Chromium(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory) -> Path:
    """A report on two sets of one setting: a star about the middle, and one size far from it."""
    folder = tmp_path_factory.mktemp("sizes")
    memory = {"loop": lambda c: 5e6, "bincount": lambda c: 100.0}
    write_journal(quick_world(memory=memory), folder / "results")
    far = quick_world(benchmark="Far", run="far", memory=memory)
    far.cells = [{"T": 2, "L": 8000, "F": 2, "K": 300}]
    write_journal(far, folder / "results")
    build_report(folder / "results", folder / "out")
    return folder


def asked(browser: Chromium, folder: Path, **sizes: float) -> str:
    """What the page says of some sizes."""
    fragment = "#view=w1-v1&" + "&".join(f"{axis}={size}" for axis, size in sizes.items())
    browser.visit(page_of(folder / "out"), fragment)
    assert browser.complaints == []
    told = browser.run(
        "[...document.querySelectorAll('#sizes-out p, #sizes-out td')].map((node) => node.textContent).join(' ')"
    )
    return re.sub(r"\s+", " ", str(told))


@pytest.mark.parametrize("cell", [STAR[0], STAR[5]])
def test_a_measured_size_shows_what_was_measured(browser, two_sets, cell):
    told = asked(browser, two_sets, **cell)
    assert "Measured at exactly this size" in told
    speedups = analyse(load_results(two_sets / "results").workloads[0]).speedups
    here = speedups[(speedups[list(cell)] == list(cell.values())).all(axis=1)].set_index("impl")
    for impl in ("loop", "bincount", "onehot_matmul"):
        ends = ("seconds", "seconds_low", "seconds_high")
        time, low, high = (words.seconds(float(str(here.at[impl, name]))) for name in ends)
        assert f"{impl} {time} {low} to {high}" in told
    assert "4.77 MiB" in told
    assert "< 64 KiB, not resolved" in told


def test_a_size_measured_in_another_set_is_found_there(browser, two_sets):
    told = asked(browser, two_sets, T=2, L=8000, F=2, K=300)
    assert "Measured at exactly this size, in Far" in told


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"T": 99_999}, "T is 97.7 times the largest measured (1,024)"),
        ({"F": 1}, "F is below the smallest measured (8) by a factor of 8.00"),
        ({"T": 1024, "L": 2048}, "T·L·F is 4.00 times the largest measured"),
        (
            {"T": 100, "F": 24, "K": 200},
            "(T 64, L 128, F 64, K 16) is 2.67 times off in F and 12.5 times off in K",
        ),
    ],
)
def test_away_from_what_was_measured_there_is_no_number(browser, two_sets, changes, why):
    told = asked(browser, two_sets, **(HUB | changes))
    assert "Outside what was measured" in told
    assert why in told
    assert not re.search(r"\d (ns|µs|ms|s)\b", told)
    assert not any(impl in told for impl in TIMES)


def test_memory_is_never_predicted(browser, two_sets):
    told = asked(browser, two_sets, **(HUB | {"K": 20}))
    assert "Between the measured sizes" in told
    assert "loop" in told
    assert "iB" not in told


def test_ranges_hold_what_they_say_on_the_published_results(browser, two_sets, tmp_path):
    """95 % of times that were left out, and narrow enough to be of use."""
    needed = [f'"impl": "{name}"'.encode() for name in KINDS]
    with lzma.open(LAPTOP) as journal:
        kept = [
            line
            for line in journal
            if b'"kind"' in line
            or (b'"aggregate"' in line and b'"float64"' in line and any(name in line for name in needed))
        ]
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "7e793030-env.jsonl").write_bytes(b"".join(kept))
    (workload,) = load_results(tmp_path).workloads
    view = views_of(analyse(workload))[0]
    assert len(view.cells) == 455
    payload = json.dumps(view_payload(view, build_cube(workload)), default=float)
    browser.visit(page_of(two_sets / "out"))
    found = browser.run(f"{LEAVE_ONE_OUT}({payload}, {EVERY})")
    assert len(found) > 200
    inside = sum(low <= measured <= high for measured, _, low, high in found) / len(found)
    off = sorted(abs(measured - mean) for measured, mean, _, _ in found)
    reach = sorted((high - low) / 2 for _, _, low, high in found)
    assert 0.92 <= inside <= 0.99
    assert off[len(off) // 2] < 0.03
    assert reach[len(reach) // 2] < 0.13
