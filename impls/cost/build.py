"""Makes the profile of a machine from the lines of its journals."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from . import features, machine
from .fitting import FEW_CELLS, LEAST_NOISE, Observations, fit, non_negative
from .model import CostModel, Limits
from .package_sets import distinct
from .profile import Entry, Profile, Strategy

CONTROL = "@control"
#: A stage that has another one in it.
PART, WHOLE = "aggregate", "encode"
#: Farther off than this, in the median of the logs, a whole is not explained by its part.
MISFIT = 0.25
ITEMSIZES = {"float32": 4, "float64": 8}
#: Every so many cells, one is left out to see how well it is predicted.
HOLD_OUT = 8
#: Below this prediction a measured peak says more about the interpreter than about a strategy.
WEIGHABLE_BYTES = 1 << 20
FALLBACK_CACHES = (1 << 20, 32 << 20)
Line = Mapping[str, Any]
#: What is known of a stage beforehand, given the lines it is to be fitted to.
PriorOf = Callable[[Sequence[Line]], Optional[CostModel]]


def build(
    lines: Iterable[Line],
    machine_facts: Optional[Line] = None,
    requires: Optional[Mapping[str, Sequence[str]]] = None,
    prior: Optional[Profile] = None,
    held_out: bool = True,
) -> Profile:
    """Return the profile that follows from journal lines.

    Parameters
    ----------
    lines : iterable of dict
        Records of one or several journals of one machine, of any kind: measurements, machine, run and limits.
    machine_facts : dict, optional
        The machine record, where it is not among the lines.
    requires : mapping of str to sequence of str, optional
        Import names beyond NumPy that a strategy needs. Without it package sets cannot be told apart.
    prior : Profile, optional
        For strategies measured at few cells.
    held_out : bool
        Fit once more without every eighth cell, and record how well those are predicted.

    Returns
    -------
    Profile

    Raises
    ------
    ValueError
        No stage has a valid time at `FEW_CELLS` cells.
    """
    told = list(lines)
    whose = machine_facts or next((line for line in told if line.get("kind") == "machine"), {})
    measured = [line for line in told if line.get("kind") is None]
    groups: Dict[Tuple[str, str, int], List[Line]] = defaultdict(list)
    for line in measured:
        groups[(line["workload"], line["stage"], int(line.get("threads") or 1))].append(line)
    sizes = (whose.get("facts") or {}).get("caches") or {}
    caches = (float(sizes.get("L2") or FALLBACK_CACHES[0]), float(sizes.get("L3") or FALLBACK_CACHES[1]))
    ladders = [line for line in told if line.get("kind") == "limits"]
    cores = int((whose.get("facts") or {}).get("cores") or 1)
    entries: List[Entry] = []
    for (workload, stage, threads), group in sorted(groups.items()):
        limits = _limits(ladders, threads, cores)
        earlier = prior.entry(workload, stage, threads) if prior is not None else None
        known: PriorOf = partial(_constant, earlier.model if earlier else None)
        if earlier is None and stage == WHOLE:
            known = partial(_within_whole, list(entries), workload, threads)
        entry = _entry(workload, stage, threads, group, _Kit(caches, limits, requires or {}, known, held_out))
        if entry is not None:
            entries.append(entry)
    if not entries:
        raise ValueError(
            f"No stage has times at {FEW_CELLS} sizes or more: there is nothing to make a profile of."
        )
    versions: Mapping[str, Any] = next((line["versions"] for line in measured if line.get("versions")), {})
    started = max((float(line.get("started_at") or 0) for line in measured), default=0.0)
    runs = [line for line in told if line.get("kind") == "run"]
    return Profile(
        machine=str(whose.get("machine") or "unknown"),
        key=machine.key(whose, versions),
        entries=entries,
        date=time.strftime("%Y-%m-%d", time.gmtime(started)),
        protocol=dict(runs[0].get("budget") or {}) if runs else {},
    )


def _constant(model: Optional[CostModel], lines: Sequence[Line]) -> Optional[CostModel]:
    return model


def _within_whole(
    entries: Sequence[Entry], workload: str, threads: int, group: Sequence[Line]
) -> Optional[CostModel]:
    """What is known of a whole encoding from its part: the part's model, and what all else takes on the middle.

    What a whole has besides the sums is the same for nearly all strategies, so it needs fewer cells than they do.
    """
    parts = [
        each for each in entries if (each.workload, each.stage, each.threads) == (workload, PART, threads)
    ]
    timed = _timed(group)
    if not parts or not timed:
        return None
    model = parts[0].model
    more: Dict[Tuple[Any, ...], List[float]] = defaultdict(list)
    times: Dict[Any, List[float]] = defaultdict(list)
    for line in timed:
        if line["impl"] in model.curves:
            times[_place(line), line["impl"]].append(min(line["seconds"]))
    for (place, impl), seconds in times.items():
        cell = np.array([place[0]], dtype=float)
        part, _ = model.predict(cell, ITEMSIZES[place[1]], str(place[2]), only=[impl], deviations=False)
        more[place].append(float(np.mean(seconds) - np.exp(part[0, 0])))
    rest = {place: float(np.median(values)) for place, values in more.items()}
    rest = {place: seconds for place, seconds in rest.items() if seconds > 0}
    if len(rest) < FEW_CELLS:
        return None
    cells = np.array([place[0] for place in rest], dtype=float)
    widths = np.array([float(ITEMSIZES[place[1]]) for place in rest])
    values = features.evaluate(model.terms, cells, widths, model.caches)
    extra = non_negative(values, np.log(list(rest.values())))
    whole = replace(
        model,
        curves={name: replace(curve, weights=curve.weights + extra) for name, curve in model.curves.items()},
    )
    off: Dict[str, List[float]] = defaultdict(list)
    for (place, impl), seconds in times.items():
        asked = features.evaluate(
            model.terms, np.array([place[0]], float), np.array([float(ITEMSIZES[place[1]])]), model.caches
        )
        ratio = float(np.mean(seconds)) / float((asked @ whole.curves[impl].weights)[0])
        off[impl].append(abs(float(np.log(ratio))))
    # One that does the whole in its own way, all in one compiled function, is not its part and more.
    curves = {name: whole.curves[name] for name, each in off.items() if np.median(each) <= MISFIT}
    return replace(whole, curves=curves)


class _Kit:
    """What all stages of a machine share."""

    def __init__(
        self,
        caches: Tuple[float, float],
        limits: Optional[Limits],
        requires: Mapping[str, Sequence[str]],
        prior_of: PriorOf,
        held_out: bool,
    ) -> None:
        self.caches, self.limits, self.requires = caches, limits, requires
        self.prior_of, self.held_out = prior_of, held_out


def _entry(workload: str, stage: str, threads: int, group: List[Line], kit: _Kit) -> Optional[Entry]:
    """The model of one stage, or None where too few cells have a time."""
    valid = [line for line in group if line["status"] == "ok" and line.get("dtype") in ITEMSIZES]
    timed = _timed(group)
    if len({_place(line) for line in timed}) < FEW_CELLS:
        return None
    axes = tuple(timed[0]["cell"])
    noise = control_noise(valid)

    def model_of(lines: Sequence[Line]) -> CostModel:
        return fit(
            observations_of(lines, axes),
            caches=kit.caches,
            noise=noise,
            prior=kit.prior_of(lines),
            axes=axes,
            limits=kit.limits,
            encode=stage.startswith("encode"),
        )

    model = model_of(timed)
    strategies = {name: _strategy(name, timed, kit.requires) for name in model.strategies}
    told: Dict[str, Any] = {}
    places = sorted({_place(line) for line in timed})
    if kit.held_out and len(places) >= 2 * HOLD_OUT:
        out = set(places[HOLD_OUT // 2 :: HOLD_OUT])
        rest = [line for line in timed if _place(line) not in out]
        left = [line for line in timed if _place(line) in out]
        told = judged(model_of(rest), left, axes, kit.requires)
    benchmarks = tuple(sorted({str(line.get("benchmark")) for line in timed}))
    return Entry(workload, stage, threads, model, strategies, told, benchmarks)


def _timed(group: Sequence[Line]) -> List[Line]:
    """The lines with a time that counts; a wrong answer anywhere at a cell takes its strategy's times there."""
    wrong = {(_place(line), line["impl"]) for line in group if line["status"] == "invalid"}
    return [
        line
        for line in group
        if line["status"] == "ok"
        and line.get("dtype") in ITEMSIZES
        and not line["impl"].endswith(CONTROL)
        and (_place(line), line["impl"]) not in wrong
        and line.get("accuracy") != "approximate"
    ]


def _place(line: Line) -> Tuple[Any, ...]:
    return (tuple(line["cell"].values()), line.get("dtype"), line.get("labels"))


def observations_of(lines: Sequence[Line], axes: Sequence[str]) -> Observations:
    """Return valid measurement lines as observations: the best sample of each, by block."""
    numbers: Dict[Any, int] = {}
    blocks = [
        numbers.setdefault(
            (line.get("block"), line.get("run"), _place(line), line.get("session")), len(numbers)
        )
        for line in lines
    ]
    return Observations(
        strategy=[line["impl"] for line in lines],
        cell=np.array([[line["cell"][axis] for axis in axes] for line in lines], dtype=float),
        seconds=np.array([min(line["seconds"]) for line in lines], dtype=float),
        block=np.array(blocks),
        itemsize=np.array([ITEMSIZES[line["dtype"]] for line in lines]),
        labels=[str(line.get("labels") or "uniform") for line in lines],
        samples=np.array([len(line["seconds"]) for line in lines]),
    )


def control_noise(lines: Sequence[Line]) -> float:
    """Return the deviation of one strategy's log time within a process, from the A/A pairs; 0.05 without any."""
    pairs: Dict[Any, Dict[bool, float]] = defaultdict(dict)
    controls = {line["impl"][: -len(CONTROL)] for line in lines if line["impl"].endswith(CONTROL)}
    for line in lines:
        name = line["impl"]
        is_copy = name.endswith(CONTROL)
        bare = name[: -len(CONTROL)] if is_copy else name
        if bare in controls:
            pairs[(line.get("block"), line.get("run"), bare)][is_copy] = float(np.log(min(line["seconds"])))
    apart = [pair[True] - pair[False] for pair in pairs.values() if len(pair) == 2]
    if len(apart) < 5:
        return 0.05
    return max(LEAST_NOISE, float(1.4826 * np.median(np.abs(apart)) / np.sqrt(2.0)))


def _strategy(name: str, timed: Sequence[Line], requires: Mapping[str, Sequence[str]]) -> Strategy:
    """First calls, memory and error of one strategy."""
    own = [line for line in timed if line["impl"] == name]
    opening: Dict[Any, Line] = {}
    later: List[float] = []
    once: List[float] = []
    for line in sorted(own, key=lambda each: float(each.get("started_at") or 0.0)):
        first = line.get("first_call_s")
        if first is None:
            continue
        extra = max(0.0, float(first) - min(line["seconds"]))
        if line.get("pid") in opening:
            # Further sessions find what the first one compiled; a program of one's own does not.
            later += [extra] if line.get("first_call_cold", True) else []
        else:
            opening[line.get("pid")] = line
            once.append(extra)
    compiling = float(np.median(later)) if later else 0.0
    memory: Dict[str, float] = {}
    for line in own:
        predicted, peak = line.get("predicted_bytes") or 0, line.get("peak_extra_bytes")
        if peak and predicted >= WEIGHABLE_BYTES:
            labels = str(line.get("labels") or "uniform")
            memory[labels] = max(memory.get(labels, 1.0), float(peak) / float(predicted))
    errors: Dict[int, float] = {}
    for line in own:
        if line.get("error") is not None:
            width = ITEMSIZES[line["dtype"]]
            errors[width] = max(errors.get(width, 0.0), float(line["error"]))
    return Strategy(
        requires=tuple(requires.get(name, ())),
        # Below a millisecond it is a cold cache, which the next call at this shape does not meet either.
        first_call_s=compiling if compiling > 1e-3 else 0.0,
        # The least of all processes: what a compiler leaves on disk once and for all was there by then.
        process_s=max(0.0, min(once) - compiling) if once else 0.0,
        memory_factor=memory,
        error=errors,
    )


def judged(
    model: CostModel, lines: Sequence[Line], axes: Sequence[str], requires: Mapping[str, Sequence[str]]
) -> Dict[str, Any]:
    """Return how well a model predicts lines it was not fitted to.

    Parameters
    ----------
    model : CostModel
    lines : sequence of dict
        Valid measurement lines.
    axes : sequence of str
    requires : mapping of str to sequence of str

    Returns
    -------
    dict
        ``cells``; ``error`` (median of the absolute log error), ``coverage`` (share inside the 95 % interval) and
        ``regret``: by package set, mean, bootstrap interval, worst (fractions), and the share within 5 %.
    """
    truth: Dict[Any, Dict[str, List[float]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        if line["impl"] in model.curves:
            truth[_place(line)][line["impl"]].append(float(np.log(min(line["seconds"]))))
    places = list(truth)
    cells = np.array([place[0] for place in places], dtype=float).reshape(-1, len(axes))
    widths = np.array([ITEMSIZES[place[1]] for place in places])
    mean, deviation = model.predict(cells, widths, [str(place[2]) for place in places])
    wide = model.measured_deviation(deviation)
    known = np.array(
        [
            [np.mean(truth[place][name]) if name in truth[place] else np.nan for place in places]
            for name in model.strategies
        ]
    )
    there = np.isfinite(known)
    off = np.abs(mean - known)
    found: Dict[str, Any] = {
        "cells": len(places),
        "error": round(float(np.median(off[there])), 4),
        "coverage": round(float((off <= 1.96 * wide)[there].mean()), 4),
        "regret": {},
    }
    sets = distinct({name: requires.get(name, ()) for name in model.strategies})
    for name, members in sets.items():
        rows = [row for row, strategy in enumerate(model.strategies) if strategy in members]
        lost = regrets(np.where(there[rows], mean[rows], np.inf), np.where(there[rows], known[rows], np.inf))
        if len(lost):
            found["regret"][name] = _summary(lost)
    return found


def regrets(predicted: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return the regret of taking the predicted best in each cell; both (strategies, n) log seconds, inf = none."""
    some = np.isfinite(measured).any(axis=0)
    predicted, measured = predicted[:, some], measured[:, some]
    pick = predicted.argmin(axis=0)
    return np.expm1(measured[pick, np.arange(measured.shape[1])] - measured.min(axis=0))


def _summary(lost: np.ndarray) -> Dict[str, float]:
    rng = np.random.default_rng(0)
    means = lost[rng.integers(0, len(lost), (1000, len(lost)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "mean": round(float(lost.mean()), 5),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
        "worst": round(float(lost.max()), 5),
        "within_5_percent": round(float((lost <= 0.05).mean()), 4),
    }


def _limits(ladders: Sequence[Line], threads: int, cores: int) -> Optional[Limits]:
    """The best rates of all sessions with this many threads; None without a ladder."""
    best: Dict[float, float] = {}
    flops: Dict[int, float] = {}
    for record in ladders:
        if int(record.get("threads") or cores) != threads:
            continue
        for step in record.get("rates") or []:
            rates = [step.get("copy_bytes_per_s"), step.get("read_bytes_per_s")]
            rate = max([float(each) for each in rates if each], default=0.0)
            if rate > 0:
                best[float(step["bytes"])] = max(best.get(float(step["bytes"]), 0.0), rate)
        for dtype, speed in (record.get("gemm_flops_per_s") or {}).items():
            if dtype in ITEMSIZES and speed:
                flops[ITEMSIZES[dtype]] = max(flops.get(ITEMSIZES[dtype], 0.0), float(speed))
    if len(best) < 2:
        return None
    sizes = sorted(best)
    return Limits(np.array(sizes), np.array([best[size] for size in sizes]), flops)
