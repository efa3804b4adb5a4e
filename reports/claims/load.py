"""Reads `claims.toml`; a fault in it is one sentence that names the claim."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import tomllib

from reports.claims.model import RULES, Book, Check, Claim, Path, Place, Story, Variant

CLAIMS = File(__file__).parent.parent / "claims.toml"
SETTING = ("stage", "dtype", "labels", "threads")


def read_book(file: File = CLAIMS) -> Book:
    """Read the claims.

    Raises
    ------
    ValueError
        The file cannot be read, a claim lacks what its rule needs, or names a place or a source there is not.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise ValueError(f"{file.name} cannot be read: {problem}") from problem
    places = {name: _place(name, spec) for name, spec in data.get("place", {}).items()}
    claims = tuple(_claim(spec, places, data.get("source", {})) for spec in data.get("claim", []))
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        raise ValueError(f"claims.toml: two claims are called {max(ids, key=ids.count)}")
    paths = tuple(Path(**(spec | {"place": _known(places, spec, "place")})) for spec in data.get("path", []))
    stories = tuple(
        Story(**(spec | {"place": _known(places, spec, "place")})) for spec in data.get("story", [])
    )
    return Book(claims, paths, stories, data.get("source", {}))


def _place(name: str, spec: Mapping[str, Any]) -> Place:
    missing = [key for key in ("title", "workload", "benchmarks", "cell", *SETTING) if key not in spec]
    if missing:
        raise ValueError(f"claims.toml: the place {name} lacks {', '.join(missing)}")
    setting = {key: spec[key] for key in SETTING}
    return Place(name, spec["title"], spec["workload"], tuple(spec["benchmarks"]), setting, spec["cell"])


def _claim(spec: Mapping[str, Any], places: Mapping[str, Place], sources: Mapping[str, Any]) -> Claim:
    name = str(spec.get("id", spec.get("text", "?")))
    missing = [key for key in ("id", "text", "source", "rule", "variant") if not spec.get(key)]
    if missing:
        raise ValueError(f"claims.toml: the claim {name} lacks {', '.join(missing)}")
    rule = spec["rule"]
    if rule not in RULES:
        raise ValueError(f"claims.toml: {name} has the rule {rule!r}; there are {', '.join(RULES)}")
    if spec["source"] not in sources:
        raise ValueError(f"claims.toml: {name} has the source {spec['source']!r}, which is not listed")
    missing = [key for key in RULES[rule] if key not in spec]
    if missing:
        raise ValueError(f"claims.toml: {name} needs {', '.join(missing)} for the rule {rule}")
    re.compile(spec.get("envs", ""))
    published, figures = _published(spec.get("published"))
    return Claim(
        **{key: spec[key] for key in ("id", "text", "source", "rule")},
        note=spec.get("note", ""),
        settings={key: spec[key] for key in RULES[rule] if key != "published"},
        figures=figures,
        published=1.0 if rule in ("tie", "growth", "at_most") else published,
        variants=tuple(_variant(each, places, name, rule) for each in spec["variant"]),
        envs=spec.get("envs", ""),
        elsewhere=spec.get("elsewhere", ""),
    )


def _published(spec: Mapping[str, Any] | None) -> tuple[float | None, str]:
    """The ratio and the figures it was made from: two times with their spread, or a bare ratio."""
    if spec is None:
        return None, ""
    if "ratio" in spec:
        return float(spec["ratio"]), f"{spec['ratio']:g}×"
    (above, above_spread), (below, below_spread) = spec["numerator"], spec["denominator"]
    unit = spec["unit"]
    return above / below, f"{above:g} ± {above_spread:g} {unit} against {below:g} ± {below_spread:g} {unit}"


def _variant(spec: Mapping[str, Any], places: Mapping[str, Place], claim: str, rule: str) -> Variant:
    if (rule == "correctness") != ("checks" in spec):
        raise ValueError(f"claims.toml: {claim}: checks belong to the rule correctness, and to no other")
    checks = tuple(
        Check(_known(places, check, claim), check["impl"], bool(check["right"]))
        for check in spec.get("checks", [])
    )
    place = None if checks else _known(places, spec, claim)
    changes = {key: value for key, value in spec.items() if key not in ("name", "place", "checks")}
    return Variant(str(spec["name"]), place, checks, changes)


def _known(places: Mapping[str, Place], spec: Mapping[str, Any], owner: str) -> Place:
    name = spec.get("place", "")
    if name not in places:
        raise ValueError(f"claims.toml: {owner} names the place {name!r}; there are {', '.join(places)}")
    return places[name]
