"""What the page shows of the answered questions: a sentence with the counts, and one row per case."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports import words
from reports.analyse.questions import Answer
from reports.load.model import SETTING

#: Rows that one question shows at most; the CSV files have all.
QUESTION_ROWS = 120


def question_context(answer: Answer, axes: tuple[str, ...]) -> dict[str, Any]:
    """An answered question: a sentence with the counts, and one row per cell."""
    question, rows = answer.question, answer.rows
    counts = rows["verdict"].value_counts()
    told = [
        f"{words.listing(names)} {'is' if len(names) == 1 else 'are'} faster in {int(counts.get(key, 0))}"
        for key, names in (("these", question.these), ("those", question.those))
    ]
    ties, undecided = int(counts.get("tie", 0)), int(counts.get("undecided", 0))
    told += [f"{ties} within 5 %"] * bool(ties) + [f"{undecided} undecided"] * bool(undecided)
    yes = "Yes" if counts.get("these", 0) else "Not in these measurements"
    varied = [name for name in (*SETTING, *axes) if rows[name].nunique() > 1]
    shown = rows.iloc[:QUESTION_ROWS]
    return {
        **{
            "asked": question.asked,
            "where": question.where,
            "these": question.these,
            "those": question.those,
        },
        "answer": f"{yes}: of {words.count(len(rows), 'case')}, {', '.join(told)}.",
        "factors": _by_factor(rows, [name for name in varied if name in SETTING]),
        "heads": varied,
        "left_out": len(rows) - len(shown),
        "rows": [
            {
                "place": [words.size(row[name]) if name in axes else str(row[name]) for name in varied],
                "ratio": words.ratio(row["ratio"]),
                "interval": words.interval(row["ratio_low"], row["ratio_high"]),
                "faster": {"these": row["this"], "those": row["that"]}.get(row["verdict"], ""),
                "verdict": row["verdict"],
            }
            for row in shown.to_dict("records")
        ],
    }


def _by_factor(rows: pd.DataFrame, factors: list[str]) -> list[dict[str, Any]]:
    """How often either group is faster for each value of what was varied beside the sizes."""
    found = []
    for factor in factors:
        for value, part in rows.groupby(factor, sort=True):
            counts = part["verdict"].value_counts()
            told = [int(counts.get(key, 0)) for key in ("these", "those")]
            found.append(
                {
                    "factor": factor,
                    "value": str(value),
                    "counts": [*told, len(part) - sum(told)],
                    "of": len(part),
                }
            )
    return found
