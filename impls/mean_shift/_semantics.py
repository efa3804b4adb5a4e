"""The four update rules of mean shift, which are four algorithms: who sees whose new position, and when.

=====  ==========================  ============================================================================
rule   name                        what row i of an iteration is averaged over
=====  ==========================  ============================================================================
J      simultaneous (blurring)     the rows as they stood before the iteration
GS     in place, row by row        the new rows before it, the old ones from it on; depends on the row order
bGS    in place, batch by batch    as GS, but a batch of rows moves at once: 1 row is GS, all rows are J
NB     non-blurring                the data, which never move; only the queries do
=====  ==========================  ============================================================================

After one iteration J and NB are the same; after five all four differ visibly.
"""

from __future__ import annotations

from typing import Any, Callable

RULES = ("J", "GS", "bGS", "NB")
#: Rows that bGS moves at once, unless told otherwise.
BATCH = 256


def batch_rows(rule: str, n: int, batch: int) -> int:
    """Return how many rows move at once under a rule."""
    return {"GS": 1, "bGS": batch}.get(rule, max(1, n))


def iterate(
    shift: Callable[..., Any], points: Any, bandwidth: float, iterations: int, rule: str, batch: int = BATCH
) -> Any:
    """Return the (n, d) points after some iterations of `shift` under a rule.

    Parameters
    ----------
    shift : callable
        Takes queries (m, d), points (n, d) and the bandwidth, gives the queries' kernel means (m, d) as a new array.
    points : (n, d) array
        Of NumPy for GS and bGS; J and NB take any array type. Not written to.
    """
    if rule in ("J", "NB"):
        moved = points
        for _ in range(iterations):
            moved = shift(moved, points if rule == "NB" else moved, bandwidth)
        return moved
    moved, size = points.copy(), batch_rows(rule, len(points), batch)
    for _ in range(iterations):
        for start in range(0, len(moved), size):
            rows = slice(start, start + size)
            moved[rows] = shift(moved[rows], moved, bandwidth)
    return moved
