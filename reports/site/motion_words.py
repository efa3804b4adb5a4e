"""What the page says of points that move: generated from the trajectories, and nothing that they do not hold."""

from __future__ import annotations

import math

from markupsafe import Markup

from reports import words
from reports.analyse.motion import Move, distances
from reports.site.sentences import code


def title(moves: list[Move]) -> str:
    """Which points these are: `lesson · float64 · n 1,500, d 2`."""
    told = moves[0].told
    sizes = ", ".join(f"{axis} {words.size(value)}" for axis, value in told.cell)
    return " · ".join(part for part in (told.labels, told.dtype, sizes) if part)


def rule(move: Move) -> str:
    """Name of the stage and what it does: the heading of its strategies in the choice."""
    return f"{move.told.stage}: {move.told.rule}"


def label(move: Move) -> str:
    """A strategy in the choice: its rule, its name and what it promises."""
    return f"{move.told.stage}: {move.told.impl} ({move.told.accuracy})"


def note(moves: list[Move], rows: int) -> str:
    """How many of the points are drawn, and from how many runs."""
    of = moves[0].told.of
    which = "All" if rows == of else f"{rows:,} of the"
    return (
        f"{which} {of:,} points, one run of each strategy. Distances are in {moves[0].told.unit_name}s, and those "
        f"told here are of the {words.count(moves[0].told.points.shape[1], 'point')} that were stored."
    )


def description(move: Move) -> str:
    """What the picture shows, for those who cannot see it."""
    told = move.told
    many = words.count(len(told.points) - 1, told.step)
    halos = f", beside those of {move.exact.impl}, which is exact" if move.exact and not move.is_exact else ""
    return f"Where the points start, and where {told.impl} has taken them after {many}{halos}"


def amount(value: float, move: Move) -> str:
    """A distance in the move's unit; what the stored points cannot tell from nothing is said to be less than that."""
    finest, unit = 2 * move.told.resolution / move.told.unit, move.told.unit_name
    if value < finest:
        return f"less than {finest:.1g} {unit}s"
    return f"1 {unit}" if f"{value:.2g}" == "1" else f"{value:.2g} {unit}s"


def lines(move: Move, moves: list[Move], idea: str) -> list[Markup]:
    """Sentences about one strategy's way.

    Parameters
    ----------
    move : Move
    moves : list of Move
        All of the picture.
    idea : str
        First line of what the strategy's file says; may be empty.
    """
    told = move.told
    head = Markup("{} ({}) under the rule {}: {}. {}")
    found = [head.format(code(told.impl), told.accuracy, code(told.stage), told.rule, idea)]
    many = words.count(len(told.points) - 1, told.step)
    if move.is_exact:
        found += [Markup("The halos are where it ends itself."), *_beside_other_rule(move, moves, many)]
    elif move.exact is None or math.isnan(move.apart):
        found.append(Markup("No exact result under this rule is stored to compare it with."))
    else:
        sentence = Markup(
            "The halos are where {}, which is exact, takes the same points under the same rule. After {} the points "
            "of {} lie {} from there (root mean square), the farthest, in the frame, {}."
        )
        far = (amount(move.apart, move), amount(move.farthest, move))
        found.append(sentence.format(code(move.exact.impl), many, code(told.impl), *far))
    return [*found, *_ending(move, moves)]


def _beside_other_rule(move: Move, moves: list[Move], many: str) -> list[Markup]:
    """How far an exact result lies from that of the first rule of the picture: another rule is another algorithm."""
    first = next(other for other in moves if other.told.stage == moves[0].told.stage)
    if first.told.stage == move.told.stage or not first.is_exact:
        return []
    apart, _ = distances(move.told.points[-1], first.told.points[-1], move.told.unit)
    if math.isnan(apart):
        return []
    sentence = Markup(
        "After {} its points lie {} (root mean square) from the exact result under {}: another rule is another "
        "algorithm."
    )
    return [sentence.format(many, amount(apart, move), code(first.told.stage))]


def _ending(move: Move, moves: list[Move]) -> list[Markup]:
    """At how many places the points are, whether they still move, and how many were lost."""
    told, found = move.told, []
    rows = told.points.shape[1]
    if move.places:
        exact = next((other for other in moves if other.told is move.exact), move)
        beside = ", as in the exact result" if exact is not move else ""
        if exact.places != move.places:
            beside = f"; in the exact result, in {exact.places}"
        sentence = "In the end they are gathered in {} (points linked by steps of at most a {}){}."
        found.append(Markup(sentence).format(words.count(move.places, "place"), told.unit_name, beside))
    if not math.isnan(move.still):
        sentence = "The last {} moved them by {}."
        found.append(Markup(sentence).format(told.step, amount(move.still, move)))
    if move.lost:
        sentence = "{} of {:,} points have no place in the end: the strategy lost them."
        found.append(Markup(sentence.format(move.lost, rows)))
    return found
