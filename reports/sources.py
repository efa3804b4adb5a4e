"""What the strategies' files say: the idea, the packages they need, the source. Read as text, never imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The folder of code to copy: strategies by name, but not what was timed.
COPIES = "recipes"
#: By the first word of a strategy's name, for strategies whose file is not here (other people's, older ones).
BY_NAME = ("jax", "numba", "torch", "pandas")


@dataclass(frozen=True)
class Source:
    """One strategy's file.

    Attributes
    ----------
    requires : tuple of str
        Import names beyond NumPy.
    idea : str
        The module's docstring; empty when the file is not here.
    text : str
        The whole file; empty when it is not here.
    same_at_one_thread : str
        The strategy that this one is when it has a single thread; empty for most.
    """

    requires: tuple[str, ...]
    idea: str = ""
    text: str = ""
    same_at_one_thread: str = ""


def sources(impls: Iterable[str], workload: str) -> dict[str, Source]:
    """The sources of some strategies.

    Parameters
    ----------
    impls : iterable of str
    workload : str
        A file in the folder of this name is preferred to one of the same name elsewhere.
    """
    root = strategies_folder()
    files: dict[str, list[Path]] = {}
    for path in sorted(root.glob("*/*.py")) if root else []:
        if path.parent.name != COPIES:
            files.setdefault(path.stem, []).append(path)
    return {impl: _source(impl, files, workload) for impl in impls}


def by_file(files: Mapping[str, Source]) -> dict[str, tuple[Source, list[str]]]:
    """Each file once, under its own name, with those of the names `name:setting` that are its settings.

    Parameters
    ----------
    files : mapping
        From `sources`; names whose file is not here are left out.
    """
    found: dict[str, tuple[Source, list[str]]] = {}
    for impl, source in files.items():
        if source.text:
            name, _, setting = impl.partition(":")
            _, settings = found.setdefault(name, (source, []))
            if setting:
                settings.append(impl)
    return found


def _source(impl: str, files: Mapping[str, list[Path]], workload: str) -> Source:
    """The source of one strategy among files by the name of the module."""
    stem = impl.partition(":")[0]  # behind the colon stands a setting of the file's knobs
    found = sorted(files.get(stem, []), key=lambda path: path.parent.name != workload)
    if not found:
        first = impl.partition("_")[0]
        return Source((first,) if first in BY_NAME else ())
    text = found[0].read_text(encoding="utf-8")
    tree = ast.parse(text)
    requires, same = _constant(tree, "REQUIRES", ()), _constant(tree, "SAME_AT_ONE_THREAD", "")
    return Source(tuple(map(str, requires)), ast.get_docstring(tree) or "", text, str(same))


def strategies_folder() -> Path | None:
    """Where the package `impls` lies, found without importing it."""
    spec = importlib.util.find_spec("impls")
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def _constant(tree: ast.Module, name: str, default: Any) -> Any:
    """The value of `NAME = ...`, where it is a literal."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == name for t in node.targets
        ):
            return ast.literal_eval(node.value)
    return default
