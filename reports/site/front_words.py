"""What a front of speed against error says, as sentences. Every word depends on the table; names are escaped."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from reports import words
from reports.analyse.fronts import EXACT, fastest_exact
from reports.load.model import APPROXIMATE, BOUNDED
from reports.site.sentences import code, listing

#: Settings that are told one by one.
TOLD = 4


def named(row: pd.Series) -> Markup:
    """A strategy with its setting: `grid` with cells 4."""
    return code(row["family"]) + (Markup(" with {}").format(row["setting"]) if row["setting"] else Markup(""))


def gains(part: pd.DataFrame) -> pd.DataFrame:
    """Rows of the front that are not exact and faster than the fastest exact one, beyond their interval."""
    rough = part[part["on_front"] & (part["accuracy"] != EXACT)]
    return rough[(rough["over_exact"] > 1) & ~(rough["over_exact_low"] <= 1)].sort_values("error")


def title(part: pd.DataFrame) -> Markup:
    """One line: who is the fastest exact strategy, and what giving up exactness buys at most."""
    stage = str(part["stage"].iloc[0])
    where = Markup("Stage {}: ").format(stage) if stage else Markup("")
    best, gained = fastest_exact(part), gains(part)
    if best is None:
        leader = part.sort_values("seconds", kind="stable").iloc[0]
        return where + Markup("no exact strategy has a time; {} is the fastest").format(named(leader))
    text = where + Markup("{} is the fastest exact strategy").format(named(best))
    if gained.empty:
        return text + Markup("; giving up exactness buys no clear gain")
    top = gained.sort_values("over_exact", kind="stable").iloc[-1]
    return text + Markup("; {} is {} as fast as that, at an error of {}").format(
        named(top), words.ratio(top["over_exact"]), words.error(top["error"])
    )


def sentences(part: pd.DataFrame) -> list[Markup]:
    """The fastest exact strategy, what an error buys, who is not on the front, and what has gaps."""
    best = fastest_exact(part)
    told = [
        _exact(best),
        _gained(gains(part)) if best is not None else Markup(""),
        _idle(part),
        _groups(gains(part)),
        _gaps(part),
    ]
    return [sentence for sentence in told if sentence]


def _exact(row: pd.Series | None) -> Markup:
    """The fastest exact strategy against the baseline, with the absolute time."""
    if row is None:
        return Markup("No exact strategy has a time here.")
    text = Markup("The fastest exact strategy, {}, takes {}").format(
        named(row), words.seconds(row["seconds"])
    )
    if row["impl"] == row["baseline"] or not words.ratio(row["speedup"]):
        return text + Markup(".")
    return text + Markup(": {}{} as fast as {}.").format(
        words.ratio(row["speedup"]),
        _spaced(words.interval(row["speedup_low"], row["speedup_high"])),
        code(row["baseline"]),
    )


def _gained(gained: pd.DataFrame) -> Markup:
    """How much faster than that, at which error; from the smallest error to the largest."""
    if gained.empty:
        return Markup("Nothing that gives up exactness is clearly faster.")
    shown = gained if len(gained) <= TOLD else gained.iloc[[0, 1, -2, -1]]
    told = [
        Markup("{} is {}{} as fast as that, at an error of {}{}").format(
            named(row),
            words.ratio(row["over_exact"]),
            _spaced(words.interval(row["over_exact_low"], row["over_exact_high"])),
            words.error(row["error"]),
            _seeds(row) or (" (rounding)" if row["error"] <= row["floor"] else ""),
        )
        for _, row in shown.iterrows()
    ]
    left = (
        Markup("; {} more {} between").format(
            len(gained) - TOLD, "lies" if len(gained) == TOLD + 1 else "lie"
        )
        if len(gained) > TOLD
        else Markup("")
    )
    return (
        Markup("Only strategies that promise less are faster: ")
        + Markup("; ").join(told)
        + left
        + Markup(".")
    )


def _seeds(row: pd.Series) -> str:
    """` (0.076 to 0.11 over 10 seeds)`; empty where every seed gives the same."""
    if not row["error_high"] > row["error_low"]:
        return ""
    return f" ({words.error(row['error_low'])} to {words.error(row['error_high'])} over {row['seeds']:.0f} seeds)"


def _idle(part: pd.DataFrame) -> Markup:
    """How many of each kind are on the front, where it is not all of them."""
    complete = part[part["error"].notna() & ~(part["finite_rows"] < 1)]
    told = []
    for kind, noun in ((APPROXIMATE, "approximate setting"), (BOUNDED, "setting with a bound")):
        own = complete[complete["accuracy"] == kind]
        on, all_ = int(own["on_front"].sum()), len(own)
        count = words.count(all_, noun, noun.replace("setting", "settings", 1))
        if all_ == 1 and not on:
            told.append(f"the only {noun} is not on the front")
        elif on < all_:
            told.append(f"{on or 'none'} of {count} {'is' if on <= 1 else 'are'} on the front")
    if not told:
        return Markup("")
    text = ", and ".join(told)
    return Markup(
        "{}; for each that is not, something there is at least as fast and at least as exact."
    ).format(text[0].upper() + text[1:])


def _groups(gained: pd.DataFrame) -> Markup:
    """Whether what is faster still comes to the same groups."""
    known = gained.dropna(subset=["rand_index_low"])
    if known.empty:
        return Markup("")
    least = known.sort_values("rand_index_low", kind="stable").iloc[0]
    if least["rand_index_low"] == 1:
        return Markup("The groups that these come to are those of the exact ones (adjusted Rand index 1).")
    return Markup(
        "The groups that these come to agree with the exact ones with an adjusted Rand index of {} or more ({})."
    ).format(f"{least['rand_index_low']:.3g}", named(least))


def _gaps(part: pd.DataFrame) -> Markup:
    """Who leaves rows without an answer, and how many."""
    lacking = part[part["finite_rows"] < 1].sort_values("finite_rows", kind="stable")
    if lacking.empty:
        return Markup("")
    told = [
        Markup("{} has no answer for {} of the rows").format(named(row), words.share(1 - row["finite_rows"]))
        for _, row in lacking.iloc[:TOLD].iterrows()
    ]
    more = Markup(", and {} more likewise").format(len(lacking) - TOLD) if len(lacking) > TOLD else Markup("")
    return (
        listing(told)
        + more
        + Markup(
            " (the worst of its seeds); errors are of the other rows, and who has such gaps is not on the front."
        )
    )


def _spaced(text: str) -> str:
    return f" {text}" if text else ""
