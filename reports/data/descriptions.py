"""What the columns of the CSV files mean, as data: unit, type and one sentence each, by table, in their order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reports import words
from reports.analyse.crossovers import BENT
from reports.analyse.intervals import LEVEL, TIE_RATIO
from reports.analyse.limits import FAULT
from reports.analyse.moderation import LEAST_CELLS
from reports.analyse.winners import AND
from reports.load.model import APPROXIMATE, BOUNDED, CONTROL_SUFFIX

#: A type that depends on the file: int64 where all values are whole, else float64.
NUMBER = "number"


@dataclass(frozen=True)
class Column:
    """A column of a CSV file.

    Attributes
    ----------
    name : str
        As in the file's first line.
    unit : str
        `s`, `B` (bytes) or `flop`; empty for texts, counts and what has no dimension.
    dtype : str
        string, int64, float64, bool, or `NUMBER`. An empty field is a missing value, of a string the empty one.
    text : str
        What it means, one sentence.
    """

    name: str
    unit: str
    dtype: str
    text: str


@dataclass(frozen=True)
class Table:
    """A kind of CSV file.

    Attributes
    ----------
    text : str
        What a row is, one sentence.
    head, tail : tuple of Column
        What stands before and behind the axes of the workload.
    axis : str
        What an axis column means, with `{axis}` for its name; empty where the table has none.
    """

    text: str
    head: tuple[Column, ...]
    tail: tuple[Column, ...]
    axis: str = ""


PERCENT = f"{100 * LEVEL:.0f} %"
#: What a tie stays within, and a win goes beyond.
WITHIN, BEYOND = (f"{word} a factor of {TIE_RATIO:g}" for word in ("within", "beyond"))
LOW, HIGH = (f"{end} end of the {PERCENT} interval" for end in ("Lower", "Upper"))
#: How intervals are made where nothing but the sessions of the cell counts; a file of asv's may bring its own.
OF_SESSIONS = "Student's t over the sessions' logs, empty with one session"
BY_SESSIONS = f"{OF_SESSIONS} unless the file brings an interval"
#: The same for verdicts, which rest on few sessions.
MODERATED = f"t over the sessions' logs, moderated over the run where it has {LEAST_CELLS} cells or more"
SIZE = "Size of the cell along the axis {axis} of the workload."


def _text(name: str, text: str) -> Column:
    return Column(name, "", "string", text)


def _number(name: str, text: str, unit: str = "") -> Column:
    return Column(name, unit, "float64", text)


def _count(name: str, text: str) -> Column:
    return Column(name, "", "int64", text)


def _interval(name: str, method: str, unit: str = "") -> tuple[Column, Column]:
    """The columns of the two ends of an interval."""
    return (
        _number(f"{name}_low", f"{LOW} of `{name}` ({method}).", unit),
        _number(f"{name}_high", f"{HIGH} of `{name}` ({method}).", unit),
    )


SETTING_COLUMNS = (
    _text("benchmark", "Name of the measurement set; runs of different sets are never mixed."),
    _text("stage", "Which part of the workload's computation was timed."),
    _text("machine", "Name of the machine."),
    _text("env", "Name of the software environment, mostly made of its versions of Python and NumPy."),
    _text("dtype", "Type of the input numbers, such as float64."),
    _text(
        "labels",
        "How the labels, or the data, were drawn, such as uniform; empty where the file does not say.",
    ),
    _count("threads", "Number of threads that a call was allowed."),
)
IMPL = _text(
    "impl", f"Strategy that was timed; a name that ends in {CONTROL_SUFFIX} is the A/A control's second copy."
)
SECONDS = (
    _number(
        "seconds",
        "Time of one call with warm caches: the fastest sample of each session, geometric mean over the sessions.",
        "s",
    ),
    *_interval("seconds", BY_SESSIONS, "s"),
)
SPEEDUP = (
    _text("baseline", "Strategy that `speedup` is relative to."),
    _number(
        "speedup",
        "Time of the baseline over the time of this strategy, above 1 where this one is faster: the ratio of the "
        "fastest samples within each session, geometric mean over the sessions that have both.",
    ),
    *_interval("speedup", BY_SESSIONS),
)
STATUS = _text(
    "status",
    "ok where a session has a time and none has a wrong answer; else the gravest of invalid (wrong answer or "
    "impossible time), killed, failed, timeout and skipped.",
)
ERROR = (
    "in the workload's own measure: mostly the largest difference from the float64 reference over the root mean square "
    "of the reference"
)
WIN = (
    f"lies {BEYOND} and the cell is among the discoveries of its setting (Benjamini and Hochberg, false "
    f"discovery rate {100 * (1 - LEVEL):.0f} %)"
)
VERDICT = _text(
    "verdict",
    f"win where the whole interval of `margin` {WIN}; tie where it lies {WITHIN}; else undecided.",
)

SPEEDUPS = Table(
    "One strategy in one cell: its time, and its speedup over the baseline.",
    SETTING_COLUMNS,
    (
        IMPL,
        *SECONDS,
        *SPEEDUP,
        _number("error", f"Largest error of any session with a time, {ERROR}."),
        _number(
            "peak_extra_bytes",
            "Most memory that a call held beyond its inputs and its result, the largest of all sessions; below "
            f"{words.RESOLVED_BYTES} it is not resolved.",
            "B",
        ),
        STATUS,
        _text("reason", "Why there is no time, or in how many sessions there is none."),
        _number(
            "bucket_error",
            "Largest difference of any sum from its reference over the sum of the absolute values added up in it, "
            "the largest of all sessions; empty where no sums are compared.",
        ),
        _number(
            "adapter_share",
            "Share of a call's time, 0 to 1, that goes into adapting the strategy to the workload, the largest of all "
            "sessions; empty for a strategy that needs no adapter.",
        ),
    ),
    SIZE,
)
WINNERS = Table(
    "The fastest strategy of one cell and its runner-up, with the verdict on their distance.",
    SETTING_COLUMNS,
    (
        _text(
            "winner",
            f"Fastest strategy of the cell; none that is {APPROXIMATE} on purpose, and no control copy.",
        ),
        _text(
            "runner_up",
            "Fastest strategy outside the winner's family, or within it where nobody else has a time.",
        ),
        _number(
            "margin",
            "Time of the runner-up over the time of the winner, paired by session, geometric mean over the sessions "
            "that have both.",
        ),
        *_interval("margin", MODERATED),
        VERDICT,
        _text(
            "family",
            f"Strategies that nothing in the run tells apart from the winner, itself included, with `{AND.strip()}` "
            "between the names; empty where it is alone.",
        ),
    ),
    SIZE,
)
CROSSOVERS = Table(
    "A place on an axis where two strategies that each lead somewhere on the line trade places.",
    (*SETTING_COLUMNS, _text("axis", "Axis along which the place lies.")),
    (
        _text("faster_below", "The one of the two that is faster below the place."),
        _text("faster_above", "The one of the two that is faster above the place."),
        _number(
            "at",
            "Size along `axis` at which both take the same time, by a curve through the measured cells; empty for a "
            "tie interval.",
        ),
        *(
            _number(
                f"at_{name}",
                f"{end} end of the {PERCENT} interval of `at`, which is all between the two decided cells where the "
                f"slope of the next piece differs by more than {100 * BENT:.0f} % or there is none; of a tie interval, "
                f"its {end.lower()} end.",
            )
            for name, end in (("low", "Lower"), ("high", "Upper"))
        ),
        _text(
            "kind",
            f"crossing; or tie_interval, where the two stay {WITHIN} over so long a stretch that no "
            "point can be named.",
        ),
    ),
    f"{SIZE[:-1]}; empty where it is the axis of the crossing.",
)
SESSIONS = Table(
    "One strategy in one cell in one session, as measured: all other tables follow from these rows.",
    SETTING_COLUMNS,
    (
        _count("session", "Number of the session: a sweep over all cells in a process of its own."),
        IMPL,
        _text(
            "status",
            "Outcome in this session: ok, skipped, failed, killed, timeout or invalid (wrong answer).",
        ),
        _number("best", "Time of one call in the fastest sample; empty unless `status` is ok.", "s"),
        _number("median", "Time of one call in the median sample; empty unless `status` is ok.", "s"),
        _count("samples", "Number of samples; each is one or more calls on the same inputs."),
        _number(
            "first_call_s",
            "Time of the strategy's first call in this cell and session, without what its process had compiled before.",
            "s",
        ),
        _text("commit", "Commit of the repository that was measured."),
        _text("run", "Mark of the run that it belongs to."),
    ),
    SIZE,
)
LIMITS = Table(
    "One strategy in one cell against the least time that the machine needs for the work.",
    SETTING_COLUMNS,
    (
        IMPL,
        _number("least_bytes", "Bytes that any implementation must read and write once.", "B"),
        _number(
            "least_flops",
            "Floating-point operations of the products that any implementation must do.",
            "flop",
        ),
        _text("bound_by", "What takes longer at the machine's rates, and so sets the bound: bytes or flops."),
        _number(
            "bound_seconds",
            "The larger of the time to copy `least_bytes` at the rate measured for a working set of that size and the "
            "time to do `least_flops` at the rate measured for matrix products.",
            "s",
        ),
        _number(
            "floor_seconds",
            "The same with the faster of copying and reading: the time that nothing can beat.",
            "s",
        ),
        replace(SECONDS[0], text=f"{SECONDS[0].text[:-1]}; that of a fault, too."),
        _number("share", "`bound_seconds` over `seconds`: 1 is as fast as the machine copies or multiplies."),
        Column(
            "fault",
            "",
            "bool",
            f"True where the time is below {FAULT:g} of `floor_seconds`: no machine does that, so it is no time in "
            "any other table but sessions.",
        ),
    ),
    SIZE,
)
FRONTS = Table(
    "One strategy with a time in a cell where some strategy is not exact: how fast it is, at which error.",
    SETTING_COLUMNS,
    (
        IMPL,
        _text("family", "Name that the settings of one strategy share, or the strategy itself."),
        _text("setting", "The strategy's knobs and their values; empty where it has none."),
        _text(
            "accuracy",
            f"What the strategy promises: exact, {BOUNDED} (wrong by at most a stated bound), or {APPROXIMATE} "
            "(nothing).",
        ),
        *SECONDS,
        *SPEEDUP,
        _number(
            "over_exact",
            "Time of the cell's fastest exact strategy over the time of this one, paired by session; above 1 where "
            "this one is faster.",
        ),
        *_interval("over_exact", BY_SESSIONS),
        _number(
            "error",
            f"Median error over the seeds, or the largest of the sessions where there are no seeds, {ERROR}.",
        ),
        _number("error_low", "Lowest error of any seed."),
        _number("error_high", "Highest error of any seed."),
        _count("seeds", "Number of seeds that the errors come from."),
        _number(
            "rand_index",
            "Adjusted Rand index of the groups against those of the reference (1: the same groups), median over the "
            "seeds; empty where nothing is grouped.",
        ),
        _number("rand_index_low", "Lowest adjusted Rand index of any seed."),
        _number("rand_index_high", "Highest adjusted Rand index of any seed."),
        _number("finite_rows", "Least share of rows, of any seed, that have an answer, 0 to 1."),
        _number("unmoved_rows", "Largest number of rows, of any seed, that stayed where they were."),
        _number("floor", "Largest error of an exact strategy in the cell: errors up to it count as equal."),
        Column(
            "on_front",
            "",
            "bool",
            "True where no strategy of the cell is at least as good in both `seconds` and `error` and better in one, "
            "and all rows have an answer.",
        ),
    ),
    SIZE,
)
QUESTIONS = Table(
    "One cell's answer to a question asked in public: which of two groups of strategies is faster.",
    (_text("question", "The question."), *SETTING_COLUMNS),
    (
        _text("this", "Fastest strategy of the group that the question asks about."),
        _text("that", "Fastest strategy of the group that it is compared with."),
        _number(
            "ratio",
            "Time of `that` over the time of `this`, paired by session; above 1 where `this` is faster.",
        ),
        *_interval("ratio", MODERATED),
        _text(
            "verdict",
            f"these or those (the faster group) where the whole interval of `ratio` {WIN}; tie where it lies {WITHIN}; "
            "else undecided.",
        ),
    ),
    SIZE,
)
DECOMPOSITION = Table(
    "A speedup taken apart into two steps that follow each other, in one environment.",
    (
        _text("id", "Mark of the decomposition."),
        *(column for column in SETTING_COLUMNS if column.name in ("machine", "env")),
        _number("start_seconds", "Time of one call before both steps.", "s"),
        _number("whole", "Speedup by both steps: time before over time after, paired by session."),
        *_interval("whole", OF_SESSIONS),
        _number("first", "Speedup by the first step alone."),
        *_interval("first", OF_SESSIONS),
        _number("second", "Speedup by the second step on top of the first."),
        *_interval("second", OF_SESSIONS),
        _number(
            "share_of_first",
            f"Logarithm of `first` over that of `whole`; empty where `whole` is {WITHIN}.",
        ),
    ),
    (),
)
STORY = Table(
    "One published way of computing in one environment, against the published baseline.",
    (
        *(column for column in SETTING_COLUMNS if column.name in ("machine", "env")),
        _text(
            "version", "Version, in this environment, of the package that the environments are ordered by."
        ),
        _text("impl", "Way of computing that was timed."),
        _number(
            "ratio", "Time of the baseline over the time of `impl`, paired by session; above 1 is faster."
        ),
        _number("low", f"{LOW} of `ratio` ({OF_SESSIONS})."),
        _number("high", f"{HIGH} of `ratio` ({OF_SESSIONS})."),
        SECONDS[0],
        _number("baseline_seconds", "The same of the baseline.", "s"),
        replace(STATUS, text=f"{STATUS.text[:-1]}; empty where it was never tried."),
        _text("reason", "Why there is no time, or in how many sessions there is none."),
    ),
    (),
)
MOTION = Table(
    "The place of one point in one frame under one strategy.",
    (
        _text("stage", "Which rule the strategy follows."),
        _text("impl", "Strategy that was followed."),
        _count("frame", "Number of the frame, 0 at the start."),
        _count("point", "Number of the point, the same in all frames."),
        *(
            _number(
                name, f"{name} coordinate of the point, in the data's own length; empty where it was lost."
            )
            for name in "xy"
        ),
    ),
    (),
)
PACKAGE_MAP = Table(
    "The strategy to take at one size by the cost model of a machine's profile, for one set of packages.",
    (
        _text("packages", "The packages that may be used."),
        _text("dtype", "Type of the numbers."),
        _text("labels", "How the labels are distributed."),
    ),
    (
        _text("winner", "Strategy with the least predicted time."),
        _text("idea", "The idea of the winner: strategies of one idea are one region of the map."),
        _number("probability", "Probability, by the model, that the fastest strategy is one of this idea."),
        _number(
            "speedup", "Predicted time of `loop` over that of the winner: above 1, the winner is faster."
        ),
    ),
    SIZE,
)

#: By the name of the file without its suffix; of rows that stand behind a figure alone, by the kind of the figure.
TABLES = {
    **{
        "speedups": SPEEDUPS,
        "winners": WINNERS,
        "crossovers": CROSSOVERS,
        "sessions": SESSIONS,
        "limits": LIMITS,
    },
    **{"fronts": FRONTS, "questions": QUESTIONS},
    **{
        "claims_decomposition": DECOMPOSITION,
        "claims_story": STORY,
        "motion": MOTION,
        "package-map": PACKAGE_MAP,
    },
}
#: The table that the rows behind a figure are taken from, by the kind of the figure.
FIGURES = {
    **{"map": "winners", "scaling": "speedups", "cost": "speedups", "limit": "limits", "front": "fronts"},
    "motion": "motion",
    **dict.fromkeys(("numpy", "scipy", "jax", "numba", "everything"), "package-map"),
    **dict.fromkeys("tlfk", "speedups"),
}
