"""Advice for the page: the distilled rule with its regret, the ranking, first calls, and what speed costs."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from markupsafe import Markup

from reports import words
from reports.analyse.rules import Case, Distilled, cross_validated, distil
from reports.analyse.tradeoffs import at_cell, first_calls, pareto_front, with_compilation
from reports.analyse.views import View
from reports.figures.style import look_of
from reports.figures.tradeoff import draw_tradeoff
from reports.load.model import APPROXIMATE, CONTROL_SUFFIX
from reports.site.pictures import Pictures, Place
from reports.site.sentences import code, hub_cell, listing, place
from reports.sources import Source
from reports.tables import speedup_rows

#: What is there wherever this suite runs; rules are distilled for these, too.
PLAIN = {"numpy", "scipy"}
#: Packages that compile what they are given at its first call.
COMPILERS = {"jax", "numba"}
#: Errors within this factor of each other tell no strategy apart.
ALIKE = 10.0
#: A rule needs a map: distilled from fewer sizes than this, it fits them and nothing else.
LEAST_SIZES = 30


def log_times(view: View) -> tuple[np.ndarray, list[str]]:
    """Log seconds (cells, impls), NaN where there is no time, and the strategies; the control copies left out."""
    table = view.speedups[~view.speedups["impl"].str.endswith(CONTROL_SUFFIX)]
    table = table[table["accuracy"] != APPROXIMATE]
    pivot = table.pivot(index="cell", columns="impl", values="seconds").reindex(view.cells.index)
    pivot = pivot.dropna(axis=1, how="all")
    return np.log(pivot.to_numpy(dtype=float)), [str(name) for name in pivot.columns]


def rules(view: View, files: dict[str, Source]) -> list[dict[str, Any]]:
    """The rule for all strategies and, if it is another, the one for those that need only NumPy and SciPy."""
    logs, impls = log_times(view)
    if len(logs) < LEAST_SIZES or len(impls) < 2:
        return []
    sizes = {axis: view.cells[axis].to_numpy(dtype=float) for axis in view.axes}
    found: list[dict[str, Any]] = []
    everything = np.ones(len(impls), dtype=bool)
    plain = np.array([set(files[impl].requires) <= PLAIN for impl in impls])
    for title, chosen in (
        ("With everything measured here", everything),
        ("With NumPy and SciPy alone", plain),
    ):
        names = [i for i, c in zip(impls, chosen, strict=True) if c]
        best = None if found and plain.all() else distil(sizes, logs[:, chosen], names)
        held_out = best and cross_validated(sizes, logs[:, chosen], names)
        if best is not None and held_out:
            regret = _regret(best, held_out, chosen is plain)
            lines = [_rule_line(case) for case in best.cases]
            found.append({"title": title, "lines": lines, "regret": f"{regret} {_holds_for(view)}"})
    return found


def _holds_for(view: View) -> str:
    """The sizes and the setting that a rule rests on."""
    measured = [
        f"{axis} {words.size(low)}" + (f" to {words.size(high)}" if high > low else "")
        for axis in view.axes
        for low, high in [(float(view.cells[axis].min()), float(view.cells[axis].max()))]
    ]
    labels = f"{view.setting['labels']} labels" if view.setting["labels"] else ""
    told = " and ".join(part for part in (str(view.setting["dtype"]), labels) if part)
    whole = len(view.cells) == np.prod([view.cells[axis].nunique() for axis in view.axes])
    gaps = "" if whole else ", not in all combinations"
    near = f"It holds near the sizes that were measured ({words.listing(measured)}{gaps})"
    return f"{near}, and for {told}." if told else f"{near}."


def _rule_line(case: Case) -> Markup:
    """`K·F below 2,000: onehot_matmul`; two bounds on one quantity become a range."""
    bounds: dict[str, list[float]] = {}
    for condition in case.conditions:
        low, high = bounds.get(condition.feature, [-math.inf, math.inf])
        tighter = (
            [low, min(high, condition.threshold)]
            if condition.below
            else [max(low, condition.threshold), high]
        )
        bounds[condition.feature] = tighter
    told = " and ".join(f"{feature} {_range(low, high)}" for feature, (low, high) in bounds.items())
    return Markup("{}: ").format(told) + code(case.impl) if told else Markup("always ") + code(case.impl)


def _range(low: float, high: float) -> str:
    """A half-open range of a quantity in words."""
    first, last = (words.size(float(f"{x:.4g}")) if math.isfinite(x) else "" for x in (low, high))
    if first and last:
        return f"from {first} to below {last}"
    return f"{first} or more" if first else f"below {last}"


def _regret(best: Distilled, held_out: tuple[float, float], plain: bool) -> str:
    among = "of these strategies " if plain else ""
    typical, worst = held_out
    return (
        f"On sizes that it was not distilled from, following it costs {_loss(typical)} over the fastest {among}on "
        f"average, {_loss(worst)} at worst (a fifth of the {words.count(best.sizes, 'size')} left out, five times)."
    )


def _loss(ratio: float) -> str:
    """A ratio >= 1 as a loss: `1.3 %`, or `2.4 times` where a percentage would be hard to read."""
    return f"{100 * (ratio - 1):.2g} %" if ratio < 1.995 else f"a factor of {ratio:.3g}"


def ranking(view: View) -> list[dict[str, Any]]:
    """Strategies by their typical distance from the fastest, over the sizes in which they have a time."""
    logs, impls = log_times(view)
    if not impls:
        return []
    logs = logs[~np.isnan(logs).all(axis=1)]
    behind = logs - np.nanmin(logs, axis=1, keepdims=True)
    wins = view.winners[view.winners["verdict"] == "win"]["winner"].value_counts()
    typical, worst = np.nanmean(behind, axis=0), np.nanmax(behind, axis=0)
    have = np.sum(~np.isnan(logs), axis=0)
    order = sorted(range(len(impls)), key=lambda i: (-int(have[i] == len(logs)), typical[i]))
    return [
        {
            "impl": impls[i],
            "look": look_of(impls[i]),
            "wins": int(wins.get(impls[i], 0)),
            "typical": words.ratio(math.exp(typical[i])),
            "worst": words.ratio(math.exp(worst[i])),
            "sizes": words.Shown(f"{have[i]} of {len(logs)}", have[i]),
        }
        for i in order
    ]


def first_call_rows(view: View, files: dict[str, Source]) -> dict[str, Any]:
    """The cost of the first call at the middle of the measured sizes."""
    hub = hub_cell(view)
    compiling = {impl for impl, file in files.items() if COMPILERS & set(file.requires)}
    known, unknown = with_compilation(at_cell(view.speedups, hub), compiling)
    table = first_calls(known)
    elsewhere = set(known.loc[known["elsewhere"], "impl"])
    rows = [
        {
            "impl": row["impl"],
            "first": words.seconds(row["first_call_s"]),
            "each": words.seconds(row["seconds"]),
            "calls": words.Shown("never", math.inf) if math.isinf(row["calls"]) else words.size(row["calls"]),
            "elsewhere": row["impl"] in elsewhere,
        }
        for row in table.to_dict("records")
    ]
    against = table["against"].iloc[0] if rows else ""
    return {
        "rows": rows,
        "against": against,
        "place": place(view, hub),
        "elsewhere": bool(elsewhere),
        "unknown": unknown,
    }


def tradeoffs(view: View, pictures: Pictures, where: Place, links: dict[str, str]) -> list[dict[str, Any]]:
    """Speed against error and against memory at the middle of the measured sizes."""
    hub = hub_cell(view)
    rows = at_cell(view.speedups, hub)
    found = []
    for column, label, in_bytes in (("error", "error", False), ("peak_extra_bytes", "extra memory", True)):
        known = rows.dropna(subset=[column])
        # where something is inexact, its error has a section of its own
        elsewhere = column == "error" and hub in set(view.fronts["cell"])
        if len(known) < 2 or elsewhere:
            continue
        impls = [str(name) for name in known["impl"]]
        seconds, other = known["seconds"].to_numpy(dtype=float), known[column].to_numpy(dtype=float)
        if in_bytes:  # nobody leads by what the instrument cannot tell apart
            other = np.where(other < words.RESOLVED_BYTES, 0.0, other)
            if not other.any():
                continue
        elif _alike(other):
            continue
        front = [impl for impl, leads in zip(impls, pareto_front(seconds, other), strict=True) if leads]
        title = _front_title(front, label)
        plain = f"Time of one call against {label} at {place(view, hub)}. {title.striptags()}"
        draw = partial(_drawn, impls, seconds, other, label, in_bytes, plain, links)
        figure = pictures.promise(draw, speedup_rows(known, view.axes), where, "cost")
        found.append({"title": title, "place": place(view, hub), "figure": figure})
    return found


def _alike(errors: np.ndarray) -> bool:
    """Whether all errors are rounding of the same size: a picture of them would say nothing."""
    return bool((errors > 0).all() and errors.max() < ALIKE * errors.min())


def _drawn(
    impls: list[str],
    seconds: np.ndarray,
    other: np.ndarray,
    label: str,
    in_bytes: bool,
    plain: str,
    links: dict[str, str],
    name: str,
) -> str:
    return draw_tradeoff(impls, seconds, other, label, in_bytes, name, plain, links)


def _front_title(front: list[str], label: str) -> Markup:
    if len(front) == 1:
        goal = "more accurate" if label == "error" else "leaner in memory"
        return Markup("Nobody is faster or {} than {}").format(goal, code(front[0]))
    respect = "accuracy" if label == "error" else "memory"
    more = Markup(" and {} more").format(len(front) - 5) if len(front) > 5 else Markup("")
    names = listing([code(name) for name in front[:5]])
    return Markup("Nobody beats {}{} in both speed and {}").format(names, more, respect)
