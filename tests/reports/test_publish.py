"""`make publish` in a clone that measured nothing, in one with journals alone, and in one with asv's own results."""

from __future__ import annotations

import subprocess

import pytest

from reports.load.folder import NoResults
from reports.load.reference import REFERENCE
from reports.publish import publish
from reports.selfcheck.planted import write_journal
from tests.reports.conftest import quick_world


def test_without_results_the_reference_is_shown_and_it_is_said(tmp_path):
    write_journal(quick_world(), tmp_path / REFERENCE)
    said: list[str] = []
    assert publish(tmp_path, said.append) == 0
    assert "reference results" in said[0]
    assert (tmp_path / ".asv/html/report/index.html").is_file()


def test_own_journals_come_before_the_reference(tmp_path):
    write_journal(quick_world(), tmp_path / ".asv/results")
    said: list[str] = []
    assert publish(tmp_path, said.append) == 0
    assert not any("reference" in line for line in said)
    assert (tmp_path / ".asv/html/report/index.html").is_file()


def test_results_of_asvs_own_are_published_by_asv(tmp_path, monkeypatch):
    (tmp_path / ".asv/results").mkdir(parents=True)
    (tmp_path / ".asv/results/benchmarks.json").write_text("{}")
    asked: list[list[str]] = []

    def call(words: list[str], **_: object) -> int:
        asked.append(words)
        return 3

    monkeypatch.setattr(subprocess, "call", call)
    assert publish(tmp_path, lambda line: None) == 3
    assert asked[0][1:] == ["-m", "asv", "publish", "--no-pull"]


def test_nothing_at_all_is_an_error_that_says_so(tmp_path):
    with pytest.raises(NoResults):
        publish(tmp_path, lambda line: None)
