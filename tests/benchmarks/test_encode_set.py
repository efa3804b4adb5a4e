"""The set Encode: every named shape on one thread and on all, by strategies that exist."""

from __future__ import annotations

from benchmarks.encode_sets import ENCODE
from benchmarks.named import NAMED
from benchmarks.protocol.plan import ALL_CORES
from benchmarks.sets import SETS
from impls import vlad


def test_every_named_shape_is_encoded_in_both_precisions_on_one_thread_and_on_all():
    assert SETS["Encode"] is ENCODE
    assert set(ENCODE.strategies) <= set(vlad.strategies())
    found = {(tuple(size for _, size in b.axes), b.dtype, b.labels, b.threads) for b in ENCODE.blocks}
    for shape in NAMED.values():
        for threads in (1, ALL_CORES):
            for kind in (("float32", "photos"), ("float32", "uniform"), ("float64", "uniform")):
                assert (shape, *kind, threads) in found
    assert {block.stage for block in ENCODE.blocks} == {"encode"}


def test_strategies_with_an_encoding_of_their_own_take_part():
    own = {name for name in vlad.strategies() if vlad.get(name).exact_encode}
    assert own <= set(ENCODE.strategies)
