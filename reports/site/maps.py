"""The small maps of the first page: planes through the post's shape, one map for each set of packages."""

from __future__ import annotations

from functools import partial
from typing import Any

from impls.cost.package_sets import PACKAGE_SETS
from impls.cost.profile import Entry, Profile
from reports import words
from reports.analyse.package_maps import PLANES, POST, Mapped, PackageMap, map_of, unreached
from reports.figures.package_maps import draw_package_map
from reports.figures.style import hue_number
from reports.site.pictures import Pictures, Place


def plane_contexts(profile: Profile, pictures: Pictures, folder: str) -> list[dict[str, Any]]:
    """The planes that the profile reaches, each with its maps."""
    found = []
    for number, plane in enumerate(PLANES, start=1):
        made = map_of(profile, plane)
        if made is None:
            continue
        fixed = ", ".join(f"{axis} {size}" for axis, size in plane.fixed.items())
        kind = f"float{8 * plane.itemsize}{', labels as skewed as photographs’' if plane.labels else ''}"
        found.append(
            {
                "id": f"plane-{number}",
                "name": f"{plane.up} against {plane.across} ({fixed}; {kind})",
                "axes": [plane.across, plane.up],
                "fixed": plane.fixed,
                "itemsize": plane.itemsize,
                "labels": plane.labels,
                "ends": [
                    [float(made.across[0]), float(made.across[-1])],
                    [float(made.up[0]), float(made.up[-1])],
                ],
                "maps": [_map(made, one, pictures, folder) for one in made.maps],
            }
        )
    return found


def _map(made: Mapped, one: PackageMap, pictures: Pictures, folder: str) -> dict[str, Any]:
    told = described(one)
    draw = partial(draw_package_map, made, one, description=f"{one.title}: {told}")
    return {
        "set": one.package_set,
        "title": one.title,
        "may": _may(one.package_set),
        "told": told,
        "picture": pictures.promise(draw, made.rows(one), Place("map", folder), one.package_set),
        "legend": [
            {"idea": idea, "hue": hue_number(idea), "share": words.share(share)}
            for idea, share in one.shares().items()
            if share >= 0.005
        ],
    }


def _may(package_set: str) -> str:
    packages = PACKAGE_SETS[package_set]
    return "whatever was measured" if packages is None else words.listing(["NumPy", *map(_display, packages)])


def _display(package: str) -> str:
    return {"scipy": "SciPy", "jax": "JAX"}.get(package, package)


def described(one: PackageMap) -> str:
    """A map in words: who wins how much of it."""
    won = [f"{idea} on {100 * share:.0f} %" for idea, share in one.shares().items() if share >= 0.005]
    return words.listing(won)


def missed_words(profile: Profile, entry: Entry) -> str:
    """Why no map is drawn."""
    shape = ", ".join(f"{axis} {size}" for axis, size in POST.items())
    return (
        f"The map of {profile.machine} is not drawn: the time there was reached {len(entry.model.places)} cells, from "
        f"which {shape} lies {unreached(profile):.1f} octaves away. A longer one reaches it "
        "(python -m benchmarks map --budget SECONDS)."
    )
