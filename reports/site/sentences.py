"""Sentences from the data. Every word of an answer depends on the tables; names from files are escaped."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from reports import words
from reports.analyse.regions import telling_bound
from reports.analyse.views import View
from reports.analyse.winners import AND

#: A region is named only for a strategy that wins at least so often, where most sizes are decided.
LEAST_WINS = 2
#: What makes several strategies a family; the page's scripts say the same.
TOGETHER = "within 5 % of each other on average, nowhere told apart"


def code(name: str) -> Markup:
    """A strategy's name as code, escaped."""
    return Markup("<code>{}</code>").format(name)


def listing(items: list[Markup]) -> Markup:
    """`a`, `a and b`, `a, b and c`, of markup."""
    if len(items) < 2:
        return Markup("").join(items)
    return Markup(", ").join(items[:-1]) + Markup(" and ") + items[-1]


def answer(view: View) -> list[Markup]:
    """Two or three sentences: who is fastest where, what that is worth, how sure it is."""
    winners = view.winners
    if winners.empty:
        return [Markup("No strategy has a valid time here, so there is nothing to rank.")]
    told = [_who(view), _worth(view), _certainty(view)]
    return [sentence for sentence in told if sentence]


def _who(view: View) -> Markup:
    """Who wins, in how many sizes, by how much, and where; who leads where nobody wins."""
    winners = view.winners
    won, open_cells = winners[winners["verdict"] == "win"], winners[winners["verdict"] != "win"]
    total = words.count(len(winners), "size" if view.axes else "case")
    if won.empty:
        text = Markup("No strategy is clearly the fastest in any of the {} measured").format(total)
        return text + _between(open_cells)
    leaders = _leaders(won)
    counts = leaders.value_counts()
    first = str(counts.index[0])
    margins = won.loc[leaders == first, "margin"]
    text = Markup("{} {} the fastest in {} of {} measured, {} ahead of the next").format(
        family(first),
        "are" if AND in first else "is",
        counts.iloc[0],
        total,
        words.ratio_range(margins.min(), margins.max()),
    )
    text += _where(view, first) if len(counts) > 1 else Markup("")
    others = [
        Markup("{} in {}").format(family(str(n)), c) + _where(view, str(n))
        for n, c in counts.iloc[1:5].items()
    ]
    more = len(counts) - 5
    if more > 0:
        others.append(Markup("{} in the rest").format(words.count(more, "other")))
    text += Markup("; ") + listing(others) if others else Markup("")
    if open_cells.empty:
        return text + Markup(".")
    return text + Markup("; no winner can be called in {}").format(len(open_cells)) + _between(open_cells)


def _between(open_cells: pd.DataFrame) -> Markup:
    """`: a and b lead in 8, ...` for sizes without a clear winner."""
    pairs = open_cells[["winner", "runner_up"]].apply(lambda row: tuple(sorted(filter(None, row))), axis=1)
    told = [
        Markup("{} {} in {}").format(
            listing([code(n) for n in names]), "lead" if len(names) > 1 else "leads", count
        )
        for names, count in pairs.value_counts().iloc[:3].items()
        if isinstance(names, tuple)
    ]
    return Markup(", where ") + listing(told) + Markup(".") if told else Markup(".")


def _leaders(winners: pd.DataFrame) -> pd.Series:
    """The winner of each row, or its whole family."""
    return winners["winner"].where(winners["family"] == "", winners["family"])


def family(names: str) -> Markup:
    """A strategy, or the names of a family and what makes them one."""
    listed = listing([code(name) for name in names.split(AND)])
    return listed + f" ({TOGETHER})" if AND in names else listed


def _where(view: View, leader: str) -> Markup:
    """` (where K is at least 64)` if one bound tells most of its wins, else nothing."""
    decided = view.winners[view.winners["verdict"] == "win"]
    own = (_leaders(decided) == leader).to_numpy()
    if own.sum() < LEAST_WINS or len(decided) < len(view.winners) / 2:
        return Markup("")
    bound = telling_bound(decided, view.axes, own)
    if bound is None:
        return Markup("")
    exactly = bound.others == 0 and bound.hits == bound.wins
    return Markup(" ({}where {})").format("" if exactly else "mostly ", bound.words())


def _worth(view: View) -> Markup:
    """The fastest of each size against the baseline, and the absolute times in the middle of what was measured."""
    best = view.winners.merge(
        view.speedups, left_on=["cell", "winner"], right_on=["cell", "impl"], suffixes=("", "_s")
    )
    gains = best["speedup"].dropna()
    if gains.empty:
        return Markup("The baseline {} has no valid time here, so there are no speedups.").format(
            code(view.baseline)
        )
    text = Markup("The fastest strategy of each size is {} as fast as {} (median {})").format(
        words.ratio_range(gains.min(), gains.max()), code(view.baseline), words.ratio(float(gains.median()))
    )
    hub = hub_cell(view)
    here = view.speedups[view.speedups["cell"] == hub].set_index("impl")["seconds"]
    winner = view.winners.set_index("cell")["winner"].get(hub)
    if winner is None or view.baseline not in here.index or winner == view.baseline:
        return text + Markup(".")
    return text + Markup(": at {}, {} takes {} and {} takes {}.").format(
        place(view, hub),
        code(view.baseline),
        words.seconds(here[view.baseline]),
        code(winner),
        words.seconds(here[winner]),
    )


def _certainty(view: View) -> Markup:
    """Ties and undecided cells, and the noise floor."""
    counts = view.winners["verdict"].value_counts()
    ties, open_cells = int(counts.get("tie", 0)), int(counts.get("undecided", 0))
    parts = []
    if ties:
        parts.append(
            Markup("in {} the two fastest are within 5 % of each other").format(words.count(ties, "size"))
        )
    if open_cells:
        cells = words.count(open_cells, "size")
        parts.append(Markup("in {} the two fastest cannot be told apart by these measurements").format(cells))
    floor = noise_floor(view.control)
    if floor:
        parts.append(floor)
    told = view.quiet.sentence()
    if told:
        parts.append(Markup("{}").format(told))
    if not parts:
        return Markup("")
    text = Markup("; ").join(parts)
    return text[0].upper() + text[1:] + Markup(".")  # every clause begins with a plain word or a number


def noise_floor(control: pd.DataFrame) -> Markup:
    """What the A/A control showed, as a clause; empty when there was none."""
    if control.empty:
        return Markup("")
    false = int((control["verdict"] == "win").sum())
    return Markup("{}, measured against itself in {}, differed from itself by at most {}{}").format(
        Markup("one strategy ({})").format(listing([code(n) for n in sorted(control["impl"].unique())])),
        words.count(len(control), "size"),
        words.ratio(float(control["ratio"].max())),
        f", and was wrongly called different in {false}" if false else "",
    )


def hub_cell(view: View) -> int:
    """The cell that shares its sizes with most others: the middle of a star of sweeps, or of a grid."""
    score = np.zeros(len(view.cells))
    for axis in view.axes:
        sizes = view.cells[axis]
        score += sizes.map(sizes.value_counts()).to_numpy(dtype=float)
        score -= 1e-3 * (sizes.rank() - sizes.rank().median()).abs().to_numpy(dtype=float)
    return int(view.cells.index[int(np.argmax(score))])


def place(view: View, cell: int) -> str:
    """`T 256, L 128, F 64, K 16`; where there are no sizes, that it is the one case."""
    sizes = (f"{axis} {words.size(float(str(view.cells.at[cell, axis])))}" for axis in view.axes)
    return ", ".join(sizes) or "the one case measured"


def line_title(winners: pd.DataFrame, crossings: pd.DataFrame, axis: str, others: tuple[str, ...]) -> Markup:
    """What a line of cells shows: who leads up to where."""
    rows = winners.sort_values(axis)
    runs: list[tuple[str, float, float]] = []
    for winner, size in zip(rows["winner"].where(rows["verdict"] == "win", ""), rows[axis], strict=True):
        if runs and runs[-1][0] == winner:
            runs[-1] = (winner, runs[-1][1], size)
        else:
            runs.append((winner, size, size))
    named = [run for run in runs if run[0]]
    if not named:
        return Markup("No clear winner at any {}").format(axis)
    if len(runs) == 1:
        margins = rows["margin"]
        return Markup("{} wins at every {} measured, {} ahead of the next").format(
            code(named[0][0]), axis, words.ratio_range(margins.min(), margins.max())
        )
    text = Markup("Along {}: ").format(axis)
    parts = [
        Markup("{} {}").format(code(name) if name else "no clear winner", _span(low, high))
        for name, low, high in runs[:5]
    ]
    if len(runs) > 5:
        parts.append(Markup("and {} more changes").format(len(runs) - 5))
    return text + Markup(", ").join(parts) + _crossing_words(winners, crossings, axis, others)


def _crossing_words(
    winners: pd.DataFrame, crossings: pd.DataFrame, axis: str, others: tuple[str, ...]
) -> Markup:
    """`; a and b trade places at K = 22 [21, 23]` for the line's own crossings among the fastest."""
    if crossings.empty or winners.empty:
        return Markup("")
    here = (crossings["axis"] == axis) & crossings["leading"] & (crossings["kind"] == "crossing")
    for other in others:
        here &= crossings[other] == winners[other].iloc[0]
    points = crossings[here].sort_values("at")
    told = [
        Markup("{} and {} trade places at {} = {} [{}, {}]").format(
            code(row["faster_below"]),
            code(row["faster_above"]),
            axis,
            *(three_digits(row[k]) for k in ("at", "at_low", "at_high")),
        )
        for row in points.to_dict("records")[:3]
    ]
    return Markup("; ") + Markup("; ").join(told) if told else Markup("")


def three_digits(value: float) -> str:
    """A place on an axis with three significant digits."""
    return words.size(float(f"{value:.3g}"))


def _span(low: float, high: float) -> str:
    return f"at {words.size(low)}" if low == high else f"from {words.size(low)} to {words.size(high)}"


def plane_title(winners: pd.DataFrame, x: str, y: str) -> Markup:
    """What a plane shows: who wins how much of it."""
    won = winners[winners["verdict"] == "win"]["winner"].value_counts()
    if won.empty:
        return Markup("{} against {}: no clear winner anywhere").format(y, x)
    parts = [Markup("{} wins {}").format(code(str(name)), number) for name, number in won.iloc[:4].items()]
    open_cells = len(winners) - int(won.sum())
    tail = Markup(", {} too close to call").format(open_cells) if open_cells else Markup("")
    return Markup("{} against {}, {} sizes: ").format(y, x, len(winners)) + listing(parts) + tail
