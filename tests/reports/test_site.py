"""The site: complete, escaped, self-contained, small, its links alive."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import pandas as pd
import pytest

from reports import sources
from reports.build import build_report
from reports.figures.scaling import spread
from reports.figures.style import HUES, KNOWN, look_of
from reports.selfcheck.planted import write_journal
from reports.site import processes, render
from reports.tables import folder_name
from tests.reports.claims.conftest import AS_PUBLISHED, plant
from tests.reports.conftest import NASTY, quick_world
from tests.reports.motion_world import write_moving
from tests.reports.pages import read_pages, text_of, whole
from tests.reports.test_data import write_map


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
    return text_of(quick_report)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """A site with claims, a map, points that move, fronts, several machines and a workload without its own room."""
    folder = tmp_path_factory.mktemp("everything")
    results = folder / "results"
    write_moving(results)
    for machine, noise in (("first-machine", 0.003), ("second-machine", 0.3)):
        write_journal(quick_world(machine=machine, noise=noise, seed=len(machine), run=machine), results)
    plant(results, AS_PUBLISHED, least=lambda cell: (8 * cell["T"] * cell["L"] * cell["F"], 0))
    write_map(results)
    build_report(results, folder / "out")
    return folder / "out"


@pytest.fixture(params=["quick_report", "hostile_report", "everything"])
def site(request):
    """The folder of a site."""
    return request.getfixturevalue(request.param)


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


def test_a_file_stands_once_however_many_settings_it_has():
    text = sources.Source((), "An idea.", "code")
    found = sources.by_file({"b:2": text, "a": text, "b": text, "b:4": text, "gone": sources.Source(())})
    assert found == {"b": (text, ["b:2", "b:4"]), "a": (text, [])}


def test_sentences_with_many_winners_are_markup(tmp_path):
    places = {"a": 2, "b": 64, "c": 512, "d": 16, "e": 9}
    times = {name: (lambda c, k=k: 1e-3 * (1 + (c["K"] - k) ** 2)) for name, k in places.items()}
    world = quick_world(trouble=lambda *_: None, control=None)
    world.times = {"loop": lambda c: 1.0, **times}
    write_journal(world, tmp_path / "results")
    html = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert "<code>a</code> in 1" in html
    assert "&lt;code" not in html


def test_warnings_stand_on_the_page(tmp_path):
    path = write_journal(quick_world(finished=False), tmp_path / "results")
    (path.parent / "bad-env.jsonl").write_bytes(b"\xff")
    built = build_report(tmp_path / "results", tmp_path / "out")
    text = "".join(Reader(whole(built.page.parent)).text)
    assert "bad-env.jsonl: the last line is torn" in text
    assert re.search(r"was interrupted in session [1-9]( of \d)?: ", text)


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
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert ("1,234 s in all, 27% of it outside timed calls" in page) != resumed
    assert "was interrupted" not in page


def test_pages_are_small_and_ask_for_nothing(site):
    for name, html in read_pages(site).items():
        assert len(html.encode()) < (400_000 if name == "index.html" else 2_000_000), name
        for link in Reader(html).links:
            assert name == "claims.html" or not re.match(r"[a-z]+://", link), link
        assert not re.search(r"url\((?!#)", html)
        assert "@import" not in html
        assert not re.search(r"<(?:img|iframe|object|embed|link rel=.stylesheet)", html)


def test_every_page_says_what_it_is_and_lets_nothing_run_but_its_own_script(site):
    for name, html in read_pages(site).items():
        (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
        (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        mark = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src 'sha256-{mark}'" in policy.replace("&#39;", "'"), name
        assert "default-src 'none'" in policy.replace("&#39;", "'")
        assert len(re.findall(r"<title>[^<]+</title>", html)) == 1
        for told in (
            'name="description" content="',
            'property="og:title" content="',
            'rel="icon" href="data:',
        ):
            assert html.count(told) == 1
        assert len(re.findall("<h1>", html)) == 1


def test_links_between_pages_lead_somewhere(site):
    ids = {name: Reader(html).ids for name, html in read_pages(site).items()}
    for name, html in read_pages(site).items():
        assert len(ids[name]) == len(set(ids[name])), name
        for link in Reader(html).links:
            file, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            assert not file or (site / unquote(file)).is_file(), (name, link)
            target = file or name
            assert not anchor or target not in ids or anchor in ids[target], (name, link)


def test_no_table_without_rows_and_no_picture_left_out(site):
    pictures = sorted(path.stem for path in site.glob("data/*/figures/*.csv") if "motion" not in path.stem)
    drawn = []
    for name, html in read_pages(site).items():
        assert not re.search(r"<tbody>\s*</tbody>", html), name
        for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
            assert "<svg" in figure
            assert "<title>" in figure or "aria-label=" in figure
            drawn += re.findall(r'data-name="([^"]*)"', figure)
    assert sorted(one for one in drawn if not one.startswith("claims_story")) == pictures


def test_names_from_files_are_text_in_html_and_svg(hostile_report):
    html = whole(hostile_report)
    reader = Reader(html)
    assert "img" not in reader.tags
    for page in read_pages(hostile_report).values():
        assert Reader(page).tags.count("script") <= 2
    assert NASTY in "".join(reader.text)
    figures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert figures
    assert any("&lt;script&gt;" in svg for svg in figures)
    assert any("$x^{2}$ &amp; co" in svg for svg in figures)
    folders = [path.name for path in (hostile_report / "data").iterdir()]
    assert folders == [folder_name("../w<b>")]
    assert (hostile_report / f"{folders[0]}.html").is_file()


def test_a_workload_goes_on_to_further_pages_and_nothing_is_lost(quick_results, tmp_path, monkeypatch):
    together = build_report(quick_results, tmp_path / "one").page.parent
    monkeypatch.setattr(render, "PAGE_BYTES", 1000)
    apart = build_report(quick_results, tmp_path / "many").page.parent
    names = [name for name in read_pages(apart) if name.startswith("vlad")]
    assert names == ["vlad.html", "vlad~2.html"]
    views = [re.findall(r'<details class="view" id="(w\d+-v\d+)"', text_of(out)) for out in (together, apart)]
    assert views[0] == views[1]
    assert len(views[0]) == 2
    for name in names:
        assert name == "vlad.html" or f'href="{name}#' in (apart / "vlad.html").read_text(encoding="utf-8")
        other = next(each for each in names if each != name)
        assert f'href="{other}"' in (apart / name).read_text(encoding="utf-8")
    assert render.grouped({"a": 3, "b": 3, "c": 9, "d": 1}, 7) == [["a", "b"], ["c"], ["d"]]


def test_every_workload_has_pages_of_its_own(tmp_path, monkeypatch):
    names = ["Vlad", "vlad", "vlad-2", "index", "w-index", "INDEX"]
    for number, name in enumerate(names):
        write_journal(quick_world(workload=name, sessions=2, seed=number, run=name), tmp_path / "results")
    monkeypatch.setattr(render, "PAGE_BYTES", 1000)
    out = build_report(tmp_path / "results", tmp_path / "out").page.parent
    pages = read_pages(out)
    assert len({name.lower() for name in pages}) == len(pages)
    titles = [
        title.partition(": ")[0]
        for html in pages.values()
        if (title := html.partition("<title>")[2].partition("</title>")[0]).endswith(": Quick")
    ]
    assert sorted(titles) == sorted(names)
    assert "add rows that share a label" in pages["index.html"]


def test_pages_of_an_older_report_are_gone(quick_results, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(render, "PAGE_BYTES", 1000)
        build_report(quick_results, tmp_path / "out")
    (tmp_path / "out" / "mine.html").write_text("not ours")
    build_report(quick_results, tmp_path / "out")
    assert not (tmp_path / "out" / "vlad~2.html").exists()
    assert (tmp_path / "out" / "mine.html").read_text() == "not ours"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_several_processes_draw_what_one_does(quick_results, tmp_path, monkeypatch):
    pages = []
    for shared in (1, 10_000):
        monkeypatch.setattr(processes, "SHARED", shared)
        pages.append(read_pages(build_report(quick_results, tmp_path / str(shared)).page.parent))
    assert pages[0] == pages[1]


def test_every_figure_has_its_rows_in_a_file_and_on_the_page(quick_report, html):
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    ids = Reader(html).ids
    assert len(figures) == 2 * (4 + 4)  # lines and scaling: all errors are alike, and no memory was planted
    for figure in figures:
        (label,) = re.findall(r'data-name="([^"]*)"', figure)
        rows = pd.read_csv(quick_report / "data" / "vlad" / "figures" / f"{label}.csv")
        assert f'href="data/vlad/figures/{label}.csv"' in figure
        assert set(re.findall(r'href="#([^"]*)">the rows', figure)) <= set(ids)
        assert len(rows) >= 4
        shown = rows["impl"][rows["status"] == "ok"] if "impl" in rows else rows["winner"]
        names = [name for name in shown.unique() if not name.endswith("@control")]
        assert all(name in figure for name in names)


def test_the_source_of_a_strategy_is_one_step_from_its_curve(quick_report, html):
    linked = {link for link in Reader(html).links if link.startswith("strategies.html#")}
    known = ("loop", "bincount", "mask_4d", "onehot_matmul", "sparse_matmul")
    assert linked - {"strategies.html#vlad"} == {f"strategies.html#vlad.{name}" for name in known}
    curves = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    loops = sum('href="strategies.html#vlad.loop"' in svg for svg in curves)
    assert loops == 2 * 4  # in both settings
    page = (quick_report / "strategies.html").read_text(encoding="utf-8")
    for name in known:
        source = page.partition(f'id="vlad.{name}"')[2].partition("The file that was timed")
        assert "def " in source[0], "no code to copy"
        assert "workspace_bytes" in source[2]


def test_several_machines_stand_side_by_side(tmp_path):
    for machine, noise in (("first-machine", 0.003), ("second-machine", 0.3)):
        write_journal(quick_world(machine=machine, noise=noise, seed=len(machine)), tmp_path / "results")
    out = build_report(tmp_path / "results", tmp_path / "out").page.parent
    html = (out / "machines.html").read_text(encoding="utf-8")
    winners = pd.read_csv(out / "data" / "vlad" / "winners.csv")
    won = winners[winners["verdict"] == "win"].groupby(["T", "L", "F", "K"])["winner"]
    agreed = int(((won.size() == 2) & (won.nunique() == 1)).sum())
    decided = int((won.size() == 2).sum())
    assert 0 < decided < 13  # who leads without a winner agrees with nobody
    told = f"Of 13 sizes measured in all 2 places, {decided} have a winner in each; in {agreed} of these"
    assert told in html


def test_the_published_machine_is_there_to_compare_with_and_counts_as_nobody_s_own(quick_results, tmp_path):
    write_journal(quick_world(machine="somebody", seed=5, run="theirs"), tmp_path / "published")
    write_journal(quick_world(machine="somebody", benchmark="Other", run="other"), tmp_path / "published")
    out = build_report(quick_results, tmp_path / "out", compare=tmp_path / "published").page.parent
    pages = read_pages(out)
    assert "somebody" in pages["machines.html"]
    assert ", for comparison<" in pages["machines.html"]
    assert "Where do the winners differ?" in pages["machines.html"]
    assert not any("somebody" in html for name, html in pages.items() if name != "machines.html")
    for table in (out / "data").glob("*/*.csv"):
        assert "somebody" not in table.read_text(encoding="utf-8")
    alone = build_report(tmp_path / "published", tmp_path / "own", compare=tmp_path / "published").page.parent
    assert ", for comparison<" not in whole(alone)
    nothing = build_report(quick_results, tmp_path / "none", compare=tmp_path / "missing").page.parent
    assert ", for comparison<" not in whole(nothing)


def test_same_results_give_the_same_pages(quick_results, tmp_path, monkeypatch):
    monkeypatch.setattr(
        sources, "strategies_folder", lambda: None
    )  # somebody may be editing a strategy at this moment
    pages = [read_pages(build_report(quick_results, tmp_path / name).page.parent) for name in ("a", "b")]
    assert pages[0] == pages[1]
