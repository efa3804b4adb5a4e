"""The words that the pages use, one meaning each."""

from __future__ import annotations

#: Of any results.
COMMON = (
    (
        "strategy",
        "One way of computing the same result.",
    ),
    (
        "size, cell",
        "One value for each axis, such as T 256, L 128, F 64, K 16 or N 1000.",
    ),
    (
        "interval",
        "95 %: of a ratio as far as the measurements allow one, of a prediction that of a measured time.",
    ),
    (
        "speedup",
        "Time of the baseline over time of the strategy: above 1, the strategy is faster.",
    ),
    (
        "margin",
        "Time of the next best strategy over that of the winner.",
    ),
    (
        "win, tie, undecided",
        "Win: the interval of the margin lies beyond 5 %, with false wins controlled. Tie: it lies within "
        "5 %. Undecided: anything else.",
    ),
)

#: Of what this suite measured itself.
OWN = (
    (
        "group-sum",
        "N rows of F numbers are added into M groups: out[label[i]] += rows[i]. Also called scatter- "
        "reduce or segment sum.",
    ),
    (
        "VLAD",
        "T images with L descriptors of F features each; every descriptor belongs to one of K centroids, "
        "and what is summed is its difference from that centroid, for each image and centroid. As a "
        "group-sum, N = T·L and M = T·K.",
    ),
    (
        "stage",
        "How much is timed: aggregate is the sums alone, encode the whole way from descriptors to "
        "normalised codes.",
    ),
    (
        "session",
        "One sweep over all sizes in fresh processes. Intervals are over sessions.",
    ),
    (
        "family",
        "Strategies of one idea, or of one setting that nothing tells apart; they share a colour, and a "
        "verdict.",
    ),
    (
        "error",
        "Largest difference from an exact reference, over the root mean square of the result, unless a "
        "workload says otherwise.",
    ),
    (
        "extra memory",
        "Highest memory in use during a call, beyond inputs and result.",
    ),
    (
        "regret",
        "What following the advice costs over the fastest strategy there is, measured at sizes that the "
        "model had not seen.",
    ),
    (
        "control",
        "The same strategy entered twice: the difference between the two is noise.",
    ),
    (
        "profile",
        "A fitted cost model of one machine and its packages, from which times between measured sizes are "
        "predicted.",
    ),
)


def words_for(own: bool) -> list[tuple[str, str]]:
    """Words and their meanings, for pages with results of this suite or with those of others alone."""
    return sorted([*COMMON, *(OWN if own else ())])
