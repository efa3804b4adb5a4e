"""What else changes between two environments: versions of other packages, the interpreter, BLAS and its kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.claims import readme
from reports.claims.beside import changes, stack
from reports.claims.page import section
from tests.reports.claims.conftest import AS_PUBLISHED, NEW, OLD, judged, plant

LIBRARY = {"internal_api": "openblas", "version": "0.3.13", "architecture": "Zen", "num_threads": 2}


def plant_stack(folder: Path, truvec: float, env: str, versions: dict[str, str], blas: Any) -> None:
    """Plant a run whose journal says which packages and which BLAS it had."""
    plant(folder, AS_PUBLISHED | {"truvec": truvec}, env)
    (path,) = folder.rglob(f"*-{env}.jsonl")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        if record.get("kind") == "machine":
            record["facts"] = record.get("facts", {}) | {"blas": blas}
        elif "versions" in record:
            record["versions"] |= versions
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def test_a_stack_is_read_from_versions_and_facts() -> None:
    found = stack({"numpy": "1.19.5", "python": "3.8.18", "joblib": "1.0"}, {"blas": [LIBRARY]})
    assert found == {"Python": "3.8.18", "NumPy": "1.19.5", "BLAS": "openblas 0.3.13", "BLAS kernel": "Zen"}


@pytest.mark.parametrize("blas", [None, "openblas", 7, [3], [{}], {"version": "1"}])
def test_what_a_file_says_strangely_is_left_out(blas: Any) -> None:
    assert stack({"numpy": "2.0"}, {"blas": blas}) == {"NumPy": "2.0"}


def test_what_else_changes_stands_beside_the_story(tmp_path: Path) -> None:
    plant_stack(tmp_path, 0.3, OLD, {"python": "3.8.18", "scipy": "1.5.4"}, [LIBRARY])
    newer = LIBRARY | {"version": "0.3.31", "architecture": "SkylakeX"}
    plant_stack(tmp_path, 0.1, NEW, {"python": "3.11.7", "scipy": "1.5.4"}, [newer])
    findings = judged(tmp_path)
    found = changes(findings.book.stories[0], findings.stories[0], findings.stacks)
    assert found is not None
    assert found.columns == ("NumPy", "Python", "SciPy", "BLAS", "BLAS kernel")
    assert found.rows[0] == ("1.19.5", "3.8.18", "1.5.4", "openblas 0.3.13", "Zen")
    told = (
        "Between NumPy 1.19.5 and 2.4.6 other things change, too: Python (3.8.18 to 3.11.7), BLAS (openblas 0.3.13 to "
        "openblas 0.3.31) and BLAS kernel (Zen to SkylakeX); SciPy stays."
    )
    assert found.sentences == (told,)
    assert told in readme.block(findings, Path("published"))
    shown = section(findings)
    assert shown is not None
    assert shown["stories"][0]["changes"] == found
    assert shown["tables"][0]["sites"][1]["versions"] == "Python 3.11.7, NumPy 2.4.6"


def test_where_nothing_else_differs_there_is_no_table(tmp_path: Path) -> None:
    plant(tmp_path, AS_PUBLISHED, OLD)
    plant(tmp_path, AS_PUBLISHED, NEW)
    findings = judged(tmp_path)
    assert changes(findings.book.stories[0], findings.stories[0], findings.stacks) is None
