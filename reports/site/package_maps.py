"""The page's section with a crossover map for every set of packages, drawn from the profiles beside the journals."""

from __future__ import annotations

from typing import Any

from impls.cost.profile import Entry, Profile
from reports import words
from reports.analyse.package_maps import ACROSS, NAMES, POST, UP, Plane, mapped, plane_of, shares, unreached
from reports.figures.package_maps import SURE, draw_package_maps
from reports.load.model import Results
from reports.site.room import Room, Share


def map_contexts(results: Results, room: Room, data: str) -> list[dict[str, Any]]:
    """What the section shows of each profile that holds a map.

    Parameters
    ----------
    results : Results
    room : Room
        Takes the figures.
    data : str
        Folder of the workload's CSV files, relative to the page.
    """
    found = []
    for profile in results.profiles:
        plane = plane_of(profile)
        if plane is not None:
            found.append(_context(plane, room, Share("map", data, 0, 0, 0)))
        elif (entry := mapped(profile)) is not None:
            found.append({"missed": _missed(profile, entry)})
    return found


def _missed(profile: Profile, entry: Entry) -> str:
    """Why a map is not drawn."""
    shape = ", ".join(f"{axis} {size}" for axis, size in POST.items())
    return (
        f"The map of {profile.machine} is not drawn: the time there was reached {len(entry.model.places)} cells, from "
        f"which {shape} lies {unreached(profile):.1f} octaves away. A longer one reaches it "
        "(python -m benchmarks map --budget SECONDS)."
    )


def _context(plane: Plane, room: Room, share: Share) -> dict[str, Any]:
    fixed = ", ".join(f"{axis} {POST[axis]}" for axis in POST if axis not in (ACROSS, UP))
    told = described(plane)
    return {
        "figure": room.promise(
            lambda name: draw_package_maps(plane, name, told), plane.rows(), share, "four-maps", 0
        ),
        "title": f"What to use, by what you may install, on {plane.machine}",
        "fixed": f"{fixed}; float64, 1 thread",
        "words": told,
        "cells": plane.cells,
        "percent": round(100 * SURE),
    }


def described(plane: Plane) -> str:
    """The maps in words: who wins how much of each."""
    parts = []
    for one in plane.maps:
        won = [f"{name} on {100 * share:.0f} %" for name, share in shares(one).items() if share >= 0.005]
        parts.append(f"{NAMES.get(one.package_set, one.package_set)}: {words.listing(won)}")
    return "; ".join(parts) + "."
