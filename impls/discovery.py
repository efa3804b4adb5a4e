"""Finds strategies by reading their source, without importing it.

A strategy is a file. Reading it with `ast` means that listing the strategies loads none of their packages, and
that a broken file costs only itself.
"""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Mapping, Optional, Tuple, Union

Stamp = Tuple[int, int]
_listings: Dict[Path, Tuple[Stamp, Optional[Listing]]] = {}
_passed_over: Dict[Path, str] = {}
_scans = [0]

#: Module-level names that a strategy of any room may set, to literals; a room may ask for more.
CONSTANTS = ("REQUIRES", "ERROR_BOUND", "RESIDUAL_ERROR_BOUND", "RAGGED", "RESIDUALS_FIRST")


@dataclass(frozen=True)
class Listing:
    """What a strategy's file says about itself, read without importing it.

    Attributes
    ----------
    name, source, module, stamp
        The file's name without ``.py``, the file, its dotted name, and its time and size when it was read.
    functions : frozenset of str
        What the file defines or imports at its top level: ``bucket_sums`` or ``residual_sums``,
        ``workspace_bytes`` and, optionally, ``put``, ``wait``, ``to_numpy``, ``device`` (its name), ``not_timed``
        (why its time would say nothing here) and ``encode`` (the whole encoding, on the device; with
        ``encode_workspace_bytes``, its own prediction). A bucket strategy may define ``residual_sums`` too, with
        ``residual_workspace_bytes``: then it needs no adapter.
    docstring : str
        Idea, cost, extra memory, error, source.
    requires : tuple of str
        ``REQUIRES``: import names beyond NumPy.
    error_bound, residual_error_bound : mapping of dtype name to float
        ``ERROR_BOUND`` and ``RESIDUAL_ERROR_BOUND``: what the file's own sums keep where they cannot keep the
        contract; the second for the residual sums of a bucket strategy.
    ragged : bool
        ``RAGGED``: a dense strategy that takes lists of images, too.
    residuals_first : bool
        ``RESIDUALS_FIRST``: a bucket strategy that must be given residuals to be accurate.
    declared : mapping of str to Any
        What the file sets of the names that its room asked for in addition.
    broken : str or None
        Why the file cannot be read.
    """

    name: str
    source: Path
    module: str
    stamp: Stamp
    functions: FrozenSet[str] = frozenset()
    docstring: str = ""
    requires: Tuple[str, ...] = ()
    error_bound: Mapping[str, float] = field(default_factory=dict)
    residual_error_bound: Mapping[str, float] = field(default_factory=dict)
    ragged: bool = False
    residuals_first: bool = False
    declared: Mapping[str, Any] = field(default_factory=dict)
    broken: Optional[str] = None


def scan(
    folder: Path, package: str, functions: Union[str, Tuple[str, ...]], constants: Tuple[str, ...] = ()
) -> Dict[str, Listing]:
    """Return the strategies in `folder` by name, sorted.

    Parameters
    ----------
    folder : Path
        Where to look. Files that start with an underscore are machinery, not strategies.
    package : str
        Dotted name of the package that the folder is.
    functions : str or tuple of str
        The function that makes a file a strategy, e.g. ``"bucket_sums"``; of several, one is enough.
    constants : tuple of str
        Further module-level names whose literal values the room wants, in ``Listing.declared``.

    Notes
    -----
    Files are read again when their time or size changed. A file that cannot be parsed is listed, as unavailable.
    Who asks often keeps the answer, in a `impls.registry.Catalog`.
    """
    either = frozenset((functions,) if isinstance(functions, str) else functions)
    found = {}
    for path in sorted(folder.glob("[!_]*.py")):
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if _listings.get(path, (None, None))[0] != stamp:
            _listings[path] = (stamp, _read(path, package, either, constants, stamp))
        listing = _listings[path][1]
        if listing is not None:
            found[path.stem] = listing
            _passed_over.pop(path, None)
        else:
            _passed_over[path] = f"{path.parent.name}/{path.name} has no {' or '.join(sorted(either))}"
    return found


def passed_over() -> List[str]:
    """Return sentences on the files, of all folders scanned so far, that are no strategies for want of a function."""
    return [_passed_over[path] for path in sorted(_passed_over) if path.exists()]


def rescan() -> None:
    """Have every folder scanned again, and every file read again, before a strategy is next used.

    Needed only where a file was replaced by one of the same size within the resolution of the file system's clock,
    or a file in one folder should now hide another folder's file of that name.
    """
    _listings.clear()
    _scans[0] += 1


def near_miss(folder: Path, name: str, functions: Union[str, Tuple[str, ...]]) -> Optional[str]:
    """Return why the file of that name in `folder` is no strategy, or None where there is no such file."""
    path = folder / f"{name}.py"
    if name.startswith("_") or not name.isidentifier() or not path.is_file():
        return None
    wanted = (functions,) if isinstance(functions, str) else functions
    try:
        bound = sorted(set(_bound_names(ast.parse(path.read_bytes()))))
    except (SyntaxError, ValueError, OSError):
        return None
    near = [each for each in bound if difflib.get_close_matches(each, wanted, 1, 0.75)]
    return f"{path.name} has no {' or '.join(wanted)}" + (f" (it has {', '.join(near)})" if near else "")


def scan_number() -> int:
    """Return how often `rescan` was called; what was found under another number is out of date."""
    return _scans[0]


def _read(
    path: Path, package: str, either: FrozenSet[str], further: Tuple[str, ...], stamp: Stamp
) -> Optional[Listing]:
    """Return what the file says, or None where it defines none of the functions in `either`."""
    basics: Dict[str, Any] = {
        "name": path.stem,
        "source": path,
        "module": f"{package}.{path.stem}",
        "stamp": stamp,
    }
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
        functions = frozenset(_bound_names(tree))
        if not either & functions:
            return None
        constants = _constants(tree, CONSTANTS + further)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        reason = getattr(error, "msg", None) or str(error)
        return Listing(**basics, broken=f"{path.name} cannot be read{where}: {reason}")
    requires = constants.get("REQUIRES", ())
    return Listing(
        **basics,
        functions=functions,
        docstring=ast.get_docstring(tree) or "",
        requires=(requires,) if isinstance(requires, str) else tuple(requires),
        error_bound=constants.get("ERROR_BOUND", {}),
        residual_error_bound=constants.get("RESIDUAL_ERROR_BOUND", {}),
        ragged=bool(constants.get("RAGGED", False)),
        residuals_first=bool(constants.get("RESIDUALS_FIRST", False)),
        declared={key: constants[key] for key in further if key in constants},
    )


def _bound_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names of functions that the module defines, imports or assigns at its top level."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _constants(tree: ast.Module, names: Iterable[str]) -> Dict[str, Any]:
    """Return the module's literal assignments to `names`; a value that is no literal is a ValueError."""
    values = {}
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name) and target.id in names:
                try:
                    values[target.id] = ast.literal_eval(node.value)
                except ValueError as error:
                    raise ValueError(f"{target.id} must be a literal, e.g. ('numba',)") from error
    return values
