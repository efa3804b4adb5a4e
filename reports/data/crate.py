"""A folder with a report in it -> its metadata as an RO-Crate 1.1, so that archives and other programs can read it.

The same folder and results give the same metadata: no clock is read, and everything stands in a fixed order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard
from urllib.parse import quote

from reports import words
from reports.analyse.limits import is_positive
from reports.data.citation import Author, Citation, read_citation
from reports.data.columns import table_of
from reports.load.model import Results, Run
from reports.tables import folder_name

FILE_NAME = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
#: The vocabulary of version 1.1 has no hash sums yet.
CONTEXT = [f"{SPECIFICATION}/context", {"sha256": "https://schema.org/sha256"}]
#: By suffix; anything else is bytes.
FORMATS = {
    **{".csv": "text/csv", ".html": "text/html", ".css": "text/css", ".js": "text/javascript"},
    **{".txt": "text/plain", ".md": "text/markdown", ".svg": "image/svg+xml", ".png": "image/png"},
    **{".json": "application/json", ".parquet": "application/vnd.apache.parquet"},
}
#: Texts of files that are no tables.
TOLD = {
    "claims.json": "The verdict on every published claim in every environment, with the numbers that it rests on."
}
#: The year 2200, in seconds since 1970: later dates are faults of a file.
LATEST = 7.3e9
Entity = dict[str, Any]


def write_crate(out: Path, results: Results, pages: Mapping[str, str]) -> Path:
    """Write `ro-crate-metadata.json` into a folder, after all its other files; parameters as in `crate`."""
    path = out / FILE_NAME
    text = json.dumps(crate(out, results, pages), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def crate(out: Path, results: Results, pages: Mapping[str, str]) -> Entity:
    """The metadata of a folder with a report in it.

    Parameters
    ----------
    out : Path
        Its files are all listed, with their sizes and hash sums; what is left from an older report as well.
    results : Results
        What the report is made from.
    pages : mapping of str to str
        What is on each page, one sentence, by its path relative to `out`.

    Returns
    -------
    dict
        JSON-LD: `@context`, and `@graph` with the descriptor, the folder, its files, its runs, and what these refer
        to.
    """
    cited = read_citation()
    files = [_file(out, name, pages) for name in _files(out)]
    runs = [_action(number, run, files) for number, run in enumerate(_in_order(results.runs), start=1)]
    authors = [_author(author) for author in cited.authors]
    licence = _licence(cited)
    root = _root(results, cited) | {
        "license": _reference(licence),
        "creator": [_reference(author) for author in authors],
        "hasPart": [_reference(file) for file in files],
        "mentions": [_reference(run) for run in runs],
    }
    return {
        "@context": CONTEXT,
        "@graph": [_descriptor(), root, *files, *runs, licence, *authors, *_around(results)],
    }


def _descriptor() -> Entity:
    return {
        "@id": FILE_NAME,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": SPECIFICATION},
    }


def _root(results: Results, cited: Citation) -> Entity:
    """The folder, without what it refers to; it was published on the day of its latest run."""
    names = sorted(workload.name for workload in results.workloads)
    places = len({run.machine for run in results.runs})
    days = [run.started_at for run in results.runs if _known(run.started_at)]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Report of {cited.title}" if cited.title else "Benchmark report",
        "description": (
            f"Pages, tables and the rows behind every figure, from {words.count(len(results.runs), 'run')} on "
            f"{words.count(places, 'machine')}; workloads: {', '.join(names)}."
        ),
        **({"datePublished": _moment(max(days))[:10]} if days else {}),
        "keywords": ["benchmark", *names],
    }


def _licence(cited: Citation) -> Entity:
    return {
        "@id": f"https://spdx.org/licenses/{quote(cited.licence)}",
        "@type": "CreativeWork",
        "name": cited.licence_name,
        "identifier": cited.licence,
        "description": cited.copyright,
    }


def _author(author: Author) -> Entity:
    kind = "Person" if author.person else "Organization"
    return {"@id": _mark("author", author.name), "@type": kind, "name": author.name}


def _files(out: Path) -> list[str]:
    """Paths of all files of the folder but the metadata, relative to it, sorted."""
    paths = (path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    return sorted(path for path in paths if path != FILE_NAME)


def _file(out: Path, name: str, pages: Mapping[str, str]) -> Entity:
    told = pages.get(name) or _told(name)
    path = out / name
    return {
        "@id": quote(name),
        "@type": "File",
        "name": name,
        **({"description": told} if told else {}),
        "encodingFormat": FORMATS.get(path.suffix, "application/octet-stream"),
        "contentSize": str(path.stat().st_size),
        "sha256": _sum(path),
    }


def _told(name: str) -> str:
    """What is in a file by its name; empty where nothing is known of it."""
    path = PurePosixPath(name)
    if path.name in TOLD:
        return TOLD[path.name]
    if path.suffix not in (".csv", ".parquet"):
        return ""
    try:
        told = table_of(f"{path.stem}.csv").text
    except ValueError:
        return ""
    told = f"Rows behind a figure: {told[0].lower()}{told[1:]}" if path.parent.name == "figures" else told
    return (
        told
        if path.suffix == ".csv"
        else f"{told} The values of the CSV file of this name, with their types."
    )


def _sum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _in_order(runs: Iterable[Run]) -> list[Run]:
    """Runs by their beginning, those that do not tell it first."""

    def key(run: Run) -> tuple[float, tuple[str, ...]]:
        names = (run.machine, run.env, run.workload, run.benchmark, run.run, run.commit)
        return run.started_at if _known(run.started_at) else 0.0, names

    return sorted(runs, key=key)


def _action(number: int, run: Run, files: list[Entity]) -> Entity:
    """One run: when it measured what, with which machine, code and programs, and which tables hold it."""
    folder = PurePosixPath("data", folder_name(run.workload))
    tables = [_reference(file) for file in files if PurePosixPath(file["name"]).parent == folder]
    ended = run.end.get("finished_at")
    git = run.plan.get("git")
    changed = isinstance(git, dict) and git.get("dirty") is True
    return {
        "@id": f"#run-{number}",
        "@type": "CreateAction",
        "name": f"{run.benchmark} ({run.workload}) on {run.machine}, {run.env}",
        "description": (
            f"Measured with commit {run.commit or 'unknown'}{' and changes that it does not hold' if changed else ''}; "
            + (
                "it came to its end."
                if run.finished
                else "it was interrupted, and what it had is in the tables."
            )
        ),
        **({"startTime": _moment(run.started_at)} if _known(run.started_at) else {}),
        **({"endTime": _moment(ended)} if _known(ended) else {}),
        "instrument": [{"@id": id_} for id_ in _instruments(run)],
        **({"result": tables} if tables else {}),
    }


def _instruments(run: Run) -> dict[str, Entity]:
    """What a run measured with, by identifier: the machine, the code, and programs in their versions."""
    code = {"@type": "SoftwareSourceCode", "name": f"Code at commit {run.commit[:8]}", "version": run.commit}
    programs = {
        _mark("software", f"{name}-{version}"): {
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version,
        }
        for name, version in sorted(run.versions.items())
        if version
    }
    return {
        _mark("machine", run.machine): _machine(run),
        **({_mark("commit", run.commit): code} if run.commit else {}),
        **programs,
    }


def _machine(run: Run) -> Entity:
    """The machine as a run describes it; of its facts only those that say how fast it may be."""
    facts = run.on.facts
    cores, memory = facts.get("cores"), facts.get("memory_bytes")
    told = [
        run.on.cpu,
        words.count(cores, "core") if isinstance(cores, int) else "",
        words.in_bytes(memory) if is_positive(memory) else "",
        *(str(facts.get(key) or "") for key in ("os", "arch")),
        "a virtual machine" if facts.get("virtual") is True else "",
    ]
    return {
        "@type": "IndividualProduct",
        "name": run.machine,
        "description": ", ".join(part for part in told if part),
    }


def _around(results: Results) -> list[Entity]:
    """Every machine, commit and program of the runs, each once; of a machine, what its newest run says."""
    found: dict[str, Entity] = {}
    for run in _in_order(results.runs):
        found |= _instruments(run)
    return [{"@id": id_, **entity} for id_, entity in sorted(found.items())]


def _reference(entity: Entity) -> Entity:
    return {"@id": entity["@id"]}


def _mark(kind: str, name: str) -> str:
    """The identifier of something that is no file."""
    return f"#{kind}-{quote(name, safe='')}"


def _known(moment: Any) -> TypeGuard[float]:
    """Whether a value is a moment in seconds since 1970 that can be."""
    return is_positive(moment) and moment < LATEST


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
