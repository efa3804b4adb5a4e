"""`python -m reports`, its exit codes, and what the package may import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.config import asv_folders
from reports.selfcheck.planted import write_journal
from tests.reports.conftest import quick_world

ROOT = Path(__file__).parents[2]


def test_build_says_where_the_page_is(tmp_path, capsys):
    write_journal(quick_world(), tmp_path / "results")
    stale = tmp_path / "out" / "data" / "gone" / "winners.csv"  # of an older report
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    assert main(["build", "--results", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert not stale.exists()
    assert str(tmp_path / "out" / "index.html") in told
    assert (tmp_path / "out" / "data" / "vlad" / "winners.csv").is_file()


def test_no_results_is_one_sentence_and_exit_code_2(tmp_path, capsys):
    assert main(["build", "--results", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "make report" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["build", "claims", "merge", "pack"])
def test_what_cannot_be_written_is_one_sentence_and_exit_code_2(tmp_path, capsys, name):
    journal = write_journal(quick_world(), tmp_path / "results")
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder should be")
    there = ["--results", str(tmp_path / "results"), "--out", str(taken)]
    words = {
        "build": there,
        "claims": there,
        "merge": [str(journal), "--results", str(taken)],
        "pack": [str(journal), "--to", str(taken)],
    }
    assert main([name, *words[name]]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith(str(taken))
    assert "written: " in told


def test_folders_come_from_asv_conf_json(tmp_path):
    assert asv_folders(tmp_path) == (tmp_path / ".asv/results", tmp_path / ".asv/html")
    (tmp_path / "asv.conf.json").write_text(
        '{\n// a "comment"\n"results_dir": "r//x", /* more */ "html_dir": "h",\n}'
    )
    assert asv_folders(tmp_path) == (tmp_path / "r//x", tmp_path / "h")
    (tmp_path / "asv.conf.json").write_text("{")
    with pytest.raises(ValueError, match="--results"):
        asv_folders(tmp_path)


def test_report_never_imports_what_was_timed_or_timing():
    program = (
        "import sys, pkgutil, importlib, reports\n"
        "for module in pkgutil.walk_packages(reports.__path__, 'reports.'):\n"
        "    if module.name != 'reports.__main__': importlib.import_module(module.name)\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('benchmarks', 'jax', 'numba', 'torch')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_plugin_imports_nothing_heavy():
    heavy = ("pandas", "matplotlib", "jinja2")
    program = f"import sys, reports.asv_plugin; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
