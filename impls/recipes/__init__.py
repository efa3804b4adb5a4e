"""Code to copy: each strategy's idea as one short function that runs on its own.

A file here is what a reader pastes: its text below the first line. It is read, never imported, and the tests hold it
against the strategy of the same name. A `group_sum` becomes `residual_sums` with what `ADAPTER` holds.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

FOLDER = Path(__file__).parent
#: Strategies whose idea does not fit into so few lines, and why.
WITHOUT = {
    "jax_onehot_bf16": "the product of `jax_onehot_matmul` in another precision: see its file",
    "jax_onehot_bf16x3": "three products of pieces: see its file",
    "jax_onehot_sharded": "`jax_onehot_matmul` with shardings of the host's devices: see its file",
    "jax_onehot_tf32": "`jax_onehot_matmul` without `precision`: see its file",
    "jax_pallas": "a kernel of its own: see its file",
    "numba_scatter_threads": "`numba_scatter` over ranges of groups: see its file",
    "numba_fused": "`numba_scatter`, in the middle of an encoding: see its file",
}


class Recipe(NamedTuple):
    """Code to copy of one strategy.

    Attributes
    ----------
    name : str
    kind : str
        ``group_sum`` (rows, label, n) or ``residual_sums`` (x, labels, c): the function it defines.
    idea : str
        One sentence.
    text : str
        What to paste.
    requires : tuple of str
        Packages beyond NumPy that it imports.
    """

    name: str
    kind: str
    idea: str
    text: str
    requires: Tuple[str, ...]


def recipes() -> List[str]:
    """Return the names of the strategies that have code to copy."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def recipe(name: str) -> Optional[Recipe]:
    """Return the code to copy of a strategy; None where there is none."""
    path = FOLDER / f"{name}.py"
    return _read(path) if name in recipes() else None


def for_images(found: Recipe) -> str:
    """Return the text of a recipe that ends with `residual_sums`: that of a `group_sum` followed by the adapter."""
    if found.kind == "residual_sums":
        return found.text
    numpy = "import numpy as np\n"
    shared = ADAPTER.replace(numpy, "", 1).strip()
    head = found.text if numpy in found.text else numpy + found.text
    return head.rstrip() + "\n\n\n" + shared + "\n"


def _read(path: Path) -> Recipe:
    whole = path.read_text(encoding="utf-8")
    tree = ast.parse(whole)
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    imported = [_package(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    beyond = tuple(sorted(set(imported) - {"numpy", "functools"}))
    text = whole.split("\n", 1)[1].strip() + "\n"
    return Recipe(path.stem, defined[-1], ast.get_docstring(tree) or "", text, beyond)


def _package(node: ast.stmt) -> str:
    name = node.names[0].name if isinstance(node, ast.Import) else getattr(node, "module", "")
    return str(name).split(".")[0]


#: What makes a `group_sum` the residual sums of images.
ADAPTER = _read(FOLDER / "_adapter.py").text
