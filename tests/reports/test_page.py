"""The page: complete, escaped, self-contained, small."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from html.parser import HTMLParser

import pandas as pd
import pytest
from reports.site.room import Room, Rows, Share, fair_shares

from reports import sources
from reports.build import build_report
from reports.figures.scaling import spread
from reports.figures.style import HUES, KNOWN, look_of
from reports.selfcheck.planted import half_octaves, write_journal
from reports.site import motion, payload, render
from reports.site import room as rooms
from reports.tables import folder_name
from tests.reports.conftest import HUB, NASTY, quick_world


class Reader(HTMLParser):
    """Elements, attributes and text of a page, as a browser would see them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.ids, self.text = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "poster"):
                self.links.append(value)
            if name == "id":
                self.ids.append(value)

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def html(quick_report):
    return (quick_report / "index.html").read_text(encoding="utf-8")


def test_every_status_and_reason_appears(html):
    text = " ".join(Reader(html).text)
    for told in (
        "skipped",
        "failed",
        "killed",
        "timeout",
        "invalid",
        "signal 9",
        "tolerance 1e-12",
        "costs $x^2$ & more",
    ):
        assert told in text
    assert "timeout in 1 of 3 sessions: over 10 s" in text


def test_first_sentences_tell_the_answer(html):
    first = html.partition('<div class="answer">')[2].partition("</div>")[0]
    assert "<code>onehot_matmul</code> is the fastest in 1" in first
    assert "<code>sparse_matmul</code> in 2 (where K is at least 64)" in first
    assert "<code>bincount</code>" in first  # the noise floor


def test_one_scaling_figure_for_each_axis_and_view(html):
    labels = re.findall(r'aria-label="Time of one call against (\w)\.', html)
    assert sorted(labels) == sorted("TLFK" * 2)


def test_page_is_small_and_asks_for_nothing(html):
    assert len(html.encode()) < 3_000_000
    reader = Reader(html)
    for link in reader.links:
        assert link.startswith(("#", "data/", "data:,")), link
    assert not re.search(r"https?:", html)
    assert not re.search(r"url\((?!#)", html)
    assert "@import" not in html
    assert len(reader.ids) == len(set(reader.ids))


def test_names_from_files_are_text_in_html_and_svg(hostile_report):
    html = (hostile_report / "index.html").read_text(encoding="utf-8")
    reader = Reader(html)
    assert "img" not in reader.tags
    assert reader.tags.count("script") == 2
    assert NASTY in "".join(reader.text)
    figures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert figures
    assert any("&lt;script&gt;" in svg for svg in figures)
    assert any("$x^{2}$ &amp; co" in svg for svg in figures)
    assert [path.name for path in (hostile_report / "data").iterdir()] == [folder_name("../w<b>")]


def test_what_has_no_room_on_the_page_points_to_its_rows(tmp_path, monkeypatch):
    sizes = half_octaves(2, 512)[::2]

    def unique_reason(impl, cell, session):
        return ("skipped", f"needs {cell['K'] * cell['L']} bytes") if impl == "mask_4d" else None

    world = quick_world(sessions=2, dtypes=("x", "y", "z"), samples=1, trouble=unique_reason)
    world.cells = [HUB | {"K": k, "L": size} for k in sizes for size in sizes]
    write_journal(world, tmp_path / "results")
    for most, value in (("FIGURE_BYTES", 50_000), ("SPEEDUP_ENTRIES", 300), ("WINNER_ROWS", 100)):
        monkeypatch.setattr(rooms, most, value)
    page = build_report(tmp_path / "results", tmp_path / "out").page.read_text(encoding="utf-8")
    assert "needs 4 bytes, and the like" in page
    assert "left out to keep this page small" in page
    shown = [int(n) for n in re.findall(r"Showing (\d+) of 81, those on the lines", page)]
    assert sum(shown) == 100
    assert max(shown) - min(shown) <= 1  # shared fairly
    assert page.count('class="note unswitched"') == 0


def test_a_page_that_would_be_too_large_loses_rows_and_then_figures(quick_results, tmp_path, monkeypatch):
    def built(spared: int) -> str:
        monkeypatch.setattr(render, "PAGE_BYTES", size - spared)
        return build_report(quick_results, tmp_path / str(spared)).page.read_text(encoding="utf-8")

    size = rooms.PAGE_BYTES
    whole = built(0)
    size = len(whole.encode())
    for most in ("SPEEDUP_ENTRIES", "WINNER_ROWS"):
        monkeypatch.setattr(rooms, most, {"SPEEDUP_ENTRIES": 120, "WINNER_ROWS": 26}[most])
    fewer_rows, fewer_figures = built(1), built(60_000)
    assert whole.count("left out to keep this page small") == 0
    assert fewer_rows.count("<svg") == whole.count("<svg")
    assert len(fewer_rows.encode()) < size
    assert 0 < fewer_figures.count("<svg") < whole.count("<svg")
    assert len(fewer_figures.encode()) <= size - 60_000
    assert "left out to keep this page small" in fewer_figures


def test_a_setting_too_large_for_the_switches_says_so_and_the_others_keep_theirs(tmp_path, monkeypatch):
    world = quick_world(sessions=3, samples=1)
    world.cells = [HUB | {"K": k, "L": size} for k in half_octaves(2, 64) for size in half_octaves(2, 64)]
    write_journal(world, tmp_path / "results")
    write_journal(quick_world(benchmark="Small", run="r2", sessions=3), tmp_path / "results")
    monkeypatch.setattr(payload, "BYTES", 6_000)
    page = build_report(tmp_path / "results", tmp_path / "out").page.read_text(encoding="utf-8")
    large, small = page.split('<details class="view" id="w1-v')[1:3]
    assert 'class="note unswitched"' in large
    assert 'class="note unswitched"' not in small
    data = page.partition('id="data">')[2].partition("</script>")[0]
    assert list(json.loads(data)["views"]) == ["w1-v2"]


def test_room_goes_to_the_worthiest_figures_and_fairly_to_tables():
    room = Room(figure_bytes=25)
    rows = pd.DataFrame({"a": [1]})
    promised = [
        room.promise(lambda name: f"{name:10}", rows, Share("w1-v1", "data/w", 0, 0, view), "map", worth)
        for view, worth in ((1, 0), (0, 1), (0, 0))
    ]
    room.draw_figures()
    assert [figure.svg is not None for figure in promised] == [False, True, True]
    assert len(room.drawn()) == 2
    room.spare(1)
    assert [figure.svg is not None for figure in promised] == [False, False, True]
    assert fair_shares([1000, 5, 100], 300) == [195, 5, 100]
    assert fair_shares([4, 5], 300) == [4, 5]
    assert fair_shares([], 3) == []


def test_figures_are_drawn_once_however_often_the_page_shrinks(quick_results, tmp_path, monkeypatch):
    calls: list[Room] = []
    draw = Room.draw_figures

    def counted(room: Room) -> None:
        calls.append(room)
        draw(room)

    monkeypatch.setattr(Room, "draw_figures", counted)
    monkeypatch.setattr(render, "PAGE_BYTES", 100_000)
    build_report(quick_results, tmp_path / "out")
    assert len(calls) == 1


def _steady(number: int, cell: Mapping[str, int]) -> float:
    return 1e-3 * (number + 1)


def test_a_view_that_is_closed_shows_the_first_rows_of_its_lists(tmp_path):
    world = quick_world(dtypes=("x", "y"), sessions=2, samples=1)
    world.times = {**world.times, **{f"other{n}": partial(_steady, n) for n in range(9)}}
    write_journal(world, tmp_path / "results")
    page = build_report(tmp_path / "results", tmp_path / "out").page.read_text(encoding="utf-8")
    opened, closed = page.split('<details class="view" id="w1-v')[1:3]
    assert "The first 6 of" not in opened
    assert "The first 6 of" in closed
    assert closed.count("other8") < opened.count("other8")


def test_every_figure_has_its_rows_in_a_file_and_on_the_page(quick_report, html):
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    ids = Reader(html).ids
    assert len(figures) == 2 * (4 + 4 + 1 + 0)  # lines, scaling and the cost in error (no memory was planted)
    for figure in figures:
        (label,) = re.findall(r'data-name="([^"]*)"', figure)
        rows = pd.read_csv(quick_report / "data" / "vlad" / "figures" / f"{label}.csv")
        assert f'href="data/vlad/figures/{label}.csv"' in figure
        assert set(re.findall(r'href="#([^"]*)">the rows', figure)) <= set(ids)
        assert len(rows) >= 4
        shown = rows["impl"][rows["status"] == "ok"] if "impl" in rows else rows["winner"]
        names = [name for name in shown.unique() if not name.endswith("@control")]
        assert all(name in figure for name in names)


def test_the_source_of_a_strategy_is_one_step_from_its_curve(html):
    reader = Reader(html)
    linked = {link[1:] for link in reader.links if link.startswith("#source-")}
    assert linked == {
        f"source-w1-{name}" for name in ("loop", "bincount", "mask_4d", "onehot_matmul", "sparse_matmul")
    }
    assert linked <= set(reader.ids)
    curves = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert (
        sum('href="#source-w1-loop"' in svg for svg in curves) == 2 * 5
    )  # scaling and cost, in both settings
    first = html.index('aria-label="Time of one call against T')
    assert first < html.index('id="source-w1-loop"') < html.index("What speed costs")


def test_a_file_stands_once_however_many_settings_it_has():
    text = sources.Source((), "An idea.", "code")
    found = sources.by_file({"b:2": text, "a": text, "b": text, "b:4": text, "gone": sources.Source(())})
    assert found == {"b": (text, ["b:2", "b:4"]), "a": (text, [])}


def test_the_room_for_everything_leaves_a_small_page():
    room, total = Room(), Rows()
    entry, row, rest = 150, 350, 250_000  # bytes of an entry and of a row
    tables = entry * total.speedup_entries + row * total.winner_rows
    most = room.figure_bytes + tables + payload.BYTES + max(motion.MOTION_BYTES) + rest
    assert most < 3_000_000


def test_sentences_with_many_winners_are_markup(tmp_path):
    places = {"a": 2, "b": 64, "c": 512, "d": 16, "e": 9}
    times = {name: (lambda c, k=k: 1e-3 * (1 + (c["K"] - k) ** 2)) for name, k in places.items()}
    world = quick_world(trouble=lambda *_: None, control=None)
    world.times = {"loop": lambda c: 1.0, **times}
    write_journal(world, tmp_path / "results")
    html = build_report(tmp_path / "results", tmp_path / "out").page.read_text(encoding="utf-8")
    assert "<code>a</code> in 1" in html
    assert "&lt;code" not in html


def test_warnings_stand_on_the_page(tmp_path):
    path = write_journal(quick_world(finished=False), tmp_path / "results")
    (path.parent / "bad-env.jsonl").write_bytes(b"\xff")
    built = build_report(tmp_path / "results", tmp_path / "out")
    text = "".join(Reader(built.page.read_text(encoding="utf-8")).text)
    assert "bad-env.jsonl: the last line is torn" in text
    assert re.search(r"was interrupted in session [1-9]( of \d)?: ", text)


@pytest.mark.parametrize("rows", [Rows(0, 0, 0), Rows(40, 3, 2), Rows()])
def test_no_table_without_rows_and_no_link_to_nowhere(quick_results, tmp_path, monkeypatch, rows):
    monkeypatch.setattr(Rows, "of_size", classmethod(lambda cls, part: rows))
    html = build_report(quick_results, tmp_path / "out").page.read_text(encoding="utf-8")
    assert "<tbody>" in html
    assert not re.search(r"<tbody>\s*</tbody>", html)
    ids = set(re.findall(r'id="([^"]*)"', html))
    assert set(re.findall(r'href="#([^"]*)"', html)) <= ids


def test_several_machines_stand_side_by_side(tmp_path):
    for machine, noise in (("first-machine", 0.003), ("second-machine", 0.3)):
        write_journal(quick_world(machine=machine, noise=noise, seed=len(machine)), tmp_path / "results")
    built = build_report(tmp_path / "results", tmp_path / "out")
    html = built.page.read_text(encoding="utf-8")
    assert "Side by side" in html
    winners = pd.read_csv(tmp_path / "out" / "data" / "vlad" / "winners.csv")
    won = winners[winners["verdict"] == "win"].groupby(["T", "L", "F", "K"])["winner"]
    agreed = int(((won.size() == 2) & (won.nunique() == 1)).sum())
    decided = int((won.size() == 2).sum())
    assert 0 < decided < 13  # who leads without a winner agrees with nobody
    told = f"Of 13 sizes measured in all 2 places, {decided} have a winner in each; in {agreed} of these"
    assert told in html
    assert html.count('<details class="view" id="w') == 2


def test_same_results_give_the_same_page(quick_results, tmp_path, monkeypatch):
    monkeypatch.setattr(
        sources, "strategies_folder", lambda: None
    )  # somebody may be editing a strategy at this moment
    pages = [build_report(quick_results, tmp_path / name).page.read_bytes() for name in ("a", "b")]
    assert pages[0] == pages[1]


def test_a_strategy_keeps_its_look():
    assert look_of("sparse_matmul") == look_of("sparse_matmul")
    assert look_of("never seen before") == look_of("never seen before")
    settings = [look_of(f"never seen before:{radius}") for radius in range(12)]
    assert {look.hue for look in settings} == {look_of("never seen before").hue}
    assert len({(look.marker, look.dash) for look in settings}) > 6
    assert look_of("loop:2").hue == look_of("loop").hue
    looks = [tuple(value) for value in KNOWN.values()]
    assert len(looks) == len(set(looks))


def test_hues_are_readable_as_text_on_their_paper():
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a, b):
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for light, dark in HUES:
        assert contrast(light, "#ffffff") >= 4.5, light
        assert contrast(dark, "#14181d") >= 4.5, dark


def test_labels_are_moved_apart_and_keep_their_order():
    import numpy as np

    wanted = np.array([0.5, 0.5, 0.51, 0.9, 0.1])
    placed = spread(wanted, 0.05)
    assert np.diff(np.sort(placed)).min() >= 0.05 - 1e-9
    assert placed[4] < placed[0] < placed[2] < placed[3]


@pytest.mark.parametrize("resumed", [False, True])
def test_a_run_that_was_taken_up_again_tells_no_time_in_all(tmp_path, resumed):
    path = write_journal(quick_world(finished=False), tmp_path / "results")
    end = {"schema": 1, "kind": "finished", "run": "run-1", "resumed": resumed, "finished_at": 1.0}
    with path.open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(end | {"wall_s": 1234.0, "timed_s": 900.0, "overhead": 0.27}) + "\n")
    page = build_report(tmp_path / "results", tmp_path / "out").page.read_text(encoding="utf-8")
    assert ("1,234 s in all, 27% of it outside timed calls" in page) != resumed
    assert "was interrupted" not in page
