"""What becomes of the verdicts: claims.json, the story, the decomposition, the page, the README, the terminal."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from reports import __main__ as command
from reports.build import build_report
from reports.claims import page as claims_page
from reports.claims import paths, readme, verdicts
from reports.claims.figure import headline
from reports.claims.page import section
from reports.claims.write import disagreements, write_findings
from reports.selfcheck.planted import World, write_journal
from tests.reports.claims.conftest import AS_PUBLISHED, NEW, OLD, POST, judged, plant
from tests.reports.pages import whole

FIXED = ("id", "text", "source", "published", "variant", "env", "measured", "low", "high", "verdict")
NASTY = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def two_eras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """np.add.at passes the loop between the two; batching the assignment is half of the gain in the older one."""
    folder = tmp_path_factory.mktemp("eras")
    batched = (0.197 * 0.127) ** 0.5
    plant(folder, AS_PUBLISHED | {"truvec": 0.3, "looping_batched": batched}, OLD)
    plant(folder, AS_PUBLISHED | {"truvec": 0.1, "looping_batched": 0.1}, NEW)
    return folder


def test_claims_json_has_the_fixed_keys_and_no_nan(two_eras: Path, tmp_path: Path) -> None:
    findings = judged(two_eras)
    written = write_findings(tmp_path, findings)
    assert [path.name for path in written] == ["claims.json", "claims_decomposition.csv", "claims_story.csv"]
    records = json.loads(written[0].read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert len(records) == len(findings.entries)
    assert all(set(FIXED) <= set(record) for record in records)
    untested = next(record for record in records if record["verdict"] == "NOT TESTED")
    assert untested["measured"] is None
    assert untested["reason"]
    tested = next(record for record in records if record["measured"])
    assert tested["low"] < tested["measured"] < tested["high"]
    assert tested["sentence"].endswith(".")
    assert {record["env"] for record in records} == {OLD, NEW}


def test_every_entry_has_one_sentence(two_eras: Path) -> None:
    for entry in judged(two_eras).entries:
        assert entry.sentence.endswith(".")
        assert "\n" not in entry.sentence
        assert "nan" not in entry.sentence.lower().split()


def test_the_story_holds_the_ratios_in_the_order_of_versions(two_eras: Path) -> None:
    findings = judged(two_eras)
    (table,) = findings.stories
    assert list(dict.fromkeys(table["env"])) == [OLD, NEW]
    ratios = table.set_index(["env", "impl"])["ratio"]
    assert ratios[OLD, "truvec"] == pytest.approx(0.197 / 0.3, rel=0.02)
    assert ratios[NEW, "naivec"] == pytest.approx(0.197 / 0.313, rel=0.02)
    published = paths.published_ratios(findings.book, findings.book.stories[0])
    assert published == pytest.approx({"naivec": 197 / 313, "truvec": 197 / 208, "optvec": 197 / 127})


def sides(*intervals: tuple[float, float]) -> pd.DataFrame:
    rows = [(f"1.{place}", low, high) for place, (low, high) in enumerate(intervals)]
    return pd.DataFrame(rows, columns=["version", "low", "high"])


def test_a_flip_needs_whole_intervals_on_either_side() -> None:
    assert paths.flips(sides((0.5, 0.6), (1.5, 1.6))) == [("1.0", "1.1")]
    assert paths.flips(sides((0.5, 0.6), (0.9, 1.4), (1.5, 1.6))) == [("1.0", "1.2")]
    assert paths.flips(sides((0.5, 0.6), (0.99, 1.6))) == []
    assert paths.flips(sides((1.5, 1.6), (0.5, 0.6), (1.5, 1.6))) == [("1.0", "1.1"), ("1.1", "1.2")]
    assert paths.flips(sides((math.nan, math.nan), (1.5, 1.6))) == []


def test_versions_are_ordered_as_numbers() -> None:
    found = sorted(["2.0.2", "1.9.3", "1.26.4", "1.24.4"], key=paths.version_key)
    assert found == ["1.9.3", "1.24.4", "1.26.4", "2.0.2"]


def test_the_decomposition_multiplies_up(two_eras: Path) -> None:
    old, new = judged(two_eras).steps
    assert old.first.ratio * old.second.ratio == pytest.approx(old.whole.ratio)
    assert old.share == pytest.approx(0.5, abs=0.05)
    assert "is assigning all descriptors in one call" in old.sentence()
    assert new.share > 1
    assert "the reduction works against the gain" in new.sentence()


def test_a_tie_has_no_share(tmp_path: Path) -> None:
    plant(tmp_path, dict.fromkeys(("looping", "looping_batched", "optvec"), 0.1))
    (step,) = judged(tmp_path).steps
    assert math.isnan(step.share)
    assert "of the gain" not in step.sentence()


def test_the_picture_says_who_changes_sides(two_eras: Path, tmp_path: Path) -> None:
    findings = judged(two_eras)
    told = headline(findings.stories[0], findings.book.stories[0])
    assert told == "np.add.at overtakes the loop between NumPy 1.19.5 and 2.4.6"
    (tmp_path / "pictures").mkdir()
    light, dark = readme.write_pictures(findings, tmp_path / "pictures")
    for path in (light, dark):
        svg = path.read_text(encoding="utf-8")
        ElementTree.fromstring(svg)
        for word in ("np.add.at", "4-D mask", "sort + cumulative sum", "overtakes the loop", "1.55×"):
            assert word in svg
    assert light.read_bytes() != dark.read_bytes()


def test_the_readme_s_block_has_a_row_a_claim_and_a_column_an_environment(two_eras: Path) -> None:
    findings = judged(two_eras)
    text = readme.block(findings, Path("published"))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    rows = rows[rows.index("| claim | tested | NumPy 1.19.5 | NumPy 2.4.6 |") :]
    assert all(row.count("|") == 5 for row in rows)
    tested = {
        (each.claim.id, each.variant.name) for each in findings.entries if each.verdict != verdicts.NOT_TESTED
    }
    assert len(rows) == 1 + len(tested)
    listed = text.split("Not tested:")[1]
    assert all(claim.text in text for claim in findings.book.claims)
    assert (
        "*K = 512, as published*: as published, with the 512 centroids it declares: not measured here"
        in listed
    )
    assert "| reproduced 0.65" in text
    assert "×, another size | flipped 1.9" in text
    assert "in two factors, assigning all descriptors in one call and the reduction: 1." in text
    assert "(NumPy 1.19.5) and 1." in text


def test_without_eras_the_readme_says_so(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, OLD)
    findings = judged(tmp_path)
    assert readme.block(findings, Path("published")) == readme.NOTHING_YET
    assert readme.write_pictures(findings, tmp_path) == []


def test_the_page_has_the_claims(two_eras: Path, tmp_path: Path) -> None:
    page = whole(build_report(two_eras, tmp_path).page.parent)
    assert 'id="claims"' in page
    assert 'href="claims.html"' in page
    assert "overtakes the loop" in page
    assert (tmp_path / "data" / "claims.json").is_file()
    shown = page.split('id="claims"')[1]
    for word in ("reproduced", "flipped", "197 ± 13.9 ms against 313 ± 33.2 ms", OLD, NEW, "base "):
        assert word in shown


def test_a_story_that_cannot_be_drawn_costs_no_more_than_its_picture(
    two_eras: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("no <ink>")

    monkeypatch.setattr(claims_page, "draw_story", fails)
    built = build_report(two_eras, tmp_path)
    assert "could not be drawn (ValueError: no &lt;ink&gt;)" in whole(built.page.parent)
    assert any("no <ink>" in warning for warning in built.warnings)


def test_a_page_of_other_work_has_no_claims(tmp_path: Path) -> None:
    times = {"loop": lambda cell: 1e-3, "fast": lambda cell: 5e-4}
    write_journal(World(times, [{"N": 8}, {"N": 16}]), tmp_path / "results")
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert 'id="claims"' not in page
    assert not (tmp_path / "out" / "data" / "claims.json").exists()


def test_nothing_from_a_result_file_becomes_markup(tmp_path: Path) -> None:
    plant(
        tmp_path / "results", AS_PUBLISHED, env=NASTY.replace("/", ""), machine=NASTY,
        trouble=lambda name, cell, session: ("failed", NASTY) if name == "optvec" else None,
    )  # fmt: skip
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page.split('id="claims"')[1]


def test_environments_without_a_verdict_have_no_column(two_eras: Path, tmp_path: Path) -> None:
    for source in two_eras.rglob("*.jsonl"):
        target = tmp_path / source.relative_to(two_eras)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    plant(
        tmp_path,
        {"loop": 1.0},
        env="py3.11",
        workload="vlad",
        benchmark="Quick",
        cells=({"N": 1},),
        baseline="loop",
    )
    found = section(judged(tmp_path))
    assert found is not None
    assert [[site["env"] for site in table["sites"]] for table in found["tables"]] == [[OLD, NEW]]
    assert [one["site"].env for one in found["absent"]] == ["py3.11"]


def test_two_runs_are_compared_by_what_both_decide(two_eras: Path, tmp_path: Path) -> None:
    first = judged(two_eras)
    assert list(disagreements(first.entries, first.entries)) == []
    plant(tmp_path, AS_PUBLISHED | {"truvec": 0.1}, OLD)
    found = list(disagreements(first.entries, judged(tmp_path).entries))
    assert all(each.firm for each in found)
    (told, *others) = (each.sentence() for each in found)
    assert told.startswith(f"add-at-no-better-than-loop, as published, {OLD}: REPRODUCED (0.65")
    assert "FLIPPED" in told
    assert all("sort-cumsum-faster-than-add-at" in line for line in others)


def test_a_machine_is_compared_with_itself_where_it_can_be(two_eras: Path, tmp_path: Path) -> None:
    """A second folder may hold further machines with environments of the same name."""
    own = judged(two_eras).entries
    moved = {"naivec": 0.001, "truvec": 0.001}
    plant(tmp_path, AS_PUBLISHED | moved, OLD)
    others = [replace(entry, machine="another") for entry in judged(tmp_path).entries]
    assert list(disagreements(own, [*own, *others])) == list(disagreements(own, [*others, *own])) == []
    assert list(disagreements(own, others))


def test_the_command_prints_writes_and_compares(
    two_eras: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["claims", "--results", str(two_eras), "--out", str(tmp_path)]
    assert command.main(words) == 0
    told = capsys.readouterr().out
    assert "add-at-no-better-than-loop: np.add.at is no better" in told
    assert f"{NEW:<24} FLIPPED" in told
    assert (tmp_path / "claims.json").is_file()
    assert command.main([*words, "--against", str(two_eras)]) == 0
    assert "decides no claim differently" in capsys.readouterr().out
    plant(tmp_path / "second", AS_PUBLISHED | {"truvec": 0.1}, OLD)
    assert command.main([*words, "--against", str(tmp_path / "second")]) == 1
    assert "decided differently" in capsys.readouterr().out


def test_a_folder_to_compare_with_that_is_missing_is_told_before_anything_is_written(
    two_eras: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["claims", "--results", str(two_eras), "--out", str(tmp_path / "out")]
    assert command.main([*words, "--against", str(tmp_path / "nowhere")]) != 0
    told = capsys.readouterr()
    assert "nowhere" in told.err
    assert told.out == ""
    assert not (tmp_path / "out").exists()


def test_what_lies_near_a_limit_is_marked_and_may_move(
    two_eras: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The band of a tie ends at 1 / 1.05 = 0.952: 0.944 and 0.96 are decided on two sides of it."""
    lower, upper = (judged(_mask_at(tmp_path / f"{share}", share)) for share in (0.944, 0.96))
    found = [each for each in disagreements(lower.entries, upper.entries) if not each.firm]
    assert {(each.first.claim.id, each.first.verdict, each.second.verdict) for each in found} == {
        ("mask-slower-than-loop", "REPRODUCED", "NOT REPRODUCED")
    }
    words = ["claims", "--results", str(tmp_path / "0.944"), "--out", str(tmp_path)]
    assert command.main([*words, "--against", str(tmp_path / "0.96")]) == 0
    told = capsys.readouterr().out
    assert "REPRODUCED *" in told
    assert "near a limit of the rule, and on another side" in told
    shown_page = section(lower)
    assert shown_page is not None
    assert "asterisk" in shown_page["counts"]


def _mask_at(folder: Path, share: float) -> Path:
    """A folder where the loop takes that share of the mask's time, give or take a third of a percent."""
    plant(folder, AS_PUBLISHED | {"naivec": AS_PUBLISHED["looping"] / share}, OLD)
    return folder


def test_the_command_without_results_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["claims", "--results", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert "measure first" in capsys.readouterr().err


def test_planted_cells_are_the_post_s(book) -> None:
    assert book.stories[0].place.cell == POST


def test_what_another_package_decides_is_headed_by_its_version(tmp_path: Path) -> None:
    """Which cluster is empty is up to scikit-learn's numbering; the column says NumPy."""
    for env, version in ((OLD, "0.24.2"), (NEW, "1.9.1")):
        plant(tmp_path, AS_PUBLISHED, env)
        plant(
            tmp_path, AS_PUBLISHED, env, labels="fitted",
            trouble=lambda name, *_, env=env: ("invalid", "error 17") if (name, env) == ("optvec", NEW) else None,
        )  # fmt: skip
        (path,) = tmp_path.rglob(f"*-{env}.jsonl")
        path.write_text(path.read_text().replace('{"numpy": ', f'{{"scikit-learn": "{version}", "numpy": '))
    findings = judged(tmp_path)
    row = next(
        line
        for line in readme.block(findings, Path("published")).splitlines()
        if "numbered by scikit-learn" in line
    )
    assert row.endswith("| scikit-learn 0.24.2: reproduced | scikit-learn 1.9.1: flipped |")
    assert "one data set" in row
    page = whole(build_report(tmp_path, tmp_path / "out").page.parent).split('id="claims"')[1]
    assert "<small>scikit-learn 1.9.1</small>" in page
    records = json.loads((tmp_path / "out" / "data" / "claims.json").read_text(encoding="utf-8"))
    assert {"scikit-learn", None} == {record["decided_by"] for record in records}


def test_both_answers_are_in_claims_json(two_eras: Path, tmp_path: Path) -> None:
    write_findings(tmp_path, judged(two_eras))
    records = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    found = {(r["id"], r["variant"], r["env"]): (r["verdict"], r["direction"], r["size"]) for r in records}
    assert found["add-at-no-better-than-loop", "as published", NEW] == ("FLIPPED", "reversed", "different")
    assert found["add-at-no-better-than-loop", "as published", OLD] == (
        "REPRODUCED",
        "as claimed",
        "different",
    )
    assert found["sort-cumsum-faster-than-loop", "as published", OLD] == ("REPRODUCED", "as claimed", "same")
    untested = [r for r in records if r["verdict"] == "NOT TESTED"]
    assert {(r["direction"], r["size"]) for r in untested} == {(None, None)}
    published = next(r for r in records if r["id"] == "mask-slower-than-loop")
    assert published["published_low"] < published["published"] < published["published_high"]


def test_few_tested_claims_are_folded_and_many_are_not(two_eras: Path, tmp_path: Path) -> None:
    """What a first report has of them: one or two of some forty."""
    plant(
        tmp_path / "results", {"loop": 0.02, "ufunc_at": 0.09, "bincount": 0.005, "ufunc_at_flat": 0.09},
        workload="vlad", benchmark="Quick", baseline="loop", labels="uniform", stages=("aggregate",),
    )  # fmt: skip
    few = section(judged(tmp_path / "results"))
    assert few is not None
    assert few["folded"]
    assert [len(table["claims"]) for table in few["tables"]] == [1]
    assert len(few["untested"]) == len(judged(tmp_path / "results").book.claims) - 1
    page = whole(build_report(tmp_path / "results", tmp_path / "out").page.parent)
    shown = page.split('id="claims"')[1].split("</section>")[0]
    assert shown.count("<details") == shown.count("</details>") == 3
    assert shown.index("<details>") < shown.index('class="strip verdicts"') < shown.rindex("</details>")
    many = section(judged(two_eras))
    assert many is not None
    assert not many["folded"]
