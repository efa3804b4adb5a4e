"""Strategies by name: whether they can run here, and their functions, imported when first used."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import time
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Dict, Generic, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union

import numpy as np

from . import accuracy, discovery
from .discovery import Listing, Stamp
from .errors import StrategyUnavailable

#: Packages that a pip extra of this distribution installs; the extra has the package's name.
EXTRAS = frozenset({"numba", "jax", "torch", "pandas"})

#: For how long a file that was looked at counts as unchanged, in seconds.
FRESH_S = 2.5e-4

_loaded: Dict[str, Stamp] = {}
Found = TypeVar("Found")


def load(listing: Listing) -> ModuleType:
    """Import the strategy's file (again, if it changed since) and return the module."""
    why_not = missing(listing)
    if why_not:
        raise StrategyUnavailable(f"Strategy {listing.name!r} is not available: {why_not}.")
    known = sys.modules.get(listing.module)
    if known is not None and _loaded.get(listing.module) == listing.stamp:
        return known
    importlib.invalidate_caches()
    stale = listing.module in sys.modules and _loaded.get(listing.module, listing.stamp) != listing.stamp
    try:
        module = importlib.import_module(listing.module)
        if stale:
            module = importlib.reload(module)
    except ImportError as error:
        raise StrategyUnavailable(
            f"Strategy {listing.name!r} is installed but fails to load: {error}"
        ) from error
    _loaded[listing.module] = listing.stamp
    return module


def missing(listing: Listing) -> Optional[str]:
    """Return why the strategy cannot run here, or None if it can; imports nothing."""
    if listing.broken:
        return listing.broken
    absent = [name for name in listing.requires if find_spec(name.split(".")[0]) is None]
    if not absent:
        return None
    return f"it needs {' and '.join(absent)}, not installed here (pip install {' '.join(absent)})"


def pick(listings: Mapping[str, Found], name: str, what: str) -> Found:
    """Return what is listed as `name`; an unknown name is a ValueError that lists near ones."""
    if not isinstance(name, str):
        raise TypeError(f"strategy is {name!r}, expected the name of a {what} strategy.")
    if name in listings:
        return listings[name]
    near = difflib.get_close_matches(str(name), listings, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"expected one of {', '.join(listings)}."
    raise ValueError(f"There is no {what} strategy named {name!r}: {hint}")


@dataclass(frozen=True)
class Strategy:
    """One strategy: what its file says about it, and its functions, imported when first used.

    Attributes
    ----------
    listing : Listing
        The raw facts read from the file.
    kind : str
        ``"bucket"`` (works on rows and buckets) or ``"dense"`` (needs images by descriptors).
    """

    listing: Listing
    kind: str

    @property
    def name(self) -> str:
        """The file's name without ``.py``."""
        return self.listing.name

    @property
    def source(self) -> Path:
        """The file."""
        return self.listing.source

    @property
    def requires(self) -> Tuple[str, ...]:
        """Import names of the packages it needs beyond NumPy."""
        return self.listing.requires

    @property
    def docstring(self) -> str:
        """The file's whole docstring: idea, cost, memory, error, source."""
        return self.listing.docstring

    @property
    def summary(self) -> str:
        """The docstring's first line."""
        return self.listing.docstring.strip().split("\n")[0]

    @property
    def why_not(self) -> Optional[str]:
        """Why it cannot run here, or None."""
        return missing(self.listing)

    @property
    def available(self) -> bool:
        """Whether its packages are installed and its file can be read."""
        return self.why_not is None

    @property
    def extra(self) -> Optional[str]:
        """The pip extra that installs what it needs, or None where none is needed."""
        return next((name for name in self.requires if name in EXTRAS), None)

    def predictor(self, function: str = "workspace_bytes") -> Callable[..., int]:
        """Return the file's prediction of memory; ValueError where it has none: no limit can be kept then."""
        if function not in self.listing.functions:
            raise ValueError(
                f"Strategy {self.name!r} cannot be held to a memory limit: {self.source.name} has no {function}."
            )
        found: Callable[..., int] = getattr(self.module, function)
        return found

    @cached_property
    def module(self) -> ModuleType:
        """The imported file; StrategyUnavailable where it cannot be."""
        return load(self.listing)

    def unchanged(self) -> bool:
        """Return whether the file is as it was when it was read."""
        try:
            status = os.stat(str(self.listing.source))
        except OSError:
            return False
        return (status.st_mtime_ns, status.st_size) == self.listing.stamp

    def error_bound(self, dtype: Any) -> float:
        """Return the largest ``max_error_over_rms`` that this strategy may show for `dtype`."""
        return accuracy.tolerance(dtype, self.listing.error_bound)

    @property
    def mixes_buckets(self) -> bool:
        """Whether a bucket's result depends on the rows of others: large values there may cost digits here."""
        return bool(self.listing.declared.get("MIXES_BUCKETS", False))

    def keeps_contract(self, dtype: Any) -> bool:
        """Return whether no wider bound than the contract's is declared for `dtype`."""
        return self.error_bound(dtype) <= accuracy.tolerance(dtype)

    def put(self, *arrays: Any) -> Tuple[Any, ...]:
        """Return the arrays where the strategy wants them (on its device); never part of its time."""
        return tuple(self.module.put(*arrays)) if "put" in self.listing.functions else arrays

    def device(self) -> Optional[str]:
        """Return the runtime and device it computes on, such as ``jax gpu``; None where that is NumPy's host."""
        return str(self.module.device()) if "device" in self.listing.functions else None

    def not_timed(self, dtype: str) -> Optional[str]:
        """Return why its time would say nothing on the device here or for this dtype, or None; its results count."""
        asked = "not_timed" in self.listing.functions
        return self.module.not_timed(dtype) if asked else None

    def wait(self, result: Any) -> Any:
        """Return the result once it is computed; asynchronous strategies block here."""
        on_host = isinstance(result, np.ndarray)
        return result if on_host or "wait" not in self.listing.functions else self.module.wait(result)

    def to_numpy(self, result: Any) -> np.ndarray:
        """Return the result as a NumPy array, copied from a device if it must be."""
        if isinstance(result, np.ndarray) or "to_numpy" not in self.listing.functions:
            return np.asarray(result)
        return np.asarray(self.module.to_numpy(result))


AnyStrategy = TypeVar("AnyStrategy", bound=Strategy)


class Catalog(Generic[AnyStrategy]):
    """The strategies of a room by name, from one scan of its folders.

    Another scan follows only where a strategy's own file has changed, where a name is new, after
    `impls.discovery.rescan`, and when all names are asked for. Files are looked at no oftener than `FRESH_S`, since
    a system call costs more than all else that a look-up does.

    Parameters
    ----------
    find : callable
        Scans the folders and returns the strategies by name, sorted.
    what : str
        What they are for, in messages.
    homes : sequence of (folder, functions)
        Where a strategy's file may lie, and which function makes it one: for a file that misses it.
    """

    def __init__(
        self,
        find: Callable[[], Mapping[str, AnyStrategy]],
        what: str,
        homes: Sequence[Tuple[Path, Union[str, Tuple[str, ...]]]] = (),
    ) -> None:
        self._find, self._what, self._homes = find, what, tuple(homes)
        self._found: Mapping[str, AnyStrategy] = {}
        self._seen: Dict[str, float] = {}
        self._scan = -1

    def names(self) -> List[str]:
        """Return the names of all strategies, sorted; also of those that cannot run here."""
        return list(self._look())

    def get(self, name: str) -> AnyStrategy:
        """Return the strategy called `name`; an unknown name is a ValueError."""
        found = self._found.get(name) if isinstance(name, str) else None
        if found is None or self._scan != discovery.scan_number() or not self._fresh(name, found):
            found = self._picked(name)
        # What was imported while its packages were there must not outlast them.
        return replace(found) if found.listing.requires and found.why_not else found

    def _picked(self, name: str) -> AnyStrategy:
        known = self._look()
        if isinstance(name, str) and name not in known:
            missed = [discovery.near_miss(folder, name, functions) for folder, functions in self._homes]
            reason = " and ".join(each for each in missed if each)
            if reason:
                raise ValueError(f"There is no {self._what} strategy named {name!r}: {reason}.")
        return pick(known, name, self._what)

    def _fresh(self, name: str, found: AnyStrategy) -> bool:
        now = time.monotonic()
        if now - self._seen.get(name, 0.0) < FRESH_S:
            return True
        self._seen[name] = now
        return found.unchanged()

    def _look(self) -> Mapping[str, AnyStrategy]:
        now = time.monotonic()
        self._scan = discovery.scan_number()
        self._found = self._find()
        self._seen = dict.fromkeys(self._found, now)
        return self._found
