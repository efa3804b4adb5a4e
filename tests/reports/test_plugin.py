"""The asv plugin: asv's site and the report in one command, linked both ways; its absence never breaks publishing."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from asv.console import log

from reports.asv_plugin import CrossoverReport, link_site
from reports.selfcheck.planted import write_journal
from tests.reports.conftest import quick_world
from tests.reports.test_asv_results import BENCHMARKS, NAME, put, version_2

ROOT = Path(__file__).parents[2]
SITE = '<html><ul>\n<li id="nav-li-" class="active"><a href="#/">Benchmark grid</a></li></ul></html>'


@pytest.fixture
def told(monkeypatch):
    """What was logged, as (level, text)."""
    said: list[tuple[str, str]] = []
    for level in ("warning", "info"):
        monkeypatch.setattr(log, level, lambda text, level=level: said.append((level, text)))
    return said


@pytest.fixture
def conf(tmp_path):
    html = tmp_path / "html"
    html.mkdir()
    (html / "index.html").write_text(SITE)
    return SimpleNamespace(html_dir=str(html), results_dir=str(tmp_path / "results"))


def publish(conf):
    CrossoverReport.publish(conf, None, None, None, None)


def test_report_and_site_are_linked(conf, told, tmp_path):
    write_journal(quick_world(), tmp_path / "results")
    publish(conf)
    html = tmp_path / "html"
    assert 'href="../asv.html"' in (html / "report" / "index.html").read_text(encoding="utf-8")
    assert 'href="report/index.html"' in (html / "asv.html").read_text()
    assert "Benchmark grid" in (html / "asv.html").read_text()
    assert "report/index.html" in (html / "index.html").read_text()
    assert [level for level, _ in told] == ["info"]


def test_no_results_is_one_warning(conf, told, tmp_path):
    (tmp_path / "results").mkdir()
    publish(conf)
    assert [level for level, _ in told] == ["warning"]
    assert (tmp_path / "html" / "index.html").read_text() == SITE


def test_missing_packages_are_one_warning(conf, told, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "reports.build":
            raise ModuleNotFoundError("No module named 'pandas'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    publish(conf)
    assert [level for level, _ in told] == ["warning"]
    assert "--require-hashes -r requirements/suite.txt" in told[0][1]


def test_an_unknown_site_is_left_alone(tmp_path, told):
    (tmp_path / "index.html").write_text("<html>something else</html>")
    link_site(tmp_path)
    assert (tmp_path / "index.html").read_text() == "<html>something else</html>"
    assert told[0][0] == "warning"


def test_asv_publish_itself(tmp_path):
    """A repository, a result file of asv, and the real command."""

    def git(*words):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").write_text("")
    (tmp_path / "asv.conf.json").write_text(
        json.dumps(
            {
                "version": 1,
                "project": "p",
                "repo": ".",
                "branches": ["main"],
                "plugins": [".reports.asv_plugin"],
            }
        )
    )
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "all")
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    name = f"{commit.stdout[:8]}-env-a.json"
    put(tmp_path / "results", version_2(commit=commit.stdout.strip()), name, {NAME: BENCHMARKS[NAME]})
    for package in ("reports", "impls"):  # the report reads strategies and the cost model
        (tmp_path / package).symlink_to(ROOT / package)
    command = [sys.executable, "-m", "asv", "publish", "--no-pull"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The Crossover report is at" in done.stdout
    assert "add_at" in (tmp_path / "html" / "report" / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "html" / "asv.html").is_file()
