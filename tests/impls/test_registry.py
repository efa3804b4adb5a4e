"""Strategies are found by reading files: nothing is imported, nothing broken spreads, and wrong ones are caught."""

from __future__ import annotations

import importlib.util
import re
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import impls
from impls import StrategyUnavailable, scatter, vlad
from impls.accuracy import max_error_over_rms

from .helpers import aggregate, batch, optional_packages_after, oracle

ROOT = Path(impls.__file__).parent

REQUIRED = {
    "loop",
    "mask_4d",
    "ufunc_at",
    "ufunc_at_flat",
    "bincount",
    "bincount_columns",
    "ragged_cumsum",
    "reduceat",
    "sparse_matmul",
    "onehot_matmul",
    "jax_segment_sum",
    "jax_onehot_matmul",
    "jax_scatter_add",
    "jax_ragged_cumsum",
    "jax_segment_sum_sorted",
    "jax_onehot_tf32",
    "jax_onehot_bf16",
    "jax_onehot_bf16x3",
    "jax_onehot_chunked",
    "jax_onehot_sharded",
    "jax_pallas",
    "torch_onehot",
    "numba_scatter",
    "numba_scatter_threads",
    "numba_fused",
    "torch_index_add",
    "pandas_groupby",
}


@contextmanager
def dropped(kind, name, source):
    """A file dropped into the real folder, and taken out again with what was imported from it.

    Tests that do this are marked ``drops_files``: no other runs beside them.
    """
    path = ROOT / kind / f"{name}.py"
    assert not path.exists()
    path.write_text(textwrap.dedent(source))
    try:
        yield path
    finally:
        path.unlink()
        sys.modules.pop(f"impls.{kind}.{name}", None)
        for compiled in path.parent.glob(f"__pycache__/{name}.*.pyc"):
            compiled.unlink()


def test_all_required_strategies_are_listed():
    assert set(vlad.strategies()) >= REQUIRED
    assert set(scatter.strategies()) <= set(vlad.strategies())
    assert vlad.strategies() == sorted(vlad.strategies())
    assert vlad.strategies() == vlad.strategies()


def test_importing_and_listing_loads_no_optional_package():
    code = """
        import impls, impls.vlad, impls.scatter
        from impls import vlad, scatter
        for module in (vlad, scatter):
            for name in module.strategies():
                strategy = module.get(name)
                strategy.available, strategy.why_not, strategy.summary, strategy.error_bound("float32")
    """
    assert optional_packages_after(code) == []


def every_strategy():
    return [vlad.get(name) for name in vlad.strategies()]


@pytest.mark.parametrize("each", every_strategy(), ids=lambda each: each.name)
def test_docstring_states_cost_memory_error_and_source(each):
    """Also for strategies whose packages are not installed: the docstring is read, not imported."""
    text = each.docstring
    for part in (r"^Cost: ", r"Extra memory: ", r"^Error: ", r"^Source: "):
        assert re.search(part, text, re.MULTILINE), f"{each.name}: no {part!r}"
    assert 20 < len(each.summary) <= 118
    sizes = "TLFK" if each.kind == "dense" else "NFM"
    costs = text[text.index("Cost: ") : text.index("Error: ")]
    assert re.search(rf"\b[{sizes}]\*|\*[{sizes}]\b|\b[{sizes}]\b", costs)
    assert each.source.name == f"{each.name}.py"
    assert "workspace_bytes" in each.listing.functions
    assert each.kind == ("dense" if each.source.parent.name == "vlad" else "bucket")


#: their names say that they round to fewer digits than float32 has
ROUNDED = ("tf32", "bf16")


def test_declared_bounds_are_few_and_explained():
    for each in every_strategy():
        assert each.error_bound("float64") == 1e-12
        if not each.keeps_contract("float32"):
            assert "float32" in each.docstring
            assert each.error_bound("float32") <= (3e-2 if each.name.endswith(ROUNDED) else 1e-4)


def test_requires_matches_what_is_installed():
    for each in every_strategy():
        installed = all(importlib.util.find_spec(name) for name in each.requires)
        assert each.available == installed
        assert (each.why_not is None) == installed


GOOD = '''
    """Adds up rows one by one. A test's strategy."""
    import numpy as np
    def bucket_sums(rows, bucket, n_buckets):
        sums = np.zeros((n_buckets, rows.shape[1]), rows.dtype)
        for row, b in zip(rows, bucket):
            sums[b] += row
        return sums
    def workspace_bytes(N, F, M, itemsize):
        return 0
'''


@pytest.mark.drops_files
def test_a_dropped_file_is_a_strategy_at_once():
    arrays = batch(2, 20, 5, 4, "float64")
    with dropped("scatter", "dropped_good", GOOD):
        assert "dropped_good" in scatter.strategies()
        assert vlad.get("dropped_good").summary == "Adds up rows one by one. A test's strategy."
        result = aggregate(arrays, "dropped_good")
        assert max_error_over_rms(result, oracle(arrays)) < 1e-12
    assert "dropped_good" not in vlad.strategies()


@pytest.mark.drops_files
def test_a_changed_file_is_read_again():
    rows, bucket = np.ones((3, 2)), np.zeros(3, int)
    with dropped("scatter", "dropped_changing", GOOD) as path:
        assert scatter.bucket_sums(rows, bucket, 1, "dropped_changing")[0, 0] == 3
        path.write_text(textwrap.dedent(GOOD).replace("+= row", "+= 2 * row"))
        assert scatter.bucket_sums(rows, bucket, 1, "dropped_changing")[0, 0] == 6


@pytest.mark.drops_files
def test_a_broken_file_costs_only_itself():
    with dropped("vlad", "dropped_broken", "def residual_sums(:\n"):
        strategy = vlad.get("dropped_broken")
        assert not strategy.available
        assert "dropped_broken.py cannot be read (line 1)" in str(strategy.why_not)
        with pytest.raises(StrategyUnavailable, match="line 1"):
            aggregate(batch(1, 3, 2, 2, "float64"), "dropped_broken")
        assert aggregate(batch(1, 3, 2, 2, "float64"), "loop").shape == (1, 2, 2)
    with dropped(
        "scatter", "dropped_computed", "REQUIRES = tuple('ab')\ndef bucket_sums(rows, bucket, n): ...\n"
    ):
        assert "REQUIRES must be a literal" in str(scatter.get("dropped_computed").why_not)
    needs_more = "import no_such_package\n" + textwrap.dedent(GOOD)
    with dropped("scatter", "dropped_import", needs_more), pytest.raises(StrategyUnavailable) as caught:
        scatter.bucket_sums(np.ones((1, 1)), np.zeros(1, int), 1, "dropped_import")
    assert "fails to load: No module named 'no_such_package'" in str(caught.value)


@pytest.mark.drops_files
def test_files_that_are_no_strategy_are_ignored():
    with dropped("scatter", "dropped_helper", "def something_else(): ...\n"):
        assert "dropped_helper" not in scatter.strategies()
    with dropped("scatter", "_dropped_hidden", GOOD):
        assert "_dropped_hidden" not in scatter.strategies()


WRONG = {
    "off by one in the last bucket": '''
        """Loses the last bucket's last row."""
        import numpy as np
        def bucket_sums(rows, bucket, n_buckets):
            sums = np.zeros((n_buckets, rows.shape[1]), rows.dtype)
            last = np.flatnonzero(bucket == n_buckets - 1)[-1:]
            keep = np.ones(len(rows), bool)
            keep[last] = False
            np.add.at(sums, bucket[keep], rows[keep])
            return sums
        def workspace_bytes(N, F, M, itemsize):
            return 0
    ''',
    "float32 accumulation that drifts": '''
        """Runs one float32 sum through the whole batch."""
        import numpy as np
        def bucket_sums(rows, bucket, n_buckets):
            order = np.argsort(bucket, kind="stable")
            running = np.zeros((len(rows) + 1, rows.shape[1]), np.float32)
            np.cumsum(rows[order], axis=0, dtype=np.float32, out=running[1:])
            ends = np.cumsum(np.bincount(bucket, minlength=n_buckets))
            starts = np.concatenate([[0], ends[:-1]])
            return (running[ends] - running[starts]).astype(rows.dtype)
        def workspace_bytes(N, F, M, itemsize):
            return 0
    ''',
    "published sort and cumsum": '''
        """As published: the first bucket's emptiness is not expected."""
        import numpy as np
        def bucket_sums(rows, bucket, n_buckets):
            order = np.argsort(bucket, kind="stable")
            running = np.cumsum(rows[order], axis=0)
            ends = np.searchsorted(bucket[order], np.arange(n_buckets), "right") - 1
            sums = running[ends]
            sums[1:] -= running[ends[:-1]]
            return sums
        def workspace_bytes(N, F, M, itemsize):
            return 0
    ''',
}


@pytest.mark.drops_files
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_contract_catches_a_wrong_strategy(wrong, dtype):
    labels = "first empty" if "published" in wrong else "uniform"
    # An offset of 1 is mild enough for centers to be subtracted after the sum, in one batch of 16384 rows.
    arrays = batch(64, 256, 9, 32, dtype, labels=labels, offset=1.0)
    with dropped("scatter", "dropped_wrong", WRONG[wrong]):
        strategy = vlad.get("dropped_wrong")
        error = max_error_over_rms(strategy.residual_sums(*arrays), oracle(arrays))
        assert error > strategy.error_bound(dtype)
