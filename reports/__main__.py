"""`python -m reports`: `build` makes the page, `claims` judges claims, `merge` and `pack` carry results, and so on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

NOTHING_FOUND = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 is success, 2 means there was nothing to report on."""
    parser = argparse.ArgumentParser(
        prog="python -m reports", description="Turn benchmark results into a report."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="write the HTML page and its tables")
    usual = "results folder (default: $CROSSOVER_RESULTS, else results_dir of asv.conf.json)"
    build.add_argument("--results", type=Path, help=usual)
    build.add_argument(
        "--out", type=Path, help="where to write (default: report/ in html_dir of asv.conf.json)"
    )
    build.add_argument(
        "--strategy-parameter",
        default="impl",
        metavar="NAME",
        help="the parameter of asv's benchmarks whose values are compared (default: impl)",
    )
    build.add_argument(
        "--compare", type=Path, metavar="DIR", help="results of other machines to show beside these"
    )
    check = commands.add_parser(
        "selfcheck", help="run planted data through the analysis and print how it does"
    )
    check.add_argument("--seed", type=int, default=0, help="another seed draws other worlds (default 0)")
    joined = commands.add_parser("merge", help="add somebody's packed results as one more machine")
    joined.add_argument("file", type=Path, help="what `python -m benchmarks pack` wrote there")
    joined.add_argument("--as", dest="name", metavar="NAME", help="another name for the machine")
    joined.add_argument("--results", type=Path, help=usual)
    packed = commands.add_parser("pack", help="publish journals: the same lines, compressed, in a folder")
    packed.add_argument(
        "journals", type=Path, nargs="+", metavar="JOURNAL", help="a .jsonl file of a finished run"
    )
    packed.add_argument("--to", type=Path, required=True, help="such as reports/published/<machine>")
    claims = commands.add_parser("claims", help="judge the published claims on what was measured")
    claims.add_argument("--results", type=Path, help=usual)
    claims.add_argument("--out", type=Path, help="where claims.json goes (default: data/ of the report)")
    claims.add_argument("--against", type=Path, metavar="DIR", help="a second results folder: who disagrees?")
    commands.add_parser("publish", help="the pages from whatever is there; asv's site too if asv has results")
    commands.add_parser("readme", help="make the README's picture and table from reports/published")
    chosen = commands.add_parser("choose", help="which strategy for these sizes, how fast and how sure")
    _choose_arguments(chosen)
    profile = commands.add_parser(
        "profile", help="make the profile that is shipped, or another, from journals"
    )
    profile.add_argument("folder", type=Path, help="a machine's folder, such as reports/published/<machine>")
    profile.add_argument("--out", type=Path, help="where it goes (default: the package's own file)")
    options = parser.parse_args(arguments)
    from reports.load.folder import NoResults

    try:
        return _run(options)
    except OSError as problem:
        if problem.filename is None:  # not about a file that somebody named
            raise
        sys.stderr.write(f"{problem.filename} cannot be read or written: {problem.strerror}.\n")
    except (NoResults, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
    return NOTHING_FOUND


def _run(options: argparse.Namespace) -> int:
    if options.command == "readme":
        return _readme()
    if options.command == "publish":
        return _publish()
    if options.command == "pack":
        return _pack(options.journals, options.to)
    if options.command == "merge":
        return _merge(options.file, options.results, options.name)
    if options.command == "claims":
        return _claims(options.results, options.out, options.against)
    if options.command == "choose":
        return _choose(options)
    if options.command == "profile":
        return _profile(options.folder, options.out)
    if options.command == "selfcheck":
        return _selfcheck(options.seed)
    return _build(options.results, options.out, options.strategy_parameter, options.compare)


def _choose_arguments(command: argparse.ArgumentParser) -> None:
    from reports.chooser import add_arguments

    add_arguments(command)


def _choose(options: argparse.Namespace) -> int:
    from reports.chooser import run

    sys.stdout.write(run(options))
    return 0


def _profile(folder: Path, out: Path | None) -> int:
    from reports.profile import write_profile
    from reports.words import share

    path, profile = write_profile(folder, out)
    for entry in profile.entries:
        regret = entry.held_out.get("regret", {}).get("scipy", {}).get("mean")
        told = "" if regret is None else f", held-out regret of NumPy and SciPy {share(regret)}"
        sys.stdout.write(
            f"{entry.workload} {entry.stage}, {entry.threads} thread{'s' * (entry.threads > 1)}: "
            f"{len(entry.model.places)} cells of {', '.join(entry.benchmarks)}{told}\n"
        )
    sys.stdout.write(f"wrote {path}\n")
    return 0


def _folders(results: Path | None, out: Path | None, inside: str) -> tuple[Path, Path]:
    """The folders that were named, and the usual ones for those that were not."""
    if results is not None and out is not None:
        return results, out
    from reports.config import asv_folders

    usual_results, usual_html = asv_folders(Path())
    return results or usual_results, out or usual_html / inside


def _build(results: Path | None, out: Path | None, strategy: str, compare: Path | None) -> int:
    from reports.build import build_report

    built = build_report(*_folders(results, out, "report"), strategy=strategy, compare=compare)
    for warning in built.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    sys.stdout.write(f"The report is at {built.page.resolve()}\n")
    return 0


def _claims(results: Path | None, out: Path | None, against: Path | None) -> int:
    from reports.claims.command import run

    return run(*_folders(results, out, "report/data"), against)


def _merge(file: Path, results: Path | None, name: str | None) -> int:
    from reports.config import asv_folders
    from reports.merge import merge

    merged = merge(file, results or asv_folders(Path())[0], name)
    for path in merged.known:
        sys.stdout.write(f"{path} held all of it already\n")
    for path in merged.written:
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write(f"{merged.lines:,} measurements of {merged.machine}; next: python -m reports build\n")
    return 0


def _pack(journals: list[Path], to: Path) -> int:
    from reports.pack import pack
    from reports.words import in_bytes

    for one in pack(journals, to):
        if one.known:
            sys.stdout.write(f"{one.path} held exactly these lines already\n")
        else:
            sizes = f"{in_bytes(one.lines_bytes)} as {in_bytes(one.packed_bytes)}"
            sys.stdout.write(f"wrote {one.path}: {sizes}, every line as it was\n")
    return 0


def _publish() -> int:
    from reports.publish import publish

    return publish(Path(), lambda line: print(line, flush=True))


def _readme() -> int:
    from reports.readme import write_readme

    for path in write_readme(Path()):
        sys.stdout.write(f"wrote {path}\n")
    return 0


def _selfcheck(seed: int) -> int:
    from reports.selfcheck.checks import run_checks

    failed = 0
    for check in run_checks(seed):
        failed += not check.passed
        mark = "ok    " if check.passed else "FAILED"
        sys.stdout.write(
            f"{mark}  {check.value:8.3g}  (wanted {check.low:g} to {check.high:g})  {check.name}\n"
        )
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
