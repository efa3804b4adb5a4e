"""Result folders of any asv suite -> tidy lines of the newest commit of each benchmark that compares something."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reports import words
from reports.load.asv_file import AsvFile, read_asv_file, read_json
from reports.load.asv_lines import lines_of
from reports.load.asv_params import IMPL, NotUsed, parameters
from reports.load.bounds import facts, short_name, shown, told
from reports.load.files import BrokenFile
from reports.load.model import Machine
from reports.load.profiles import PROFILE

#: Files of a results folder that are not results.
LIST, MACHINE = "benchmarks.json", "machine.json"
OTHER_FILES = (LIST, MACHINE, PROFILE)
#: Lines and settings that are read from asv's files altogether: each setting is a part of the page.
MOST_LINES, MOST_SETTINGS = 500_000, 3_000
#: Benchmarks that a warning names.
MOST_NAMED = 5


@dataclass(frozen=True)
class Times:
    """A benchmark of asv that measures times.

    Attributes
    ----------
    name : str
    parameters : dict
        Its parameters by name: for each the values that are words, none where all of them are numbers.
    """

    name: str
    parameters: dict[str, list[str]]


@dataclass
class Foreign:
    """What asv's own files of a folder hold.

    Attributes
    ----------
    rows : list of dict
        Tidy lines, as `reports.load.folder` makes them from journals.
    warnings : list of str
    machines : dict
        Machines that the files come from, by name.
    times : list of Times
        All benchmarks of times, whether they have the parameter that is compared or not.
    files : int
        How many result files were read.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    machines: dict[str, Machine] = field(default_factory=dict)
    times: list[Times] = field(default_factory=list)
    files: int = 0

    def has(self, parameter: str) -> bool:
        """Whether any benchmark of times has a parameter of this name."""
        return any(parameter in one.parameters for one in self.times)


#: One benchmark on one machine in one environment, and all results of it, each with the file that it is from.
Key = tuple[str, str, str]
Record = dict[str, Any]
Stored = dict[Key, list[tuple[AsvFile, Record]]]


def read_folder(folder: Path, journals: dict[Path, set[str]], strategy: str = IMPL) -> Foreign:
    """Tidy lines of the newest results in all asv result files below a folder.

    Parameters
    ----------
    folder : Path
    journals : dict
        `<machine>/<commit8>` -> the sets that its journals hold. A benchmark of that commit whose class is named
        after one of them is read from the journal, which has more to tell (asv may call the environment differently).
    strategy : str
        The parameter whose values are compared.
    """
    found = Foreign()
    known = _benchmark_list(folder, found)
    compared = {name: about for name, about in known.items() if strategy in about["param_names"]}
    stored: Stored = {}
    gone: Counter[str] = Counter()
    for path, file in _files(folder, found):
        machine = file.machine or shown(Path(path.parent.name))
        found.machines.setdefault(machine, _machine(path.parent / MACHINE, machine))
        own = tuple(journals.get(path.parent / path.stem.partition("-")[0], set()))
        origin = replace(file, benchmarks={})
        for name, record in file.benchmarks.items():
            if own and any(part.startswith(own) for part in name.split(".")):
                continue
            if name in compared:
                stored.setdefault((name, machine, file.env), []).append((origin, record))
            elif name not in known and record.get("params") and _is_time(name, {}):
                gone[name] += 1
    newest = _Newest()
    for key, results in stored.items():
        newest.take(key, results, compared[key[0]], strategy)
    found.rows = newest.rows
    found.warnings += newest.warnings()
    if gone:
        found.warnings.append(_unused(gone, f"{LIST} does not have the benchmark any more"))
    return found


def _files(folder: Path, found: Foreign) -> Iterator[tuple[Path, AsvFile]]:
    """All result files below a folder; what cannot be read is left out with a warning."""
    for path in sorted(folder.rglob("*.json")):
        if path.name in OTHER_FILES or path.parent == folder or not path.is_file():
            continue
        try:
            yield path, read_asv_file(path, shown(path.relative_to(folder)))
            found.files += 1
        except BrokenFile as problem:
            found.warnings.append(f"{problem}; the file was left out")


@dataclass
class _Newest:
    """Takes the newest usable result of each benchmark, and keeps what is to be said of the others.

    Attributes
    ----------
    rows : list of dict
        Lines of the results that were taken.
    settings : int
        How many settings (machine, environment, dtype, labels and threads of a benchmark) these have.
    why_not : dict
        Reason -> how many results of which benchmark are not used for it.
    behind, silent : list of str
        Places where an older result stands in for a newer one; places without a time, unlike before.
    older : int
        Results that are not shown for their age.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    settings: int = 0
    why_not: dict[str, Counter[str]] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    older: int = 0

    def take(self, key: Key, results: list[tuple[AsvFile, Record]], known: Record, strategy: str) -> None:
        """Lines of the newest usable one of these results of a benchmark."""
        name, machine, env = key
        where = f"{short_name(name)} on {machine}, {told(env, 40)}"
        newest_first = sorted(results, key=lambda one: _begun(one[0]))[::-1]
        for place, (file, record) in enumerate(newest_first):
            try:
                lines = self._if_room(lines_of(name, record, known, file, machine, strategy))
            except NotUsed as reason:
                self.why_not.setdefault(str(reason), Counter())[name] += 1
                continue
            self.rows += lines
            rest = newest_first[place + 1 :]
            self.older += len(rest)
            if place:
                self.behind.append(f"{where} (of commit {file.commit[:8]})")
            if not any(line["status"] == "ok" for line in lines):
                last = next((one.commit[:8] for one, record in rest if _has_times(record)), "")
                self.silent += [f"{where} (last times: commit {last})"] if last else []
            return

    def _if_room(self, lines: list[Record]) -> list[Record]:
        settings = len({(line["dtype"], line["labels"], line["threads"]) for line in lines})
        if len(self.rows) + len(lines) > MOST_LINES or self.settings + settings > MOST_SETTINGS:
            raise NotUsed("there are more of them than a report can show")
        self.settings += settings
        return lines

    def warnings(self) -> Iterator[str]:
        """What is to be said of results that were not taken."""
        if self.older:
            yield (
                f"{words.count(self.older, 'older result')} of asv {'is' if self.older == 1 else 'are'} not shown: "
                "of each benchmark, the newest commit on a machine and environment counts"
            )
        if self.silent:
            yield f"Without any time at the newest commit, unlike before: {_first(self.silent)}"
        for reason, names in self.why_not.items():
            yield _unused(names, reason)
        if self.behind:
            yield f"Older results stand in the place of newer ones that are not used: {_first(self.behind)}"


def _has_times(record: Record) -> bool:
    result = record.get("result")
    return isinstance(result, list) and any(isinstance(value, float) and value > 0 for value in result)


def _begun(file: AsvFile) -> float:
    """The time of a file's commit, for sorting."""
    return -math.inf if math.isnan(file.date) else file.date


def _unused(names: Counter[str], reason: str) -> str:
    """A warning for results that are there but cannot be used."""
    count = names.total()
    told = f"{count:,} result{'s' * (count > 1)} of asv {'is' if count == 1 else 'are'} not used: {reason}"
    return f"{told} ({_first([short_name(name) for name in names])})"


def _first(names: list[str]) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return "; ".join(names[:MOST_NAMED]) + (f"; and {more:,} more" if more > 0 else "")


def _benchmark_list(folder: Path, found: Foreign) -> dict[str, dict[str, Any]]:
    """Benchmarks of anything by name from benchmarks.json, which alone knows the names of the parameters.

    Those that measure no times have no names of parameters here, so that nothing of them is compared.
    """
    path = folder / LIST
    if not path.is_file():
        return {}
    try:
        data = read_json(path, path.name)
    except BrokenFile as problem:
        found.warnings.append(f"{problem}; results without a journal cannot be used")
        return {}
    known = {}
    for name, about in data.items() if isinstance(data, dict) else ():
        if not isinstance(about, dict):
            continue
        names = about.get("param_names")
        names = [str(one) for one in names] if isinstance(names, list) and _is_time(name, about) else []
        known[name] = about | {"param_names": names}
        if _is_time(name, about):
            of_all = parameters(names, about.get("params")) or []
            valued = {one.name: [] if one.is_number else list(map(str, one.values)) for one in of_all}
            found.times.append(Times(name, {one: valued.get(one, []) for one in names}))
    return known


def _is_time(name: str, known: dict[str, Any]) -> bool:
    unit = known.get("unit")
    return unit == "seconds" or (unit is None and name.rpartition(".")[2].startswith("time_"))


def _machine(path: Path, name: str) -> Machine:
    """Machine facts from asv's machine.json; only the name when there is none or it cannot be read."""
    try:
        data = read_json(path, path.name) if path.is_file() else {}
    except BrokenFile:
        data = {}  # the card then shows the name alone; no number of the report rests on this file
    known = facts(data) if isinstance(data, dict) else {}
    more = {key: known[key] for key in ("num_cpu", "ram", "os", "arch") if known.get(key)}
    return Machine(name, str(known.get("cpu") or ""), more)
