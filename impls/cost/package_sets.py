"""The package sets a map is drawn for: what may be used with nothing but NumPy, with SciPy, with JAX, with numba."""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Sequence, Set, Tuple

#: Import names beyond NumPy that each set may use; None stands for all there are.
PACKAGE_SETS: Dict[str, Optional[Tuple[str, ...]]] = {
    "numpy": (),
    "scipy": ("scipy",),
    "jax": ("scipy", "jax"),
    "numba": ("scipy", "numba"),
    "everything": None,
}


def allowed(strategies_requires: Mapping[str, Sequence[str]], set_name: str) -> Set[str]:
    """Return the strategies a package set may use.

    Parameters
    ----------
    strategies_requires : mapping of str to sequence of str
        Import names beyond NumPy, by strategy.
    set_name : str
        One of `PACKAGE_SETS`.

    Returns
    -------
    set of str

    Raises
    ------
    ValueError
        There is no such set.
    """
    if set_name not in PACKAGE_SETS:
        raise ValueError(f"There is no package set {set_name!r}, expected one of {', '.join(PACKAGE_SETS)}.")
    packages = PACKAGE_SETS[set_name]
    return {
        name
        for name, requires in strategies_requires.items()
        if packages is None or all(need.split(".")[0] in packages for need in requires)
    }


def distinct(strategies_requires: Mapping[str, Sequence[str]]) -> Dict[str, Set[str]]:
    """Return the sets and their strategies, those left out that would repeat an earlier one."""
    found: Dict[str, Set[str]] = {}
    for name in PACKAGE_SETS:
        members = allowed(strategies_requires, name)
        if members and members not in found.values():
            found[name] = members
    return found
