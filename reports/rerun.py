"""What the Colab notebook tells of one run on one machine: the best of the device beside the best of the host.

The journal says of every time which device it was computed on. Where there is no accelerator, what JAX and torch
compute on the CPU stands in for the device, and `Rerun.platform` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from reports import words
from reports.analyse.views import analyse
from reports.claims.model import Claim
from reports.claims.verdicts import NOT_TESTED, of_ratio
from reports.load.files import TornFile, journal_files, lines_of
from reports.load.folder import NoResults, load_results
from reports.load.journal import record_of
from reports.load.model import HOST

#: A stage of this ending has the way to the device and back on the clock.
FROM_HOST = "_from_host"


@dataclass(frozen=True)
class Rerun:
    """One run of one set of measurements.

    Attributes
    ----------
    axes : tuple of str
    baseline : str
    rows : pandas.DataFrame
        The speedup table: all that was tried.
    crossovers : pandas.DataFrame
        Changes of leader.
    on_device, on_host : frozenset of str
        Strategies; the baseline is in neither.
    platform : str
        Of the device: ``tpu``, ``gpu`` or ``cpu``.
    """

    axes: tuple[str, ...]
    baseline: str
    rows: pd.DataFrame
    crossovers: pd.DataFrame
    on_device: frozenset[str]
    on_host: frozenset[str]
    platform: str

    @property
    def timed(self) -> pd.DataFrame:
        """Rows with a speedup."""
        return self.rows[self.rows["speedup"].notna()]


def read_rerun(folder: Path, benchmark: str) -> Rerun:
    """Read the newest run of one set; those of other environments, such as the same machine's CPU alone, stay out.

    Parameters
    ----------
    folder : Path
        The machine's results.
    benchmark : str
        Name of the set.

    Raises
    ------
    reports.load.folder.NoResults
        The folder holds nothing of that set.
    """
    results = load_results(folder)
    runs = [run for run in results.runs if run.benchmark == benchmark]
    if not runs:
        raise NoResults(f"{folder} holds no run of {benchmark}: measure it first.")
    newest = max(runs, key=lambda run: float(run.plan.get("started_at") or 0))
    workload = next(each for each in results.workloads if each.name == newest.workload)
    analysis = analyse(workload, results.limits)
    rows, crossings = (
        table[(table["benchmark"] == benchmark) & (table["env"] == newest.env)]
        for table in (analysis.speedups, analysis.crossovers)
    )
    baseline = str(rows["baseline"].iloc[0])
    impls = frozenset(map(str, rows["impl"].unique())) - {baseline}
    computed = devices_of(folder, newest.run)
    platforms = {device.split()[-1] for device in computed.values()}
    platform = next((name for name in ("tpu", "gpu") if name in platforms), HOST)
    device = frozenset(name for name in impls if computed.get(name, "").endswith(f" {platform}"))
    return Rerun(workload.axes, baseline, rows, crossings, device, impls - device, platform)


def devices_of(folder: Path, run: str) -> dict[str, str]:
    """Strategy -> the device that the journal names beside its times, such as ``jax gpu``; none for the host's own."""
    found: dict[str, str] = {}
    for path in journal_files(folder, []):
        try:
            for row in lines_of(path):
                line = record_of(row.decode("utf-8"))
                device = line.get("device")
                if line.get("run") == run and isinstance(device, str) and device.strip():
                    found[str(line.get("impl"))] = device
        except (ValueError, OSError, TornFile):
            continue  # `load_results` has said what is wrong with the file
    return found


def stage_words(stage: str) -> str:
    """A stage as people say it."""
    return f"{stage.removesuffix(FROM_HOST)}, {'there and back' if stage.endswith(FROM_HOST) else 'data on the device'}"


def best(rows: pd.DataFrame, impls: frozenset[str]) -> dict[str, Any] | None:
    """The fastest of some strategies among the timed rows of one cell; None where none has a time."""
    rows = rows[rows["impl"].isin(impls) & rows["seconds"].notna()]
    ordered: list[dict[str, Any]] = rows.sort_values("seconds").to_dict("records")  # type: ignore[assignment]
    return ordered[0] if ordered else None


def summary(rerun: Rerun) -> str:
    """Markdown: for every cell and stage the best strategy of the device and of the host, over the baseline."""
    lines = [
        f"| cell | dtype | what | best on the device | time | over {rerun.baseline} | error | best on the CPU "
        f"| over {rerun.baseline} |",
        "|---|---|---|---|--:|--:|--:|---|--:|",
    ]
    groups: Any = rerun.timed.groupby([*rerun.axes, "dtype", "stage"], sort=True)
    for (*sizes, dtype, stage), rows in groups:
        there, home = best(rows, rerun.on_device), best(rows, rerun.on_host)
        cells = [
            *_device_cells(there),
            *([f"`{home['impl']}`", words.ratio(home["speedup"])] if home else "––"),
        ]
        where = " ".join(f"{axis}{words.size(size)}" for axis, size in zip(rerun.axes, sizes, strict=True))
        lines.append(f"| {where} | {dtype} | {stage_words(stage)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _device_cells(row: dict[str, Any] | None) -> list[str]:
    if row is None:
        return ["–"] * 4
    return [f"`{row['impl']}`", words.seconds(row["seconds"]), _faster(row), f"{row['error']:.0e}"]


def reasons(rerun: Rerun, most: int = 8) -> Iterator[str]:
    """Why combinations of strategy, stage and cell have no time, the most frequent reason first."""
    without = rerun.rows[rerun.rows["speedup"].isna()]
    told = without["status"] + ": " + without["reason"].fillna("")
    for reason, count in told.value_counts().head(most).items():
        yield f"{count} × {reason}"


def longest_line(rerun: Rerun) -> tuple[str, pd.DataFrame]:
    """The axis with most sizes while all other axes and the dtype stay, and the timed rows along it."""
    found: tuple[int, str, pd.DataFrame] = (0, rerun.axes[0], rerun.timed)
    for axis in rerun.axes:
        for _, rows in rerun.timed.groupby(["dtype", *(other for other in rerun.axes if other != axis)]):
            if rows[axis].nunique() > found[0]:
                found = (rows[axis].nunique(), axis, rows)
    return found[1:]


def at_the_end(rerun: Rerun) -> tuple[str, pd.DataFrame]:
    """Where the longest line ends, in words, and the timed rows there."""
    axis, line = longest_line(rerun)
    rows = line[line[axis] == line[axis].max()]
    sizes = ", ".join(f"{name} {words.size(rows[name].iloc[0])}" for name in rerun.axes)
    return f"{sizes}, {rows['dtype'].iloc[0]}", rows


def panels(rerun: Rerun) -> list[tuple[str, str, list[str]]]:
    """For each stage: its name, words for it, and the best of the device and of the host where the line ends."""
    _, rows = at_the_end(rerun)
    found = []
    for stage in stages(rows):
        there = rows[rows["stage"] == stage]
        leaders = (best(there, impls) for impls in (rerun.on_device, rerun.on_host))
        found.append((stage, stage_words(stage), [each["impl"] for each in leaders if each is not None]))
    return found


def headline(rerun: Rerun, name: str) -> str:
    """What the figure shows: the best of the device at the end of the line, by stage."""
    where, rows = at_the_end(rerun)
    told = []
    for stage in stages(rows):
        found = best(rows[rows["stage"] == stage], rerun.on_device)
        if found is not None:
            told.append(f"{stage_words(stage)} {words.ratio(found['speedup'])}")
    return f"{name} over the {rerun.baseline} at {where}\n{'; '.join(told) or 'nothing has a time'}"


def stages(rows: pd.DataFrame) -> list[str]:
    """The stages of some rows, each followed by its other placement."""
    return sorted(map(str, rows["stage"].unique()))


def changes_of_leader(rerun: Rerun) -> Iterator[str]:
    """The crossovers along the longest line, in words."""
    axis, line = longest_line(rerun)
    found = rerun.crossovers
    found = found[(found["axis"] == axis) & found["leading"] & (found["dtype"] == line["dtype"].iloc[0])]
    for row in found.to_dict("records"):
        reach = f"[{row['at_low']:.0f}, {row['at_high']:.0f}]"
        place = f"{axis} ≈ {row['at']:.0f} {reach}" if row["kind"] == "crossing" else f"{axis} in {reach}"
        yield f"{stage_words(row['stage'])}: {row['faster_below']} below, {row['faster_above']} above {place}"


def judged(rerun: Rerun, claim: Claim) -> str:
    """Markdown: a published ratio to the baseline, tested where the longest line ends, beside the best of the device.

    Parameters
    ----------
    rerun : Rerun
    claim : Claim
        Of the rule "ratio", with the baseline as its numerator; the stages of its variants' places are looked at.

    Raises
    ------
    ValueError
        The claim is about something else.
    """
    subject, published = str(claim.settings.get("denominator")), claim.published
    if claim.settings.get("numerator") != rerun.baseline or published is None:
        raise ValueError(
            f"the claim {claim.id} is not about a ratio to {rerun.baseline}; use python -m reports"
        )
    where, rows = at_the_end(rerun)
    tested = re.search(claim.envs, str(rows["env"].iloc[0])) is not None
    lines = [
        f"| {where}; a {rerun.platform.upper()} | strategy | over {rerun.baseline} | claimed | verdict |",
        "|---|---|--:|--:|---|",
    ]
    for stage in (str(variant.place.setting["stage"]) for variant in claim.variants if variant.place):
        there = rows[rows["stage"] == stage]
        own, leader = best(there, frozenset({subject})), best(there, rerun.on_device)
        said = f"{NOT_TESTED}: {subject} has no time"
        if own is not None:
            ends = float(own["speedup_low"]), float(own["speedup_high"])
            said = of_ratio(published, *ends, reach=claim.published_reach)
            said = f"**{said}**" if tested else f"**{NOT_TESTED}** (here: {said})"
        told = [f"`{subject}`", _faster(own), words.ratio(published), said]
        lines.append(f"| {stage_words(stage)} | {' | '.join(told)} |")
        if leader is not None and leader["impl"] != subject:
            lines.append(f"| | the best: `{leader['impl']}` | {_faster(leader)} | | |")
    return "\n".join(lines)


def _faster(row: dict[str, Any] | None) -> str:
    """The speedup of a row with its interval."""
    if row is None:
        return "–"
    return f"{words.ratio(row['speedup'])} {words.interval(row['speedup_low'], row['speedup_high'])}".strip()
