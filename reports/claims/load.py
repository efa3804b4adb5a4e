"""Reads `claims.toml`, the suite's own and those beside strategies; a fault is one sentence that names the claim."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import tomllib
from scipy import stats

from reports.analyse.intervals import LEVEL
from reports.claims.model import OPTIONAL, RULES, Book, Check, Claim, Path, Place, Story, Variant
from reports.sources import strategies_folder

CLAIMS = File(__file__).parent.parent / "claims.toml"
#: What a book holds by name, and what it holds in order.
NAMED, LISTED = ("source", "place"), ("claim", "path", "story")
SETTING = ("stage", "dtype", "labels", "threads")
#: What a variant says of itself; anything else takes the place of what its claim says.
NAMES_OF_A_VARIANT = ("name", "place", "checks", "decided_by")


def books() -> tuple[File, ...]:
    """The suite's own claims, and those that stand beside the strategies they are about."""
    folder = strategies_folder()
    return (CLAIMS, *(sorted(folder.glob("*/claims.toml")) if folder else ()))


def read_book(*files: File) -> Book:
    """Read the claims of some files, by default of all `books`.

    Raises
    ------
    ValueError
        A file cannot be read, a claim lacks what its rule needs, names a place or a source there is not, or two
        files give one name to different things.
    """
    data = _joined([_read(file) for file in files or books()])
    places = {name: _place(name, spec) for name, spec in data["place"].items()}
    claims = tuple(_claim(spec, places, data["source"]) for spec in data["claim"])
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        raise ValueError(f"claims.toml: two claims are called {max(ids, key=ids.count)}")
    paths = tuple(Path(**(spec | {"place": _known(places, spec, "place")})) for spec in data["path"])
    stories = tuple(Story(**(spec | {"place": _known(places, spec, "place")})) for spec in data["story"])
    return Book(claims, paths, stories, data["source"])


def _read(file: File) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise ValueError(f"{file.name} cannot be read: {problem}") from problem


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What several files say, as if one did; a name that two of them give is refused."""
    data: dict[str, Any] = {key: {} for key in NAMED} | {key: [] for key in LISTED}
    for part in parts:
        for key in NAMED:
            twice = sorted(data[key].keys() & part.get(key, {}).keys())
            if twice:
                raise ValueError(f"claims.toml: two files name the {key} {twice[0]}")
            data[key] |= part.get(key, {})
        for key in LISTED:
            data[key] += part.get(key, [])
    return data


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
    published, figures, reach = _published(spec.get("published"))
    return Claim(
        **{key: spec[key] for key in ("id", "text", "source", "rule")},
        note=spec.get("note", ""),
        settings=_settings(spec, rule),
        figures=figures,
        published=1.0 if rule in ("tie", "growth", "at_most") else published,
        variants=tuple(_variant(each, places, name, rule) for each in spec["variant"]),
        envs=spec.get("envs", ""),
        elsewhere=spec.get("elsewhere", ""),
        published_reach=reach,
    )


def _settings(spec: Mapping[str, Any], rule: str) -> dict[str, Any]:
    """What the rule needs and may be told."""
    keys = (*RULES[rule], *OPTIONAL.get(rule, ()))
    return {key: spec[key] for key in keys if key in spec and key != "published"}


def _published(spec: Mapping[str, Any] | None) -> tuple[float | None, str, float]:
    """Published number, the figures it was made from, and the half width of the 95 % interval of its log.

    The figures are two times with their spread, a bare ratio, or a value; only the first have an interval.
    """
    if spec is None:
        return None, "", 0.0
    if "value" in spec:
        return float(spec["value"]), f"{spec['value']:.4g}", 0.0
    if "ratio" in spec:
        return float(spec["ratio"]), f"{spec['ratio']:g}×", 0.0
    (above, above_spread), (below, below_spread) = spec["numerator"], spec["denominator"]
    unit = spec["unit"]
    figures = f"{above:g} ± {above_spread:g} {unit} against {below:g} ± {below_spread:g} {unit}"
    return (
        above / below,
        figures,
        _reach(above_spread / above, below_spread / below, int(spec.get("runs", 1))),
    )


def _reach(first: float, second: float, runs: int) -> float:
    """Half width of the 95 % interval of the log ratio of two times, from their relative spreads.

    Over several runs a spread is the root mean square deviation (as %timeit prints it), so the variance of a mean is
    its square over runs - 1, with degrees of freedom by Welch and Satterthwaite. Of times whose runs are not told, the
    spread is taken as the standard deviation of what is printed.
    """
    variances = [share**2 / max(runs - 1, 1) for share in (first, second)]
    whole = sum(variances)
    if not whole:
        return 0.0
    freedom = whole**2 / sum(each**2 / (runs - 1) for each in variances) if runs > 1 else float("inf")
    return float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * whole**0.5


def _variant(spec: Mapping[str, Any], places: Mapping[str, Place], claim: str, rule: str) -> Variant:
    untested = str(spec.get("untested", ""))
    if untested or rule == "untested":
        return Variant(str(spec["name"]), None, untested=untested)
    if (rule == "correctness") != ("checks" in spec):
        raise ValueError(f"claims.toml: {claim}: checks belong to the rule correctness, and to no other")
    checks = tuple(
        Check(_known(places, check, claim), check["impl"], bool(check["right"]))
        for check in spec.get("checks", [])
    )
    place = None if checks else _known(places, spec, claim)
    changes = {key: value for key, value in spec.items() if key not in NAMES_OF_A_VARIANT}
    if "against_place" in changes:
        changes["against_place"] = _known(places, {"place": changes["against_place"]}, claim)
    return Variant(str(spec["name"]), place, checks, changes, decided_by=str(spec.get("decided_by", "")))


def _known(places: Mapping[str, Place], spec: Mapping[str, Any], owner: str) -> Place:
    name = spec.get("place", "")
    if name not in places:
        raise ValueError(f"claims.toml: {owner} names the place {name!r}; there are {', '.join(places)}")
    return places[name]
