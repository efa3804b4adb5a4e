"""A folder of strategies that share one function: found, listed and fetched alike, whatever the function is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, List, Tuple

from . import discovery, registry


@dataclass(frozen=True)
class RoomStrategy(registry.Strategy):
    """A strategy of a room; calling it calls the room's function, unchecked.

    Attributes
    ----------
    function : str
        What the file defines.
    """

    function: str = ""

    def __call__(self, *arguments: Any) -> Any:
        """Return what the file's function returns."""
        return getattr(self.module, self.function)(*arguments)

    @property
    def lists_pairs(self) -> bool:
        """Whether ``workspace_bytes`` takes the number of pairs of neighbours, too (``LISTS_PAIRS``)."""
        return bool(self.listing.declared.get("LISTS_PAIRS", False))

    def workspace_bytes(self, *sizes: int) -> int:
        """Return the bytes it is predicted to allocate at its peak, beyond inputs and result."""
        return int(self.predictor()(*sizes))


@dataclass(frozen=True)
class Room:
    """The strategies of one folder.

    Attributes
    ----------
    folder : Path
    package : str
        Dotted name of the package that the folder is.
    function : str
        What makes a file a strategy.
    what : str
        What they are for, in messages.
    constants : tuple of str
        What files may declare; ``ACCURACY`` becomes the strategy's kind, ``LISTS_PAIRS`` says that memory depends on
        how many pairs of neighbours there are.
    """

    folder: Path
    package: str
    function: str
    what: str
    constants: Tuple[str, ...] = field(default=("ACCURACY", "LISTS_PAIRS"))

    def listings(self) -> Dict[str, discovery.Listing]:
        """Return what the files say, by name."""
        return discovery.scan(self.folder, self.package, self.function, self.constants)

    def strategies(self) -> List[str]:
        """Return the names of all strategies, sorted; also of those that cannot run here."""
        return self._catalog.names()

    def get(self, name: str) -> RoomStrategy:
        """Return the strategy called `name`; an unknown name is a ValueError."""
        return self._catalog.get(name)

    @cached_property
    def _catalog(self) -> registry.Catalog[RoomStrategy]:
        return registry.Catalog(self._find, self.what, [(self.folder, self.function)])

    def _find(self) -> Dict[str, RoomStrategy]:
        return {
            name: RoomStrategy(listing, listing.declared.get("ACCURACY", "exact"), self.function)
            for name, listing in self.listings().items()
        }
