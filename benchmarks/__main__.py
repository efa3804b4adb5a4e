"""Measure: plan, run and report from the command line.

python -m benchmarks list                     the measurement sets
python -m benchmarks run Quick                measure sets straight into the journal, without asv
python -m benchmarks measure Quick            measure them through asv in this environment
python -m benchmarks report Quick             the same, then publish
python -m benchmarks cell T=256 L=128 F=64 K=16   one cell, all strategies, printed and not kept
python -m benchmarks map                      which strategy is fastest at any size, in minutes: cells chosen on the way
python -m benchmarks eras                     the sets of the time machine in every environment of asv.eras.conf.json
python -m benchmarks pack                     all that this machine measured as one file, for another's report
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Callable, Iterable, List, NoReturn, Optional

from benchmarks import sets, through_asv, trajectories, tryout, workloads
from benchmarks.map import plan as planning
from benchmarks.map.command import measure_map
from benchmarks.map.plan import Options
from benchmarks.protocol.journal import JournalBusyError
from benchmarks.protocol.pack import pack
from benchmarks.protocol.plan import Budget
from benchmarks.protocol.process import NotMeasuredError
from benchmarks.protocol.progress import size
from benchmarks.protocol.run import run_set
from benchmarks.protocol.spelling import meant
from benchmarks.protocol.state import SEED
from benchmarks.timemachine import drive

#: a map beside other sets, such as in ``make report``: five minutes in all, more where the machine is slow or busy
REPORT_MAP = Options(budget_s=110.0, sessions=2, cells=56, reach=True)


def positive(text: str) -> int:
    """Read a number of at least 1 from the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"it is {number}, expected 1 or more")
    return number


def named(known: Iterable[str], what: str) -> Callable[[str], str]:
    """Return what reads one of the known names from the command line."""

    def read(text: str) -> str:
        try:
            return meant(text, sorted(known), what)
        except ValueError as problem:
            raise argparse.ArgumentTypeError(str(problem)) from None

    return read


class Parser(argparse.ArgumentParser):
    """Asks "did you mean" where a command is misspelt."""

    def error(self, message: str) -> NoReturn:
        """End with one sentence."""
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if wrong and "command" in message:
            try:
                right = meant(wrong[1], re.findall(r"[a-z]+", wrong[2]), "command")
                message = f"no command named {wrong[1]}: did you mean {right}?"
            except ValueError as problem:
                message = str(problem)
        super().error(message)


def parse(arguments: Optional[List[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    head, _, examples = (__doc__ or "").partition("\n\n")
    parser = Parser(
        "python -m benchmarks",
        description=head,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the measurement sets")
    for name, text in (
        ("run", "measure sets straight into the journal, without asv"),
        ("measure", "measure sets through asv in this environment"),
        ("report", "measure sets through asv in this environment, then publish"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument(
            "sets",
            nargs="+",
            metavar="SET",
            type=named([*sets.SETS, planning.NAME], "set"),
            help="name of a set; `list` names them",
        )
        if name == "run":
            command.add_argument(
                "--until-session",
                type=positive,
                metavar="N",
                help="stop after N sessions of each set; the next run goes on from there",
            )
    eras = commands.add_parser("eras", help="measure the published claims in several eras of NumPy")
    eras.add_argument("--only", nargs="+", default=[], metavar="ENV", help="only these environments")
    packing = commands.add_parser("pack", help="put all that this machine measured into one file")
    packing.add_argument(
        "--out", metavar="FILE", help="the file (default: crossover-<machine>.jsonl.xz here)"
    )
    add_map(commands.add_parser("map", help="find out in minutes which strategy is fastest at which sizes"))
    add_cell(commands.add_parser("cell", help="measure one cell, print it, keep nothing"))
    return parser.parse_args(arguments)


def add_map(command: argparse.ArgumentParser) -> None:
    """Say which words the command `map` takes."""
    usual = Options()
    command.add_argument(
        "--budget",
        type=positive,
        default=int(usual.budget_s),
        metavar="SECONDS",
        help="begin no further cell after so long (default: %(default)s); a map that is taken up has as long again",
    )
    command.add_argument(
        "--sessions", type=positive, default=usual.sessions, metavar="N", help="default: %(default)s"
    )
    command.add_argument(
        "--most-bytes",
        type=positive,
        default=usual.most_bytes,
        metavar="B",
        help="size of the largest arrays (default: %(default)s)",
    )
    command.add_argument(
        "--cells",
        type=positive,
        default=usual.cells,
        metavar="N",
        help="cells of the sums alone, at most (default: %(default)s); end to end a quarter of that in addition",
    )


def add_cell(cell: argparse.ArgumentParser) -> None:
    """Say which words the command `cell` takes."""
    cell.add_argument("sizes", nargs="+", metavar="AXIS=SIZE", help="the cell, such as T=256 L=128 F=64 K=16")
    cell.add_argument("--impls", nargs="+", default=[], metavar="NAME", help="only these (and the baseline)")
    cell.add_argument(
        "--workload",
        default="vlad",
        type=named(workloads.NAMES, "workload"),
        metavar="NAME",
        help=", ".join(sorted(workloads.NAMES)),
    )
    cell.add_argument("--stage", help="the part that is timed (default: the workload's first)")
    cell.add_argument("--dtype", default="float64", choices=("float64", "float32"))
    cell.add_argument(
        "--labels",
        default="uniform",
        help="kind of data: for vlad uniform, skewed, zipf, one, sorted or photos; a wrong one names a workload's",
    )
    cell.add_argument("--threads", type=int, default=1, help="0 = all cores")
    cell.add_argument(
        "--follow", metavar="FILE", help="measure nothing: write where the points of --impls go"
    )


def as_sentence(problem: Exception) -> str:
    """Words of an error; of the system's, with the file that it is about."""
    if not isinstance(problem, OSError) or problem.errno is None:
        return str(problem)
    if problem.filename is None:
        return f"the system refuses: {problem.strerror or problem}"
    return f"{problem.filename} cannot be read or written: {problem.strerror}"


def list_sets() -> None:
    """Print the sets with what they compute and their sizes."""
    names, computed = max(map(len, sets.SETS)), max(map(len, workloads.NAMES))
    for plan in sets.SETS.values():
        workload = plan.blocks[0].workload
        print(
            f"{plan.name:<{names}}  {workload:<{computed}} {len(plan.blocks):>4} blocks, {plan.sessions} sessions"
        )


def make_map(options: argparse.Namespace) -> int:
    """Measure a map as the command line says; returns the exit code."""
    chosen = Options(float(options.budget), options.sessions, options.most_bytes, options.cells)
    try:
        planned = planning.made(chosen)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    measure_map(planned, sys.stdout)
    return 0


def try_cell(options: argparse.Namespace) -> int:
    """Measure and print one cell."""
    stages = workloads.get(options.workload).stages
    stage = options.stage or stages[0]
    try:
        stage = meant(stage, stages, f"stage of {options.workload}")
        block = tryout.block_of(
            options.workload, options.sizes, stage, options.dtype, options.labels, options.threads
        )
        if options.follow:
            trajectories.write(block, options.impls, SEED, options.follow)
            return 0
        for sentence in tryout.known_faults(block, options.impls):
            print(sentence, flush=True)
        measured = tryout.measure_cell(
            block, options.impls, Budget(max_reps=15, strategy_s=0.3, call_limit_s=10.0)
        )
    except (ValueError, OSError, NotMeasuredError) as problem:
        print(as_sentence(problem), file=sys.stderr)
        return 2
    print(tryout.as_text(block, measured))
    return 0


def pack_results(out: Optional[str]) -> int:
    """Pack this machine's journals and say how they are merged elsewhere."""
    try:
        path = pack(out)
    except (ValueError, OSError) as problem:
        print(as_sentence(problem), file=sys.stderr)
        return 2
    print(
        f"{path}: {size(os.path.getsize(path))}; elsewhere: python -m reports merge {os.path.basename(path)}"
    )
    return 0


def measure_sets(options: argparse.Namespace) -> int:
    """Measure the sets that were named, the map after the others; returns the exit code."""
    plans = [sets.SETS[name] for name in options.sets if name != planning.NAME]
    mapped = REPORT_MAP if planning.NAME in options.sets else None
    if options.command in ("measure", "report"):
        through = through_asv.measure if options.command == "measure" else through_asv.report
        return through(plans, mapped)
    for plan in plans:
        run_set(plan, sys.stdout, sessions=options.until_session)
    if mapped:
        measure_map(planning.made(mapped), sys.stdout)
    return 0


def main(arguments: Optional[List[str]] = None) -> int:
    """Entry point; returns the exit code."""
    options = parse(arguments)
    if options.command == "list":
        list_sets()
        return 0
    if options.command == "cell":
        return try_cell(options)
    if options.command == "pack":
        return pack_results(options.out)
    try:
        if options.command == "eras":
            return drive.main(options.only)
        if options.command == "map":
            return make_map(options)
        return measure_sets(options)
    except (JournalBusyError, NotMeasuredError, ValueError, OSError) as problem:
        print(as_sentence(problem), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\ninterrupted; what was measured is kept, and the same command goes on from there",
            file=sys.stderr,
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
