"""`claims.toml`: what the committed file holds, and faults as one clear sentence."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from reports.claims import verdicts
from reports.claims.load import CLAIMS, read_book
from reports.claims.model import IN_WORDS, RULES, Book

PLACE = """
[place.here]
title = "here"
workload = "w"
benchmarks = ["S"]
stage = "s"
labels = ""
dtype = "float64"
threads = 1
cell = { N = 4 }
[source.s]
title = "a paper"
"""
CLAIM = """
[[claim]]
id = "one"
text = "a is slower than b"
source = "s"
rule = "ratio"
numerator = "a"
denominator = "b"
published = { numerator = [10, 1], denominator = [5, 0.5], unit = "ms" }
variant = [{ name = "v", place = "here" }]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "claims.toml"
    path.write_text(text)
    return path


def test_every_claim_of_the_list_is_there(book: Book) -> None:
    found = {claim.id: claim for claim in book.claims}
    assert set(found) >= {
        "mask-slower-than-loop",
        "add-at-no-better-than-loop",
        "sort-cumsum-faster-than-loop",
        "sort-cumsum-faster-than-add-at",
        "mask-memory-grows-with-all-axes",
        "scatter-memory-at-most-output",
        "fancy-indexing-loses-duplicates",
        "loop-fine-with-many-features",
        "loop-fine-with-many-descriptors",
        "jax-on-accelerator",
        "add-at-slow-for-want-of-vector-instructions",
        "all-variants-agree",
    }
    assert found["mask-slower-than-loop"].published == pytest.approx(197 / 313)
    assert found["add-at-no-better-than-loop"].published == pytest.approx(197 / 208)
    assert found["sort-cumsum-faster-than-loop"].published == pytest.approx(1.55, abs=0.005)
    assert found["sort-cumsum-faster-than-add-at"].published == pytest.approx(208 / 127)
    assert found["jax-on-accelerator"].published == 4
    assert "313 ± 33.2 ms" in found["mask-slower-than-loop"].figures
    assert {claim.rule for claim in read_book().claims} == set(RULES)


def test_every_claim_of_the_thread_is_there() -> None:
    found = {claim.id: claim for claim in read_book().claims if claim.source == "forum"}
    assert set(found) >= {
        *("window-faster-than-loop", "window-rmse", "seven-sigmas-better-than-six"),
        *("window-avoids-quadratic-time", "sampling-a-quarter-faster", "sampling-a-tenth-faster"),
        *("sampling-keeps-accuracy-on-breast-cancer", "sampling-competitive-above-silhouette"),
        *("in-place-converges-sooner", "copy-is-slower", "vmap-same-result", "vmap-as-fast-as-by-hand"),
        *("jax-vmap-works", "einsum-mean-shift", "bandwidth-of-a-third", "lsh-query-faster-on-gpu"),
        *("lsh-suits-mean-shift", "svd-by-einsum", "k-means-with-batches", "dbscan-from-scratch"),
        *("einsum-notation", "animation-smoother"),
    }
    assert found["window-rmse"].published == 1.0988
    assert found["window-faster-than-loop"].published == pytest.approx(1.26 / 0.888, abs=0.005)
    assert found["sampling-a-quarter-faster"].published == 3.5
    assert found["bandwidth-of-a-third"].published == pytest.approx(1 / 3, abs=1e-3)
    assert all(claim.settings.get("because") for claim in found.values() if claim.rule == "untested")
    assert "url" not in read_book().sources["forum"]  # none could be confirmed


def test_places_are_cells_that_the_sets_measure() -> None:
    from benchmarks import sets

    for claim in read_book().claims:
        for variant in claim.variants:
            places = [variant.place] if variant.place else [check.place for check in variant.checks]
            places += [place for key, place in variant.changes.items() if key == "against_place"]
            for place in places:
                blocks = [b for name in place.benchmarks for b in sets.SETS[name].blocks]
                wanted = (place.workload, *(place.setting[k] for k in ("stage", "dtype", "labels")))
                assert any(
                    (b.workload, b.stage, b.dtype, b.labels) == wanted and b.cell == place.cell
                    for b in blocks
                ), f"{claim.id}: {place.name}"


def test_regions_are_covered_by_the_sets_that_measure_them() -> None:
    """A future `make eras` has cells enough for every claim about a region."""
    from benchmarks import sets
    from benchmarks.timemachine import drive

    regions = [
        (claim, variant)
        for claim in read_book().claims
        for variant in claim.variants
        if claim.rule == "region"
    ]
    assert len(regions) >= 4
    for claim, variant in regions:
        assert variant.place is not None
        axis, least, beside = (claim.setting(variant, key) for key in ("axis", "at_least", "beside"))
        name = variant.place.benchmarks[0]
        assert name in drive.SETS
        settings: dict[tuple[int, ...], set[int]] = {}
        for block in sets.SETS[name].blocks:
            held = {key: size for key, size in block.cell.items() if key != axis and key not in beside}
            assert block.workload == variant.place.workload
            if block.cell[axis] >= least and all(
                variant.place.cell[key] == size for key, size in held.items()
            ):
                setting = tuple(block.cell[key] for key in beside)
                settings.setdefault(setting, set()).add(block.cell[axis])
        whole = [sizes for sizes in settings.values() if len(sizes) >= verdicts.REGION_SIZES]
        assert len(whole) >= verdicts.REGION_SETTINGS, (claim.id, variant.name)


def test_strategies_exist() -> None:
    from benchmarks import workloads

    for claim in read_book().claims:
        for variant in claim.variants:
            pairs = [(check.place, check.impl) for check in variant.checks]
            keys = ["numerator", "denominator", "subject", "baseline"]
            keys += ["against"] if claim.rule in ("less", "keeps") else []
            pairs += [(variant.place, claim.setting(variant, key)) for key in keys if variant.place]
            for place, impl in pairs:
                assert impl is None or impl in workloads.get(place.workload).strategies(), (claim.id, impl)


def test_a_claim_is_read(tmp_path: Path) -> None:
    (claim,) = read_book(written(tmp_path, PLACE + CLAIM)).claims
    assert (claim.published, claim.figures) == (2.0, "10 ± 1 ms against 5 ± 0.5 ms")
    # of the log ratio: sqrt(0.1**2 + 0.1**2), where the runs are not told
    assert claim.published_reach == pytest.approx(1.96 * 0.1414, rel=1e-3)
    assert claim.published_interval == pytest.approx((2 / 1.3195, 2 * 1.3195), rel=1e-3)
    (variant,) = claim.variants
    assert variant.place is not None
    assert variant.place.cell == {"N": 4}
    assert claim.setting(variant, "numerator") == "a"


def test_the_published_spread_is_that_of_means_over_runs(tmp_path: Path, book: Book) -> None:
    text = (PLACE + CLAIM).replace('unit = "ms"', 'unit = "ms", runs = 7')
    (claim,) = read_book(written(tmp_path, text)).claims
    # variances 0.01 / 6 each; both spreads alike have 12 degrees of freedom
    assert claim.published_reach == pytest.approx(2.1788 * (2 * 0.01 / 6) ** 0.5, rel=1e-4)
    (bare,) = read_book(
        written(tmp_path, (PLACE + CLAIM).replace("[10, 1]", "[10, 0]").replace("0.5]", "0]"))
    ).claims
    assert bare.published_reach == 0.0
    assert all(math.isnan(end) for end in bare.published_interval)
    found = {each.id: each for each in book.claims}
    assert found["mask-slower-than-loop"].published_reach == pytest.approx(0.115, abs=0.001)
    assert found["jax-on-accelerator"].published_reach == 0.0


def test_words_have_a_rule_of_direction_and_sizes_one_of_size(book: Book) -> None:
    for claim in book.claims:
        words = ("slower", "faster than", "no better")
        in_words = any(word in claim.text for word in words) and "times" not in claim.text
        assert (claim.rule in IN_WORDS) == in_words, claim.id


def test_what_another_package_decides_says_so(book: Book) -> None:
    decided = {variant.name: variant.decided_by for claim in book.claims for variant in claim.variants}
    assert {name for name, by in decided.items() if by == "scikit-learn"} == {
        name for name in decided if "numbered by scikit-learn" in name
    }
    assert all("one data set" in name for name, by in decided.items() if by)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('rule = "ratio"', 'rule = "feeling"'), "one has the rule 'feeling'; there are ratio, tie"),
        (('numerator = "a"\n', ""), "one needs numerator for the rule ratio"),
        (('place = "here"', 'place = "there"'), "one names the place 'there'; there are here"),
        (('source = "s"', 'source = "hearsay"'), "one has the source 'hearsay', which is not listed"),
        (('text = "a is slower than b"\n', ""), "the claim one lacks text"),
        (('stage = "s"\n', ""), "the place here lacks stage"),
        (('place = "here"', 'place = "here", checks = []'), "checks belong to the rule correctness"),
        (('id = "one"', "id = "), "claims.toml cannot be read"),
    ],
)
def test_faults_are_one_clear_sentence(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    path = written(tmp_path, (PLACE + CLAIM).replace(*change))
    with pytest.raises(ValueError, match=told):
        read_book(path)


def test_two_claims_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two claims are called one"):
        read_book(written(tmp_path, PLACE + CLAIM + CLAIM))


def test_the_committed_file_is_the_default() -> None:
    assert CLAIMS.name == "claims.toml"
    assert read_book().claims


def test_claims_beside_strategies_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    own = written(tmp_path, PLACE + CLAIM)
    other = PLACE.replace("[place.here]", "[place.there]").replace("[source.s]", "[source.t]")
    claim = CLAIM.replace('id = "one"', 'id = "two"').replace('place = "here"', 'place = "there"')
    beside = written(tmp_path / "other", other + claim.replace('source = "s"', 'source = "t"'))
    assert [each.id for each in read_book(own, beside).claims] == ["one", "two"]
    with pytest.raises(ValueError, match="two files name the source s"):
        read_book(own, own)
    assert len(read_book().claims) > len(read_book(CLAIMS).claims)
