"""Planted journals with known answers: every rule and every verdict, from the file to the entry."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from reports.claims import verdicts
from reports.claims.model import Entry
from reports.claims.sentences import glimpse, size_words
from tests.reports.claims.conftest import AS_PUBLISHED, FEW, NEW, OLD, POST, entry_of, judged, plant


def verdict(folder: Path, claim: str, variant: str | None = None, env: str = OLD) -> str:
    return entry_of(judged(folder), claim, variant, env).verdict


def test_what_was_published_is_reproduced(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED)
    findings = judged(tmp_path)
    for claim, ratio in (
        ("mask-slower-than-loop", 197 / 313),
        ("sort-cumsum-faster-than-loop", 197 / 127),
        ("sort-cumsum-faster-than-add-at", 208 / 127),
    ):
        entry = entry_of(findings, claim)
        assert entry.verdict == verdicts.REPRODUCED, entry.sentence
        assert entry.measured == pytest.approx(ratio, rel=0.02)
        assert entry.low < entry.measured < entry.high
        assert (entry.direction, entry.size) == (verdicts.AS_CLAIMED, verdicts.SAME)
    base = entry_of(findings, "mask-slower-than-loop").base_seconds
    assert base == pytest.approx(0.197, rel=0.4)  # a block has noise of its own


@pytest.mark.parametrize(
    ("optvec", "expected", "direction", "size"),
    [
        (0.127, verdicts.REPRODUCED, verdicts.AS_CLAIMED, verdicts.SAME),
        (0.102, verdicts.INCONCLUSIVE_ON_SIZE, verdicts.AS_CLAIMED, verdicts.OPEN),
        (0.060, verdicts.DIRECTION_ONLY, verdicts.AS_CLAIMED, verdicts.DIFFERENT),
        (0.197, verdicts.NOT_REPRODUCED, verdicts.TIE, verdicts.DIFFERENT),
        (0.300, verdicts.FLIPPED, verdicts.REVERSED, verdicts.DIFFERENT),
    ],
)
def test_every_verdict_on_a_size(
    tmp_path: Path, optvec: float, expected: str, direction: str, size: str
) -> None:
    plant(tmp_path, AS_PUBLISHED | {"optvec": optvec})
    entry = entry_of(judged(tmp_path), "sort-cumsum-faster-than-loop")
    assert (entry.verdict, entry.direction, entry.size) == (expected, direction, size), entry.sentence


@pytest.mark.parametrize(
    ("truvec", "expected", "beside"),
    [
        (0.197, verdicts.REPRODUCED, "same size"),  # a tie is no better
        (0.208, verdicts.REPRODUCED, "same size"),
        (0.300, verdicts.REPRODUCED, "another size"),  # slower than published is all the more no better
        (0.100, verdicts.FLIPPED, ""),
    ],
)
def test_words_are_judged_by_direction_with_the_size_beside(
    tmp_path: Path, truvec: float, expected: str, beside: str
) -> None:
    plant(tmp_path, AS_PUBLISHED | {"truvec": truvec})
    entry = entry_of(judged(tmp_path), "add-at-no-better-than-loop")
    assert (entry.verdict, size_words(entry)) == (expected, beside)
    assert "0.947× was published" in entry.sentence


@pytest.mark.parametrize(
    ("naivec", "truvec", "mask", "sort"),
    [
        (0.9, 0.9, verdicts.REPRODUCED, verdicts.REPRODUCED),
        (0.197, 0.127, verdicts.NOT_REPRODUCED, verdicts.NOT_REPRODUCED),
        (0.05, 0.05, verdicts.FLIPPED, verdicts.FLIPPED),
    ],
)
def test_slower_and_faster_by_whatever_size(
    tmp_path: Path, naivec: float, truvec: float, mask: str, sort: str
) -> None:
    plant(tmp_path, AS_PUBLISHED | {"naivec": naivec, "truvec": truvec})
    assert verdict(tmp_path, "mask-slower-than-loop") == mask
    assert verdict(tmp_path, "sort-cumsum-faster-than-add-at") == sort


@pytest.mark.parametrize(
    ("at", "flat", "expected"),
    [
        (
            0.090,
            0.095,
            (verdicts.NOT_REPRODUCED, verdicts.NOT_REPRODUCED),
        ),  # both alike, and bincount far ahead
        (
            0.020,
            0.0042,
            (verdicts.NOT_REPRODUCED, verdicts.NOT_REPRODUCED),
        ),  # the flat one is faster than bincount
        (0.005, 0.005, (verdicts.INCONCLUSIVE, verdicts.INCONCLUSIVE)),  # as slow as what lacks the same
    ],
)
def test_a_cause_is_tested_by_what_lacks_the_same(
    tmp_path: Path, at: float, flat: float, expected: tuple[str, str]
) -> None:
    times = {"loop": 0.02, "ufunc_at": at, "ufunc_at_flat": flat, "bincount": 0.005}
    plant(
        tmp_path, times, workload="vlad", benchmark="ErasStrategies", baseline="loop", labels="uniform",
        stages=("aggregate",),
    )  # fmt: skip
    findings, claim = judged(tmp_path), "add-at-slow-for-want-of-vector-instructions"
    rows, index = (entry_of(findings, claim, name) for name in ("rows, as the post has them", "a flat index"))
    assert (rows.verdict, index.verdict) == expected, rows.sentence
    assert "lacks vector instructions as well" in rows.sentence
    assert ("ufunc_at_flat is not slow" in index.sentence) == (flat < 0.005)


def test_noise_is_inconclusive_and_so_is_a_single_session(tmp_path: Path) -> None:
    plant(tmp_path / "noisy", AS_PUBLISHED, noise=2.0)
    assert verdict(tmp_path / "noisy", "sort-cumsum-faster-than-loop") == verdicts.INCONCLUSIVE
    plant(tmp_path / "single", AS_PUBLISHED, sessions=1)
    entry = entry_of(judged(tmp_path / "single"), "sort-cumsum-faster-than-loop")
    assert (entry.verdict, entry.reason) == (verdicts.INCONCLUSIVE, "a single session has no interval")


def test_environments_are_judged_apart(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED | {"truvec": 0.3}, OLD)
    plant(tmp_path, AS_PUBLISHED | {"truvec": 0.1}, NEW)
    findings = judged(tmp_path)
    assert [site.env for site in findings.sites] == [OLD, NEW]
    assert entry_of(findings, "add-at-no-better-than-loop", env=OLD).verdict == verdicts.REPRODUCED
    assert entry_of(findings, "add-at-no-better-than-loop", env=NEW).verdict == verdicts.FLIPPED
    variants = sum(len(claim.variants) for claim in findings.book.claims)
    assert len(findings.entries) == 2 * variants


def test_what_was_not_measured_says_which_set_is_missing(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED)
    entry = entry_of(judged(tmp_path), "mask-slower-than-loop", "K = 512, as published")
    assert entry.verdict == verdicts.NOT_TESTED
    assert "not measured here (set ErasMeant)" in entry.reason
    assert math.isnan(entry.measured)


def failing(impl: str, status: str, reason: str):
    return lambda name, cell, session: (status, reason) if name == impl else None


def test_a_strategy_without_a_time_is_named_with_its_reason(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, trouble=failing("naivec", "skipped", "over the memory limit"))
    entry = entry_of(judged(tmp_path), "mask-slower-than-loop")
    assert entry.verdict == verdicts.NOT_TESTED
    assert entry.reason == "naivec has no time: skipped: over the memory limit"
    assert entry.sentence == "Not tested: naivec has no time: skipped: over the memory limit."


def test_a_wrong_answer_has_no_ratio(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, trouble=failing("optvec", "invalid", "wrong answer: error 17"))
    assert verdict(tmp_path, "sort-cumsum-faster-than-loop") == verdicts.NOT_TESTED


def test_variants_agree_until_one_does_not(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED)
    plant(
        tmp_path,
        AS_PUBLISHED,
        cells=(FEW,),
        labels="first_empty",
        trouble=failing("optvec", "invalid", "error 12"),
    )
    plant(
        tmp_path,
        AS_PUBLISHED,
        cells=(FEW,),
        labels="last_empty",
        trouble=failing("optvec", "failed", "AssertionError"),
    )
    findings = judged(tmp_path)
    names = ("no edge bucket empty", "the first bucket empty", "the last bucket empty")
    first, second, third = (entry_of(findings, "all-variants-agree", name) for name in names)
    assert first.verdict == verdicts.REPRODUCED
    assert second.verdict == third.verdict == verdicts.FLIPPED
    assert second.sentence == "Not as claimed: optvec (invalid: error 12)."
    assert [cell["as_claimed"] for cell in third.cells] == [True, True, True, False]


def test_a_strategy_that_was_skipped_leaves_correctness_open(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, trouble=failing("naivec", "skipped", "over the memory limit"))
    entry = entry_of(judged(tmp_path), "all-variants-agree", "no edge bucket empty")
    assert (entry.verdict, entry.reason) == (verdicts.NOT_TESTED, "naivec: skipped: over the memory limit")


def test_lost_duplicates(tmp_path: Path) -> None:
    times = AS_PUBLISHED | {"fancy_index": 0.01}
    plant(tmp_path / "lost", times, trouble=failing("fancy_index", "invalid", "error 8"))
    assert verdict(tmp_path / "lost", "fancy-indexing-loses-duplicates") == verdicts.REPRODUCED
    plant(tmp_path / "kept", times)
    assert verdict(tmp_path / "kept", "fancy-indexing-loses-duplicates") == verdicts.FLIPPED


def test_the_review_s_finding_needs_both_workloads(tmp_path: Path) -> None:
    variant = "the last bucket empty"
    plant(
        tmp_path,
        AS_PUBLISHED,
        cells=(FEW,),
        labels="last_empty",
        trouble=failing("optvec", "failed", "AssertionError"),
    )
    assert verdict(tmp_path, "edge-buckets-need-counted-ends", variant) == verdicts.NOT_TESTED
    plant(
        tmp_path, {"loop": 1e-3, "ragged_cumsum": 1e-3}, cells=(FEW,), labels="last_empty", workload="vlad",
        benchmark="ErasStrategies", baseline="loop", stages=("aggregate",),
    )  # fmt: skip
    assert verdict(tmp_path, "edge-buckets-need-counted-ends", variant) == verdicts.REPRODUCED


# -- regions ----------------------------------------------------------------------------------------------------
SIZES = (1024, 1280, 1536, 1792, 2048, 2560, 3072, 4096)
LENGTHS = (32, 64, 128)


def region(tmp_path: Path, loop, sizes=SIZES, lengths=LENGTHS, trouble=lambda *_: None) -> Entry:
    """The loop's time by cell, beside a best of 10 ms; judged for many features."""
    cells = [POST | {"T": 2, "L": length, "F": size} for length in lengths for size in sizes]
    others = {"naivec": 0.5, "truvec": 0.01, "optvec": 0.02, "fancy_index": 1e-4}
    plant(
        tmp_path, {"looping": loop, **others}, cells=cells, stages=("fair",), benchmark="ErasRegions",
        trouble=trouble,
    )  # fmt: skip
    return entry_of(judged(tmp_path), "loop-fine-with-many-features")


def test_a_region_is_mapped_and_judged_by_its_own_cells(tmp_path: Path) -> None:
    entry = region(tmp_path, lambda cell: 0.05 if cell["F"] < 1024 else 0.008, (64, 256, *SIZES))
    assert entry.verdict == verdicts.REPRODUCED
    assert [(cell["at"], cell["fine"], cell["in_region"]) for cell in entry.cells[:3]] == [
        (64, False, False),
        (256, False, False),
        (1024, True, True),
    ]
    assert len(entry.cells) == 30
    assert {cell["best"] for cell in entry.cells} == {"truvec"}  # what is not compared does not count
    assert entry.measured == pytest.approx(0.8, rel=0.02)
    assert "24 of 24 sizes with F 1,024 or more, at 3 settings of T and L" in entry.sentence
    assert "elsewhere it is in 0 of 6 sizes" in entry.sentence


def test_a_region_that_is_smaller_than_claimed(tmp_path: Path) -> None:
    entry = region(tmp_path, lambda cell: 0.02 if (cell["F"], cell["L"]) == (1024, 32) else 0.008)
    assert entry.verdict == verdicts.DIRECTION_ONLY
    assert entry.measured == pytest.approx(2.0, rel=0.02)  # the worst cell inside
    assert "23 of 24" in entry.sentence
    assert "at its worst (F 1,024, T 2, L 32)" in entry.sentence


def test_a_region_where_it_never_holds(tmp_path: Path) -> None:
    entry = region(tmp_path, lambda cell: 0.03)
    assert entry.verdict == verdicts.FLIPPED
    assert "within 10 % of the best in 0 of 24 sizes" in entry.sentence


@pytest.mark.parametrize(
    ("sizes", "lengths", "told"),
    [
        ((1024,), (128,), "1 size measured here, and no region"),  # what was called one until it was counted
        (SIZES[:7], LENGTHS, "21 sizes at 3 settings of T and L measured here, and no region"),
        (SIZES, LENGTHS[:2], "16 sizes at 2 settings of T and L measured here, and no region"),
        ((64,), (128,), "F 1,024 or more: not measured here (set ErasRegions or Eras)"),
    ],
)
def test_a_cell_is_no_region(
    tmp_path: Path, sizes: tuple[int, ...], lengths: tuple[int, ...], told: str
) -> None:
    entry = region(tmp_path, lambda cell: 0.008, sizes, lengths)
    assert entry.verdict == verdicts.NOT_TESTED
    assert told in entry.reason
    assert ("at least 8 sizes at each of 3 settings of T and L" in entry.reason) == ("no region" in told)
    assert glimpse([entry]).startswith("so far looping takes 0.") == ("no region" in told)


def test_a_region_without_times_says_whose(tmp_path: Path) -> None:
    entry = region(
        tmp_path,
        lambda cell: 0.008,
        trouble=lambda impl, cell, _: ("timeout", "over 2 s") if impl == "looping" else None,
    )
    assert (entry.verdict, entry.reason) == (
        verdicts.NOT_TESTED,
        "at F 4,096: looping has no time: timeout: over 2 s",
    )


# -- memory -----------------------------------------------------------------------------------------------------
def grown(tmp_path: Path, memory) -> Entry:
    cells = [FEW, *(FEW | {axis: 4 * FEW[axis]} for axis in FEW)]
    plant(tmp_path, AS_PUBLISHED, cells=cells, stages=("fair",), memory={"naivec": memory})
    return entry_of(judged(tmp_path), "mask-memory-grows-with-all-axes")


def test_memory_in_proportion_to_all_axes(tmp_path: Path) -> None:
    entry = grown(tmp_path, lambda c: 16.0 * c["T"] * c["L"] * c["K"] * c["F"])
    assert entry.verdict == verdicts.REPRODUCED
    assert [cell["exponent"] for cell in entry.cells] == pytest.approx([1, 1, 1, 1])


def test_memory_that_one_axis_leaves_alone(tmp_path: Path) -> None:
    entry = grown(tmp_path, lambda c: 16.0 * c["L"] * c["K"] * c["F"])
    assert entry.verdict == verdicts.NOT_REPRODUCED
    assert entry.measured == pytest.approx(0)
    assert "not proportional to all of" in entry.sentence


def test_memory_that_was_not_weighed(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, cells=[FEW], stages=("fair",))
    assert verdict(tmp_path, "mask-memory-grows-with-all-axes") == verdicts.NOT_TESTED


@pytest.mark.parametrize(("share", "expected"), [(0.5, verdicts.REPRODUCED), (3.0, verdicts.FLIPPED)])
def test_memory_against_the_output(tmp_path: Path, share: float, expected: str) -> None:
    output = 8 * POST["T"] * POST["K"] * POST["F"]
    plant(tmp_path, AS_PUBLISHED, stages=("fair",), memory={"truvec": lambda cell: share * output})
    entry = entry_of(judged(tmp_path), "scatter-memory-at-most-output", "the pipeline, assignment handed in")
    assert entry.verdict == expected
    assert entry.measured == pytest.approx(share)
    assert "2.00 MiB of the output" in entry.sentence


# -- where and when ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("env", "seconds", "expected"),
    [
        (NEW, 0.002, verdicts.NOT_TESTED),
        ("py3.11-numpy2.4.6-jax0.10.2-gpu", 0.005, verdicts.REPRODUCED),
        ("py3.12-numpy2.4.6-jax0.9.0-tpu", 0.001, verdicts.DIRECTION_ONLY),
        ("py3.12-numpy2.4.6-jax0.9.0-tpu", 0.0062, verdicts.INCONCLUSIVE_ON_SIZE),
    ],
)
def test_an_accelerator_s_claim_needs_an_accelerator(
    tmp_path: Path, env: str, seconds: float, expected: str
) -> None:
    plant(
        tmp_path, {"loop": 0.02, "jax_ragged_cumsum": seconds}, env=env, workload="vlad", benchmark="Accelerator",
        baseline="loop", labels="uniform", stages=("encode",), dtypes=("float32",),
    )  # fmt: skip
    entry = entry_of(judged(tmp_path), "jax-on-accelerator", env=env)
    assert entry.verdict == expected
    assert ("no accelerator here" in entry.reason) == (expected == verdicts.NOT_TESTED)
    named = {kind for kind in ("GPU", "TPU") if f"The accelerator here is a {kind}." in entry.sentence}
    assert named == ({env[-3:].upper()} if expected != verdicts.NOT_TESTED else set())


def record(folder: Path, env: str, status: str, reason: str) -> None:
    entry = {"status": status, "reason": reason, "expected": {"python": "3.8", "numpy": "1.19.5"}}
    text = json.dumps({"machines": {"planted-machine": {"environments": {env: entry}}}})
    (folder / "eras.json").write_text(text)


def test_an_environment_that_could_not_be_had_is_there_with_its_reason(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, NEW)
    record(tmp_path, OLD, "not available here", "no working Python 3.8")
    findings = judged(tmp_path)
    entries = [entry for entry in findings.entries if entry.env == OLD]
    assert len(entries) == len(findings.entries) / 2
    assert {entry.verdict for entry in entries} == {verdicts.NOT_TESTED}
    told = {entry.reason for entry in entries}
    assert told == {
        "not available here: no working Python 3.8",
        "no accelerator here; notebooks/colab_rerun.ipynb tests it on one",
    }
    assert findings.versions["planted-machine", OLD]["numpy"] == "1.19.5"


def test_results_count_more_than_a_record(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, OLD)
    record(tmp_path, OLD, "failed", "out of luck")
    assert verdict(tmp_path, "sort-cumsum-faster-than-loop") == verdicts.REPRODUCED


def test_a_broken_record_is_one_clear_error(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED)
    (tmp_path / "eras.json").write_text("{")
    with pytest.raises(ValueError, match="run make eras again"):
        judged(tmp_path)


def test_the_newest_finished_run_counts(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED | {"truvec": 0.3}, run="first", started_at=1e9)
    plant(tmp_path, AS_PUBLISHED | {"truvec": 0.1}, run="second", started_at=1.1e9)
    plant(tmp_path, AS_PUBLISHED | {"truvec": 0.3}, run="cut", started_at=1.2e9, finished=False)
    entry = entry_of(judged(tmp_path), "add-at-no-better-than-loop")
    assert (entry.verdict, entry.run) == (verdicts.FLIPPED, "second")


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, finished=False)
    assert entry_of(judged(tmp_path), "mask-slower-than-loop").reason == "from a run that was interrupted"


def test_sets_are_not_merged(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, benchmark="Quick")
    assert verdict(tmp_path, "mask-slower-than-loop") == verdicts.NOT_TESTED
