"""The strategy that CONTRIBUTING.md shows is a real one: it meets the oracle and states what a file has to state."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from impls import scatter
from impls.accuracy import max_error_over_rms, tolerance

TEXT = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def example() -> str:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return textwrap.dedent("   " + found.group(1).lstrip())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_example_is_right(example, dtype):
    space: dict = {}
    exec(compile(example, "by_bucket.py", "exec"), space)
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((3000, 5)) + 3).astype(dtype)
    bucket = rng.integers(0, 7, 3000)
    bucket[bucket == 6] = 0  # the last bucket is empty
    sums = space["bucket_sums"](rows, bucket, 7)
    assert sums.dtype == dtype
    assert not sums[6].any()
    assert max_error_over_rms(sums, scatter.oracle(rows, bucket, 7)) <= tolerance(dtype)
    assert space["workspace_bytes"](3000, 5, 7, 8) > rows.nbytes / 2


def test_the_example_states_what_it_should(example):
    words = ast.get_docstring(ast.parse(example))
    assert words is not None
    for part in ("Cost:", "Extra memory:", "Error:", "Source:"):
        assert part in words
