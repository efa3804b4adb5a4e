"""Which views can be answered from a machine's profile, and the part of it that the page's model.js evaluates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from impls import accuracy
from impls.choosers import CHOOSERS
from impls.cost import answer, machine
from impls.cost.choose import IMPORT_S, OTHER_IMPORT_S
from impls.cost.profile import Entry, Profile
from reports.analyse.views import View
from reports.load.model import Results

ITEMSIZES = {"float32": 4, "float64": 8}
#: What a model is evaluated from, of an entry as its file has it.
FIELDS = (
    *("axes", "caches", "labels", "noise", "block_noise", "encode", "limits"),
    *("terms", "cells", "itemsize", "labelled"),
)
CURVE = (
    "weights",
    "points",
    "pull",
    "variance",
    "amplitude",
    "spread",
    "requires",
    "first_call_s",
    "process_s",
)


@dataclass(frozen=True)
class ViewModel:
    """The model that answers for a view: its id in the payload, itself, and the setting to ask it about."""

    id: str
    entry: dict[str, Any]
    itemsize: int
    labels: str | None


def view_models(views: Mapping[str, View], results: Results) -> dict[str, ViewModel]:
    """Models by the id of their view, for views whose machine and versions left a profile of their stage and threads.

    Parameters
    ----------
    views : dict
        By the id of their element in the page.
    results : Results
    """
    versions = {(run.machine, run.env): run.versions for run in results.runs}
    found, made = {}, dict[tuple[int, int], dict[str, Any]]()
    for id_, view in views.items():
        setting = view.setting
        itemsize = ITEMSIZES.get(str(setting["dtype"]))
        known = versions.get((str(setting["machine"]), str(setting["env"])), {})
        for number, profile in enumerate(results.profiles):
            place = _place(profile, view)
            if itemsize is None or place is None or not _is_of(profile, str(setting["machine"]), known):
                continue
            if (number, place) not in made:
                made[number, place] = model_payload(profile, profile.entries[place])
            labels = str(setting["labels"]) if setting["labels"] else None
            found[id_] = ViewModel(f"m{number}-{place}", made[number, place], itemsize, labels)
            break
    return found


def _place(profile: Profile, view: View) -> int | None:
    """The place of the entry of a view's workload, stage, axes and number of threads."""
    setting = view.setting
    asked = (view.workload, str(setting["stage"]), int(str(setting["threads"])), tuple(view.axes))
    places = [(each.workload, each.stage, each.threads, tuple(each.model.axes)) for each in profile.entries]
    return places.index(asked) if asked in places else None


def _is_of(profile: Profile, name: str, versions: Mapping[str, str]) -> bool:
    """Whether a profile is of a machine, with packages like those of one of its environments."""
    told = profile.key.get("versions") or {}
    both = [package for package in told if versions.get(package)]
    return profile.machine == name and all(
        told[package] == machine.minor(versions[package]) for package in both
    )


def model_payload(profile: Profile, entry: Entry) -> dict[str, Any]:
    """What model.js needs of an entry: its fields as in the file, without what only Python asks for.

    Returns
    -------
    dict
        Of each strategy also `rough`: the itemsizes at which its error exceeds the contract of a library's own room,
        for which it is not to be named. `imports`: seconds by package, without those that count as imported; `whose`:
        the machine in words.
    """
    whole = profile.to_json()["models"][profile.entries.index(entry)]
    strategies = {}
    for name, each in whole["strategies"].items():
        rough = [size for dtype, size in ITEMSIZES.items() if _is_rough(entry, name, dtype)]
        strategies[name] = {key: each[key] for key in CURVE} | {"rough": rough}
    needs = {need.split(".")[0] for each in entry.strategies.values() for need in each.requires}
    imports = {
        name: profile.import_s.get(name, IMPORT_S.get(name, OTHER_IMPORT_S))
        for name in sorted(needs - answer.DEPENDENCIES)
    }
    cpu = profile.key.get("cpu")
    whose = f"{profile.machine} ({cpu})" if cpu else profile.machine
    named = f"{whose}, {profile.date}" if profile.date else whose
    return {key: whole[key] for key in FIELDS} | {
        "strategies": strategies,
        "imports": imports,
        "whose": named,
    }


def _is_rough(entry: Entry, name: str, dtype: str) -> bool:
    """Whether a strategy promises less than the contract of a library's own room, as `choose` asks it."""
    room = CHOOSERS.get(entry.workload)
    kind = np.dtype(dtype)
    if room is None:
        return False
    try:
        bound = room.strategy(name).error_bound(kind)
    except ValueError:  # a strategy that is gone: what was measured tells
        bound = entry.strategies[name].error.get(ITEMSIZES[dtype], 0.0) if name in entry.strategies else 0.0
    return bool(bound > accuracy.tolerance(kind))
