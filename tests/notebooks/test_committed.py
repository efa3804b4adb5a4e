"""Committed notebooks hold no outputs, and nothing that Colab no longer has."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebooks.conftest import NOTEBOOKS

FILES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))


def code(name: str) -> str:
    notebook = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
    return "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")


def clean(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "clean.py"), *words], capture_output=True, text=True, timeout=60
    )


def test_both_are_there() -> None:
    assert FILES == ["colab_rerun.ipynb", "walkthrough.ipynb"]


def test_no_notebook_has_outputs() -> None:
    done = clean(NOTEBOOKS, "--check")
    assert done.returncode == 0, f"{done.stdout}run: .venv/bin/python notebooks/clean.py"


def test_cleaning_takes_out_what_a_run_leaves(tmp_path: Path) -> None:
    for name in ("clean.py", "walkthrough.ipynb"):
        shutil.copy(NOTEBOOKS / name, tmp_path)
    path = tmp_path / "walkthrough.ipynb"
    before = path.read_text(encoding="utf-8")
    notebook = json.loads(before)
    cell = next(each for each in notebook["cells"] if each["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1.23 ms on my machine"]}]
    cell["execution_count"] = 7
    cell["metadata"] = {"execution": {"iopub.execute_input": "2026-01-01"}, "tags": ["parameters"]}
    notebook["metadata"]["language_info"]["version"] = "3.99"
    notebook["metadata"]["widgets"] = {}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert clean(tmp_path, "--check").returncode == 1
    assert "1.23 ms" in path.read_text(encoding="utf-8")
    assert clean(tmp_path).stdout == "walkthrough.ipynb was cleaned\n"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(each for each in notebook["cells"] if each["cell_type"] == "code")
    assert cell.pop("metadata") == {"tags": ["parameters"]}
    assert json.loads(before)["metadata"] == notebook["metadata"]
    assert clean(tmp_path, "--check").returncode == 0


@pytest.mark.parametrize("name", FILES)
def test_no_call_that_colab_lost_and_no_jax_of_our_own(name: str) -> None:
    """`jax.tools.colab_tpu` is gone; and this process must leave the device to those that measure."""
    imported = set()
    for node in ast.walk(ast.parse(code(name))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert not [module for module in imported if module.split(".")[0] in ("jax", "torch", "tensorflow")]
    assert "colab_tpu" not in code(name)
    assert "COLAB_TPU_ADDR" not in code(name)


def test_the_rerun_never_installs_what_the_runtime_brings() -> None:
    tree = ast.parse(code("colab_rerun.ipynb"))
    needed = {
        value.value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AugAssign)) and "NEEDED" in ast.unparse(node)
        for value in getattr(node.value, "values", [])
    }
    assert "asv" in needed
    assert not needed & {"jax", "jaxlib", "numpy", "libtpu", "torch"}
