"""Where results and pages live, by `asv.conf.json` of the current folder."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

#: Names the results folder, here and where results are written.
RESULTS = "CROSSOVER_RESULTS"


def asv_folders(start: Path) -> tuple[Path, Path]:
    """Results and HTML folders of the suite in `start`.

    Parameters
    ----------
    start : Path
        A folder with an `asv.conf.json`; without one, asv's usual places are taken. ``CROSSOVER_RESULTS`` in the
        environment, to which `benchmarks` writes then, is the results folder whatever the configuration says.

    Returns
    -------
    tuple of Path
        `results_dir` and `html_dir`.

    Raises
    ------
    ValueError
        The configuration is there but cannot be read.
    """
    usual = {"results_dir": ".asv/results", "html_dir": ".asv/html"}
    path = start / "asv.conf.json"
    if path.is_file():
        try:
            usual |= {
                k: v for k, v in json.loads(_without_comments(path.read_text("utf-8"))).items() if k in usual
            }
        except (ValueError, OSError) as problem:
            raise ValueError(
                f"{path} cannot be read ({problem}); name the folders with --results and --out."
            ) from problem
    chosen = os.environ.get(RESULTS)
    results = Path(os.path.abspath(chosen)) if chosen else start / usual["results_dir"]
    return results, start / usual["html_dir"]


def _without_comments(text: str) -> str:
    """JSON with the comments and trailing commas that asv allows -> JSON."""
    string = r'"(?:\\.|[^"\\])*"'
    text = re.sub(rf"({string})|//[^\n]*|/\*.*?\*/", lambda m: m.group(1) or "", text, flags=re.DOTALL)
    return re.sub(rf"({string})|,(?=\s*[}}\]])", lambda m: m.group(1) or "", text)
