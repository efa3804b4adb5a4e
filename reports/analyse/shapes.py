"""Named shapes that real systems use, and what each idea takes there: measured where it was, else predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impls.cost.profile import Entry
from reports.analyse.views import View
from reports.ideas import IDEAS, OF

#: Name -> sizes. The set Real measures all but the first.
SHAPES: dict[str, dict[str, int]] = {
    "group-by": {"N": 1_000_000, "F": 1, "M": 1_000},
    "post": {"T": 256, "L": 128, "F": 64, "K": 16},
    "SIFT": {"T": 32, "L": 3000, "F": 128, "K": 64},
    "CNN": {"T": 16, "L": 1200, "F": 512, "K": 64},
    "DINO": {"T": 16, "L": 1369, "F": 1536, "K": 32},
    "patch": {"T": 4096, "L": 25, "F": 512, "K": 16},
    "video": {"T": 80, "L": 300, "F": 1024, "K": 256},
}
SETTING = {"stage": "aggregate", "dtype": "float32", "labels": "photos", "threads": 1}


@dataclass(frozen=True)
class Best:
    """The best strategy of an idea at a shape: its name, its seconds."""

    impl: str
    seconds: float


@dataclass(frozen=True)
class Shape:
    """A named shape with the best strategy of each idea by the idea's name; whether all of it was measured."""

    name: str
    sizes: dict[str, int]
    ideas: dict[str, Best]
    measured: bool


def shapes_of(views: list[View], entry: Entry | None, machine: str) -> list[Shape]:
    """The named shapes of images, measured on a machine or predicted by its model; those beyond its reach are left out.

    Parameters
    ----------
    views : list of View
        Of the workload.
    entry : Entry or None
        The machine's model.
    machine : str
    """
    real = [v for v in views if v.setting["machine"] == machine and _alike(v)]
    found = []
    for name, sizes in SHAPES.items():
        if "T" not in sizes:
            continue
        ideas = next((best for view in real if (best := _measured(view, sizes))), None)
        told = ideas or (_predicted(entry, sizes) if entry is not None else None)
        if told:
            found.append(Shape(name, sizes, told, ideas is not None))
    return found


def _alike(view: View) -> bool:
    return all(str(view.setting[key]) == str(value) for key, value in SETTING.items())


def _measured(view: View, sizes: dict[str, int]) -> dict[str, Best]:
    rows = view.speedups[view.speedups["status"] == "ok"]
    for axis, size in sizes.items():
        rows = rows[rows[axis] == size]
    return _best(zip(rows["impl"].astype(str), rows["seconds"], strict=True))


def _predicted(entry: Entry, sizes: dict[str, int]) -> dict[str, Best]:
    model, cell = entry.model, np.array([list(sizes.values())], dtype=float)
    labels = ["skewed"] if "skewed" in model.labels else None
    if float(model.outside(cell, 4)[0]) > 1:
        return {}
    mean, _ = model.predict(cell, 4, labels=labels, deviations=False)
    return _best(zip(model.strategies, np.exp(mean[:, 0]), strict=True))


def _best(timed: zip[tuple[str, float]]) -> dict[str, Best]:
    found: dict[str, Best] = {}
    for impl, seconds in timed:
        idea = OF.get(impl)
        if idea and (idea.name not in found or seconds < found[idea.name].seconds):
            found[idea.name] = Best(impl, float(seconds))
    return {idea.name: found[idea.name] for idea in IDEAS if idea.name in found}
