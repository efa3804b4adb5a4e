"""Take outputs and traces of a machine out of the notebooks: ``python notebooks/clean.py``, before every commit.

Outputs hold times of one machine and large pictures; whoever runs a notebook makes their own. ``--check`` changes
nothing and tells which notebooks are not clean (the tests do the same).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

#: What a notebook and its cells may say about themselves; editors add much else.
NOTEBOOK_METADATA = {"kernelspec", "language_info", "colab"}
CELL_METADATA = {"tags"}


def cleaned(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook without outputs, counters, attachments and editors' metadata."""
    cells = []
    for cell in notebook["cells"]:
        kept = {key: value for key, value in cell.items() if key not in ("attachments", "metadata")}
        metadata = cell.get("metadata", {})
        kept["metadata"] = {key: metadata[key] for key in sorted(CELL_METADATA & set(metadata))}
        if cell["cell_type"] == "code":
            kept.update(outputs=[], execution_count=None)
        cells.append(kept)
    metadata = {key: notebook["metadata"][key] for key in NOTEBOOK_METADATA & set(notebook["metadata"])}
    if "language_info" in metadata:
        metadata["language_info"] = {"name": "python"}  # not the version of who ran it last
    if "kernelspec" in metadata:
        metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    if "colab" in metadata:
        metadata["colab"] = {"provenance": []}
    return {**notebook, "cells": cells, "metadata": metadata}


def as_text(notebook: dict[str, Any]) -> str:
    """Return the notebook as its file: sorted keys and one space of indent, so that differences stay small."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Clean, or with ``--check`` only tell; 1 if a notebook is not clean and stays so."""
    parser = argparse.ArgumentParser(description="Take outputs out of the notebooks of this folder.")
    parser.add_argument("--check", action="store_true", help="change nothing, tell which are not clean")
    check = parser.parse_args().check
    found = 0
    for path in sorted(Path(__file__).parent.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        clean = as_text(cleaned(json.loads(text)))
        if clean != text:
            found += 1
            if not check:
                path.write_text(clean, encoding="utf-8")
            sys.stdout.write(f"{path.name} {'is not clean' if check else 'was cleaned'}\n")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
