"""Marks of a picture as the page gets them: at the places where they are drawn, and nothing that JSON has not."""

from __future__ import annotations

import json
import math
import re

from reports.figures.readings import Mark, as_attribute
from reports.figures.svg import figure, svg_text


def test_marks_lie_where_they_are_drawn_and_each_series_stands_once() -> None:
    with figure(4, 3) as made:
        axes = made.subplots()
        axes.set(xscale="log", yscale="log", xlim=(1, 100), ylim=(1, 100))
        axes.plot([10.0, 50.0], [2.0, 30.0], "o", clip_on=False)
        marks = [Mark("<a>", axes, 10.0, 2.0, "2 & more"), Mark("<a>", axes, 50.0, 30.0, "30", 7)]
        text = svg_text(made, "m", "about", marks)
        found = json.loads(as_attribute(made, marks))
    (series, points), *others = found
    assert (series, others) == ("<a>", [])
    assert [point[2:] for point in points] == [["2 & more"], ["30", 7]]
    drawn = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"', text)
    for x, y, *_ in points:
        assert any(math.hypot(x - float(at), y - float(height)) < 0.2 for at, height in drawn), (x, y, drawn)
    assert "&lt;a&gt;" in text
    assert "<a>" not in text


def test_what_lies_nowhere_is_left_out_and_a_picture_without_marks_says_nothing() -> None:
    with figure(4, 3) as made:
        axes = made.subplots()
        nowhere = [Mark("a", axes, math.inf, 1.0, "far"), Mark("a", axes, 1.0, math.nan, "none")]
        assert as_attribute(made, nowhere) == "[]"
        assert "data-marks" not in svg_text(made, "m", "about")
