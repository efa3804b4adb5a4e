"""The code to copy: there for every strategy, short, and in agreement with what was timed."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from impls import recipes, scatter, vlad
from impls.recipes import FOLDER, WITHOUT, recipe
from reports.ideas import OF

MOST_LINES = 10  # of the function, its docstring not counted
NAMES = recipes.recipes()
BUCKETS = [name for name in NAMES if (found := recipe(name)) and found.kind == "group_sum"]
DENSE = [name for name in NAMES if name not in BUCKETS]
#: (N, F, M): one group, empty groups, one column, more groups than rows, many rows.
SHAPES = [(50, 3, 1), (40, 5, 60), (200, 1, 7), (3000, 8, 40), (1, 1, 1)]
IMAGES = [(3, 20, 4, 5), (1, 7, 3, 1), (5, 2, 6, 9), (70, 9, 5, 4)]
WITHIN = {"float64": 1e-11, "float32": 2e-4}


def runnable(name: str, images: bool = False) -> Any:
    """The function of a recipe, or a skipped test where its packages are not here."""
    found = recipe(name)
    assert found is not None
    absent = [package for package in found.requires if find_spec(package) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)}")
    space: dict[str, Any] = {}
    exec(compile(recipes.for_images(found) if images else found.text, f"{name}.py", "exec"), space)
    return space


def close(found: Any, right: np.ndarray, dtype: str) -> bool:
    scale = max(float(np.sqrt(np.mean(right**2))), 1e-300)
    return bool(np.abs(np.asarray(found, float) - right).max(initial=0.0) <= WITHIN[dtype] * scale)


def frozen(*arrays: np.ndarray) -> None:
    for array in arrays:
        array.flags.writeable = False


def test_every_strategy_has_one_or_a_reason() -> None:
    assert set(NAMES) | set(WITHOUT) == set(
        OF
    )  # a strategy that somebody has just dropped in has no idea's name yet
    assert set(OF) <= set(vlad.strategies())
    assert not set(NAMES) & set(WITHOUT)
    assert set(BUCKETS) == set(scatter.strategies()) & set(NAMES)
    assert recipe("never heard of") is None
    assert recipe("../registry") is None


@pytest.mark.parametrize("name", [*NAMES, "_adapter"])
def test_it_is_short_and_needs_what_the_strategy_needs(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    function = tree.body[-1]
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)
    last = function.end_lineno or 0
    assert last - (function.body[0].end_lineno or last) <= MOST_LINES
    found = recipe(name)
    assert found is None or set(found.requires) == {need.split(".")[0] for need in vlad.get(name).requires}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]


@pytest.mark.parametrize("dtype", WITHIN)
@pytest.mark.parametrize("name", BUCKETS)
def test_a_group_sum_agrees_with_the_strategy(name: str, dtype: str) -> None:
    group_sum = runnable(name)["group_sum"]
    rng = np.random.default_rng(0)
    for N, F, M in SHAPES:
        rows, label = rng.standard_normal((N, F)).astype(dtype), rng.integers(0, max(M - 1, 1), N)
        right = scatter.oracle(rows, label, M)
        frozen(rows, label)
        found = group_sum(rows, label, M)
        assert found.shape == (M, F)
        assert str(found.dtype) == dtype
        assert close(found, right, dtype)
        assert close(scatter.bucket_sums(rows, label, M, strategy=name), right, dtype)


@pytest.mark.parametrize("dtype", WITHIN)
@pytest.mark.parametrize("name", NAMES)
def test_residual_sums_agree_with_the_strategy(name: str, dtype: str) -> None:
    space = runnable(name, images=True)
    rng = np.random.default_rng(1)
    for T, L, F, K in IMAGES:
        x, c = rng.standard_normal((T, L, F)).astype(dtype), rng.standard_normal((K, F)).astype(dtype)
        labels = rng.integers(0, max(K - 1, 1), (T, L))
        right = vlad.oracle(x, labels, c)
        frozen(x, labels, c)
        found = space["residual_sums"](x, labels, c)
        assert found.shape == (T, K, F)
        assert str(found.dtype) == dtype
        assert close(found, right, dtype)
        assert close(vlad.aggregate(x, labels, c, strategy=name), right, dtype)


@pytest.mark.parametrize("name", BUCKETS)
def test_without_rows_every_sum_is_zero(name: str) -> None:
    found = runnable(name)["group_sum"](np.empty((0, 3)), np.empty(0, np.intp), 4)
    assert np.array_equal(np.asarray(found), np.zeros((4, 3)))


@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "int32"])
@pytest.mark.parametrize("name", BUCKETS)
def test_labels_of_few_bits_do_not_wrap(name: str, kind: str) -> None:
    """`label * F` does not fit the type of the labels: sums would go to other groups, without an error."""
    rng = np.random.default_rng(2)
    n = min(1000, np.iinfo(kind).max)
    rows, label = rng.standard_normal((4000, 64)), rng.integers(0, n, 4000).astype(kind)
    assert close(runnable(name)["group_sum"](rows, label, n), scatter.oracle(rows, label, n), "float64")


@pytest.mark.parametrize("name", NAMES)
def test_images_may_have_labels_of_any_integer_type(name: str) -> None:
    rng = np.random.default_rng(3)
    x, c = rng.standard_normal((5, 100, 6)), rng.standard_normal((120, 6))
    labels = rng.integers(0, len(c), (5, 100))
    residual_sums, right = runnable(name, images=True)["residual_sums"], vlad.oracle(x, labels, c)
    for kind in ["uint8", "int16", "int32", "uint64"]:
        assert close(residual_sums(x, labels.astype(kind), c), right, "float64"), kind
