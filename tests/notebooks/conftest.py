"""Running notebooks from top to bottom without a browser, and a copy of the tree that they can clone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"


def executed(name: str, folder: Path, environment: Mapping[str, str]) -> nbformat.NotebookNode:
    """The notebook with its outputs; a cell that raises fails the test with its traceback."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    client = NotebookClient(
        notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env={**os.environ, "JAX_PLATFORMS": "cpu", **environment})
    return notebook


def told(notebook: nbformat.NotebookNode, cell: str) -> str:
    """All that one cell printed or displayed as text."""
    (found,) = [each for each in notebook.cells if each.id == cell]
    texts = [output.get("text", "") for output in found.outputs]
    texts += [output.get("data", {}).get("text/markdown", "") for output in found.outputs]
    return "\n".join(texts)


def pictures(notebook: nbformat.NotebookNode) -> int:
    """How many pictures the notebook drew."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree as a git repository of one commit, for the notebook to clone."""
    folder = tmp_path_factory.mktemp("origin") / "suite"
    for name in ("impls", "benchmarks", "reports", "requirements"):
        junk = shutil.ignore_patterns("__pycache__", "published" if name == "reports" else "")
        shutil.copytree(ROOT / name, folder / name, ignore=junk)
    for name in ("asv.conf.json", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    for words in (
        ["init", "--quiet"],
        ["add", "--all"],
        [*who, "commit", "--quiet", "--message", "The tree"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return folder
