"""`python -m reports choose T=256 L=128 F=64 K=16`: which strategy, how fast, how sure; as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from impls.choosers import CHOOSERS
from impls.cost import answer
from impls.cost import choose as deciding
from impls.cost.choose import Candidate, Choice, Option, Question
from impls.cost.profile import Profile
from reports import words

#: Rows of the table.
MOST_ROWS = 8
ITEMSIZES = {"float32": 4, "float64": 8}


@dataclass(frozen=True)
class Answer:
    """What was asked, the choice, and what each candidate would cost, the cheapest first."""

    workload: str
    sizes: dict[str, int]
    choice: Choice
    options: list[Option]


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare what `choose` takes."""
    command.add_argument("sizes", nargs="+", metavar="AXIS=SIZE", help="such as T=256 L=128 F=64 K=16")
    command.add_argument("--workload", help="default: the one whose axes these are")
    command.add_argument("--stage", help="aggregate or encode (default: aggregate)")
    command.add_argument("--dtype", choices=sorted(ITEMSIZES), default="float64")
    command.add_argument("--labels", help="a label distribution that was measured, such as skewed")
    command.add_argument(
        "--packages", help="packages that may be used, such as numpy,scipy (default: all installed)"
    )
    command.add_argument("--calls", type=int, default=1, help="calls of this shape to come (default 1)")
    command.add_argument("--threads", type=int, default=1)
    command.add_argument("--memory-limit", type=float, metavar="BYTES", help="bytes beyond input and result")
    command.add_argument("--max-error", type=float, metavar="E", help="largest error over rms promised")
    command.add_argument("--profile", type=Path, metavar="FILE", help="another profile than this machine's")
    command.add_argument("--json", action="store_true", help="the answer as JSON")


def run(options: argparse.Namespace) -> str:
    """Return the answer as text.

    Raises
    ------
    ValueError
        Sizes, workload or stage cannot be answered for; one sentence says why.
    """
    profiles = [Profile.load(options.profile)] if options.profile else answer.profiles()
    found = answered(sizes_of(options.sizes), options, profiles)
    return as_json(found) if options.json else as_table(found, options)


def sizes_of(given: Sequence[str]) -> dict[str, int]:
    """Return ``["T=256", ...]`` as sizes by axis; ValueError where one is none."""
    found: dict[str, int] = {}
    for text in given:
        axis, equals, value = text.partition("=")
        if not equals or not axis or not value.isdecimal() or int(value) < 1:
            raise ValueError(f"{text!r} is no size: expected an axis and a whole number, such as T=256.")
        found[axis] = int(value)
    return found


def answered(sizes: dict[str, int], options: argparse.Namespace, profiles: Sequence[Profile]) -> Answer:
    """Return the answer to a question about some sizes."""
    workload = options.workload or _workload_of(sizes, profiles)
    if workload in CHOOSERS:
        return _from_library(workload, sizes, options)
    having = [each for each in profiles if any(entry.workload == workload for entry in each.entries)]
    return _from_profile(workload, sizes, options, having[0] if having else profiles[0])


def _workload_of(sizes: dict[str, int], profiles: Sequence[Profile]) -> str:
    """The workload whose axes the sizes are."""
    known = {name: room.axes for name, room in CHOOSERS.items()}
    known.update({entry.workload: entry.model.axes for each in profiles for entry in each.entries})
    fitting = [name for name, axes in known.items() if set(axes) == set(sizes)]
    if len(fitting) == 1:
        return fitting[0]
    told = "; ".join(f"{name}: {' '.join(axes)}" for name, axes in known.items())
    raise ValueError(f"No workload has exactly the axes {' '.join(sizes)}: expected those of one ({told}).")


def _from_library(workload: str, sizes: dict[str, int], options: argparse.Namespace) -> Answer:
    room = CHOOSERS[workload]
    axes = room.axes
    if set(sizes) != set(axes):
        raise ValueError(f"{workload} is asked for {', '.join(axes)}, not {', '.join(sizes)}.")
    asked: dict[str, Any] = {
        **sizes,
        "dtype": options.dtype,
        "packages": options.packages,
        "memory_limit": options.memory_limit,
        "max_error": options.max_error,
        "calls": options.calls,
        "threads": options.threads,
        "labels": options.labels,
        "profile": Profile.load(options.profile) if options.profile else None,
    }
    if room.staged and options.stage:
        asked["stage"] = options.stage
    return Answer(workload, sizes, room.choose(**asked), room.options(**asked))


def _from_profile(
    workload: str, sizes: dict[str, int], options: argparse.Namespace, profile: Profile
) -> Answer:
    """A workload of which only the profile knows: its strategies, packages and axes."""
    stages = [entry.stage for entry in profile.entries if entry.workload == workload]
    if not stages:
        known = ", ".join(sorted({entry.workload for entry in profile.entries} | set(CHOOSERS)))
        raise ValueError(f"The profile has no times of a workload {workload!r}: it has {known}.")
    stage = options.stage or stages[0]
    entry = profile.entry(workload, stage, options.threads)
    if entry is None:
        raise ValueError(f"{workload} was not measured at a stage {stage!r}: expected {', '.join(stages)}.")
    axes = entry.model.axes
    if set(sizes) != set(axes):
        raise ValueError(f"{workload} is asked for {', '.join(axes)}, not {', '.join(sizes)}.")
    needs = {name: each.requires for name, each in entry.strategies.items()}
    allowed = answer.allowed_packages(options.packages, (need for each in needs.values() for need in each))
    itemsize = ITEMSIZES[options.dtype]
    candidates = [
        Candidate(name, requires, lambda: 0, entry.strategies[name].error.get(itemsize, 0.0))
        for name, requires in needs.items()
        if answer.permitted(requires, allowed) and all(find_spec(need.split(".")[0]) for need in requires)
    ]
    question = Question(
        sizes=tuple(sizes[axis] for axis in axes),
        itemsize=itemsize,
        labels=options.labels,
        calls=options.calls,
        max_error=options.max_error,
        loaded=answer.advice_packages(),
    )
    able = deciding.eligible(candidates, entry, question)
    order = deciding.ranked(able, entry, profile, question)
    return Answer(
        workload,
        sizes,
        deciding.choose(candidates, entry, profile, question),
        deciding.options(order, entry, profile, question),
    )


def as_json(found: Answer) -> str:
    """Return an answer as JSON: the fields of `Choice`, with the question and the candidates."""
    value = {
        **found.choice._asdict(),
        "workload": found.workload,
        "sizes": found.sizes,
        "options": [] if found.choice.seconds is None else [option._asdict() for option in found.options],
    }
    return json.dumps(value, indent=2) + "\n"


def as_table(found: Answer, options: argparse.Namespace) -> str:
    """Return an answer as lines of text: the choice, why, and a table of the candidates."""
    choice = found.choice
    asked = " ".join(f"{axis}={size}" for axis, size in found.sizes.items())
    lines = [f"{asked}, {options.dtype}, {options.calls:,} call{'' if options.calls == 1 else 's'}"]
    if choice.seconds is None or choice.low is None or choice.high is None:
        lines.append(f"{choice.strategy}: no time known")
    else:
        lines.append(
            f"{choice.strategy}: {words.seconds(choice.seconds)} a call, likely {words.seconds(choice.low)} to "
            f"{words.seconds(choice.high)} ({choice.basis}; expected regret {words.share(choice.regret or 0.0)})"
        )
    lines.append(choice.why[0].upper() + choice.why[1:] if choice.basis == "outside" else choice.why)
    if choice.runner_up:
        lines.append(f"{choice.runner_up} may well be as fast.")
    lines.append(f"Profile: {choice.profile}")
    if choice.seconds is not None:
        lines += ["", *_rows(found.options, options.calls)]
    return "\n".join(lines) + "\n"


def _rows(options: Sequence[Option], calls: int) -> list[str]:
    total = "in all" if calls == 1 else f"{calls:,} calls"
    rows = [("strategy", "a call", "likely between", "first call adds", total)]
    for each in options[:MOST_ROWS]:
        between = f"{words.seconds(each.low)} and {words.seconds(each.high)}"
        first = words.seconds(each.first_s) if each.first_s else "0"
        rows.append((each.name, words.seconds(each.seconds), between, first, words.seconds(each.total_s)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join(
            text.ljust(width) if not column else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
