"""The walk-through runs from top to bottom and tells what it promises."""

from __future__ import annotations

import re

import nbformat
import pytest

from tests.notebooks.conftest import NOTEBOOKS, executed, pictures, told


@pytest.fixture(scope="module")
def walkthrough() -> nbformat.NotebookNode:
    return executed("walkthrough.ipynb", NOTEBOOKS, {})


def test_the_traps_are_shown(walkthrough: nbformat.NotebookNode) -> None:
    assert "[0 1 1 0 0]" in told(walkthrough, "duplicates")
    assert "[0 2 2 0 0]" in told(walkthrough, "duplicates")
    wrong = re.search(r"([\d,]+) of 4,096 buckets are wrong", told(walkthrough, "duplicates"))
    assert wrong
    assert int(wrong[1].replace(",", "")) > 2000
    assert "mask_4d" in told(walkthrough, "refused")
    assert "memory_limit" in told(walkthrough, "refused")


def test_every_strategy_has_its_source_and_its_time_or_a_reason(walkthrough: nbformat.NotebookNode) -> None:
    shown = [cell.id for cell in walkthrough.cells if cell.id.startswith("show-")]
    assert len(shown) == 10
    for cell in shown:
        text = told(walkthrough, cell)
        assert "def bucket_sums(" in text or "def residual_sums(" in text
        assert "the loop's speed" in text or "not timed: " in text
    assert "1.00× the loop's speed" in told(walkthrough, "show-loop")


def test_the_figures_are_drawn_and_the_crossings_told(walkthrough: nbformat.NotebookNode) -> None:
    assert pictures(walkthrough) == 4
    for line in told(walkthrough, "crossover").splitlines():
        if "meets the loop" in line:
            at, low, high = map(int, re.findall(r"\b\d+\b", line))
            assert 4 <= at <= 1024
            assert low <= high
