"""asv's configuration as asv reads it: JSON in which comments and trailing commas are allowed."""

from __future__ import annotations

import json
import re
from typing import Any, Dict

STRING = r'"(?:\\.|[^"\\])*"'
COMMENT = r"//[^\n]*|/\*.*?\*/"


def plain(text: str) -> str:
    """Return the JSON of a text with ``//`` and ``/* */`` comments and trailing commas; strings stay as they are."""
    text = re.sub(rf"({STRING})|{COMMENT}", lambda match: match.group(1) or " ", text, flags=re.DOTALL)
    return re.sub(rf"({STRING})|,(?=\s*[\]}}])", lambda match: match.group(1) or "", text, flags=re.DOTALL)


def read(path: str) -> Dict[str, Any]:
    """Read a configuration.

    Raises
    ------
    ValueError
        If it is no JSON object even so; the message names the file.
    OSError
        If it cannot be read.
    """
    with open(path, encoding="utf-8-sig") as handle:
        text = handle.read()
    try:
        found = json.loads(plain(text))
    except ValueError as problem:
        raise ValueError(f"{path} is not JSON ({problem})") from problem
    if not isinstance(found, dict):
        raise ValueError(f"{path} is not a JSON object")
    return found
