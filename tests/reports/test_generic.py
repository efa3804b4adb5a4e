"""The report knows no workload: what it says of one comes from the files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import reports
from benchmarks.workloads import NAMES

ROOT = Path(reports.__file__).parent
#: A question that a source of this project asked is data, and names the workload that can answer it; so does the choice
#: of what is mapped for every set of packages, and what the first page asks and explains.
DATA = {
    ("analyse/questions.py", "scatter1d"),
    ("analyse/package_maps.py", "vlad"),
    ("site/index.py", "scatter1d"),
    ("site/templates/index.html.j2", "vlad"),
    ("site/glossary.py", "vlad"),
}
#: A word of plain English counts only where a text is nothing else; "published" is also a key of the claims.
WORDS, KEYS = {"nearest"}, {"published"}


def texts(path: Path) -> list[str]:
    """Texts and names in Python's code, docstrings too; all of a template, script or style sheet."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [text]
    tree = ast.parse(text)
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)] + [
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name)
    ]


def names_in(found: list[str], workload: str) -> list[str]:
    """Those of some texts that name a workload, in one word or several."""
    if workload in WORDS | KEYS:
        return [text for text in found if text == workload and workload in WORDS]
    told = re.compile(rf"(?i)(?<![a-z0-9]){workload.replace('_', '[-_ ]?')}(?![a-z0-9])")
    return [text for text in found if told.search(text)]


def test_no_workload_is_named_in_the_report():
    files = [p for p in ROOT.rglob("*") if p.suffix in (".py", ".j2", ".js", ".css") and p.is_file()]
    assert len(files) > 50
    named = {
        (path.relative_to(ROOT).as_posix(), workload)
        for path in files
        for workload in NAMES
        if names_in(texts(path), workload)
    }
    assert named == DATA


def test_a_name_is_found_however_it_is_written():
    for text in ("mean_shift", "if name == 'Mean shift'", "mean-shift"):
        assert names_in([text], "mean_shift")
    assert not names_in(["mean shifts", "the meaning"], "mean_shift")
    assert names_in(["the nearest", "nearest"], "nearest") == ["nearest"]
