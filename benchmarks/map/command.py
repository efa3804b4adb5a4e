"""Runs a map from its plan to its profile: ``python -m benchmarks map``."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from benchmarks import workloads
from benchmarks.map import answer
from benchmarks.map import plan as planning
from benchmarks.map.box import AXES
from benchmarks.map.loop import FIRST_STAGE, Mapper
from benchmarks.map.measuring import Able, Sessions, compiled_anew, installed, predicted
from benchmarks.map.model import Modeller, timed
from benchmarks.map.plan import MapPlan
from benchmarks.map.words import named, percent
from benchmarks.protocol import faults, machine, quiet
from benchmarks.protocol.journal import Journal, Line
from benchmarks.protocol.plan import Block
from benchmarks.protocol.process import NotMeasuredError
from benchmarks.protocol.progress import Progress, duration
from benchmarks.protocol.run import finished_line, located
from benchmarks.protocol.state import Run, begin, block_key
from benchmarks.protocol.supervisor import Supervisor
from impls import vlad

PROFILE = "profile.json"
#: Sets of the same workload whose times a profile holds beside those of maps.
BESIDE = ("Quick",)
POINTS = {"aggregate": 192, "encode": 96}  # sizes at which a map is judged while it is made
POINTS_SEED = 1000
LEAST_CELLS = 10  # measured, before anything can be fitted to them


def measure_map(
    planned: MapPlan,
    listener: Optional[IO[str]],
    parent: Optional[int] = None,
    answers: Optional[List[str]] = None,
) -> str:
    """Measure a map, or finish the interrupted one; returns the path of the journal.

    Parameters
    ----------
    planned : MapPlan
    listener : text stream or None
        Where progress and the answer go.
    parent : int, optional
        Stop when this process is no longer the parent.
    answers : list of str, optional
        Gets the lines of the answer, too.

    Raises
    ------
    NotMeasuredError
        If too few cells have a time. The run stays open.
    """
    plan, progress = planned.measurement_set, Progress(listener, [])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as kept, weighing(kept) as scales, ThreadPoolExecutor(1) as aside:
        # Both load every package, in processes of their own; nothing is timed yet.
        bytes_needed = aside.submit(predicted, scales, blocks_asked(planned), list(installed("vlad")))
        path, facts, found = located(plan)
        if "error" in found:
            progress.say(f"  which device there is could not be determined: {found['error']}")
        with Journal(path, machine.machine_line()) as journal:
            run = begin(plan, journal, facts, kept)
            run.needs.update(bytes_needed.result())
            for sentence in faults.sentences(plan.blocks, run.impls, facts["versions"], found):
                progress.say(f"  {sentence}")
            mapped(planned, run, Sessions(run, journal, scales, progress, parent), progress, started)
    if answers is not None:
        answers += progress.answer
    return path


@contextlib.contextmanager
def weighing(kept: str) -> Iterator[Supervisor]:
    """A process that predicts and weighs memory."""
    scales = Supervisor(1, kept, weighing=True)
    try:
        yield scales
    finally:
        scales.close()


def mapped(planned: MapPlan, run: Run, sessions: Sessions, progress: Progress, started: float) -> None:
    """Measure what is left of a map, say what came of it and end its run."""
    journal = sessions.journal
    mapper = prepared(planned, run, sessions, progress, started)
    mapper.book.add(lines_of(run, journal))
    announce(mapper, progress)
    try:
        mapper.run()
        sessions.end()
    except KeyboardInterrupt:
        mapper.book.again(lines_of(run, journal))  # a block may be in the journal and not yet in the book
        conclude(mapper, run, journal, progress, (time.monotonic() - started, sessions.timed_s))
        raise
    finally:
        sessions.close()
    seconds = time.monotonic() - started, sessions.timed_s
    if not conclude(mapper, run, journal, progress, seconds):
        raise NotMeasuredError(
            f"{planning.NAME}: fewer than {LEAST_CELLS} cells have a time, too few for a map; the run is not finished"
        )
    journal.append(finished_line(run, *seconds, resumed=bool(mapper.resumed)))


def lines_of(run: Run, journal: Journal) -> List[Line]:
    """Lines of a run in its journal."""
    return [line for line in journal.lines() if line.get("run") == run.run_id]


def prepared(planned: MapPlan, run: Run, sessions: Sessions, progress: Progress, began: float) -> Mapper:
    """Put a map together: what can run here, what it is judged by, and what measures it."""
    from impls.cost.package_sets import distinct

    plan = planned.measurement_set
    needs = installed("vlad")
    workload = workloads.get("vlad")
    modellers: Dict[str, Modeller] = {}
    mapper = Mapper(planned, sessions, modellers, workload.control, progress.say, began=began)
    able = Able(run.needs, plan.budget.memory_limit, set(needs), mapper.book)
    for stage, blocks in points_of(planned).items():
        modellers[stage] = Modeller(
            *(stage, distinct(needs), able, compiled_anew(needs), blocks, caches()),
            fused=None if stage == FIRST_STAGE else {impl for impl in needs if vlad.get(impl).fused},
        )
    return mapper


def points_of(planned: MapPlan) -> Dict[str, List[Block]]:
    """Blocks by stage that the map does not measure, spread evenly: it is judged there."""
    return {
        box.stage: list(itertools.islice(box.blocks(POINTS_SEED), POINTS[box.stage])) for box in planned.boxes
    }


def blocks_asked(planned: MapPlan) -> List[Block]:
    """Every block of which the map has to know what can run there."""
    points = [block for blocks in points_of(planned).values() for block in blocks]
    return [*planned.measurement_set.blocks, *points, *answer.blocks_asked(planned.boxes[0])]


def caches() -> Optional[Tuple[float, float]]:
    """Bytes of L2 and L3, or None where the system does not tell."""
    found = machine.caches()
    return (float(found["L2"]), float(found["L3"])) if {"L2", "L3"} <= set(found) else None


def announce(mapper: Mapper, progress: Progress) -> None:
    """Say what is about to happen."""
    options = mapper.plan.options
    stages = " and ".join(
        f"{len(mapper.plan.of_stage(stage))} of stage {stage}" for stage in mapper.modellers
    )
    progress.say(
        f"{planning.NAME}: at most {stages} cells, {options.sessions} sessions, arrays to "
        f"{options.most_bytes / 2**20:.3g} MiB, {duration(options.budget_s)} at most"
        + (f", or what the first {mapper.plan.needed} cells take" if options.reach else "")
    )
    mapper.resumed = len(mapper.book.blocks)
    if mapper.resumed:
        progress.say(f"  taking up a map that was begun: {mapper.resumed} cells are already measured")


def conclude(
    mapper: Mapper, run: Run, journal: Journal, progress: Progress, seconds: Tuple[float, float]
) -> bool:
    """Judge what there is by the cells held out, write the profile and say the answer; False with too few cells.

    Parameters
    ----------
    seconds : (float, float)
        In all, and inside timed calls.
    """
    lines = {stage: timed(mapper.book.of_stage(stage)) for stage in mapper.modellers}
    cells = {stage: len({block_key(line) for line in found}) for stage, found in lines.items()}
    if max(cells.values()) < LEAST_CELLS:
        return False
    held_out = {stage: held_out_of(mapper, stage) for stage in mapper.modellers}
    for line in closing_words(mapper, held_out, seconds):
        progress.say(line)
    path = write_profile(run, journal, held_out)
    progress.say(
        f'  the profile, from which `choose` and strategy="auto" answer: {path}; as a picture: make publish'
    )
    if cells["aggregate"] < LEAST_CELLS:
        return True
    final = mapper.modellers["aggregate"].fit(mapper.book, set())
    progress.answer = answer.closing(final, mapper.plan.boxes[0])
    for line in progress.answer:
        progress.say(line)
    return True


def held_out_of(mapper: Mapper, stage: str) -> Dict[str, Any]:
    """How well the cells that were held out are predicted without them, as a profile holds it; empty without any."""
    lines, out = timed(mapper.book.of_stage(stage)), mapper.held_out(stage)
    mine = [line for line in lines if block_key(line) in out]
    keys = {block_key(line) for line in mine}
    if not keys or len({block_key(line) for line in lines} - keys) < LEAST_CELLS:
        return {}
    from impls.cost.build import judged

    judgement = mapper.modellers[stage].fit(mapper.book, keys)
    found: Dict[str, Any] = judged(judgement.model, mine, list(AXES), installed("vlad"))
    found["floor"] = judgement.expected_regret()[1]
    return found


def closing_words(
    mapper: Mapper, held_out: Mapping[str, Mapping[str, Any]], seconds: Tuple[float, float]
) -> List[str]:
    """What is said of a map's worth at its end."""
    measured = mapper.book.measured(0)
    sessions = len(mapper.book.times)
    counted = f"{sessions} sessions" if sessions != 1 else "1 session"
    own = 100 * (1 - seconds[1] / max(seconds[0], 1e-9))
    lines = [
        f"map of {counted}, {len(measured)} cells, {duration(seconds[0])}; the suite's own cost was {own:.0f} % of it."
    ]
    for stage, found in held_out.items():
        if found:
            regret = ", ".join(regret_words(name, each, found) for name, each in found["regret"].items())
            floor = ", ".join(f"{named(name)} {percent(value)}" for name, value in found["floor"].items())
            lines.append(
                f"  {stage}, {found['cells']} cells held out: mean regret {regret}. Noise floor: {floor}."
            )
    for session in sorted(mapper.book.times):
        told = quiet.verdict(mapper.book.noises(session))
        if told:
            lines.append(f"  session {session + 1}: {told}")
    return lines


def regret_words(name: str, each: Mapping[str, float], found: Mapping[str, Any]) -> str:
    """The regret of one package set with its interval."""
    near = round(each["within_5_percent"] * found["cells"])
    span = f"[{100 * each['low']:.1f}, {100 * each['high']:.1f}]"
    return f"{named(name)} {percent(each['mean'])} {span}, {near} within 5 %"


def write_profile(run: Run, journal: Journal, held_out: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the profile beside the journal, and where the library of this user looks for it; returns the former."""
    from impls.cost.build import build
    from impls.cost.profile import user_path

    profile = build(records_of(journal.lines()), requires=installed("vlad"), held_out=False)
    for entry in profile.entries:
        entry.held_out = dict(held_out.get(entry.stage, {}))
    path = os.path.join(os.path.dirname(journal.path), PROFILE)
    profile.save(path)
    with contextlib.suppress(OSError):  # a home folder that cannot be written to is no reason to fail
        if _is_better(profile, user_path()):
            profile.save(user_path())
    return path


def records_of(told: Iterable[Mapping[str, Any]]) -> List[Any]:
    """Return the records of a journal that a profile is made of.

    All maps in a journal are of one machine and one code, and count together; so do sets that race as a map does, with
    which the sizes of their sweeps are answered as measured.
    """
    whole = list(told)
    wanted = {
        line["run"]
        for line in whole
        if line.get("kind") == "run" and line["benchmark"] in (planning.NAME, *BESIDE)
    }
    return [line for line in whole if line.get("run") in wanted or line.get("kind") == "machine"]


def _is_better(profile: Any, path: Any) -> bool:
    """Tell whether a profile should take the place of the one in a file: of another machine, or of fewer cells."""
    try:
        old = type(profile).load(path)
    except (OSError, ValueError):
        return True
    return not old.is_of_this_machine or _cells(profile) >= _cells(old)


def _cells(profile: Any) -> int:
    return sum(len(entry.model.places) for entry in profile.entries)
